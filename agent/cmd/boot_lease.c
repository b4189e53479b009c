/* SPDX-License-Identifier: GPL-2.0-or-later
 * The lease as the running system finds it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "cmd/boot_lease.h"
#include "state/state.h"

#define TIMESYNCD_DIR  "/run/systemd/timesyncd.conf.d"
#define TIMESYNCD_CONF TIMESYNCD_DIR "/pinet.conf"
#define LIST_SIZE      (LEASE_SERVERS * IP4_TEXT_SIZE)

static void list_addresses(const struct in_addr *a, unsigned int n, char out[LIST_SIZE])
{
	char text[IP4_TEXT_SIZE];
	size_t at = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < n; i++) {
		num_format_ip4(a[i], text);
		at += (size_t)snprintf(
			out + at, LIST_SIZE - at, "%s%s", at ? " " : "", text); /* fits */
	}
}

static void put_address(struct state *st, const char *key, struct in_addr a)
{
	char text[IP4_TEXT_SIZE];

	num_format_ip4(a, text);
	state_put(st, key, "%s", text);
}

/* "10.0.0.0/8 192.168.77.2" and so on: as many routes as fit. */
static void put_routes(struct state *st, const struct lease *l)
{
	char text[STATE_VALUE_SIZE] = "", dst[IP4_TEXT_SIZE], gateway[IP4_TEXT_SIZE];
	size_t at = 0;

	for (unsigned int i = 0; i < l->n_routes && at + 64 < sizeof(text); i++) {
		num_format_ip4(l->route[i].dst, dst);
		num_format_ip4(l->route[i].gateway, gateway);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s/%u %s", at ? ", " : "",
			dst, l->route[i].prefix, gateway);
	}
	state_put(st, "routes", "%s", text);
}

void boot_lease_put_names(struct state *st, const struct lease *l)
{
	char list[LIST_SIZE];

	state_put(st, "hostname", "%s", l->hostname);
	state_put(st, "domain", "%s", l->domain);
	state_put(st, "search", "%s", l->search);
	list_addresses(l->dns, l->n_dns, list);
	state_put(st, "dns", "%s", list);
	list_addresses(l->ntp, l->n_ntp, list);
	state_put(st, "ntp", "%s", list);
}

static void put_lease(struct state *st, const struct network_report *r)
{
	const struct lease *l = &r->lease;
	char mac[MAC_TEXT_SIZE];

	num_format_mac(r->mac, ':', mac);
	state_put(st, "interface", "%s", r->ifname);
	state_put(st, "mac", "%s", mac);
	state_put(st, "client_id", "01:%s", mac);
	put_address(st, "address", l->address);
	state_put(st, "prefix", "%u", l->prefix);
	put_address(st, "server", l->server_id);
	state_put(st, "obtained_ms", "%llu", (unsigned long long)r->leased_ms);
	state_put(st, "lease_s", "%u", l->lease_s);
	state_put(st, "t1_s", "%u", l->t1_s);
	state_put(st, "t2_s", "%u", l->t2_s);
	state_put(st, "mtu", "%u", l->mtu);
	boot_lease_put_names(st, l);
	put_routes(st, l);
}

static int remove_file(const char *path, struct err *reterr)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(reterr, -errno, "cannot remove %s", path);
	return 0;
}

/* A machine without a clock of its own has no other time servers than these, perhaps. */
static int save_time_servers(
	const struct plan *plan, const struct network_report *r, struct err *reterr)
{
	char list[LIST_SIZE], text[LIST_SIZE + 80];
	int e;

	if (!network_believed(plan, r) || !r->lease.n_ntp)
		return remove_file(TIMESYNCD_CONF, reterr);
	list_addresses(r->lease.ntp, r->lease.n_ntp, list);
	(void)snprintf(text, sizeof(text), "# Made by pinet: what DHCP said.\n[Time]\nNTP=%s\n",
		list); /* fits */
	e = fs_mkdirs(TIMESYNCD_DIR, 0755);
	if (e == 0)
		e = fs_replace(TIMESYNCD_CONF, text, 0644);
	return e < 0 ? err_sys(reterr, e, "cannot write " TIMESYNCD_CONF) : 0;
}

int boot_lease_save(
	const struct plan *plan, const struct network_report *report, struct err *reterr)
{
	_cleanup_free_ struct state *st = calloc(1, sizeof(*st));
	int r;

	if (!st)
		return err_set(reterr, -ENOMEM, "no memory for the lease");
	r = save_time_servers(plan, report, reterr);
	if (r < 0)
		return r;
	if (!report->have_lease)
		return remove_file(STATE_LEASE, reterr);
	put_lease(st, report);
	return state_save(st, STATE_LEASE, reterr);
}

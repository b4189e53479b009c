/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a boot tells: lines on the console, and files for other packages and later commands.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "cmd/boot_lease.h"
#include "cmd/boot_report.h"
#include "plan/format.h"
#include "plan/option.h"
#include "state/state.h"

#define NETCONF_SIZE         2048
#define NETCONF              "/run/net-%s.conf"
#define RUN_INITRAMFS        "/run/initramfs"
#define OPEN_ISCSI_INTERFACE RUN_INITRAMFS "/open-iscsi.interface"

static void write_file(const char *path, const char *text)
{
	int r = fs_replace(path, text, 0644);

	if (r < 0)
		log_warning("cannot write %s: %s", path, strerror(-r));
}

/* The files that initramfs-tools, open-iscsi and cloud-init read of the network. */
static void write_network_files(const struct boot_report *r, const struct plan *plan)
{
	char text[NETCONF_SIZE], path[64];

	if (!r->network.ifname[0])
		return;
	(void)snprintf(path, sizeof(path), NETCONF, r->network.ifname);
	if (netconf_format(plan, &r->network, text, sizeof(text)) == 0)
		write_file(path, text);
	else
		log_warning("%s: too much to say in it, not written", path);
	if (netconf_resolv(plan, &r->network, text, sizeof(text)) == 0 && text[0])
		write_file("/etc/resolv.conf", text);
	(void)snprintf(text, sizeof(text), "%s\n", r->network.ifname);
	if (fs_mkdirs(RUN_INITRAMFS, 0700) == 0)
		write_file(OPEN_ISCSI_INTERFACE, text);
}

void boot_report_network(struct boot_report *r, const struct plan *plan)
{
	const struct network_report *n = &r->network;
	char address[NETWORK_ADDRESS_SIZE], server[IP4_TEXT_SIZE];
	struct err err = {.code = 0};

	r->network_done_ms = clock_now_ms();
	network_address_text(n, address);
	num_format_ip4(n->lease.server_id, server);
	for (unsigned int i = 0; i < n->notes.n; i++)
		log_warning("%s: DHCP: %s", n->ifname, n->notes.text[i]);
	if (!n->ifname[0])
		log_step("network: left as it is (ip=off)");
	else if (n->have_lease)
		log_step("%s: %s from %s (DHCP, %u ms)", n->ifname, address, server,
			(unsigned int)(n->configured_ms - n->discover_ms));
	else if (n->informed)
		log_step("%s: %s (static), options of %s (DHCP)", n->ifname, address, server);
	else
		log_step("%s: %s (%s)", n->ifname, address,
			n->advertised ? "advertised by a router" : "static");
	if (boot_lease_save(plan, n, &err) < 0)
		log_warning("%s", err.text);
	write_network_files(r, plan);
}

void boot_report_login(struct boot_report *r)
{
	r->login_done_ms = clock_now_ms();
	if (r->login.remark[0])
		log_warning("%s; logged in by %s", r->login.remark, r->login.engine);
	log_step("session %d: %s at %s (%s, %u ms)", r->login.sid, r->login.target, r->login.portal,
		r->login.engine, (unsigned int)(r->login_done_ms - r->login_started_ms));
}

void boot_report_root(struct boot_report *r, const struct plan *plan)
{
	char wanted[SETTING_VALUE_SIZE + 16], shown[96];

	r->root_done_ms = clock_now_ms();
	format_root(plan, wanted, sizeof(wanted));
	span_escape(span_str(wanted), shown, sizeof(shown));
	if (r->root.source[0])
		log_step("root: %s (%s, %u ms)", r->root.source, r->root.fstype,
			(unsigned int)(r->root_done_ms - r->root_started_ms));
	else if (r->root.device[0])
		log_step("root: %s is %s%s%s on LUN %llu (%u ms)", shown, r->root.device,
			r->root.fstype[0] ? ", " : "", r->root.fstype,
			(unsigned long long)r->root.lun,
			(unsigned int)(r->root_done_ms - r->root_started_ms));
	else
		log_step("root: %s is left to initramfs-tools", shown);
}

static void put_ms(struct state *st, const char *key, uint64_t ms)
{
	state_put(st, key, "%llu", (unsigned long long)ms);
}

static void put_network(struct state *st, const struct network_report *n)
{
	char mac[MAC_TEXT_SIZE], address[NETWORK_ADDRESS_SIZE], server[IP4_TEXT_SIZE];

	num_format_mac(n->mac, ':', mac);
	network_address_text(n, address);
	state_put(st, "network.interface", "%s", n->ifname);
	state_put(st, "network.mac", "%s", mac);
	state_put(st, "network.address", "%s", address);
	if (!network_lease(n))
		return;
	num_format_ip4(n->lease.server_id, server);
	state_put(st, "dhcp.server", "%s", server);
	put_ms(st, "dhcp.discover_ms", n->discover_ms);
	if (n->lease.has_lease_time)
		state_put(st, "dhcp.lease_s", "%u", n->lease.lease_s);
}

static void put_session(struct state *st, const struct login_report *login, const struct plan *plan)
{
	if (!login->target[0])
		return;
	state_put(st, "session.id", "%d", login->sid);
	state_put(st, "session.target", "%s", login->target);
	state_put(st, "session.portal", "%s", login->portal);
	state_put(st, "session.initiator", "%s", plan->initiator);
	state_put(st, "session.engine", "%s", login->engine);
}

/* What iscsid is to know of the session besides: open-iscsi's words, NAME=VALUE with blanks between. */
static void put_options(struct state *st, const struct plan *plan)
{
	char text[STATE_VALUE_SIZE] = "";

	for (unsigned int i = 0; i < PLAN_OPTION_COUNT; i++) {
		enum plan_option option = (enum plan_option)i;
		char value[PLAN_OPTION_TEXT_SIZE];
		size_t at = strlen(text);

		/* Pings may come back with iscsid; patience has to stay. */
		if (!plan_option_is_set(plan, option) && option != PLAN_REPLACEMENT_S)
			continue;
		plan_option_text(plan, option, value);
		(void)snprintf(text + at, sizeof(text) - at, "%s%s=%s", at ? " " : "",
			plan_option_name(option), value); /* all of them have the room */
	}
	state_put(st, "session.options", "%s", text);
}

static void put_firmware(struct state *st, const struct plan *plan)
{
	state_put(st, "firmware.on", "%d", plan->firmware_on);
	state_put(st, "firmware.required", "%d", plan->firmware_required);
	state_put(st, "firmware.host", "%s", plan->firmware_host);
	state_put(st, "firmware.path", "%s", plan->firmware_path);
	state_put(st, "firmware.dir", "%s", plan->firmware_dir);
	state_put(st, "firmware.options", "%s", plan->firmware_options);
}

static int save_boot(const struct boot_report *r, const struct plan *plan, struct err *reterr)
{
	_cleanup_free_ struct state *st = calloc(1, sizeof(*st));
	struct rusage usage;

	if (!st)
		return err_set(reterr, -ENOMEM, "no memory for the state");
	state_put(st, "result", "ok");
	put_network(st, &r->network);
	put_session(st, &r->login, plan);
	if (r->login.target[0])
		put_options(st, plan);
	state_put(st, "root.device", "%s", r->root.device);
	state_put(st, "root.source", "%s", r->root.source);
	state_put(st, "root.fstype", "%s", r->root.fstype);
	state_put(st, "root.lun", "%llu", (unsigned long long)r->root.lun);
	put_firmware(st, plan);
	state_put(st, "id", "%s", plan->id);
	state_put(st, "log", "%s", plan->log);
	state_put(st, "onfail", "%d", plan->onfail);
	state_put(st, "timeout_s", "%u", plan->timeout_s);
	put_ms(st, "time.boot_ms", r->started_ms);
	put_ms(st, "time.carrier_ms", r->network.carrier_ms);
	put_ms(st, "time.network_ms", r->network_done_ms);
	put_ms(st, "time.login_ms", r->login_done_ms);
	put_ms(st, "time.root_ms", r->root_done_ms);
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		state_put(st, "agent.peak_kib", "%ld", usage.ru_maxrss);
	return state_save(st, STATE_BOOT, reterr);
}

/* The plan as text in @ret_text, which the caller frees. */
static int plan_text(const struct boot_report *r, const struct plan *plan,
	const struct notes *notes, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return -ENOMEM;
	format_plan(f, plan, network_lease(&r->network), notes);
	if (fclose(f) != 0)
		return -ENOMEM;
	*ret_text = take_ptr(text);
	return 0;
}

void boot_report_plan(
	const struct boot_report *r, const struct plan *plan, const struct notes *notes)
{
	_cleanup_free_ char *text = NULL;
	char *rest;

	if (plan_text(r, plan, notes, &text) < 0)
		return; /* the boot itself will tell that there is no memory */
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_debug("%s", line);
}

static int save_plan(const struct boot_report *report, const struct plan *plan,
	const struct notes *notes, struct err *reterr)
{
	_cleanup_free_ char *text = NULL;
	int r = plan_text(report, plan, notes, &text);

	if (r < 0)
		return err_set(reterr, r, "no memory for the plan");
	r = fs_replace(STATE_PLAN, text, 0644);
	return r < 0 ? err_sys(reterr, r, "cannot write " STATE_PLAN) : 0;
}

int boot_report_save(const struct boot_report *r, const struct plan *plan,
	const struct notes *notes, struct err *reterr)
{
	if (save_boot(r, plan, reterr) < 0 || save_plan(r, plan, notes, reterr) < 0)
		return reterr->code;
	return 0;
}

void boot_report_failure(const struct boot_report *r, const struct plan *plan,
	const struct notes *notes, const struct err *why)
{
	_cleanup_free_ struct state *st = calloc(1, sizeof(*st));
	struct err err = {.code = 0};

	log_error("%s", why->text);
	if (!st)
		return; /* the console has it */
	state_put(st, "result", "%s", plan->onfail == PLAN_ONFAIL_LOCAL ? "local" : "failed");
	state_put(st, "error", "%s", why->text);
	put_ms(st, "time.boot_ms", r->started_ms);
	/* A local system gets a network back that only a session would need. */
	if (r->network.ifname[0] && (plan->onfail != PLAN_ONFAIL_LOCAL || r->login.target[0])) {
		put_network(st, &r->network);
		put_ms(st, "time.network_ms", r->network_done_ms);
	}
	put_session(st, &r->login, plan);
	put_ms(st, "time.login_ms", r->login_done_ms);
	if (state_save(st, STATE_BOOT, &err) < 0 ||
		(plan->active && save_plan(r, plan, notes, &err) < 0))
		log_warning("%s", err.text);
}

void boot_report_forget_network(const struct boot_report *r)
{
	char path[64];

	(void)snprintf(path, sizeof(path), NETCONF, r->network.ifname);
	if ((unlink(path) < 0 && errno != ENOENT) || (unlink(STATE_LEASE) < 0 && errno != ENOENT) ||
		(unlink(OPEN_ISCSI_INTERFACE) < 0 && errno != ENOENT))
		log_warning("cannot remove what was said of %s: %s", r->network.ifname,
			strerror(errno));
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The network as other packages read it: /run/net-IFACE.conf in klibc's format, and resolv.conf.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "step/step.h"

/* A string that grows within its buffer; full is remembered. */
struct text {
	char *p;
	size_t at, size;
	bool full;
};

static void put(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->full || n >= t->size - t->at) {
		t->full = true;
		return;
	}
	memcpy(t->p + t->at, s, n + 1);
	t->at += n;
}

static void put_line(struct text *t, const char *what, const char *value)
{
	put(t, what);
	put(t, value);
	put(t, "\n");
}

/* NAME='VALUE': readers source the file in a shell, so nothing may end the quotes. */
static void assign(struct text *t, const char *name, const char *value)
{
	char one[2] = "";

	put(t, name);
	put(t, "='");
	for (; *value; value++) {
		one[0] = *value;
		put(t, *value == '\'' ? "'\\''" : *value == '\n' ? " " : one);
	}
	put(t, "'\n");
}

static void assign_ip4(struct text *t, const char *name, struct in_addr a)
{
	char shown[IP4_TEXT_SIZE];

	num_format_ip4(a, shown);
	assign(t, name, shown);
}

static void assign_u64(struct text *t, const char *name, uint64_t v)
{
	char shown[24];

	(void)snprintf(shown, sizeof(shown), "%llu", (unsigned long long)v); /* fits */
	assign(t, name, shown);
}

/* The gateway of the default route, 0.0.0.0 if there is none. */
static struct in_addr default_gateway(const struct plan *plan, const struct network_report *r)
{
	for (unsigned int i = 0; r->have_lease && i < r->lease.n_routes; i++)
		if (r->lease.route[i].prefix == 0)
			return r->lease.route[i].gateway;
	return r->have_lease ? (struct in_addr){0} : plan->net.gateway;
}

void network_address_text(const struct network_report *r, char out[NETWORK_ADDRESS_SIZE])
{
	char text[IP6_TEXT_SIZE];

	if (r->ipv6)
		num_format_ip6(&r->address6, text);
	else
		num_format_ip4(r->address, text);
	(void)snprintf(out, NETWORK_ADDRESS_SIZE, "%s/%u", text, r->prefix); /* fits */
}

static struct in_addr name_server(
	const struct plan *plan, const struct network_report *r, unsigned int i)
{
	if (plan->net.dns[i].s_addr)
		return plan->net.dns[i]; /* ip= names them even beside DHCP */
	return network_lease(r) && i < r->lease.n_dns ? r->lease.dns[i] : (struct in_addr){0};
}

static struct in_addr root_server(const struct plan *plan, const struct network_report *r)
{
	struct in_addr a;

	if (num_parse_ip4(span_str(plan->server), &a) == 0)
		return a;
	if (plan->net.server.s_addr)
		return plan->net.server;
	return network_believed(plan, r) ? r->lease.siaddr : (struct in_addr){0};
}

static struct in_addr broadcast(const struct network_report *r)
{
	if (r->ipv6)
		return r->address; /* there is none */
	if (r->have_lease && r->lease.broadcast.s_addr)
		return r->lease.broadcast;
	return num_broadcast4(r->address, r->prefix);
}

static void assign_ip6(struct text *t, const char *name, const struct in6_addr *a)
{
	char shown[IP6_TEXT_SIZE];

	num_format_ip6(a, shown);
	assign(t, name, IN6_IS_ADDR_UNSPECIFIED(a) ? "" : shown);
}

/* klibc has no words for it: those of initramfs-tools' dhclient, which cloud-init reads as well. */
static void assign_ipv6(
	struct text *t, const struct plan *plan, const struct network_report *report)
{
	assign(t, "IPV6PROTO", report->advertised ? "auto" : "none");
	assign_ip6(t, "IPV6ADDR", &report->address6);
	assign_u64(t, "IPV6NETMASK", report->prefix);
	assign_ip6(t, "IPV6GATEWAY", &plan->net.gateway6);
	assign_ip6(t, "IPV6DNS0", &plan->net.dns6[0]);
	assign_ip6(t, "IPV6DNS1", &plan->net.dns6[1]);
}

int netconf_format(
	const struct plan *plan, const struct network_report *report, char *out, size_t size)
{
	const struct lease *l = &report->lease;
	const bool dhcp = report->have_lease, names = network_lease(report) != NULL;
	const bool boot = network_believed(plan, report);
	const struct in_addr none = {0};
	struct text t = {out, 0, size, size == 0};

	assign(&t, "DEVICE", report->ifname);
	assign(&t, "PROTO", dhcp ? "dhcp" : "none");
	assign_ip4(&t, "IPV4ADDR", report->address);
	assign_ip4(&t, "IPV4BROADCAST", broadcast(report));
	assign_ip4(&t, "IPV4NETMASK", report->ipv6 ? none : num_mask4(report->prefix));
	assign_ip4(&t, "IPV4GATEWAY", default_gateway(plan, report));
	assign_ip4(&t, "IPV4DNS0", name_server(plan, report, 0));
	assign_ip4(&t, "IPV4DNS1", name_server(plan, report, 1));
	assign(&t, "HOSTNAME",
		plan->net.hostname[0] ? plan->net.hostname
		: boot                ? l->hostname
				      : "");
	assign(&t, "DNSDOMAIN", names ? l->domain : "");
	assign(&t, "NISDOMAIN", "");
	assign_ip4(&t, "ROOTSERVER", root_server(plan, report));
	assign(&t, "ROOTPATH", boot ? l->rootpath : "");
	assign(&t, "filename", boot ? l->bootfile : "");
	assign_u64(&t, "UPTIME", clock_now_ms() / 1000);
	assign_u64(&t, "DHCPLEASETIME", dhcp && l->has_lease_time ? l->lease_s : 0);
	assign(&t, "DOMAINSEARCH", names ? l->search : "");
	if (report->ipv6)
		assign_ipv6(&t, plan, report);
	return t.full ? -ENOSPC : 0;
}

int netconf_resolv(
	const struct plan *plan, const struct network_report *report, char *out, size_t size)
{
	struct text t = {out, 0, size, size == 0};
	char shown[IP6_TEXT_SIZE];

	if (size)
		out[0] = '\0';
	for (unsigned int i = 0; i < 2; i++) {
		struct in_addr a = name_server(plan, report, i);

		num_format_ip4(a, shown);
		if (a.s_addr)
			put_line(&t, "nameserver ", shown);
		num_format_ip6(&plan->net.dns6[i], shown);
		if (!IN6_IS_ADDR_UNSPECIFIED(&plan->net.dns6[i]))
			put_line(&t, "nameserver ", shown);
	}
	if (t.at && network_lease(report) && (report->lease.search[0] || report->lease.domain[0])) {
		/* both were checked to be names when the lease was read */
		put_line(&t, "search ",
			report->lease.search[0] ? report->lease.search : report->lease.domain);
	}
	return t.full ? -ENOSPC : 0;
}

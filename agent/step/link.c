/* SPDX-License-Identifier: GPL-2.0-or-later
 * An interface gets its MTU, address and routes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/rtnetlink.h>

#include "base/fs.h"
#include "step/link.h"

#define MTU_MIN 576 /* RFC 791: what every host takes */
#define MTU_MAX 9216

static void set_mtu(struct rtnl *nl, struct network_report *r)
{
	struct rtnl_request req;
	struct err err;

	if (!r->have_lease || !r->lease.mtu)
		return;
	if (r->lease.mtu < MTU_MIN || r->lease.mtu > MTU_MAX) {
		notes_add(&r->notes, "option 26: MTU %u is not from %d to %d: ignored",
			r->lease.mtu, MTU_MIN, MTU_MAX);
		return;
	}
	rtnl_msg_set_mtu(&req, r->ifindex, r->lease.mtu);
	if (rtnl_do(nl, &req, &err, "MTU %u", r->lease.mtu) < 0)
		notes_add(&r->notes, "option 26: %s", err.text);
}

static bool on_link(const struct network_report *r, struct in_addr gateway)
{
	struct in_addr mask = num_mask4(r->prefix);

	return ((gateway.s_addr ^ r->address.s_addr) & mask.s_addr) == 0;
}

static int add_route(struct rtnl *nl, const struct network_report *r,
	const struct lease_route *route, struct err *reterr)
{
	struct rtnl_request req;
	char dst[IP4_TEXT_SIZE], gateway[IP4_TEXT_SIZE];

	num_format_ip4(route->dst, dst);
	num_format_ip4(route->gateway, gateway);
	rtnl_msg_add_route(
		&req, r->ifindex, route, r->address, r->have_lease ? RTPROT_DHCP : RTPROT_BOOT);
	return rtnl_do(nl, &req, reterr, "route to %s/%u via %s", dst, route->prefix, gateway);
}

/*
 * A gateway outside the prefix is reached by a host route (RFC 3442 has such networks in mind),
 * which the lease may have listed itself. A route that is there already, perhaps through another
 * interface, is left as it is; that is worth a remark unless it is ours, of an attempt @before.
 */
static void add_route_via(
	struct rtnl *nl, struct network_report *r, const struct lease_route *route, bool before)
{
	struct lease_route host = {.dst = route->gateway, .prefix = 32};
	struct err err;
	int e = 0;

	if (route->gateway.s_addr && !on_link(r, route->gateway))
		e = add_route(nl, r, &host, &err);
	if (e == 0 || e == -EEXIST)
		e = add_route(nl, r, route, &err);
	if (e < 0 && !(e == -EEXIST && before))
		notes_add(&r->notes, "%s", err.text);
}

static void add_routes(
	struct rtnl *nl, const struct plan *plan, struct network_report *r, bool before)
{
	struct lease_route fixed = {.gateway = plan->net.gateway};

	for (unsigned int i = 0; r->have_lease && i < r->lease.n_routes; i++)
		add_route_via(nl, r, &r->lease.route[i], before);
	if (!r->have_lease && plan->net.gateway.s_addr)
		add_route_via(nl, r, &fixed, before);
}

int link_configure(
	struct rtnl *nl, const struct plan *plan, struct network_report *report, struct err *reterr)
{
	struct in_addr broadcast = num_broadcast4(report->address, report->prefix);
	struct rtnl_request req;
	char shown[IP4_TEXT_SIZE];
	int r;

	num_format_ip4(report->address, shown);
	if (report->have_lease && report->lease.broadcast.s_addr)
		broadcast = report->lease.broadcast;
	set_mtu(nl, report);
	rtnl_msg_add_address(&req, report->ifindex, report->address, report->prefix, broadcast);
	r = rtnl_do(nl, &req, reterr, "%s: address %s/%u", report->ifname, shown, report->prefix);
	if (r < 0 && r != -EEXIST) /* before somebody left the shell, for another attempt */
		return r;
	add_routes(nl, plan, report, r == -EEXIST);
	return 0;
}

bool link_is_same(const struct network_report *a, const struct network_report *b)
{
	const struct lease *x = &a->lease, *y = &b->lease;

	if (a->ifindex != b->ifindex || a->address.s_addr != b->address.s_addr ||
		a->prefix != b->prefix || a->have_lease != b->have_lease || a->ipv6 || b->ipv6)
		return false;
	return !a->have_lease ||
	       (x->mtu == y->mtu && x->broadcast.s_addr == y->broadcast.s_addr &&
		       x->n_routes == y->n_routes &&
		       memcmp(x->route, y->route, x->n_routes * sizeof(x->route[0])) == 0);
}

int link_remove(struct rtnl *nl, const struct network_report *report, bool down, struct err *reterr)
{
	struct rtnl_request req;
	char shown[NETWORK_ADDRESS_SIZE];
	int r;

	network_address_text(report, shown);
	if (report->ipv6)
		rtnl_msg_del_address6(&req, report->ifindex, &report->address6, report->prefix);
	else
		rtnl_msg_del_address(&req, report->ifindex, report->address, report->prefix);
	r = report->advertised ? 0
			       : rtnl_do(nl, &req, reterr, "%s: cannot take the address %s away",
					 report->ifname, shown);
	if (r == -EADDRNOTAVAIL || r == -ENODEV)
		r = 0; /* it is gone already */
	if (!down || r < 0)
		return r;
	rtnl_msg_set_up(&req, report->ifindex, false);
	r = rtnl_do(nl, &req, reterr, "%s: cannot set the link down", report->ifname);
	return r == -ENODEV ? 0 : r;
}

void link_read_mac(const char *ifname, uint8_t ret[MAC_LEN])
{
	char path[64], text[32];

	memset(ret, 0, MAC_LEN);
	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/address", ifname); /* fits */
	if (fs_read_line(path, text, sizeof(text)) > 0 && num_parse_mac(span_str(text), ret) < 0)
		memset(ret, 0, MAC_LEN);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The IPv6 address of an interface: as ip= has it, or as the kernel makes it of a router's advertisement
 * (RFC 4862). Both take a second, in which the kernel asks whether somebody else has it.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "step/ipv6.h"

#define WAIT_MS  30000
#define LATER_MS 10000 /* for an address beside the one of IPv4 */

/* An address that can be used: @want, or any that is good beyond the link. */
struct search {
	int ifindex;
	const struct in6_addr *want; /* NULL for any */
	bool found, duplicate;
	struct rtnl_address6 address;
};

static void look_at(void *ctx, const struct rtnl_address6 *a)
{
	struct search *s = ctx;

	if (s->found || a->ifindex != s->ifindex || a->tentative)
		return;
	if (s->want ? memcmp(s->want, &a->address, sizeof(a->address)) != 0 : !a->global)
		return;
	s->duplicate = s->duplicate || a->duplicate;
	s->found = !a->duplicate;
	s->address = *a;
}

/* Returns 0, -EADDRINUSE if the one that is wanted is not free, -ETIMEDOUT, or another negative errno. */
static int wait_for(struct rtnl *nl, struct search *s, uint64_t deadline_ms, struct err *reterr)
{
	struct rtnl monitor = RTNL_CLOSED;
	int r = rtnl_open_monitor6(&monitor, reterr); /* before the dump: nothing is missed */

	while (r == 0) {
		struct pollfd p = {monitor.fd, POLLIN, 0};
		uint64_t now_ms;

		r = rtnl_dump_addresses6(nl, look_at, s, reterr);
		if (r < 0 || s->found)
			break;
		now_ms = clock_now_ms();
		if (s->duplicate && s->want)
			r = -EADDRINUSE;
		else if (now_ms >= deadline_ms)
			r = -ETIMEDOUT;
		else if (poll(&p, 1, clock_poll_ms(now_ms, deadline_ms)) > 0)
			rtnl_drain(&monitor);
	}
	rtnl_close(&monitor);
	return r;
}

static int add_route(struct rtnl *nl, const struct plan *plan, struct network_report *report)
{
	char gateway[IP6_TEXT_SIZE];
	struct rtnl_request req;
	struct err err;
	int r;

	if (IN6_IS_ADDR_UNSPECIFIED(&plan->net.gateway6))
		return 0;
	num_format_ip6(&plan->net.gateway6, gateway);
	rtnl_msg_add_default_route6(&req, report->ifindex, &plan->net.gateway6);
	r = rtnl_do(nl, &req, &err, "route to ::/0 via %s", gateway);
	if (r < 0 && r != -EEXIST)
		notes_add(&report->notes, "%s", err.text);
	return 0;
}

static int add_address(struct rtnl *nl, const struct plan *plan,
	const struct network_report *report, struct err *reterr)
{
	char shown[IP6_TEXT_SIZE];
	struct rtnl_request req;
	int r;

	num_format_ip6(&plan->net.address6, shown);
	rtnl_msg_add_address6(&req, report->ifindex, &plan->net.address6, plan->net.prefix6);
	r = rtnl_do(
		nl, &req, reterr, "%s: address %s/%u", report->ifname, shown, plan->net.prefix6);
	return r == -EEXIST ? 0 : r;
}

/* @r is what wait_for() returned. */
static int explain(
	int r, const struct plan *plan, const struct network_report *report, struct err *reterr)
{
	char shown[IP6_TEXT_SIZE];

	num_format_ip6(&plan->net.address6, shown);
	if (r == -EADDRINUSE)
		return err_set(
			reterr, r, "%s: another machine has the address %s", report->ifname, shown);
	if (r == -ETIMEDOUT)
		return err_set(reterr, r,
			"%s: no router advertises a network here, so there is no IPv6 address: "
			"write one, ip=[ADDRESS]::[GATEWAY]:64::%s:none",
			report->ifname, report->ifname);
	return r;
}

int ipv6_configure(struct rtnl *nl, const struct plan *plan, uint64_t deadline_ms,
	struct network_report *report, struct err *reterr)
{
	bool fixed = plan->net.method == PLAN_METHOD_STATIC6;
	struct search s = {.ifindex = report->ifindex, .want = fixed ? &plan->net.address6 : NULL};
	struct rtnl_request req;
	int r = fixed ? add_address(nl, plan, report, reterr) : 0;

	if (r < 0)
		return r;
	r = wait_for(nl, &s, clock_min(deadline_ms, clock_now_ms() + WAIT_MS), reterr);
	if (r == 0 && fixed)
		r = add_route(nl, plan, report);
	if (r == 0) {
		report->ipv6 = true;
		report->advertised = !fixed;
		report->address6 = s.address.address;
		report->prefix = s.address.prefix;
		return 0;
	}
	r = explain(r, plan, report, reterr);
	rtnl_msg_del_address6(&req, report->ifindex, &plan->net.address6, plan->net.prefix6);
	if (fixed && rtnl_do(nl, &req, NULL, "cannot take it away") < 0)
		return r; /* the first failure tells more */
	return r;
}

static bool needs_ipv6(const struct plan *plan)
{
	struct in6_addr a;

	if (plan->root_kind == PLAN_ROOT_NFS)
		return num_parse_ip6(span_str(plan->nfs_host), &a) == 0;
	for (unsigned int i = 0; i < plan->n_portals; i++)
		if (!plan->portal[i].ipv6)
			return false; /* that one does meanwhile */
	return plan->n_portals > 0;
}

int network_wait_ipv6(const struct plan *plan, const struct network_report *report,
	uint64_t deadline_ms, struct err *reterr)
{
	struct search s = {.ifindex = report->ifindex};
	struct rtnl nl = RTNL_CLOSED;
	int r;

	if (!needs_ipv6(plan) || !report->ifindex || report->ipv6)
		return 0;
	r = rtnl_open(&nl, reterr);
	if (r == 0)
		r = wait_for(&nl, &s, clock_min(deadline_ms, clock_now_ms() + LATER_MS), reterr);
	rtnl_close(&nl);
	return r < 0 ? explain(r, plan, report, reterr) : 0;
}

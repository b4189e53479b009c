/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step network: all wired interfaces race; the first that can carry the root is configured.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <linux/if.h> /* after net/if.h, which lacks IFF_LOWER_UP */

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/inform.h"
#include "step/ipv6.h"
#include "step/link.h"
#include "step/nic.h"
#include "step/pxe.h"
#include "step/step.h"
#include "step/udev.h"

#define TELL_FIRST_MS 5000
#define TELL_EVERY_MS 10000
#define SENTENCE_SIZE 400
#define RETRY_MS      1000
#define UDEV_MS       3000 /* a udev that needs longer is not waited for */

struct race {
	const struct plan *plan;
	const struct network_watch *watch;
	struct rtnl nl, monitor;
	int vlan_parent; /* interface on which a VLAN is to be made, 0 for none */
	int udev_fd; /* -1 when nobody renames interfaces */
	struct nic nic[NICS_MAX];
	struct nic *winner;
};

static struct nic *find_nic(struct race *race, int ifindex)
{
	for (unsigned int i = 0; i < NICS_MAX; i++)
		if (race->nic[i].ifindex == ifindex)
			return &race->nic[i];
	return NULL;
}

/* What failed may work a little later: a driver that loads its firmware, a full queue. */
static void fail_nic(struct nic *nic, const struct err *err)
{
	nic_stop_dhcp(nic);
	nic->failure = *err;
	nic->retry_ms = clock_now_ms() + RETRY_MS;
}

static void on_carrier(struct race *race, struct nic *nic, bool up)
{
	if (up == nic->carrier)
		return;
	nic->carrier = up;
	nic->failure.code = 0;
	nic->retry_ms = 0;
	if (up) {
		nic->carrier_ms = clock_now_ms();
		return;
	}
	nic_stop_dhcp(nic);
	if (race->winner == nic)
		race->winner = NULL;
}

static bool is_vlan_parent(const struct plan_net *net, const struct rtnl_link *link)
{
	if (net->vlan_parent[0])
		return strcmp(net->vlan_parent, link->name) == 0;
	/* Its VLANs have the same address. */
	return link->has_mac && memcmp(net->mac, link->mac, MAC_LEN) == 0 && !link->enslaved &&
	       strcmp(net->ifname, link->name) != 0;
}

/* Called while the kernel's answer is being read: no request may be sent from here. */
static void on_link(void *ctx, const struct rtnl_link *link)
{
	struct race *race = ctx;
	struct nic *nic = find_nic(race, link->ifindex);

	if (race->plan->net.vlan_id && is_vlan_parent(&race->plan->net, link))
		race->vlan_parent = link->gone ? 0 : link->ifindex;
	if (link->gone ||
		(nic ? nic_is_lost(race->plan, link) : !nic_is_wanted(race->plan, link))) {
		if (nic) {
			on_carrier(race, nic, false);
			memset(nic, 0, sizeof(*nic));
		}
		return;
	}
	if (!nic) {
		nic = find_nic(race, 0);
		if (!nic)
			return; /* more interfaces than anybody plugs in: the first ones race */
		nic->ifindex = link->ifindex;
		nic->udev_until_ms = clock_now_ms() + UDEV_MS;
		memcpy(nic->mac, link->mac, MAC_LEN);
	}
	memcpy(nic->name, link->name, sizeof(nic->name)); /* it may have been renamed */
	nic->down = !(link->flags & IFF_UP);
	on_carrier(race, nic, (link->flags & IFF_UP) && (link->flags & IFF_LOWER_UP));
}

/* True while udev may still rename the interface; one that the plan calls by its name has it. */
static bool waits_for_udev(const struct race *race, const struct nic *nic, uint64_t now_ms)
{
	return race->udev_fd >= 0 && !race->plan->net.ifname[0] && now_ms < nic->udev_until_ms &&
	       !udev_is_done(nic->ifindex);
}

/* What comes of it is the monitor's next event. */
static void raise_link(struct race *race, struct nic *nic)
{
	struct rtnl_request req;
	struct err err = {.code = 0};

	rtnl_msg_set_up(&req, nic->ifindex, true);
	if (rtnl_do(&race->nl, &req, &err, "cannot set the link up") < 0)
		fail_nic(nic, &err);
	else
		nic->raised = true;
}

/* The VLAN's interface, once there is the one below it; both then come up like any other. */
static void make_vlan(struct race *race)
{
	const struct plan_net *net = &race->plan->net;
	struct rtnl_request up, add;
	struct err err = {.code = 0};
	int r;

	if (!race->vlan_parent)
		return;
	rtnl_msg_set_up(&up, race->vlan_parent, true);
	rtnl_msg_add_vlan(&add, race->vlan_parent, net->ifname, net->vlan_id);
	race->vlan_parent = 0; /* one attempt each time that it appears */
	r = rtnl_do(&race->nl, &up, &err, "cannot set %s up", net->vlan_parent);
	if (r == 0)
		r = rtnl_do(&race->nl, &add, &err,
			"cannot make %s on %s (is the module 8021q there?)", net->ifname,
			net->vlan_parent[0] ? net->vlan_parent : "the firmware's adapter");
	if (r < 0 && r != -EEXIST)
		race->watch->waiting(race->watch->ctx, err.text);
}

/* The next thing to do for an interface: set it up, then at its carrier ask for an address. */
static void advance(struct race *race, struct nic *nic, uint64_t now_ms)
{
	struct err err = {.code = 0};

	if (!nic->ifindex || now_ms < nic->retry_ms)
		return;
	if (nic->down && !nic->raised) {
		if (!waits_for_udev(race, nic, now_ms))
			raise_link(race, nic);
	} else if (!nic->carrier || nic->running) {
		return;
	} else if (race->plan->net.method != PLAN_METHOD_DHCP) {
		if (!race->winner)
			race->winner = nic;
	} else if (nic_start_dhcp(nic, (struct in_addr){0}, &race->watch->judge, now_ms, &err) <
		   0) {
		fail_nic(nic, &err);
	}
}

/* A client that has something to do: its socket is readable or its deadline has passed. */
static void on_client(struct race *race, struct nic *nic, uint64_t now_ms)
{
	struct err err = {.code = 0};
	int r = dhcp_client_process(&nic->dhcp, now_ms, &err);

	if (r < 0)
		fail_nic(nic, &err);
	else if (r > 0 && !race->winner)
		race->winner = nic;
}

static uint64_t next_deadline(const struct race *race, uint64_t now_ms, uint64_t deadline_ms)
{
	for (unsigned int i = 0; i < NICS_MAX; i++) {
		const struct nic *nic = &race->nic[i];

		if (nic->running)
			deadline_ms = clock_min(deadline_ms, nic->dhcp.deadline_ms);
		if (nic->retry_ms > now_ms)
			deadline_ms = clock_min(deadline_ms, nic->retry_ms);
		if (nic->down && !nic->raised && nic->udev_until_ms > now_ms)
			deadline_ms = clock_min(deadline_ms, nic->udev_until_ms);
	}
	return deadline_ms;
}

/* Waits for the next thing to happen and takes it. Returns 0 or a negative errno with @reterr. */
static int turn(struct race *race, uint64_t deadline_ms, struct err *reterr)
{
	struct pollfd p[NICS_MAX + 2];
	uint64_t now_ms = clock_now_ms();
	int n, r;

	for (unsigned int i = 0; i < NICS_MAX; i++)
		p[i] = (struct pollfd){race->nic[i].running ? race->nic[i].io.fd : -1, POLLIN, 0};
	p[NICS_MAX] = (struct pollfd){race->monitor.fd, POLLIN, 0};
	p[NICS_MAX + 1] = (struct pollfd){race->udev_fd, POLLIN, 0};
	n = poll(p, NICS_MAX + 2, clock_poll_ms(now_ms, next_deadline(race, now_ms, deadline_ms)));
	if (n < 0)
		return errno == EINTR ? 0 : err_sys(reterr, -errno, "cannot wait for the network");
	now_ms = clock_now_ms();
	for (unsigned int i = 0; i < NICS_MAX; i++) {
		struct nic *nic = &race->nic[i];

		if (nic->running && (p[i].revents || nic->dhcp.deadline_ms <= now_ms))
			on_client(race, nic, now_ms);
	}
	if (p[NICS_MAX + 1].revents)
		udev_drain(race->udev_fd);
	if (p[NICS_MAX].revents) {
		r = rtnl_read_links(&race->monitor, on_link, race, reterr);
		if (r == -ENOBUFS) /* events were lost: look at everything */
			r = rtnl_dump_links(&race->nl, on_link, race, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

static int run_race(struct race *race, uint64_t deadline_ms, struct err *reterr)
{
	uint64_t tell_ms = clock_now_ms() + TELL_FIRST_MS;
	char sentence[SENTENCE_SIZE] = "";
	bool any = false, carrier = false;

	for (;;) {
		uint64_t now_ms = clock_now_ms();
		int r;

		make_vlan(race);
		for (unsigned int i = 0; i < NICS_MAX; i++)
			advance(race, &race->nic[i], now_ms);
		if (race->winner)
			return 0;
		if (now_ms >= clock_min(deadline_ms, tell_ms))
			nic_describe(race->plan, race->nic, now_ms, sentence, sizeof(sentence));
		if (now_ms >= deadline_ms)
			break;
		if (now_ms >= tell_ms) {
			race->watch->waiting(race->watch->ctx, sentence);
			tell_ms = now_ms + TELL_EVERY_MS;
		}
		r = turn(race, clock_min(deadline_ms, tell_ms), reterr);
		if (r < 0)
			return r;
	}
	for (unsigned int i = 0; i < NICS_MAX; i++) {
		any = any || race->nic[i].ifindex;
		carrier = carrier || race->nic[i].carrier;
	}
	return err_set(reterr, !any ? -ENODEV : !carrier ? -ENOLINK : -ETIMEDOUT, "%s", sentence);
}

/* The others go back to how they were. */
static void end_race(struct race *race)
{
	for (unsigned int i = 0; i < NICS_MAX; i++) {
		struct nic *nic = &race->nic[i];
		struct rtnl_request req;

		if (!nic->ifindex)
			continue;
		nic_stop_dhcp(nic);
		if (!nic->raised || nic == race->winner)
			continue;
		rtnl_msg_set_up(&req, nic->ifindex, false);
		if (rtnl_do(&race->nl, &req, NULL, "cannot set %s down", nic->name) < 0)
			continue; /* it may be gone; it does not matter to the boot */
	}
	rtnl_close(&race->nl);
	rtnl_close(&race->monitor);
	cleanup_fd(&race->udev_fd);
}

/* What an earlier call configured goes, so that nothing of it is in the way of the new. */
static int make_room(
	struct race *race, const struct network_report *old, int ifindex, struct err *reterr)
{
	return old->ifindex
		       ? link_remove(&race->nl, old, old->raised && old->ifindex != ifindex, reterr)
		       : 0;
}

static bool is_ipv6(const struct plan *plan)
{
	return plan->net.method == PLAN_METHOD_STATIC6 || plan->net.method == PLAN_METHOD_AUTO6;
}

static int configure(
	struct race *race, uint64_t deadline_ms, struct network_report *report, struct err *reterr)
{
	const struct plan *plan = race->plan;
	const struct nic *nic = race->winner;
	struct network_report out = {.ifindex = nic->ifindex,
		.carrier_ms = nic->carrier_ms,
		.discover_ms = nic->discover_ms,
		.raised = nic->raised || (report->ifindex == nic->ifindex && report->raised),
		.address = plan->net.address,
		.prefix = plan->net.prefix};
	int r;

	memcpy(out.ifname, nic->name, sizeof(out.ifname));
	memcpy(out.mac, nic->mac, MAC_LEN);
	if (plan->net.method == PLAN_METHOD_DHCP) {
		out.have_lease = true;
		out.lease = nic->dhcp.lease;
		out.leased_ms = nic->dhcp.requested_ms;
		out.notes = nic->dhcp.notes;
		out.address = out.lease.address;
		out.prefix = out.lease.prefix;
	}
	if (link_is_same(report, &out)) {
		out.informed = report->informed; /* until DHCP says something else */
		if (out.informed) {
			out.lease = report->lease;
			out.notes = report->notes;
			out.discover_ms = report->discover_ms;
		}
	} else {
		r = make_room(race, report, out.ifindex, reterr);
		if (r < 0)
			return r;
		memset(report, 0, sizeof(*report));
		r = is_ipv6(plan) ? ipv6_configure(&race->nl, plan, deadline_ms, &out, reterr)
				  : link_configure(&race->nl, plan, &out, reterr);
		if (r < 0)
			return r;
	}
	out.configured_ms = clock_now_ms();
	if (out.have_lease)
		pxe_ask(nic, deadline_ms, &out);
	*report = out;
	return 0;
}

/* ip=off: somebody else configured the network, or there is none. */
static int report_as_is(struct network_report *report, struct err *reterr)
{
	struct rtnl nl = RTNL_CLOSED;
	struct rtnl_address a = {.ifindex = 0};
	int r = rtnl_open(&nl, reterr);

	memset(report, 0, sizeof(*report));
	if (r == 0)
		r = rtnl_find_address(&nl, &a, reterr);
	if (r > 0 && if_indextoname((unsigned int)a.ifindex, report->ifname)) {
		report->ifindex = a.ifindex;
		report->address = a.address;
		report->prefix = a.prefix;
		report->configured_ms = clock_now_ms();
		link_read_mac(report->ifname, report->mac);
	}
	rtnl_close(&nl);
	return r < 0 ? r : 0;
}

int network_release(const struct network_report *report, struct err *reterr)
{
	struct rtnl nl = RTNL_CLOSED;
	int r = rtnl_open(&nl, reterr);

	if (r == 0)
		r = link_remove(&nl, report, report->raised, reterr);
	rtnl_close(&nl);
	return r;
}

int network_run(const struct plan *plan, uint64_t deadline_ms, const struct network_watch *watch,
	struct network_report *report, struct err *reterr)
{
	_cleanup_free_ struct race *race = calloc(1, sizeof(*race));
	int r;

	if (plan->net.method == PLAN_METHOD_OFF)
		return report_as_is(report, reterr);
	if (!race)
		return err_set(reterr, -ENOMEM, "no memory for the network interfaces");
	race->plan = plan;
	race->watch = watch;
	race->nl = race->monitor = RTNL_CLOSED;
	race->udev_fd = udev_watch();
	r = rtnl_open(&race->nl, reterr);
	if (r == 0)
		r = rtnl_open_monitor(
			&race->monitor, reterr); /* before the dump: nothing is missed */
	if (r == 0)
		r = rtnl_dump_links(&race->nl, on_link, race, reterr);
	if (r == 0)
		r = run_race(race, deadline_ms, reterr);
	if (r == 0)
		r = configure(race, deadline_ms, report, reterr);
	if (r == 0 && plan->net.method == PLAN_METHOD_STATIC) {
		r = inform_run(plan, deadline_ms, watch, report, reterr);
		if (r < 0 && !report->informed && link_remove(&race->nl, report, false, NULL) == 0)
			memset(report, 0, sizeof(*report));
	}
	if (r < 0)
		race->winner = NULL;
	end_race(race);
	return r;
}

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
#include "step/link.h"
#include "step/nic.h"
#include "step/step.h"

#define TELL_FIRST_MS 5000
#define TELL_EVERY_MS 10000
#define SENTENCE_SIZE 400

struct race {
	const struct plan *plan;
	struct rtnl nl, monitor;
	struct nic nic[NICS_MAX];
	struct nic *winner;
	struct err failure; /* of a callback that cannot return it */
};

static struct nic *find_nic(struct race *race, int ifindex)
{
	for (unsigned int i = 0; i < NICS_MAX; i++)
		if (race->nic[i].ifindex == ifindex)
			return &race->nic[i];
	return NULL;
}

static void fail_nic(struct nic *nic, const struct err *err)
{
	nic_stop_dhcp(nic);
	nic->failure = *err;
}

static void on_carrier(struct race *race, struct nic *nic, bool up)
{
	struct err err = {.code = 0};
	uint64_t now_ms = clock_now_ms();

	if (up == nic->carrier)
		return;
	nic->carrier = up;
	nic->failure.code = 0;
	if (!up) {
		nic_stop_dhcp(nic);
		if (race->winner == nic)
			race->winner = NULL;
		return;
	}
	nic->carrier_ms = now_ms;
	if (race->plan->net.method == PLAN_METHOD_STATIC) {
		if (!race->winner)
			race->winner = nic;
	} else if (nic_start_dhcp(nic, now_ms, &err) < 0) {
		fail_nic(nic, &err);
	}
}

/* Called while the kernel's answer is being read: no request may be sent from here. */
static void on_link(void *ctx, const struct rtnl_link *link)
{
	struct race *race = ctx;
	struct nic *nic = find_nic(race, link->ifindex);

	if (link->gone || (!nic && !nic_is_wanted(race->plan, link))) {
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
		memcpy(nic->mac, link->mac, MAC_LEN);
	}
	memcpy(nic->name, link->name, sizeof(nic->name)); /* it may have been renamed */
	nic->down = !(link->flags & IFF_UP);
	on_carrier(race, nic, (link->flags & IFF_UP) && (link->flags & IFF_LOWER_UP));
}

/* Sets the links up that are down, once; what comes of it is the monitor's next event. */
static void raise_links(struct race *race)
{
	for (unsigned int i = 0; i < NICS_MAX; i++) {
		struct nic *nic = &race->nic[i];
		struct rtnl_request req;
		struct err err = {.code = 0};

		if (!nic->ifindex || !nic->down || nic->raised)
			continue;
		nic->raised = true;
		rtnl_msg_set_up(&req, nic->ifindex, true);
		if (rtnl_do(&race->nl, &req, &err, "cannot set the link up") < 0)
			fail_nic(nic, &err);
	}
}

static int look_at_links(struct race *race, struct err *reterr)
{
	int r = rtnl_dump_links(&race->nl, on_link, race, reterr);

	if (r == 0)
		raise_links(race);
	return r;
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

static uint64_t next_deadline(const struct race *race, uint64_t deadline_ms)
{
	for (unsigned int i = 0; i < NICS_MAX; i++)
		if (race->nic[i].running)
			deadline_ms = clock_min(deadline_ms, race->nic[i].dhcp.deadline_ms);
	return deadline_ms;
}

/* Waits for the next thing to happen and takes it. Returns 0 or a negative errno with @reterr. */
static int turn(struct race *race, uint64_t deadline_ms, struct err *reterr)
{
	struct pollfd p[NICS_MAX + 1];
	int n, r;

	for (unsigned int i = 0; i < NICS_MAX; i++)
		p[i] = (struct pollfd){race->nic[i].running ? race->nic[i].io.fd : -1, POLLIN, 0};
	p[NICS_MAX] = (struct pollfd){race->monitor.fd, POLLIN, 0};
	n = poll(p, NICS_MAX + 1, clock_poll_ms(clock_now_ms(), next_deadline(race, deadline_ms)));
	if (n < 0 && errno != EINTR)
		return err_sys(reterr, -errno, "cannot wait for the network");
	for (unsigned int i = 0; n >= 0 && i < NICS_MAX; i++) {
		struct nic *nic = &race->nic[i];
		uint64_t now_ms = clock_now_ms();

		if (nic->running && (p[i].revents || nic->dhcp.deadline_ms <= now_ms))
			on_client(race, nic, now_ms);
	}
	if (n > 0 && p[NICS_MAX].revents) {
		r = rtnl_read_links(&race->monitor, on_link, race, reterr);
		if (r == -ENOBUFS) /* events were lost: look at everything */
			return look_at_links(race, reterr);
		if (r < 0)
			return r;
		raise_links(race);
	}
	return 0;
}

static int run_race(struct race *race, uint64_t deadline_ms,
	void (*waiting)(void *ctx, const char *sentence), void *ctx, struct err *reterr)
{
	uint64_t tell_ms = clock_now_ms() + TELL_FIRST_MS;
	char sentence[SENTENCE_SIZE];
	bool any = false, carrier = false;

	while (!race->winner) {
		uint64_t now_ms = clock_now_ms();
		int r;

		nic_describe(race->plan, race->nic, now_ms, sentence, sizeof(sentence));
		if (now_ms >= deadline_ms)
			break;
		if (now_ms >= tell_ms) {
			waiting(ctx, sentence);
			tell_ms = now_ms + TELL_EVERY_MS;
		}
		r = turn(race, clock_min(deadline_ms, tell_ms), reterr);
		if (r < 0)
			return r;
	}
	if (race->winner)
		return 0;
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
}

static int configure(struct race *race, struct network_report *report, struct err *reterr)
{
	const struct plan *plan = race->plan;
	const struct nic *nic = race->winner;
	struct network_report out = {.ifindex = nic->ifindex,
		.carrier_ms = nic->carrier_ms,
		.discover_ms = nic->discover_ms,
		.address = plan->net.address,
		.prefix = plan->net.prefix};
	int r;

	memcpy(out.ifname, nic->name, sizeof(out.ifname));
	memcpy(out.mac, nic->mac, MAC_LEN);
	if (plan->net.method == PLAN_METHOD_DHCP) {
		out.have_lease = true;
		out.lease = nic->dhcp.lease;
		out.notes = nic->dhcp.notes;
		out.address = out.lease.address;
		out.prefix = out.lease.prefix;
	}
	r = link_configure(&race->nl, plan, &out, reterr);
	if (r < 0)
		return r;
	out.configured_ms = clock_now_ms();
	*report = out;
	return 0;
}

/* ip=off: somebody else configured the network, or there is none. */
static int report_as_is(struct network_report *report, struct err *reterr)
{
	struct rtnl nl = RTNL_CLOSED;
	struct rtnl_address a;
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

int network_run(const struct plan *plan, uint64_t deadline_ms,
	void (*waiting)(void *ctx, const char *sentence), void *ctx, struct network_report *report,
	struct err *reterr)
{
	_cleanup_free_ struct race *race = calloc(1, sizeof(*race));
	int r;

	if (plan->net.method == PLAN_METHOD_OFF)
		return report_as_is(report, reterr);
	if (!race)
		return err_set(reterr, -ENOMEM, "no memory for the network interfaces");
	race->plan = plan;
	race->nl = race->monitor = RTNL_CLOSED;
	r = rtnl_open(&race->nl, reterr);
	if (r == 0)
		r = rtnl_open_monitor(
			&race->monitor, reterr); /* before the dump: nothing is missed */
	if (r == 0)
		r = look_at_links(race, reterr);
	if (r == 0)
		r = run_race(race, deadline_ms, waiting, ctx, reterr);
	if (r == 0)
		r = configure(race, report, reterr);
	if (r < 0)
		race->winner = NULL;
	end_race(race);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * DHCPINFORM: what the network knows beside an address (RFC 2131 section 3.4).
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/inform.h"
#include "step/nic.h"

#define TELL_FIRST_MS 5000
#define TELL_EVERY_MS 10000

static bool is_needed(const struct plan *plan, const struct network_watch *watch,
	const struct network_report *report)
{
	struct lease nothing = {.prefix = report->prefix};

	if (plan->dhcp != PLAN_TRUST_ALL || !watch->judge.rank)
		return false;
	memcpy(nothing.chaddr, report->mac, MAC_LEN);
	return watch->judge.rank(watch->judge.ctx, &nothing) == DHCP_RANK_POOR;
}

static int give_up(const struct nic *nic, struct err *reterr)
{
	return err_set(reterr, -ETIMEDOUT,
		"%s: no DHCP server answers, and ip= and the other settings do not say everything: "
		"add pinet.server=ADDRESS%s%s",
		nic->name, nic->dhcp.ignored.code ? "; ignored: " : "",
		nic->dhcp.ignored.code ? nic->dhcp.ignored.text : "");
}

/* Until there is an answer. Returns 0 or a negative errno with @reterr. */
static int wait_for_answer(struct nic *nic, uint64_t deadline_ms, const struct network_watch *watch,
	struct err *reterr)
{
	uint64_t tell_ms = clock_now_ms() + TELL_FIRST_MS;

	for (;;) {
		struct pollfd p = {nic->io.fd, POLLIN, 0};
		uint64_t now_ms = clock_now_ms();
		int r = dhcp_client_process(&nic->dhcp, now_ms, reterr);

		if (r != 0)
			return r < 0 ? r : 0;
		if (now_ms >= deadline_ms)
			return give_up(nic, reterr);
		if (now_ms >= tell_ms) {
			struct err err;

			(void)give_up(nic, &err); /* for its sentence */
			watch->waiting(watch->ctx, err.text);
			tell_ms = now_ms + TELL_EVERY_MS;
		}
		if (poll(&p, 1,
			    clock_poll_ms(now_ms, clock_min(clock_min(deadline_ms, tell_ms),
							  nic->dhcp.deadline_ms))) < 0 &&
			errno != EINTR)
			return err_sys(reterr, -errno, "cannot wait for DHCP answers");
	}
}

int inform_run(const struct plan *plan, uint64_t deadline_ms, const struct network_watch *watch,
	struct network_report *report, struct err *reterr)
{
	_cleanup_free_ struct nic *nic = NULL;
	int r;

	if (!is_needed(plan, watch, report))
		return 0;
	nic = calloc(1, sizeof(*nic));
	if (!nic)
		return err_set(reterr, -ENOMEM, "no memory for DHCP");
	nic->ifindex = report->ifindex;
	memcpy(nic->name, report->ifname, sizeof(nic->name));
	memcpy(nic->mac, report->mac, MAC_LEN);
	r = nic_start_dhcp(nic, report->address, &watch->judge, clock_now_ms(), reterr);
	if (r == 0)
		r = wait_for_answer(nic, deadline_ms, watch, reterr);
	if (r == 0) {
		report->informed = true;
		report->lease = nic->dhcp.lease;
		report->lease.prefix = report->prefix;
		report->notes = nic->dhcp.notes;
		report->discover_ms = nic->discover_ms;
	}
	nic_stop_dhcp(nic);
	return r;
}

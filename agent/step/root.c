/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step root: the disks of the session as the kernel brings them up, and the root on them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/blk_scan.h"
#include "step/step.h"
#include "step/uevent.h"

#define SYS       "/sys"
#define DEV       "/dev"
#define QUIET_MS  2000 /* no event for so long: nothing more will come by itself */
#define RESCAN_MS 5000
#define LOOK_MS   1000 /* what a look gets even when the time is over */

static void fill(struct root_report *report, const struct blk *b)
{
	memset(report, 0, sizeof(*report));
	(void)snprintf(report->device, sizeof(report->device), "/dev/%s", b->name); /* fits */
	if (b->mountable)
		strcpy(report->fstype, b->type);
	strcpy(report->disk, b->disk);
	report->lun = b->lun;
}

/* 0 when the root is there, -ENODEV or -ENOENT while it may still come, else a final errno. */
static int try_once(const struct plan *plan, const struct login_report *session,
	uint64_t deadline_ms, struct blk_list *list, struct root_report *report, struct err *reterr)
{
	const struct blk *hit;
	uint64_t look_ms = clock_now_ms() + LOOK_MS;
	int r = blk_scan(
		SYS, DEV, session->sid, look_ms > deadline_ms ? look_ms : deadline_ms, list);

	if (r == -ETIMEDOUT)
		return err_set(reterr, r,
			"the disks of %s do not answer: is the server still there?",
			session->target);
	if (r < 0)
		return err_sys(reterr, r, "cannot look at the disks of %s", session->target);
	if (!list->n_disks)
		return err_set(reterr, -ENODEV,
			"the target %s shows no disk to this initiator: check its LUNs",
			session->target);
	if (plan->root_kind == PLAN_ROOT_DEVICE) {
		/* Other boot scripts make it out of these disks. */
		memset(report, 0, sizeof(*report));
		return 0;
	}
	r = blk_match(plan, list, session->target, &hit, reterr);
	if (r == 0)
		fill(report, hit);
	return r;
}

int root_run(const struct plan *plan, const struct login_report *session, uint64_t deadline_ms,
	struct root_report *report, struct err *reterr)
{
	_cleanup_free_ struct blk_list *list = calloc(1, sizeof(*list));
	_cleanup_fd_ int fd = -1;
	bool rescanned = false;
	int r, changed;

	if (!list)
		return err_set(reterr, -ENOMEM, "no memory for the list of disks");
	fd = uevent_open(reterr); /* before the first look, so that nothing is missed */
	if (fd < 0)
		return fd;
	for (;;) {
		r = try_once(plan, session, deadline_ms, list, report, reterr);
		if (r != -ENODEV && r != -ENOENT)
			return r;
		changed = uevent_wait_block(
			fd, clock_min(deadline_ms, clock_now_ms() + QUIET_MS), reterr);
		if (changed < 0)
			return changed;
		if (clock_now_ms() >= deadline_ms)
			return r;
		if (changed > 0)
			continue;
		if (r == -ENOENT && rescanned)
			return r;
		/* A LUN or a partition that was made after the login comes to light only now. */
		blk_rescan(SYS, DEV, session->host, list,
			clock_min(deadline_ms, clock_now_ms() + RESCAN_MS));
		rescanned = true;
	}
}

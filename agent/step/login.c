/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step login: the target if it has to be found, portals in order, engines in order, and sysfs as
 * the judge.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "step/iscsi_dial.h"
#include "step/iscsi_discovery.h"
#include "step/login_engine.h"
#include "step/session.h"
#include "step/tcp.h"

#define CONNECT_MS   3000
#define DISCOVERY_MS 10000
#define PATH_MS      5000 /* for each further session */
#define MULTIPATH    "/sbin/multipath" /* where its hook puts it */

/* Which engines log in, in order; the others stand in where one does not work. */
static const struct login_engine *const engines[][3] = {
	[PLAN_LOGIN_AUTO] = {&login_native, &login_iscsistart, NULL},
	[PLAN_LOGIN_NATIVE] = {&login_native, NULL},
	[PLAN_LOGIN_ISCSISTART] = {&login_iscsistart, NULL},
};

/* Lets one engine try one portal; the kernel says what came of it. */
static int try_engine(const struct plan *plan, const struct login_engine *engine,
	const struct portal *portal, uint64_t deadline_ms, struct login_report *report,
	struct err *reterr)
{
	uint64_t now_ms = clock_now_ms();
	_cleanup_fd_ int fd = -1;
	struct err engine_err = {.code = 0}, state_err = {.code = 0};
	int r, found;

	/* A portal that is not there is found out in one round trip, not by the engine's time-outs. */
	if (!engine->connects) {
		fd = tcp_connect(portal->host, portal->port,
			clock_min(deadline_ms, now_ms + CONNECT_MS), reterr);
		if (fd < 0)
			return fd;
	}
	r = engine->login(plan, portal,
		clock_min(deadline_ms, now_ms + 1000ull * plan->option[PLAN_LOGIN_S]), &engine_err);
	if (r < 0 && r != -EEXIST) {
		*reterr = engine_err;
		return r;
	}
	found = session_find(plan->target, report, &state_err);
	if (found > 0) {
		report->existed = r == -EEXIST;
		report->engine = engine->name;
		return 0;
	}
	if (found < 0)
		*reterr = state_err;
	else if (r == -EEXIST)
		*reterr = engine_err;
	else
		err_fill(reterr, -EIO, "%s reported success, but the kernel has no session with %s",
			engine->name, plan->target);
	return reterr->code;
}

/* What another engine may do better: this one cannot work here, or does not understand the target. */
static bool is_engines_fault(int r)
{
	return r == -EOPNOTSUPP || r == -EPROTO || r == -EBADMSG || r == -EMSGSIZE;
}

static int try_portal(const struct plan *plan, const struct portal *portal, uint64_t deadline_ms,
	struct login_report *report, struct err *reterr)
{
	const struct login_engine *const *engine = engines[plan->login];
	struct err first = {.code = 0};

	for (;; engine++) {
		int r = try_engine(plan, *engine, portal, deadline_ms, report, reterr);

		if (r == 0 && first.code)
			strcpy(report->remark, first.text);
		else if (first.code)
			err_prefix(reterr, "%s; then", first.text);
		if (r == 0 || !is_engines_fault(r) || !engine[1])
			return r;
		first = *reterr;
	}
}

/* Puts what failed at one portal behind what failed at those before. */
static void add_failure(struct err *reterr, const struct err *err, bool is_first)
{
	size_t at = is_first ? 0 : strlen(reterr->text);

	/* One portal whose server may come is enough for another attempt. */
	if (is_first || reterr->code == -EDESTADDRREQ)
		reterr->code = err->code;
	(void)snprintf(reterr->text + at, sizeof(reterr->text) - at, "%s%s", is_first ? "" : "; ",
		err->text); /* with many portals the text may be cut */
}

/* Further sessions with the target. One that is missing is no reason not to boot. */
static void add_paths(const struct plan *plan, unsigned int next, uint64_t deadline_ms,
	struct login_report *report)
{
	for (; next < plan->n_portals; next++) {
		struct login_report other;
		struct err err = {.code = 0};

		if (try_portal(plan, &plan->portal[next],
			    clock_min(deadline_ms, clock_now_ms() + PATH_MS), &other, &err) == 0)
			report->paths++;
		else if (!report->remark[0])
			strcpy(report->remark, err.text);
	}
}

static int log_in(const struct plan *plan, uint64_t deadline_ms, struct login_report *report,
	struct err *reterr)
{
	for (unsigned int i = 0; i < plan->n_portals; i++) {
		struct err err = {.code = 0};

		if (try_portal(plan, &plan->portal[i], deadline_ms, report, &err) == 0) {
			report->paths = 1;
			if (fs_exists(MULTIPATH))
				add_paths(plan, i + 1, deadline_ms, report);
			return 0;
		}
		add_failure(reterr, &err, i == 0);
	}
	return reterr->code;
}

/* The target of which @plan says nothing, by asking one portal: it and its portals go to @found. */
static int discover(const struct plan *plan, const struct portal *portal, uint64_t deadline_ms,
	struct plan *found, struct err *reterr)
{
	struct iscsi_discovery list = {.text.bytes = NULL};
	char where[ISCSI_WHERE_SIZE];
	struct span text;
	int r = iscsi_discovery_run(plan, portal, deadline_ms, &list, reterr);

	if (r < 0)
		return r;
	text = span_of(list.text.bytes, list.text.len);
	iscsi_portal_text(&list.portal, where);
	r = iscsi_targets_choose(text, plan->id, where, plan->initiator, found->target, reterr);
	if (r == 0)
		found->n_portals =
			iscsi_targets_portals(text, found->target, &list.portal, found->portal);
	free(list.text.bytes);
	return r;
}

/* To a target that is known. */
static int log_in_or_adopt(const struct plan *plan, uint64_t deadline_ms,
	struct login_report *report, struct err *reterr)
{
	int r = session_find(plan->target, report, reterr);

	if (r > 0) {
		report->existed = true;
		report->engine = "an earlier login";
		return 0;
	}
	/* A session that is not logged in now may still be recovering: the engine will tell. */
	return log_in(plan, deadline_ms, report, reterr);
}

static int discover_and_log_in(const struct plan *plan, uint64_t deadline_ms,
	struct login_report *report, struct err *reterr)
{
	_cleanup_free_ struct plan *found = malloc(sizeof(*found));

	if (!found)
		return err_set(reterr, -ENOMEM, "no memory for what the boot server shows");
	*found = *plan;
	for (unsigned int i = 0; i < plan->n_portals; i++) {
		struct err err = {.code = 0};

		if (discover(plan, &plan->portal[i],
			    clock_min(deadline_ms, clock_now_ms() + DISCOVERY_MS), found,
			    &err) == 0)
			return log_in_or_adopt(found, deadline_ms, report, reterr);
		add_failure(reterr, &err, i == 0);
	}
	return reterr->code;
}

int login_run(const struct plan *plan, uint64_t deadline_ms, struct login_report *report,
	struct err *reterr)
{
	if (!plan->n_portals)
		return err_set(reterr, -EDESTADDRREQ, "no portal: add pinet.server=ADDRESS");
	return (plan->target[0] ? log_in_or_adopt : discover_and_log_in)(
		plan, deadline_ms, report, reterr);
}

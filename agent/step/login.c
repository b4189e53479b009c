/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step login: portals in order, engines in order, and sysfs as the judge.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/login_engine.h"
#include "step/session.h"
#include "step/tcp.h"

#define CONNECT_MS 3000
#define LOGIN_MS   20000

static int try_portal(const struct plan *plan, const struct login_engine *engine,
	const struct portal *portal, uint64_t deadline_ms, struct login_report *report,
	struct err *reterr)
{
	uint64_t now_ms = clock_now_ms();
	_cleanup_fd_ int fd = -1;
	struct err engine_err = {.code = 0}, state_err = {.code = 0};
	int r, found;

	/* A portal that is not there is found out in one round trip, not by the engine's time-outs. */
	fd = tcp_connect(
		portal->host, portal->port, clock_min(deadline_ms, now_ms + CONNECT_MS), reterr);
	if (fd < 0)
		return fd;
	r = engine->login(plan, portal, clock_min(deadline_ms, now_ms + LOGIN_MS), &engine_err);
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

int login_run(const struct plan *plan, uint64_t deadline_ms, struct login_report *report,
	struct err *reterr)
{
	const struct login_engine *engine = &login_iscsistart;
	int r, result;

	if (plan->login == PLAN_LOGIN_NATIVE)
		return err_set(reterr, -EOPNOTSUPP,
			"login=native: this version logs in with iscsistart only");
	if (!plan->target[0])
		return err_set(reterr, -EDESTADDRREQ,
			"no target: add pinet.target=iqn..., or let DHCP name it in option 17");
	r = session_find(plan->target, report, reterr);
	if (r > 0) {
		report->existed = true;
		report->engine = "an earlier login";
		return 0;
	}
	/* A session that is not logged in now may still be recovering: the engine will tell. */
	result = -EDESTADDRREQ;
	for (unsigned int i = 0; i < plan->n_portals; i++) {
		struct err err = {.code = 0};
		size_t at = i ? strlen(reterr->text) : 0;

		r = try_portal(plan, engine, &plan->portal[i], deadline_ms, report, &err);
		if (r == 0)
			return 0;
		/* One portal whose server may come is enough for another attempt. */
		if (result == -EDESTADDRREQ)
			result = r;
		(void)snprintf(reterr->text + at, sizeof(reterr->text) - at, "%s%s", i ? "; " : "",
			err.text); /* with many portals the text may be cut */
	}
	reterr->code = result;
	return result;
}

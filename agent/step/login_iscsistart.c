/* SPDX-License-Identifier: GPL-2.0-or-later
 * The login engine that runs open-iscsi's iscsistart.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/proc.h"
#include "plan/option.h"
#include "step/login_engine.h"

#define ARGS_MAX    40
#define PAIR_SIZE   64
#define OUTPUT_SIZE 2048

static const char *const programs[] = {"/sbin/iscsistart", "/usr/sbin/iscsistart"};

/* Exit status of open-iscsi's tools: include/iscsi_err.h. */
enum { ISCSI_ERR_SESS_EXISTS = 15, ISCSI_ERR_LOGIN_AUTH_FAILED = 24 };

struct args {
	const char *argv[ARGS_MAX];
	unsigned int n;
};

static void add(struct args *a, const char *option, const char *value)
{
	a->argv[a->n++] = option;
	a->argv[a->n++] = value;
}

/* What iscsistart printed about the target's answer, and what it means (RFC 7143 11.13.5). */
static int explain(
	int status, const char *out, const struct plan *plan, const char *where, struct err *reterr)
{
	char shown[160];

	if (status == -ETIMEDOUT)
		return err_set(reterr, -ETIMEDOUT, "%s did not finish the login in time", where);
	if (status < 0)
		return err_sys(reterr, status, "cannot run iscsistart");
	if (status == ISCSI_ERR_SESS_EXISTS)
		return err_set(reterr, -EEXIST, "%s: the kernel has a session with %s already",
			where, plan->target);
	if (strstr(out, "target not found"))
		return err_set(reterr, -ENOENT,
			"%s has no target %s, or does not show it to %s: check pinet.target= and "
			"the "
			"target's list of initiators",
			where, plan->target, plan->initiator);
	if (strstr(out, "failed authorization"))
		return err_set(reterr, -EACCES,
			"%s does not let %s log in to %s: its access list has no such initiator",
			where, plan->initiator, plan->target);
	if (status == ISCSI_ERR_LOGIN_AUTH_FAILED || strstr(out, "failed authentication") ||
		strstr(out, "failed to authenticate"))
		return err_set(reterr, -EACCES, "%s refuses the CHAP name or secret of %s%s", where,
			plan->initiator,
			plan->chap.present ? ""
					   : ": it wants CHAP and /etc/pinet/chap.conf has none");
	if (strstr(out, "target error"))
		return err_set(
			reterr, -EAGAIN, "%s answers that it cannot serve the login now", where);
	span_escape(span_str(out), shown, sizeof(shown));
	return err_set(
		reterr, -EIO, "%s: iscsistart failed with status %d: %s", where, status, shown);
}

/*
 * The last lines say what went wrong: keep the text short, and nothing of it reaches a terminal
 * raw. iscsistart takes secrets on its command line only; in the initramfs nobody else reads it.
 */
static int iscsistart_login(const struct plan *plan, const struct portal *portal,
	uint64_t deadline_ms, struct err *reterr)
{
	char pair[PLAN_OPTION_COUNT][PAIR_SIZE], port[8], tpgt[8], where[SETTING_VALUE_SIZE + 16],
		out[OUTPUT_SIZE];
	const char *program = fs_exists(programs[0]) ? programs[0] : programs[1];
	struct args a = {.argv = {program}, .n = 1};
	int status;

	(void)snprintf(port, sizeof(port), "%u", portal->port);
	(void)snprintf(tpgt, sizeof(tpgt), "%u", portal->tpgt);
	(void)snprintf(where, sizeof(where), portal->ipv6 ? "[%s]:%u" : "%s:%u", portal->host,
		portal->port);
	add(&a, "-i", plan->initiator);
	add(&a, "-t", plan->target);
	add(&a, "-g", tpgt);
	add(&a, "-a", portal->host);
	add(&a, "-p", port);
	if (plan->chap.present) {
		add(&a, "-u", plan->chap.user);
		add(&a, "-w", plan->chap.secret);
	}
	if (plan->chap.mutual) {
		add(&a, "-U", plan->chap.user_in);
		add(&a, "-W", plan->chap.secret_in);
	}
	for (unsigned int i = 0; i < PLAN_OPTION_COUNT; i++) {
		char value[PLAN_OPTION_TEXT_SIZE];

		plan_option_text(plan, (enum plan_option)i, value);
		(void)snprintf(pair[i], PAIR_SIZE, "%s=%s", plan_option_name((enum plan_option)i),
			value); /* has the room */
		add(&a, "-P", pair[i]);
	}
	/* One attempt: repeating is the plan's business. */
	add(&a, "-P", "node.session.initial_login_retry_max=1");
	status = proc_run(a.argv, deadline_ms, out, sizeof(out));
	if (status == 0)
		return 0;
	return explain(status, out, plan, where, reterr);
}

const struct login_engine login_iscsistart = {"iscsistart", false, iscsistart_login};

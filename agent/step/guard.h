/* SPDX-License-Identifier: GPL-2.0-or-later
 * The sessions of the root between their login and iscsid, which repairs sessions but has to be read from
 * the root itself: a connection that is lost in these seconds is made anew from memory.
 */
#ifndef STEP_GUARD_H
#define STEP_GUARD_H

#include "step/iscsi_kernel.h"
#include "step/step.h"

enum guard_result {
	GUARD_WELL, /* logged in, or nothing to be done about it now */
	GUARD_REPAIRED,
	GUARD_OVER, /* iscsid is there, or the session is not there any more */
};

struct guard_session {
	uint32_t sid;
	struct portal portal; /* to come back to */
};

/* What a repair needs: all of it in memory. The plan and the report outlive it. */
struct guard {
	struct iscsi_nl nl;
	int proc_fd, sys_fd; /* init moves them away from where they were mounted */
	struct chap_keys chap;
	struct iscsi_dial_config config;
	unsigned int n;
	struct guard_session session[SETTING_PORTALS];
	uint32_t login_s;
	uint32_t before; /* commands by which iscsistart's sessions are ahead of ours */
};

/*
 * Prepares for the sessions with the target of @report, which came of @plan. Returns 0 with @ret, or a
 * negative errno with @reterr.
 */
int guard_open(const struct plan *plan, const struct login_report *report, struct guard *ret,
	struct err *reterr) __attribute__((warn_unused_result));

/* True if @table, net/netlink of a process, has somebody but process @own who repairs sessions. */
bool guard_sees_iscsid(struct span table, uint32_t own);

/*
 * Looks at one of the sessions, and logs in again if its connection is lost. Returns an enum
 * guard_result, or a negative errno with @reterr: the login has failed, and may work later.
 */
int guard_look(struct guard *guard, const struct guard_session *session, struct err *reterr)
	__attribute__((warn_unused_result));

/* Waits until the kernel says something about sessions, at most @timeout_ms. */
void guard_wait(const struct guard *guard, int timeout_ms);

#endif

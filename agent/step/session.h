/* SPDX-License-Identifier: GPL-2.0-or-later
 * iSCSI sessions as the kernel shows them below /sys/class/iscsi_session.
 */
#ifndef STEP_SESSION_H
#define STEP_SESSION_H

#include "step/step.h"

#define SESSION_WELL "LOGGED_IN"

struct session {
	uint32_t sid;
	char state[32];
};

/* Lists sessions with @target, in whatever state, as many as @ret has room for. Returns their number. */
unsigned int session_list(const char *target, struct session ret[SETTING_PORTALS]);

/* HOST:PORT that session @sid is to come back to; "?" for what the kernel does not say. */
void session_portal(unsigned int sid, char out[SETTING_VALUE_SIZE]);

/*
 * Looks for a session with @target.
 *
 * Returns 1 with @report filled (but for engine and existed) if one is logged in, 0 if there is
 * none, -EBUSY with @reterr if there are only sessions in another state.
 */
int session_find(const char *target, struct login_report *report, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Has the disks of SCSI host @host try again for as long as the session waits for its target. Returns
 * 0, also if this kernel has no such setting, or a negative errno with @reterr.
 */
int session_make_patient(int host, struct err *reterr) __attribute__((warn_unused_result));

#endif

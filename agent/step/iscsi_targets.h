/* SPDX-License-Identifier: GPL-2.0-or-later
 * The targets that a server shows, and which of them is ours (RFC 7143 appendix C).
 */
#ifndef STEP_ISCSI_TARGETS_H
#define STEP_ISCSI_TARGETS_H

#include "plan/plan.h"
#include "step/iscsi_text.h"

/* One target in the text of the answer to SendTargets. */
struct iscsi_target {
	struct span name;
	struct span addresses; /* what follows: for iscsi_targets_address() */
};

/*
 * Reads the next target from @in, a text that iscsi_targets_check() let pass.
 * Returns true with @ret, false at the end.
 */
bool iscsi_targets_next(struct span *in, struct iscsi_target *ret);

/* The same for the addresses of a target, each ADDRESS[:PORT][,TPGT] or whatever was sent. */
bool iscsi_targets_address(struct span *in, struct span *ret);

/*
 * Looks through a whole answer. Returns 0; -EBADMSG with @reterr if it is no list of targets, with
 * names of visible characters and at most 223 bytes.
 */
int iscsi_targets_check(struct span text, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Chooses when no target was named: the only one, or the only one whose name contains @id. A hit that
 * goes on with a letter or digit is none, nor one of digits behind a digit: node1 is not node10.
 *
 * Returns 0 with @ret_name, or with @reterr -ENOENT if there is none, -EDESTADDRREQ if there are
 * several: the first of them are named. @where and @initiator are for the message.
 */
int iscsi_targets_choose(struct span text, const char *id, const char *where, const char *initiator,
	char ret_name[PLAN_NAME_SIZE], struct err *reterr) __attribute__((warn_unused_result));

/*
 * The portals of the target @name, best first: the one that was @reached, if it is listed, then the
 * others as listed, addresses before names; the one that was reached comes last if it is not listed.
 * Link-local and unspecified addresses are left out. Returns their number, 1 to SETTING_PORTALS.
 */
unsigned int iscsi_targets_portals(struct span text, const char *name, const struct portal *reached,
	struct portal ret[SETTING_PORTALS]);

#endif

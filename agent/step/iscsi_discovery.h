/* SPDX-License-Identifier: GPL-2.0-or-later
 * SendTargets: what a portal shows this initiator (RFC 7143 appendix C).
 */
#ifndef STEP_ISCSI_DISCOVERY_H
#define STEP_ISCSI_DISCOVERY_H

#include "plan/plan.h"
#include "step/iscsi_targets.h"

/* What a portal answered, checked. The owner frees @text.bytes. */
struct iscsi_discovery {
	struct iscsi_text text;
	struct portal portal; /* that answered: another one after a redirection */
};

/*
 * Asks @portal, as the initiator of @plan and with its CHAP secret, for all its targets.
 *
 * Returns 0 with @ret, or a negative errno with @reterr as iscsi_dial() does.
 */
int iscsi_discovery_run(const struct plan *plan, const struct portal *portal, uint64_t deadline_ms,
	struct iscsi_discovery *ret, struct err *reterr) __attribute__((warn_unused_result));

#endif

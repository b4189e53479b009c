/* SPDX-License-Identifier: GPL-2.0-or-later
 * When a step is tried again, and when that cannot help.
 */
#ifndef CMD_RETRY_H
#define CMD_RETRY_H

#include "plan/plan.h"

/* The pauses between attempts: 1, 2, 4, 8, 16 and then 30 s. */
struct retry {
	uint64_t pause_ms; /* the last one, 0 before the first */
};

/*
 * How long to pause before the next attempt, in ms: the last pause before @deadline_ms is cut, so that
 * there is an attempt when the time is nearly over. 0 when it is over.
 */
uint64_t retry_pause_ms(struct retry *retry, uint64_t now_ms, uint64_t deadline_ms);

/*
 * True if trying again may help after the login failed with the negative errno @r. It does not when
 * the plan itself is at fault and DHCP, which is asked again if @have_lease, has no say in it.
 */
bool retry_helps_login(const struct plan *plan, bool have_lease, int r);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The process that keeps the sessions of the root until iscsid is there.
 */
#ifndef CMD_GUARD_H
#define CMD_GUARD_H

#include "plan/plan.h"
#include "step/step.h"

/* Starts it for the sessions with the target of @report. Without it the boot goes on as well. */
void guard_start(const struct plan *plan, const struct login_report *report);

#endif

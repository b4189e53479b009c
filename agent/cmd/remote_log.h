/* SPDX-License-Identifier: GPL-2.0-or-later
 * The setting log: lines of this program go to a syslog server, too.
 */
#ifndef CMD_REMOTE_LOG_H
#define CMD_REMOTE_LOG_H

#include "plan/plan.h"
#include "state/state.h"
#include "step/syslog.h"

/* From here on lines are kept in @s, which lives as long as the process. */
void remote_log_keep(struct syslog *s);

/* There is a network: sends them, and those that come, as @plan says. A second call does nothing. */
void remote_log_start(struct syslog *s, const struct plan *plan);

/* In a later process, with what the boot left in @boot. Without @all only warnings are sent. */
void remote_log_resume(struct syslog *s, const struct state *boot, bool all);

#endif

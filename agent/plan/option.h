/* SPDX-License-Identifier: GPL-2.0-or-later
 * What can be set of a session, by the names and in the words of open-iscsi (iscsid.conf).
 */
#ifndef PLAN_OPTION_H
#define PLAN_OPTION_H

#include "plan/plan.h"

#define PLAN_OPTION_TEXT_SIZE 16

/* The name: "node.session.queue_depth". */
const char *plan_option_name(enum plan_option option);

/* True if somebody has set it. */
bool plan_option_is_set(const struct plan *plan, enum plan_option option);

/* The value as open-iscsi writes it. */
void plan_option_text(
	const struct plan *plan, enum plan_option option, char out[PLAN_OPTION_TEXT_SIZE]);

/* The other way: from a text that the setting takes. */
uint32_t plan_option_value(enum plan_option option, const char *text);

#endif

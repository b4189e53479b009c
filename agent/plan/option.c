/* SPDX-License-Identifier: GPL-2.0-or-later
 * What can be set of a session, by the names and in the words of open-iscsi (iscsid.conf).
 */
#include <stdio.h>
#include <string.h>

#include "plan/option.h"

static const char *const digests[] = {
	[PLAN_DIGEST_NONE] = "None",
	[PLAN_DIGEST_CRC32C] = "CRC32C",
	[PLAN_DIGEST_PREFER_CRC32C] = "CRC32C,None",
	[PLAN_DIGEST_PREFER_NONE] = "None,CRC32C",
};

const char *plan_option_name(enum plan_option option)
{
	return settings_name((enum setting_id)(SETTING_HEADER_DIGEST + option));
}

bool plan_option_is_set(const struct plan *plan, enum plan_option option)
{
	return plan->origin[PLAN_OPTIONS + option].from != ORIGIN_DEFAULT;
}

void plan_option_text(
	const struct plan *plan, enum plan_option option, char out[PLAN_OPTION_TEXT_SIZE])
{
	uint32_t v = plan->option[option];

	if (option <= PLAN_DATA_DIGEST)
		strcpy(out, digests[v]);
	else
		(void)snprintf(out, PLAN_OPTION_TEXT_SIZE, "%u", v); /* ten digits at most */
}

uint32_t plan_option_value(enum plan_option option, const char *text)
{
	uint32_t v = 0;

	if (option > PLAN_DATA_DIGEST)
		(void)!num_parse_u32(span_str(text), UINT32_MAX, &v); /* was checked */
	else
		while (v < PLAN_DIGEST_PREFER_NONE && strcmp(text, digests[v]) != 0)
			v++;
	return v;
}

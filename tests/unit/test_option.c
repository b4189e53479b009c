/* SPDX-License-Identifier: GPL-2.0-or-later
 * plan/option: the names and words of open-iscsi.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "plan/option.h"

static void test_round_trip(void **state)
{
	static const struct {
		enum plan_option option;
		const char *text;
		uint32_t value;
	} table[] = {
		{PLAN_HEADER_DIGEST, "None", PLAN_DIGEST_NONE},
		{PLAN_HEADER_DIGEST, "CRC32C", PLAN_DIGEST_CRC32C},
		{PLAN_DATA_DIGEST, "CRC32C,None", PLAN_DIGEST_PREFER_CRC32C},
		{PLAN_DATA_DIGEST, "None,CRC32C", PLAN_DIGEST_PREFER_NONE},
		{PLAN_REPLACEMENT_S, "86400", 86400},
		{PLAN_QUEUE_DEPTH, "0", 0},
		{PLAN_CMDS_MAX, "4294967295", UINT32_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct plan plan = {.active = true};
		char out[PLAN_OPTION_TEXT_SIZE];

		plan.option[table[i].option] = plan_option_value(table[i].option, table[i].text);
		assert_int_equal(plan.option[table[i].option], table[i].value);
		plan_option_text(&plan, table[i].option, out);
		assert_string_equal(out, table[i].text);
	}
}

/* The names follow the order of the settings, the origins that of both. */
static void test_names(void **state)
{
	struct plan plan = {.active = true};

	(void)state;
	assert_string_equal(
		plan_option_name(PLAN_HEADER_DIGEST), "node.conn[0].iscsi.HeaderDigest");
	assert_string_equal(
		plan_option_name(PLAN_NOOP_TIMEOUT_S), "node.conn[0].timeo.noop_out_timeout");
	assert_string_equal(plan_option_name(PLAN_QUEUE_DEPTH), "node.session.queue_depth");
	assert_int_equal(SETTING_HEADER_DIGEST + PLAN_OPTION_COUNT, SETTING_COUNT);
	assert_int_equal(PLAN_OPTIONS + PLAN_OPTION_COUNT, PLAN_FIELD_COUNT);
	assert_false(plan_option_is_set(&plan, PLAN_QUEUE_DEPTH));
	plan.origin[PLAN_OPTIONS_LAST].from = ORIGIN_CONF;
	assert_true(plan_option_is_set(&plan, PLAN_QUEUE_DEPTH));
	assert_false(plan_option_is_set(&plan, PLAN_CMDS_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

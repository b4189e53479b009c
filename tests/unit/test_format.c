/* SPDX-License-Identifier: GPL-2.0-or-later
 * plan/format: what the golden plans do not show, values that no source lets through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/format.h"

/* The plan with the server @server as text or JSON, which the caller frees. */
static char *shown(const char *server, bool json)
{
	struct plan plan = {.active = true};
	struct notes notes = {.n = 0};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	snprintf(plan.server, sizeof(plan.server), "%s", server);
	notes_add(&notes, "a \"note\"\n");
	(json ? format_plan_json : format_plan)(f, &plan, NULL, &notes);
	fclose(f);
	return text;
}

static void test_escapes(void **state)
{
	char *text = shown("a\033[2J\"\\\x80", false);

	(void)state;
	assert_non_null(strstr(text, "server            a\\x1b[2J\"\\x5c\\x80 "));
	free(text);
	text = shown("a\033[2J\"\\\x80", true);
	assert_non_null(strstr(text, "\"value\": \"a\\u001b[2J\\\"\\\\\\u0080\""));
	assert_non_null(strstr(text, "\"a \\\"note\\\"\\u000a\""));
	for (const char *p = text; *p; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	free(text);
}

static void test_vendor(void **state)
{
	struct lease lease = {.n_vendors = 1, .vendor = {{4491, 12}}};
	struct plan plan = {.active = true};
	struct notes notes = {.n = 0};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	format_plan(f, &plan, &lease, &notes);
	fclose(f);
	assert_non_null(strstr(text, "\nvendor            enterprise 4491, 12 bytes: not used"));
	assert_null(strstr(text, "\nlease "));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_vendor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

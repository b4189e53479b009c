/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/iscsi_targets: lists of targets, which one is taken, and by which portals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "step/iscsi_targets.h"

/* @text with "|" for NUL. */
static struct span list(const char *text)
{
	static char copy[8000];
	size_t n = strlen(text);

	assert_in_range(n, 0, sizeof(copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = text[i] == '|' ? '\0' : text[i];
	return span_of(copy, n);
}

static size_t add(char *out, size_t at, const char *before, struct span s)
{
	return at + (size_t)sprintf(out + at, "%s%.*s", before, (int)s.len, (const char *)s.p);
}

static const char *describe(const char *text)
{
	static char out[1000];
	struct span rest = list(text);
	struct iscsi_target t;
	size_t at = 0;

	out[0] = '\0';
	while (iscsi_targets_next(&rest, &t)) {
		struct span address;

		at = add(out, at, at ? "; " : "", t.name);
		while (iscsi_targets_address(&t.addresses, &address))
			at = add(out, at, " ", address);
	}
	return out;
}

static void test_next(void **state)
{
	(void)state;
	assert_string_equal(describe(""), "");
	assert_string_equal(describe("TargetName=iqn.a|"), "iqn.a");
	assert_string_equal(describe("TargetName=iqn.a|TargetAddress=1.1.1.1:3260,1|TargetAddress="
				     "[::1]:3260,2|TargetName=iqn.b|X-y=z|TargetAddress=c|"),
		"iqn.a 1.1.1.1:3260,1 [::1]:3260,2; iqn.b c");
	assert_string_equal(
		describe("TargetName=iqn.a|TargetName=iqn.b|TargetAddress=c"), "iqn.a; iqn.b");
}

static const char *check(const char *text, int want)
{
	static struct err err;
	int r;

	err.text[0] = '\0';
	r = iscsi_targets_check(list(text), &err);
	assert_int_equal(r, want);
	return err.text;
}

static void test_check(void **state)
{
	char name[300] = "TargetName=";

	(void)state;
	check("", 0);
	check("TargetName=iqn.a|TargetAddress=1.1.1.1|X-y=z|", 0);
	assert_string_equal(check("TargetName=iqn.\x1b[2J|", -EBADMSG),
		"the target shows \"iqn.\\x1b[2J\", which is no iSCSI name");
	check("TargetName=|", -EBADMSG);
	check("TargetName=a b|", -EBADMSG);
	assert_non_null(strstr(check("TargetAddress=1.1.1.1|", -EBADMSG), "of no target"));
	assert_non_null(strstr(check("SendTargets=Reject|", -EPROTO), "answers \"Reject\""));
	assert_non_null(strstr(check("TargetName=iqn.a", -EBADMSG), "ends within"));
	memset(name + 11, 'n', 223);
	strcpy(name + 11 + 223, "|");
	check(name, 0);
	strcpy(name + 11 + 223, "n|");
	check(name, -EBADMSG);
}

static const char *choose(const char *text, const char *id)
{
	static char out[ERR_TEXT_SIZE];
	struct err err = {.code = 0};
	int r = iscsi_targets_choose(list(text), id, "1.1.1.1:3260", "iqn.i", out, &err);

	assert_int_equal(r, err.code);
	if (r < 0)
		strcpy(out, err.text);
	return out;
}

static void test_choose(void **state)
{
	static const char several[] =
		"TargetName=iqn.x:node1|TargetName=iqn.x:node10|TargetName=iqn.x:pi100000004c|"
		"TargetName=iqn.x:dc-a6-32-e9-00-4c|";

	(void)state;
	assert_string_equal(choose("", "pi"),
		"1.1.1.1:3260 shows no target to iqn.i: check the lists of initiators of its "
		"targets");
	assert_string_equal(choose("TargetName=iqn.a|", "pi"), "iqn.a");
	assert_string_equal(
		choose("TargetName=iqn.a|TargetAddress=1.1.1.1|TargetName=iqn.a|", ""), "iqn.a");
	assert_string_equal(choose(several, "node1"), "iqn.x:node1");
	assert_string_equal(choose(several, "NODE10"), "iqn.x:node10");
	assert_string_equal(choose(several, "100000004c"), "iqn.x:pi100000004c");
	assert_string_equal(choose(several, "dc-a6-32-e9-00-4c"), "iqn.x:dc-a6-32-e9-00-4c");
	assert_string_equal(choose(several, "0000004c"),
		"1.1.1.1:3260 shows 4 targets, and none has 0000004c in its name: add "
		"pinet.target=; there are iqn.x:dc-a6-32-e9-00-4c, iqn.x:node1, iqn.x:node10, "
		"iqn.x:pi100000004c");
	assert_non_null(strstr(choose("TargetName=iqn.b|TargetName=iqn.a|TargetName=iqn.b|"
				      "TargetName=iqn.ab|TargetName=iqn.a|",
				       "pi"),
		"shows 3 targets, and none has pi in its name: add pinet.target=; there are "
		"iqn.a, iqn.ab, iqn.b"));
	assert_non_null(strstr(choose(several, "node"), "none has node in its name"));
	assert_non_null(strstr(choose(several, "x"), "more than one has x"));
	assert_non_null(strstr(choose(several, ""), "none has"));
}

static void test_many(void **state)
{
	char text[4000] = "";

	(void)state;
	for (unsigned int i = 0; i < 60; i++)
		sprintf(text + strlen(text), "TargetName=iqn.2025-01.org.example:disk-number-%u|",
			100 + i);
	assert_string_equal(choose(text, "number-137"), "iqn.2025-01.org.example:disk-number-137");
	assert_non_null(strstr(choose(text, "pi"), "shows 60 targets"));
	assert_string_equal(choose(text, "pi") + strlen(choose(text, "pi")) - 5, ", ...");
}

/* As many as an answer can hold, the shortest ones: a boot has no time to compare each with each. */
static void test_largest_answer(void **state)
{
	char *text = malloc(ISCSI_TEXT_MAX), out[PLAN_NAME_SIZE];
	struct err err;
	unsigned int i = 0;
	size_t n = 0;
	clock_t start;

	(void)state;
	assert_non_null(text);
	for (; n + 24 < ISCSI_TEXT_MAX; i++)
		n += (size_t)sprintf(text + n, "TargetName=%x", i) + 1;
	start = clock();
	assert_int_equal(iscsi_targets_choose(span_of(text, n), "pi", "h", "iqn.i", out, &err),
		-EDESTADDRREQ);
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
	assert_non_null(strstr(err.text, "h shows 16"));
	free(text);
}

static const char *portals(const char *text, const char *reached)
{
	static char out[4000];
	struct portal p[SETTING_PORTALS], r;
	unsigned int n;
	size_t at = 0;

	assert_int_equal(settings_parse_portal(span_str(reached), &r, NULL), 0);
	n = iscsi_targets_portals(list(text), "iqn.a", &r, p);
	assert_in_range(n, 1, SETTING_PORTALS);
	for (unsigned int i = 0; i < n; i++)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s:%u,%u", i ? " " : "",
			p[i].host, p[i].port, p[i].tpgt);
	return out;
}

static void test_portals(void **state)
{
	char text[600] = "TargetName=iqn.a|";

	(void)state;
	assert_string_equal(portals("TargetName=iqn.a|", "1.1.1.1,9"), "1.1.1.1:3260,9");
	assert_string_equal(portals("TargetName=iqn.a|TargetAddress=2.2.2.2:3260,1|TargetAddress="
				    "1.1.1.1:3260,7|TargetName=iqn.b|TargetAddress=3.3.3.3|",
				    "1.1.1.1"),
		"1.1.1.1:3260,7 2.2.2.2:3260,1");
	/* Named again, with others that nobody can use. */
	assert_string_equal(
		portals("TargetName=iqn.a|TargetAddress=nas.example|TargetAddress=0.0.0.0:3260,1|"
			"TargetAddress=[::]:3260,1|TargetAddress=[fe80::1]|TargetAddress=?|"
			"TargetName=iqn.a|TargetAddress=[2001:db8::1]:3260,2|TargetAddress="
			"[2001:db8:0::1]|",
			"1.1.1.1"),
		"2001:db8::1:3260,2 nas.example:3260,1 1.1.1.1:3260,1");
	assert_string_equal(portals("TargetName=iqn.a|TargetAddress=1.1.1.1:3261|", "1.1.1.1:3260"),
		"1.1.1.1:3261,1 1.1.1.1:3260,1");
	for (unsigned int i = 1; i <= 12; i++)
		sprintf(text + strlen(text), "TargetAddress=2.2.2.%u|", i);
	assert_non_null(strstr(portals(text, "1.1.1.1"), "2.2.2.7:3260,1 1.1.1.1:3260,1"));
	assert_memory_equal(portals(text, "2.2.2.8"), "2.2.2.8:3260,1 2.2.2.1:", 23);
}

/* A list that was cut anywhere is refused, or is a list. */
static void test_truncation(void **state)
{
	static const char text[] = "TargetName=iqn.a\0TargetAddress=1.1.1.1:3260,1\0TargetName="
				   "iqn.b\0";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		uint8_t *copy = malloc(n + 1);
		struct span s = span_of(copy, n), rest = s, address;
		struct iscsi_target t;
		int r;

		memcpy(copy, text, n);
		r = iscsi_targets_check(s, NULL);
		assert_int_equal(r, n == 0 || copy[n - 1] == '\0' ? 0 : -EBADMSG);
		while (iscsi_targets_next(&rest, &t))
			while (iscsi_targets_address(&t.addresses, &address))
				assert_true(address.p + address.len <= copy + n);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_largest_answer),
		cmocka_unit_test(test_portals),
		cmocka_unit_test(test_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/name: what may become a path, and what may not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/name.h"

static bool version_ok(const char *text)
{
	return name_version_ok(span_str(text));
}

static void test_version(void **state)
{
	char text[NAME_VERSION_SIZE + 1];

	(void)state;
	assert_true(version_ok("6.12.25+rpt-rpi-v8"));
	assert_true(version_ok("6.1.0-37-amd64"));
	assert_true(version_ok("6.16~rc7_1"));
	assert_true(version_ok("6"));
	assert_false(version_ok(""));
	assert_false(version_ok("."));
	assert_false(version_ok(".."));
	assert_false(version_ok("-1"));
	assert_false(version_ok("6.1/.."));
	assert_false(version_ok("6.1 "));
	assert_false(version_ok("6.1\n"));
	assert_false(version_ok("6.1:1"));
	assert_false(version_ok("6.1\xc3\xa4"));
	assert_false(name_version_ok(span_of("6\0", 2)));
	assert_false(name_version_ok(SPAN_NONE));
	memset(text, '6', sizeof(text));
	assert_true(name_version_ok(span_of(text, NAME_VERSION_SIZE - 1)));
	assert_false(name_version_ok(span_of(text, NAME_VERSION_SIZE)));
}

static bool path_ok(const char *text)
{
	return name_path_ok(span_str(text));
}

static void test_path(void **state)
{
	char text[NAME_PATH_SIZE];

	(void)state;
	assert_true(path_ok("vmlinuz"));
	assert_true(path_ok("overlays/README"));
	assert_true(path_ok("dtb/broadcom/bcm2711-rpi-4-b.dtb"));
	assert_true(path_ok("...a"));
	assert_true(path_ok("with blank.dtbo"));
	assert_true(path_ok("a/manifest"));
	assert_true(path_ok("a/b/c/d/e/f"));
	assert_false(path_ok("a/b/c/d/e/f/g"));
	assert_false(path_ok(""));
	assert_false(path_ok("manifest"));
	assert_false(path_ok("/"));
	assert_false(path_ok("/a"));
	assert_false(path_ok("a/"));
	assert_false(path_ok("a//b"));
	assert_false(path_ok("."));
	assert_false(path_ok(".."));
	assert_false(path_ok("./a"));
	assert_false(path_ok("../a"));
	assert_false(path_ok("a/.."));
	assert_false(path_ok("a/../b"));
	assert_false(path_ok("a/./b"));
	assert_false(path_ok("a\nb"));
	assert_false(path_ok("a\tb"));
	assert_false(path_ok("a\x7f"));
	assert_false(path_ok("a\xc3\xa4"));
	assert_false(name_path_ok(span_of("a\0b", 3)));
	assert_false(name_path_ok(SPAN_NONE));
	memset(text, 'a', sizeof(text));
	assert_true(name_path_ok(span_of(text, NAME_PATH_SIZE - 1)));
	assert_false(name_path_ok(span_of(text, NAME_PATH_SIZE)));
}

static const char *parsed(const char *text)
{
	static char out[128];
	uint32_t number = 7;
	struct span version;
	int r = name_parse(span_str(text), &number, &version);

	if (r < 0) {
		assert_int_equal(r, -EINVAL);
		assert_int_equal(number, 7);
		return "no name";
	}
	(void)snprintf(out, sizeof(out), "%u %.*s", number, (int)version.len, version.p);
	return out;
}

static void test_parse(void **state)
{
	(void)state;
	assert_string_equal(parsed("g000042-6.12.25+rpt-rpi-v8"), "42 6.12.25+rpt-rpi-v8");
	assert_string_equal(parsed("g000000-6"), "0 6");
	assert_string_equal(parsed("g999999999-6"), "999999999 6");
	assert_string_equal(parsed("g1000000-6"), "1000000 6");
	assert_string_equal(parsed("g0999999-6"), "no name");
	assert_string_equal(parsed("g1000000000-6"), "no name");
	assert_string_equal(parsed("g42-6"), "no name");
	assert_string_equal(parsed("g000042"), "no name");
	assert_string_equal(parsed("g000042-"), "no name");
	assert_string_equal(parsed("g000042-.."), "no name");
	assert_string_equal(parsed("g000042-6/.."), "no name");
	assert_string_equal(parsed("G000042-6"), "no name");
	assert_string_equal(parsed("g+00042-6"), "no name");
	assert_string_equal(parsed(".new-g000042-6"), "no name");
	assert_string_equal(parsed(""), "no name");
	assert_string_equal(parsed("-"), "no name");
}

static void test_make(void **state)
{
	char out[NAME_SIZE] = "untouched", version[NAME_VERSION_SIZE + 1];

	(void)state;
	assert_int_equal(name_make(1000000000, "6", out), -EINVAL);
	assert_int_equal(name_make(1, "", out), -EINVAL);
	assert_int_equal(name_make(1, "../6", out), -EINVAL);
	memset(version, '6', sizeof(version));
	version[NAME_VERSION_SIZE] = '\0';
	assert_int_equal(name_make(1, version, out), -EINVAL);
	assert_string_equal(out, "untouched");
	version[NAME_VERSION_SIZE - 1] = '\0';
	assert_int_equal(name_make(NAME_NUMBER_MAX, version, out), 0);
	assert_string_equal(out + 11, version);
	assert_int_equal(name_make(42, "6.1.0-37-amd64", out), 0);
	assert_string_equal(out, "g000042-6.1.0-37-amd64");
	assert_string_equal(parsed(out), "42 6.1.0-37-amd64");
	assert_int_equal(name_make(1234567, "6", out), 0);
	assert_string_equal(parsed(out), "1234567 6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

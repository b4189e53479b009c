/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/span: parts, copies and what a person is shown of foreign bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/span.h"

#define BYTES(literal) span_of(literal, sizeof(literal) - 1)

static void assert_span(struct span s, const char *text)
{
	assert_int_equal(s.len, strlen(text));
	assert_true(span_eq_str(s, text));
}

static void test_sub(void **state)
{
	struct span s = span_str("abcd");

	(void)state;
	assert_span(span_sub(s, 0, 4), "abcd");
	assert_span(span_sub(s, 1, 2), "bc");
	assert_span(span_sub(s, 3, 1), "d");
	assert_span(span_sub(s, 0, 0), "");
	assert_span(span_sub(s, 4, 1), "");
	assert_span(span_sub(s, 5, 1), "");
	assert_span(span_sub(s, SIZE_MAX, SIZE_MAX), "");
	assert_span(span_sub(s, 1, 4), "bcd");
	assert_span(span_sub(s, 1, SIZE_MAX), "bcd");
	assert_span(span_sub(SPAN_NONE, 0, 1), "");
	assert_null(span_sub(SPAN_NONE, 1, 1).p);
}

static void test_compare(void **state)
{
	(void)state;
	assert_true(span_eq(SPAN_NONE, span_str("")));
	assert_true(span_eq(span_str("ab"), BYTES("ab")));
	assert_false(span_eq(span_str("ab"), span_str("a")));
	assert_false(span_eq(span_str("ab"), span_str("ac")));
	assert_false(span_eq_str(BYTES("ab\0"), "ab"));
	assert_true(span_eq_str_nocase(span_str("aBz"), "AbZ"));
	assert_false(span_eq_str_nocase(span_str("aB"), "abc"));
	assert_true(span_eq_str_nocase(SPAN_NONE, ""));
	assert_true(span_starts(span_str("pinet.x"), "pinet."));
	assert_true(span_starts(span_str("pinet."), "pinet."));
	assert_false(span_starts(span_str("pinet"), "pinet."));
	assert_false(span_starts(SPAN_NONE, "p"));
	assert_true(span_starts(SPAN_NONE, ""));
}

static void test_find(void **state)
{
	(void)state;
	assert_int_equal(span_find(span_str("a=b=c"), '='), 1);
	assert_int_equal(span_find(span_str("=a"), '='), 0);
	assert_int_equal(span_find(span_str("abc"), '='), 3);
	assert_int_equal(span_find(SPAN_NONE, '='), 0);
	assert_int_equal(span_find(BYTES("a\0b"), '\0'), 1);
}

static void test_cut(void **state)
{
	struct span in = span_str("a::b");

	(void)state;
	assert_span(span_cut(&in, ':'), "a");
	assert_span(span_cut(&in, ':'), "");
	assert_span(in, "b");
	assert_span(span_cut(&in, ':'), "b");
	assert_null(in.p);
	assert_span(span_cut(&in, ':'), "");

	/* A separator at the end leaves an empty field, which is there: p tells it from none. */
	in = span_str("a:");
	assert_span(span_cut(&in, ':'), "a");
	assert_int_equal(in.len, 0);
	assert_non_null(in.p);
	assert_span(span_cut(&in, ':'), "");
	assert_null(in.p);
}

static void test_trim(void **state)
{
	(void)state;
	assert_span(span_trim(span_str(" \t a b\t ")), "a b");
	assert_span(span_trim(span_str("a")), "a");
	assert_span(span_trim(span_str(" \t")), "");
	assert_span(span_trim(SPAN_NONE), "");
	assert_span(span_trim(span_str("\na\r")), "\na\r");
}

static void test_copy(void **state)
{
	char dst[4] = "old";

	(void)state;
	assert_int_equal(span_copy(span_str("abcd"), dst, sizeof(dst)), -ENOSPC);
	assert_int_equal(span_copy(span_str(""), dst, 0), -ENOSPC);
	assert_int_equal(span_copy(BYTES("a\0b"), dst, sizeof(dst)), -EINVAL);
	assert_string_equal(dst, "old");
	assert_int_equal(span_copy(span_str("abc"), dst, sizeof(dst)), 0);
	assert_string_equal(dst, "abc");
	assert_int_equal(span_copy(span_str("ab"), dst, sizeof(dst)), 0);
	assert_string_equal(dst, "ab");
	assert_int_equal(span_copy(SPAN_NONE, dst, 1), 0);
	assert_string_equal(dst, "");
}

static void test_is_graph(void **state)
{
	(void)state;
	assert_true(span_is_graph(SPAN_NONE));
	assert_true(span_is_graph(span_str("!~")));
	assert_false(span_is_graph(span_str("a b")));
	assert_false(span_is_graph(span_str("a\x7f")));
	assert_false(span_is_graph(span_str("a\n")));
	assert_false(span_is_graph(span_str("\xc3\xa4")));
	assert_false(span_is_graph(BYTES("a\0")));
}

static void test_escape(void **state)
{
	char out[16];

	(void)state;
	assert_string_equal(span_escape(SPAN_NONE, out, sizeof(out)), "");
	assert_string_equal(span_escape(span_str("a ~"), out, sizeof(out)), "a ~");
	assert_string_equal(span_escape(BYTES("\0\x1b\x7f"), out, sizeof(out)), "\\x00\\x1b\\x7f");
	assert_string_equal(span_escape(span_str("\\"), out, sizeof(out)), "\\x5c");
	assert_string_equal(span_escape(BYTES("\xff"), out, sizeof(out)), "\\xff");
}

/* What does not fit ends in dots, whole escapes only, at every size. */
static void test_escape_cut(void **state)
{
	char out[32];

	(void)state;
	for (size_t size = 8; size <= 20; size++) {
		memset(out, '#', sizeof(out));
		span_escape(span_str("aaaaaaaaaaaaaaaaaaaaaaaa"), out, size);
		assert_int_equal(strlen(out), size - 1);
		assert_string_equal(out + size - 4, "...");
		assert_int_equal(out[size], '#');

		memset(out, '#', sizeof(out));
		span_escape(BYTES("\0\0\0\0\0\0\0\0"), out, size);
		assert_true(strlen(out) < size);
		assert_int_equal(strlen(out) % 4, 3);
		assert_string_equal(out + strlen(out) - 3, "...");
		assert_int_equal(out[size], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sub),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_is_graph),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

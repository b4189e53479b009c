/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/rootpath: the spellings of RFC 4173 and what is none of them.
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

#include "source/rootpath.h"

/* Portal, LUN and target as one string, so that a test shows everything. */
static const char *shown(const char *text)
{
	static char out[900];
	struct rootpath rp;
	char lun[24] = "-";

	if (rootpath_parse(span_str(text), &rp, NULL) < 0)
		return "refused";
	if (rp.has_lun)
		snprintf(lun, sizeof(lun), "%llu", (unsigned long long)rp.lun);
	snprintf(out, sizeof(out), "%s %s %s%s%s", rp.has_portal ? rp.portal : "-", lun,
		rp.has_target ? rp.target : "-", rp.chap.present ? " chap " : "",
		rp.chap.present ? rp.chap.user : "");
	return out;
}

static void test_spellings(void **state)
{
	static const char *const table[][2] = {
		{"iscsi:192.168.1.1:6:3260:1:iqn.2009-12.com.example:x",
			"192.168.1.1:3260 1 iqn.2009-12.com.example:x"},
		{"iscsi:192.168.1.1::::iqn.2009-12.com.example:a:b:c",
			"192.168.1.1:3260 - iqn.2009-12.com.example:a:b:c"},
		{"iscsi:::::iqn.2009-12.com.example:x", "- - iqn.2009-12.com.example:x"},
		{"iscsi:[fd00::1]::860:40:iqn.x", "[fd00::1]:860 64 iqn.x"},
		{"iscsi:h::::", "h:3260 - -"},
		{"iscsi:h:::0000-0000-0000-0000:iqn.x", "h:3260 0 iqn.x"},
		{"iscsi:h:::001f-0-0-0:iqn.x", "h:3260 31 iqn.x"},
		{"iscsi:h:::4101:iqn.x", "h:3260 257 iqn.x"}, /* flat space addressing */
		{"iscsi:joe:pass@h::::iqn.x", "h:3260 - iqn.x chap joe"},
		{"iscsi:joe:pass:srv:word@h::::iqn.x", "h:3260 - iqn.x chap joe"},
		{"", "refused"},
		{"iscsi", "refused"},
		{"iscsi:", "refused"},
		{"iscsi:h", "refused"},
		{"iscsi:h:6:3260:iqn.x", "refused"},
		{"ISCSI:h::::iqn.x", "refused"},
		{"iscsi:h:7:::iqn.x", "refused"},
		{"iscsi:h:x:::iqn.x", "refused"},
		{"iscsi:h::0::iqn.x", "refused"},
		{"iscsi:h::65536::iqn.x", "refused"},
		{"iscsi:h:::g:iqn.x", "refused"},
		{"iscsi:h:::12345:iqn.x", "refused"},
		{"iscsi:h:::1-2:iqn.x", "refused"},
		{"iscsi:h:::0-0-0-0-0:iqn.x", "refused"},
		{"iscsi:[fd00::1::::iqn.x", "refused"},
		{"iscsi:[fd00::1]x::::iqn.x", "refused"},
		{"iscsi:joe@h::::iqn.x", "refused"},
		{"iscsi:joe:@h::::iqn.x", "refused"},
		{"iscsi:a:b:c@h::::iqn.x", "refused"},
		{"iscsi:a:b:c:d:e@h::::iqn.x", "refused"},
		{"iscsi:h;x::::iqn.x", "refused"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(shown(table[i][0]), table[i][1]);
}

/* Every shorter text is refused or gives something; nothing reads past the end (run with asan). */
static void test_truncations(void **state)
{
	const char *text = "iscsi:joe:pass@[fd00::1]:6:3260:0040-0000:iqn.2009-12.com.example:x";
	size_t taken = 0;

	(void)state;
	for (size_t n = 0; n <= strlen(text); n++) {
		char *exact = malloc(n ? n : 1);
		struct rootpath rp;

		memcpy(exact, text, n);
		if (rootpath_parse(span_of(exact, n), &rp, NULL) == 0)
			taken++;
		free(exact);
	}
	/* from the colon before the target on: with no byte of it, then with each */
	assert_int_equal(taken, 1 + strlen("iqn.2009-12.com.example:x"));
}

static void test_secret_is_not_told(void **state)
{
	struct rootpath rp;
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(
		rootpath_parse(span_str("iscsi:joe:geheim@h:9:::iqn.x"), &rp, &err), -EOPNOTSUPP);
	assert_null(strstr(err.text, "geheim"));
	assert_int_equal(
		rootpath_parse(span_str("iscsi:joe:geheim:x@h::::iqn.x"), &rp, &err), -EINVAL);
	assert_null(strstr(err.text, "geheim"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_secret_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

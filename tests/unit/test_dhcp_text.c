/* SPDX-License-Identifier: GPL-2.0-or-later
 * Names that came by DHCP, with the compression of search lists and its traps.
 */
#include "dhcp_print.h"

static void test_names(void **state)
{
	static const char *const good[] = {"c", "client7", "a-b_c", "client7.example.org", "7",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
	static const char *const bad[] = {"-c", "c-", "a..b", ".", ".a", "a b", "a'b", "a\"b",
		"$(reboot)", "`id`", "a;b", "a/b", "../x", "caf\xc3\xa9", "a\\b",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
	char want[300], shown[80];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(want, sizeof(want), "hostname %s\n", good[i]);
		check_text(12, good[i], OPTIONS, want);
		snprintf(want, sizeof(want), "domain %s\n", good[i]);
		check_text(15, good[i], OPTIONS, want);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		span_escape(span_str(bad[i]), shown, sizeof(shown));
		snprintf(want, sizeof(want),
			"note: option 12: ignored \"%s\": it is no host name\n", shown);
		check_text(12, bad[i], OPTIONS, want);
		snprintf(want, sizeof(want),
			"note: option 15: ignored \"%s\": it is no domain name\n", shown);
		check_text(15, bad[i], OPTIONS, want);
	}
	check_hex("0c03610000", OPTIONS, "hostname a\n"); /* NULs at the end */
	check_hex("0c0100", OPTIONS, "");
	check_hex("0c03610062", OPTIONS,
		"note: option 12: ignored \"a\\x00b\": it is no host name\n");
	check_text(15, "example.org.", OPTIONS, "domain example.org\n");
}

static void test_search(void **state)
{
	static const struct {
		const char *hex, *want;
	} table[] = {
		{"7703 016100", "search a\n"},
		{"7708 0161 0162 00 c002 00",
			"search a.b b\nnote: option 119: ignored \"\": it is no domain name\n"},
		{"7707 0161 0162 00 c000", "search a.b a.b\n"},
		{"7709 0161 0162 00 0163 c002", "search a.b c.b\n"},
		{"7705 0361276200", "note: option 119: ignored \"a'b.\": it is no domain name\n"},
		{"7708 0361206200 016100", "search a\nnote: option 119: ignored \"a b.\": it is no "
					   "domain name\n"},
		/* Loops, forward and overlong pointers, missing ends, reserved label types. */
		{"7702 c000", "note: option 119: ignored: its names are malformed\n"},
		{"7704 0161c000", "note: option 119: ignored: its names are malformed\n"},
		{"7706 0161c004c002", "note: option 119: ignored: its names are malformed\n"},
		{"7705 016100c1ff", "note: option 119: ignored: its names are malformed\n"},
		{"7704 016100c0", "note: option 119: ignored: its names are malformed\n"},
		{"7702 0161", "note: option 119: ignored: its names are malformed\n"},
		{"7703 036162", "note: option 119: ignored: its names are malformed\n"},
		{"7703 406100", "note: option 119: ignored: its names are malformed\n"},
		{"7703 806100", "note: option 119: ignored: its names are malformed\n"},
		/* Split in the middle of a pointer (RFC 3396, RFC 3397 section 2). */
		{"7706 0161 0162 00c0 7701 02", "search a.b b\n"},
	};
	struct packet k;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check_hex(table[i].hex, OPTIONS, table[i].want);
	/* 32 names of 7 letters and the blanks between them are just the 255 bytes that fit. */
	packet_begin(&k, DHCP_ACK);
	packet_hex(&k, "7747 07 61*7 00");
	for (unsigned int i = 0; i < 31; i++)
		packet_hex(&k, "c000");
	{
		struct notes notes = {.n = 0};
		struct lease l;

		assert_int_equal(dhcp_lease_parse(packet_span(&k), &l, &notes, NULL), 0);
		assert_int_equal(strlen(l.search), 32 * 8 - 1);
		assert_int_equal(notes.n, 0);
		k.p[k.len - 31 * 2 - 10] += 2; /* one name more does not fit */
		packet_hex(&k, "c000");
		assert_int_equal(dhcp_lease_parse(packet_span(&k), &l, &notes, NULL), 0);
		assert_int_equal(strlen(l.search), 32 * 8 - 1);
		assert_int_equal(notes.n, 1);
		assert_string_equal(
			notes.text[0], "option 119: ignored \"aaaaaaa.\": no room for more names");
	}
	/* A name of more than 253 bytes, with a pointer in place of its end. */
	check_hex("77ff 3f 61*63 3f 62*63 00 3f 63*63 3f 64*61 7704 64*2 c000", OPTIONS,
		"note: option 119: ignored: its names are malformed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/num: numbers and addresses, and what is nearly one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define UNTOUCHED 4711

/* Result and value as one number: a failure leaves the value alone. */
static long u32(const char *text, uint32_t max)
{
	uint32_t v = UNTOUCHED;
	int r = num_parse_u32(span_str(text), max, &v);

	assert_true(r == 0 || v == UNTOUCHED);
	return r < 0 ? r : (long)v;
}

static int u64(const char *text, uint64_t max, uint64_t *ret)
{
	*ret = UNTOUCHED;
	return num_parse_u64(span_str(text), max, ret);
}

static long hex32(const char *text, uint32_t max)
{
	uint32_t v = UNTOUCHED;
	int r = num_parse_hex32(span_str(text), max, &v);

	assert_true(r == 0 || v == UNTOUCHED);
	return r < 0 ? r : (long)v;
}

static void test_u32(void **state)
{
	(void)state;
	assert_int_equal(u32("0", 0), 0);
	assert_int_equal(u32("1", 0), -ERANGE);
	assert_int_equal(u32("007", 7), 7);
	assert_int_equal(u32("65535", 65535), 65535);
	assert_int_equal(u32("65536", 65535), -ERANGE);
	assert_int_equal(u32("4294967295", UINT32_MAX), 4294967295);
	assert_int_equal(u32("4294967296", UINT32_MAX), -ERANGE);
	assert_int_equal(u32("18446744073709551616", UINT32_MAX), -ERANGE);
	assert_int_equal(u32("99999999999999999999999999", UINT32_MAX), -ERANGE);
	assert_int_equal(u32("", 9), -EINVAL);
	assert_int_equal(u32("-1", 9), -EINVAL);
	assert_int_equal(u32("+1", 9), -EINVAL);
	assert_int_equal(u32(" 1", 9), -EINVAL);
	assert_int_equal(u32("1 ", 9), -EINVAL);
	assert_int_equal(u32("1x", 9), -EINVAL);
	assert_int_equal(u32("0x1", 9), -EINVAL);
	assert_int_equal(u32("99999999999999999999x", 9), -EINVAL);
	assert_int_equal(num_parse_u32(span_of("1\0", 2), 9, &(uint32_t){0}), -EINVAL);
	assert_int_equal(num_parse_u32(SPAN_NONE, 9, &(uint32_t){0}), -EINVAL);
}

static void test_u64(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(u64("0", 0, &v), 0);
	assert_true(v == 0);
	assert_int_equal(u64("18446744073709551615", UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(u64("9223372036854775808", (uint64_t)INT64_MAX + 1, &v), 0);
	assert_true(v == (uint64_t)INT64_MAX + 1);
	assert_int_equal(u64("18446744073709551616", UINT64_MAX, &v), -ERANGE);
	assert_int_equal(u64("18446744073709551610", 18446744073709551609u, &v), -ERANGE);
	assert_int_equal(u64("184467440737095516150", UINT64_MAX, &v), -ERANGE);
	assert_int_equal(u64("10", 9, &v), -ERANGE);
	assert_int_equal(u64("7", 5, &v), -ERANGE);
	assert_int_equal(u64("", 9, &v), -EINVAL);
	assert_int_equal(u64("-1", UINT64_MAX, &v), -EINVAL);
	assert_int_equal(u64("1x", 9, &v), -EINVAL);
	assert_true(v == UNTOUCHED);
}

static void test_hex32(void **state)
{
	(void)state;
	assert_int_equal(hex32("0", 0), 0);
	assert_int_equal(hex32("fF", 255), 255);
	assert_int_equal(hex32("100", 255), -ERANGE);
	assert_int_equal(hex32("ffffffff", UINT32_MAX), 4294967295);
	assert_int_equal(hex32("100000000", UINT32_MAX), -ERANGE);
	assert_int_equal(hex32("0x1", 255), -EINVAL);
	assert_int_equal(hex32("g", 255), -EINVAL);
	assert_int_equal(hex32("", 255), -EINVAL);
}

static void test_ip4(void **state)
{
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ",
		" 1.2.3.4", "1.2.3.", "1..2.3", "0x1.2.3.4", "1.2.3.4x", "16909060",
		"255.255.255.2555"};
	struct in_addr a = {0};
	char text[IP4_TEXT_SIZE];

	(void)state;
	assert_int_equal(num_parse_ip4(span_str("192.168.77.1"), &a), 0);
	assert_int_equal(ntohl(a.s_addr), 0xc0a84d01);
	num_format_ip4(a, text);
	assert_string_equal(text, "192.168.77.1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(num_parse_ip4(span_str(bad[i]), &a), -EINVAL);
	assert_int_equal(num_parse_ip4(span_of("1.2.3.4\0", 8), &a), -EINVAL);
	assert_int_equal(ntohl(a.s_addr), 0xc0a84d01);
	assert_int_equal(num_parse_ip4(span_str("255.255.255.255"), &a), 0);
	num_format_ip4(a, text);
	assert_string_equal(text, "255.255.255.255");
	/* No more than the span: what follows belongs to somebody else. */
	assert_int_equal(num_parse_ip4(span_of("10.0.0.12", 8), &a), 0);
	assert_int_equal(ntohl(a.s_addr), 0x0a000001);
}

static void test_ip6(void **state)
{
	static const char *const bad[] = {"", "[::1]", "fe80::1%eth0", "::1 ", "1::2::3",
		"12345::", "::/64", "0000:0000:0000:0000:0000:0000:0000:0000:0000"};
	struct in6_addr a = {.s6_addr = {0}};

	(void)state;
	assert_int_equal(num_parse_ip6(span_str("2001:db8::1"), &a), 0);
	assert_int_equal(a.s6_addr[0], 0x20);
	assert_int_equal(a.s6_addr[15], 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(num_parse_ip6(span_str(bad[i]), &a), -EINVAL);
	assert_int_equal(a.s6_addr[15], 1);
	assert_int_equal(
		num_parse_ip6(span_str("0000:0000:0000:0000:0000:ffff:255.255.255.255"), &a), 0);
}

static int prefix4(const char *text)
{
	unsigned int n = UNTOUCHED;
	int r = num_parse_prefix4(span_str(text), &n);

	assert_true(r == 0 || n == UNTOUCHED);
	return r < 0 ? r : (int)n;
}

static void test_prefix4(void **state)
{
	(void)state;
	assert_int_equal(prefix4("0"), 0);
	assert_int_equal(prefix4("24"), 24);
	assert_int_equal(prefix4("32"), 32);
	assert_int_equal(prefix4("33"), -EINVAL);
	assert_int_equal(prefix4("0.0.0.0"), 0);
	assert_int_equal(prefix4("128.0.0.0"), 1);
	assert_int_equal(prefix4("255.255.255.0"), 24);
	assert_int_equal(prefix4("255.255.255.254"), 31);
	assert_int_equal(prefix4("255.255.255.255"), 32);
	assert_int_equal(prefix4("255.0.255.0"), -EINVAL);
	assert_int_equal(prefix4("0.0.0.1"), -EINVAL);
	assert_int_equal(prefix4("127.255.255.255"), -EINVAL);
	assert_int_equal(prefix4(""), -EINVAL);
	assert_int_equal(prefix4("/24"), -EINVAL);
	for (unsigned int n = 0; n <= 32; n++)
		assert_int_equal(num_prefix_of_mask4(num_mask4(n)), n);
}

static void test_class_prefix4(void **state)
{
	static const struct {
		const char *address;
		unsigned int prefix;
	} table[] = {{"10.0.0.1", 8}, {"127.255.255.255", 8}, {"128.0.0.0", 16},
		{"191.255.255.255", 16}, {"192.0.0.0", 24}, {"223.255.255.255", 24}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct in_addr a;

		assert_int_equal(num_parse_ip4(span_str(table[i].address), &a), 0);
		assert_int_equal(num_class_prefix4(a), table[i].prefix);
	}
}

static void test_mac(void **state)
{
	static const char *const bad[] = {"", "dc:a6:32:e9:00:4",
		"dc:a6:32:e9:00:4c:", "dc:a6:32:e9:00:4g", "dc:a6:32:e9:00-4c", "dc-a6:32:e9:00:4c",
		"dc.a6.32.e9.00.4c", "dca632e9004c", "dc:a6:32:e9:00:4 ", " c:a6:32:e9:00:4c",
		"dc:a6:32:e9:00:4c ", "0xc:a6:32:e9:00:4", ":dc:a6:32:e9:00:4"};
	uint8_t mac[MAC_LEN];
	char text[MAC_TEXT_SIZE];

	(void)state;
	assert_int_equal(num_parse_mac(span_str("DC:a6:32:E9:00:4c"), mac), 0);
	num_format_mac(mac, '-', text);
	assert_string_equal(text, "dc-a6-32-e9-00-4c");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(num_parse_mac(span_str(bad[i]), mac), -EINVAL);
	num_format_mac(mac, ':', text);
	assert_string_equal(text, "dc:a6:32:e9:00:4c");
	assert_int_equal(num_parse_mac(span_str("00-00-00-00-00-ff"), mac), 0);
	num_format_mac(mac, ':', text);
	assert_string_equal(text, "00:00:00:00:00:ff");
}

static void test_bytes(void **state)
{
	uint8_t b[6] = {0xee, 0, 0, 0, 0, 0xee};

	(void)state;
	num_put_be32(b + 1, 0xfedcba98);
	assert_int_equal(b[1], 0xfe);
	assert_int_equal(num_be32(b + 1), 0xfedcba98);
	assert_int_equal(num_be16(b + 3), 0xba98);
	num_put_be16(b + 1, 0xff01);
	assert_int_equal(num_be16(b + 1), 0xff01);
	assert_int_equal(b[0], 0xee);
	assert_int_equal(b[5], 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u32),
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_hex32),
		cmocka_unit_test(test_ip4),
		cmocka_unit_test(test_ip6),
		cmocka_unit_test(test_prefix4),
		cmocka_unit_test(test_class_prefix4),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

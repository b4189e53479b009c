/* SPDX-License-Identifier: GPL-2.0-or-later
 * The headers around a DHCP message: written, checked, damaged at every byte.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/num.h"
#include "dhcp_packets.h"
#include "source/dhcp_frame.h"

/* 192.168.77.1:67 to 255.255.255.255:68, payload "hello"; the checksums are from a script. */
#define GOOD                                                                                       \
	"45000021 00000000 4011 6d23 c0a84d01 ffffffff"                                            \
	"0043 0044 000d add1 68656c6c6f"

static int payload(const struct packet *k, bool csum_ready, struct span *ret)
{
	return dhcp_frame_payload(packet_span(k), csum_ready, ret);
}

static void test_build(void **state)
{
	struct packet want = {.len = 0};
	uint8_t out[64];

	(void)state;
	packet_hex(&want,
		"45c00021 00000000 4011 7a0d 00000000 ffffffff 0044 0043 000d bb7b 68656c6c6f");
	assert_int_equal(dhcp_frame_build(span_str("hello"), out, sizeof(out)), want.len);
	assert_memory_equal(out, want.p, want.len);
	assert_int_equal(dhcp_frame_build(span_str("hello"), out, want.len), want.len);
	assert_int_equal(dhcp_frame_build(span_str("hello"), out, want.len - 1), -EMSGSIZE);
	assert_int_equal(dhcp_frame_build(SPAN_NONE, out, sizeof(out)), DHCP_FRAME_HEADER);
}

static void test_good(void **state)
{
	struct packet k = {.len = 0};
	struct span msg;

	(void)state;
	packet_hex(&k, GOOD);
	assert_int_equal(payload(&k, true, &msg), 0);
	assert_true(span_eq_str(msg, "hello"));
	packet_hex(&k, "00*13"); /* Ethernet's padding is not part of it */
	assert_int_equal(payload(&k, true, &msg), 0);
	assert_true(span_eq_str(msg, "hello"));
}

/* An IP header with options: their bytes are skipped. */
static void test_ip_options(void **state)
{
	struct packet k = {.len = 0};
	struct span msg;

	(void)state;
	packet_hex(&k, "46000025 00000000 4011 6b1e c0a84d01 ffffffff 01010000"
		       "0043 0044 000d add1 68656c6c6f");
	assert_int_equal(payload(&k, true, &msg), 0);
	assert_true(span_eq_str(msg, "hello"));
}

/* Every single damaged byte is found; the ports and lengths by their own checks, too. */
static void test_damaged(void **state)
{
	struct packet k = {.len = 0};
	struct span msg = SPAN_NONE;

	(void)state;
	packet_hex(&k, GOOD);
	for (size_t i = 0; i < k.len; i++) {
		k.p[i] ^= 0x10;
		assert_int_equal(payload(&k, true, &msg), -EBADMSG);
		assert_null(msg.p);
		k.p[i] ^= 0x10;
	}
}

static void test_truncated(void **state)
{
	struct packet k = {.len = 0};
	struct span msg;

	(void)state;
	packet_hex(&k, GOOD);
	for (size_t len = 0; len < k.len; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		assert_non_null(cut);
		memcpy(cut, k.p, len);
		assert_int_equal(dhcp_frame_payload(span_of(cut, len), true, &msg), -EBADMSG);
		free(cut);
	}
}

/* Sets the IP checksum again, so that only what a test changed is wrong. */
static void fix_ip_sum(struct packet *k)
{
	uint32_t sum = 0;

	num_put_be16(k->p + 10, 0);
	for (size_t i = 0; i < 20; i += 2)
		sum += num_be16(k->p + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	num_put_be16(k->p + 10, (uint16_t)~sum);
}

static void test_refused(void **state)
{
	static const struct {
		size_t at;
		uint16_t value;
		int r;
	} table[] = {
		{0, 0x4500, 0}, /* unchanged */
		{0, 0x6500, -EBADMSG}, /* version */
		{0, 0x4400, -EBADMSG}, /* header shorter than 20 bytes */
		{0, 0x4f00, -EBADMSG}, /* header longer than the packet */
		{2, 27, -EBADMSG}, /* total length below IP and UDP */
		{2, 0, -EBADMSG},
		{2, 34, -EBADMSG}, /* total length above the packet */
		{2, 32, -EBADMSG}, /* UDP length above the total length */
		{6, 0x2000, -EBADMSG}, /* more fragments */
		{6, 0x0001, -EBADMSG}, /* offset */
		{6, 0x4000, 0}, /* do not fragment */
		{8, 0x4006, -EBADMSG}, /* TCP */
		{22, 67, -EBADMSG}, /* port */
		{24, 7, -EBADMSG}, /* UDP length below its header */
		{24, 0, -EBADMSG},
		{24, 14, -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct packet k = {.len = 0};
		struct span msg;

		packet_hex(&k, GOOD);
		num_put_be16(k.p + table[i].at, table[i].value);
		fix_ip_sum(&k);
		assert_int_equal(payload(&k, false, &msg), table[i].r);
	}
}

/* virtio and veth leave the UDP checksum to hardware, the kernel says so; no sum at all is legal. */
static void test_udp_sum(void **state)
{
	struct packet k = {.len = 0};
	struct span msg;

	(void)state;
	packet_hex(&k, GOOD);
	num_put_be16(k.p + 26, 0x1234);
	assert_int_equal(payload(&k, true, &msg), -EBADMSG);
	assert_int_equal(payload(&k, false, &msg), 0);
	num_put_be16(k.p + 26, 0);
	assert_int_equal(payload(&k, true, &msg), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_ip_options),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_udp_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

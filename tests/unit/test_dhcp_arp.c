/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/dhcp_arp: the probe as bytes, and what is a conflict.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dhcp_packets.h"
#include "source/dhcp_arp.h"

static const uint8_t mine[MAC_LEN] = PACKET_MAC;

static bool conflict_if(bool held, const char *hex)
{
	const struct in_addr address = {htonl(0xc0a84d6b)};
	uint8_t mac[MAC_LEN] = {0};
	struct packet k = {.len = 0};
	bool hit;

	packet_hex(&k, hex);
	hit = dhcp_arp_is_conflict(packet_span(&k), mine, address, held, mac);
	assert_memory_equal(mac, hit ? "\2\0\0\0\0\x63" : "\0\0\0\0\0\0", MAC_LEN);
	return hit;
}

static bool conflict(const char *hex)
{
	return conflict_if(false, hex);
}

static void test_probe(void **state)
{
	uint8_t out[DHCP_ARP_SIZE];
	struct packet want = {.len = 0};

	(void)state;
	packet_hex(&want, "0001 0800 06 04 0001 020000000007 00000000 000000000000 c0a84d6b");
	dhcp_arp_probe(mine, (struct in_addr){htonl(0xc0a84d6b)}, out);
	assert_int_equal(want.len, sizeof(out));
	assert_memory_equal(out, want.p, sizeof(out));
}

static void test_conflict(void **state)
{
	(void)state;
	/* a reply, an announcement, another's probe; behind it the padding of Ethernet */
	assert_true(conflict("0001 0800 06 04 0002 020000000063 c0a84d6b 020000000007 00000000"));
	assert_true(conflict("0001 0800 06 04 0001 020000000063 c0a84d6b 000000000000 c0a84d6b"));
	assert_true(
		conflict("0001 0800 06 04 0001 020000000063 00000000 000000000000 c0a84d6b 00*18"));
	/* our own; other addresses; a question about the address by somebody who has another */
	assert_false(conflict("0001 0800 06 04 0001 020000000007 00000000 000000000000 c0a84d6b"));
	assert_false(conflict("0001 0800 06 04 0002 020000000063 c0a84d6c 020000000007 c0a84d6b"));
	assert_false(conflict("0001 0800 06 04 0001 020000000063 c0a84d6c 000000000000 c0a84d6b"));
	assert_false(conflict("0001 0800 06 04 0002 020000000063 00000000 000000000000 c0a84d6b"));
	/* no ARP for IPv4 over Ethernet; another operation; one byte short */
	assert_false(conflict("0006 0800 06 04 0002 020000000063 c0a84d6b 020000000007 00000000"));
	assert_false(conflict("0001 86dd 06 04 0002 020000000063 c0a84d6b 020000000007 00000000"));
	assert_false(conflict("0001 0800 08 04 0002 020000000063 c0a84d6b 020000000007 00000000"));
	assert_false(conflict("0001 0800 06 04 0003 020000000063 c0a84d6b 020000000007 00000000"));
	assert_false(conflict("0001 0800 06 04 0002 020000000063 c0a84d6b 020000000007 000000"));
	assert_false(conflict(""));
}

/* Who asks whether anybody has an address does not use it; who says that he has it, does. */
static void test_held(void **state)
{
	(void)state;
	assert_false(conflict_if(
		true, "0001 0800 06 04 0001 020000000063 00000000 000000000000 c0a84d6b"));
	assert_true(conflict_if(
		true, "0001 0800 06 04 0001 020000000063 c0a84d6b 000000000000 c0a84d6b"));
	assert_true(conflict_if(
		true, "0001 0800 06 04 0002 020000000063 c0a84d6b 020000000007 00000000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_conflict),
		cmocka_unit_test(test_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

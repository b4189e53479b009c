/* SPDX-License-Identifier: GPL-2.0-or-later
 * What DHCP messages mean: recorded ones as a whole, then the network part by option.
 */
#include <errno.h>

#include "dhcp_print.h"

static void test_recorded(void **state)
{
	struct packet k = {.len = 0};

	(void)state;
	packet_hex(&k, RECORDED_DNSMASQ_ISCSI);
	check(&k, WHOLE,
		"address 192.168.77.107\n"
		"prefix 24\n"
		"broadcast 192.168.77.255\n"
		"server id 192.168.77.1\n"
		"siaddr 192.168.77.1\n"
		"lease 600 300 525\n"
		"route 10.0.0.0/8 192.168.77.3\n"
		"route 0.0.0.0/0 192.168.77.1\n"
		"dns 192.168.77.1\n"
		"dns 192.168.77.2\n"
		"mtu 1400\n"
		"hostname client7\n"
		"domain lab.example.org\n"
		"search lab.example.org example.org sub.lab.example.org\n"
		"bootfile pxelinux.0\n"
		"rootpath iscsi:192.168.77.1:6:3260:1:iqn.2025-01.org.example:client7\n"
		"server=192.168.77.9 (option 66)\n"
		"id=serial (option 43.8)\n"
		"target=iqn.2025-01.org.example:client7 (option 17)\n"
		"initiator=iqn.1993-08.org.debian:01:c7 (option 203)\n"
		"lun=1 (option 17)\n"
		"firmware=192.168.77.1:/srv/tftp/%i (option 224)\n"
		"log=192.168.77.4 (option 224)\n"
		"portal=192.168.77.5:3261 (option 43.3)\n");
	k.len = 0;
	packet_hex(&k, RECORDED_DHCPD_OVERLOAD);
	check(&k, WHOLE,
		"address 192.168.77.107\n"
		"prefix 24\n"
		"broadcast 192.168.77.255\n"
		"server id 192.168.77.1\n"
		"lease 600 300 525\n"
		"route 10.1.2.0/24 192.168.77.3\n"
		"route 0.0.0.0/0 192.168.77.1\n"
		"dns 192.168.77.1\n"
		"hostname client7\n"
		"domain lab.example.org\n"
		"search lab.example.org example.org\n"
		"rootpath 192.168.77.1:/srv/nfs/root,vers=4\n"
		"pi boot server\n"
		"nfs root 192.168.77.1:/srv/nfs/root,vers=4\n"
		"server=192.168.20.1 (option 66)\n"
		"target=iqn.2025-01.org.example:a-rather-long-target-name-for-the-client-in-the-"
		"third-rack-of-the-second-hall (option 224)\n"
		"initiator=iqn.1993-08.org.debian:01:an-initiator-name-that-is-also-quite-long "
		"(option 224)\n"
		"log=192.168.77.3 (option 224)\n"
		"portal=192.168.77.1:3260,1 (option 224)\n"
		"portal=192.168.77.2:3260,1 (option 224)\n");
	k.len = 0;
	packet_hex(&k, RECORDED_DNSMASQ_PI);
	check(&k, WHOLE,
		"address 192.168.77.100\n"
		"prefix 24\n"
		"broadcast 192.168.77.255\n"
		"server id 192.168.77.1\n"
		"siaddr 192.168.77.1\n"
		"lease 600 300 525\n"
		"route 0.0.0.0/0 192.168.77.1\n"
		"bootfile bootcode.bin\n"
		"pi boot server\n"
		"server=192.168.77.1 (siaddr)\n");
}

/* Cut at every byte, a recorded packet is refused or read, never past the end. */
static void test_truncated(void **state)
{
	static const char *const recorded[] = {
		RECORDED_DNSMASQ_ISCSI, RECORDED_DHCPD_OVERLOAD, RECORDED_DNSMASQ_PI};

	(void)state;
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		struct packet k = {.len = 0};
		struct notes notes = {.n = 0};
		struct lease l;

		packet_hex(&k, recorded[i]);
		for (size_t len = 0; len < k.len; len++) {
			uint8_t *cut = malloc(len ? len : 1);
			int r;

			assert_non_null(cut);
			memcpy(cut, k.p, len);
			r = dhcp_lease_parse(span_of(cut, len), &l, &notes, NULL);
			assert_true(r == -EBADMSG || (r == 0 && len > 242));
			free(cut);
		}
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *change; /* replaces the type option */
		uint8_t op;
		const char *reason;
	} table[] = {
		{"350105", 1, "of a client"},
		{"", 2, "no option 53"},
		{"3500", 2, "no option 53"},
		{"35020505", 2, "malformed option 53"},
		{"350105 350105", 2, "malformed option 53"}, /* joined, as RFC 3396 wants */
		{"350100", 2, "type 0"},
		{"350101", 2, "type 1"},
		{"350103", 2, "type 3"},
		{"350109", 2, "type 9"},
		{"350105 0c", 2, "runs past"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct notes notes = {.n = 0};
		struct err err = {.code = 0};
		struct lease l, before;
		struct packet k;

		memset(&l, 0x5a, sizeof(l));
		before = l;
		packet_begin(&k, DHCP_ACK);
		k.p[0] = table[i].op;
		k.len = 240;
		packet_hex(&k, table[i].change);
		assert_int_equal(dhcp_lease_parse(packet_span(&k), &l, &notes, &err), -EBADMSG);
		if (!strstr(err.text, table[i].reason))
			fail_msg("\"%s\" is not in \"%s\"", table[i].reason, err.text);
		assert_memory_equal(&l, &before, sizeof(l));
		assert_int_equal(notes.n, 0);
	}
}

static void test_nak(void **state)
{
	struct packet k;

	(void)state;
	packet_begin(&k, DHCP_NAK);
	packet_text(&k, 56, "wrong\nnetwork");
	check(&k, OPTIONS, "message wrong\\x0anetwork\n");
}

static void test_network(void **state)
{
	struct packet k;

	(void)state;
	check_hex("0104ffffff80", NETWORK, ADDRESS "prefix 25\nbroadcast 192.168.77.127\n");
	check_hex("0104fffffffe", NETWORK, ADDRESS "prefix 31\n");
	check_hex("0104ffffffff", NETWORK, ADDRESS "prefix 32\n");
	check_hex("0104ffffff00 1c04c0a84d00", NETWORK,
		ADDRESS "prefix 24\nbroadcast 192.168.77.0\n");
	check_hex("", NETWORK, ADDRESS "prefix 24\nbroadcast 192.168.77.255\n");
	check_hex("0104ffff00ff", NETWORK,
		ADDRESS "prefix 24\nbroadcast 192.168.77.255\n"
			"note: option 1: ignored: 255.255.0.255 is no netmask\n");
	check_hex("010400000000", NETWORK,
		ADDRESS "prefix 24\nbroadcast 192.168.77.255\n"
			"note: option 1: ignored: 0.0.0.0 is no netmask\n");
	check_hex("0103ffffff", NETWORK,
		ADDRESS "prefix 24\nbroadcast 192.168.77.255\n"
			"note: option 1: ignored: 3 bytes instead of 4\n");
	check_hex("3605c0a84d0100", NETWORK,
		ADDRESS "prefix 24\nbroadcast 192.168.77.255\n"
			"note: option 54: ignored: 5 bytes instead of 4\n");
	packet_begin(&k, DHCP_ACK);
	memcpy(k.p + 16, "\x0a\x01\x02\x03", 4);
	check(&k, NETWORK, "address 10.1.2.3\nprefix 8\nbroadcast 10.255.255.255\n");
	memcpy(k.p + 16, "\xac\x10\x02\x03", 4);
	check(&k, NETWORK, "address 172.16.2.3\nprefix 16\nbroadcast 172.16.255.255\n");
}

static void test_times(void **state)
{
	static const struct {
		const char *hex, *want;
	} table[] = {
		{"330400000258", "lease 600 300 525\n"},
		{"3304ffffffff", "lease 4294967295 4294967295 4294967295\n"},
		{"3304fffffffe", "lease 4294967294 2147483647 3758096382\n"},
		{"3304ffffffff 3a0400000001", "lease 4294967295 4294967295 4294967295\n"},
		{"330400000258 3a0400000064 3b04000000c8", "lease 600 100 200\n"},
		{"330400000258 3a0400000064", "lease 600 100 525\n"},
		{"330400000258 3a0400000258 3b0400000258", "lease 600 600 600\n"},
		{"330400000258 3a04000000c8 3b0400000064",
			"lease 600 300 525\n"
			"note: options 58, 59: ignored: T1 200 s, T2 100 s, lease 600 s\n"},
		{"330400000258 3b0400000259",
			"lease 600 300 525\n"
			"note: options 58, 59: ignored: T1 300 s, T2 601 s, lease 600 s\n"},
		{"330400000258 3a03000001",
			"lease 600 300 525\nnote: option 58: ignored: 3 bytes instead of 4\n"},
		{"330400000000", "note: option 51: ignored: a lease of 0 s\n"},
		{"33020258", "note: option 51: ignored: 2 bytes instead of 4\n"},
		{"3a0400000064", ""},
	};
	char want[400];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(want, sizeof(want), ADDRESS "prefix 24\nbroadcast 192.168.77.255\n%s",
			table[i].want);
		check_hex(table[i].hex, NETWORK, want);
	}
}

static void test_routes(void **state)
{
	struct packet k;

	(void)state;
	/* Option 3: the first router only. */
	check_hex("0304c0a84d01", OPTIONS, "route 0.0.0.0/0 192.168.77.1\n");
	check_hex("0308c0a84d01c0a84d02", OPTIONS, "route 0.0.0.0/0 192.168.77.1\n");
	check_hex("030400000000", OPTIONS, "note: option 3: ignored: the router is no host\n");
	check_hex("0303c0a84d", OPTIONS, "note: option 3: ignored: 3 bytes are no multiple of 4\n");
	/* Option 33: networks of their class, or hosts. */
	check_hex("2110 0a000000c0a84d02 0a010203c0a84d03 0304c0a84d01", OPTIONS,
		"route 10.0.0.0/8 192.168.77.2\n"
		"route 10.1.2.3/32 192.168.77.3\n"
		"route 0.0.0.0/0 192.168.77.1\n");
	check_hex("2108 00000000c0a84d02", OPTIONS,
		"note: option 33: ignored a route to no host or network\n");
	check_hex("2107 0a000000c0a84d", OPTIONS,
		"note: option 33: ignored: 7 bytes are no multiple of 8\n");
	/* Option 121 wins, masks host bits, knows routes on the link. */
	check_hex("7905 00c0a84d09 0304c0a84d01 2108 0a000000c0a84d02", OPTIONS,
		"route 0.0.0.0/0 192.168.77.9\n");
	check_hex("7913 190a0b0cff00000000 200a0b0c0dc0a84d02 00", OPTIONS,
		"note: option 121: ignored: its routes are malformed\n");
	check_hex("7912 190a0b0cff00000000 200a0b0c0dc0a84d02", OPTIONS,
		"route 10.11.12.128/25 0.0.0.0\n"
		"route 10.11.12.13/32 192.168.77.2\n");
	check_hex("7909 210a0b0c0dc0a84d02 0304c0a84d01", OPTIONS,
		"route 0.0.0.0/0 192.168.77.1\n"
		"note: option 121: ignored: its routes are malformed\n");
	check_hex(
		"7904 00c0a84d", OPTIONS, "note: option 121: ignored: its routes are malformed\n");
	check_hex("7906 080ae0000001", OPTIONS,
		"note: option 121: ignored the route to 10.0.0.0/8: its gateway is no host\n");
	/* More than there is room for. */
	packet_begin(&k, DHCP_ACK);
	packet_hex(&k, "79c6");
	for (unsigned int i = 0; i < 33; i++) {
		packet_hex(&k, "08");
		packet_byte(&k, i + 1);
		packet_hex(&k, "c0a84d02");
	}
	{
		struct notes notes = {.n = 0};
		struct lease l;

		assert_int_equal(dhcp_lease_parse(packet_span(&k), &l, &notes, NULL), 0);
		assert_int_equal(l.n_routes, LEASE_ROUTES);
		assert_int_equal(notes.n, 1);
		assert_string_equal(notes.text[0],
			"option 121: ignored the route to 33.0.0.0/8: there are more than 32");
	}
}

static void test_dns_mtu(void **state)
{
	(void)state;
	check_hex("0614 c0a84d01 c0a84d02 c0a84d03 c0a84d04 c0a84d05", OPTIONS,
		"dns 192.168.77.1\ndns 192.168.77.2\ndns 192.168.77.3\ndns 192.168.77.4\n"
		"note: option 6: ignored a server after the first 4\n");
	check_hex("0608 00000000 c0a84d02", OPTIONS,
		"dns 192.168.77.2\nnote: option 6: ignored a server that is no host\n");
	check_hex("0605 c0a84d0200", OPTIONS,
		"note: option 6: ignored: 5 bytes are no multiple of 4\n");
	check_hex("1a0205dc", OPTIONS, "mtu 1500\n");
	check_hex("1a020240", OPTIONS, "mtu 576\n");
	check_hex("1a02ffff", OPTIONS, "mtu 65535\n");
	check_hex("1a02023f", OPTIONS, "note: option 26: ignored: an MTU of 575 is below 576\n");
	check_hex("1a0105", OPTIONS, "note: option 26: ignored: 1 bytes instead of 2\n");
	check_hex("2a08 c0a84d02c0a84d03", OPTIONS, "ntp 192.168.77.2\nntp 192.168.77.3\n");
	check_hex("2a04 e0000101", OPTIONS, "note: option 42: ignored a server that is no host\n");
	check_hex(
		"2a03 c0a84d", OPTIONS, "note: option 42: ignored: 3 bytes are no multiple of 4\n");
}

/* Option 125: whose it is, and how much. */
static void test_vendors(void **state)
{
	(void)state;
	check_hex("7d05 0000118b00", OPTIONS, "vendor 4491: 0 bytes\n");
	check_hex("7d0f 0000118b03020161 0000000902ffff", OPTIONS,
		"vendor 4491: 3 bytes\nvendor 9: 2 bytes\n");
	check_hex("7d04 0000118b", OPTIONS,
		"note: option 125: ignored: a length runs past its end\n");
	check_hex("7d05 0000118b01", OPTIONS,
		"note: option 125: ignored: a length runs past its end\n");
	check_hex("7d19 0000000100 0000000200 0000000300 0000000400 0000000500", OPTIONS,
		"vendor 1: 0 bytes\nvendor 2: 0 bytes\nvendor 3: 0 bytes\nvendor 4: 0 bytes\n"
		"note: option 125: 1 enterprises after the first 4 are not shown\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nak),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_dns_mtu),
		cmocka_unit_test(test_vendors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

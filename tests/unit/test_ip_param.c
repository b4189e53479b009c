/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/ip_param: the forms of ip=.
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

#include "base/num.h"
#include "source/ip_param.h"

static const char *shown(const char *text)
{
	static const char *const methods[] = {"dhcp", "static", "off", "static6", "auto6"};
	static char out[400];
	char a[6][IP4_TEXT_SIZE];
	struct ip_param p;

	if (ip_param_parse(span_str(text), &p, NULL) < 0)
		return "refused";
	num_format_ip4(p.client, a[0]);
	num_format_ip4(p.server, a[1]);
	num_format_ip4(p.gateway, a[2]);
	num_format_ip4(p.dns[0], a[3]);
	num_format_ip4(p.dns[1], a[4]);
	num_format_ip4(p.ntp, a[5]);
	snprintf(out, sizeof(out), "%s %s/%u server %s gw %s host '%s' dev '%s' dns %s %s ntp %s",
		methods[p.method], a[0], p.client.s_addr ? p.prefix : 0, a[1], a[2], p.hostname,
		p.device, a[3], a[4], a[5]);
	return out;
}

#define NONE " 0.0.0.0/0 server 0.0.0.0 gw 0.0.0.0 host '' dev '' dns 0.0.0.0 0.0.0.0 ntp 0.0.0.0"

static void test_forms(void **state)
{
	static const char *const table[][2] = {
		{"", "dhcp" NONE},
		{"dhcp", "dhcp" NONE},
		{"on", "dhcp" NONE},
		{"any", "dhcp" NONE},
		{"both", "dhcp" NONE},
		{"off", "off" NONE},
		{"none", "off" NONE},
		{":::::eth1:dhcp", "dhcp 0.0.0.0/0 server 0.0.0.0 gw 0.0.0.0 host '' dev 'eth1' "
				   "dns 0.0.0.0 0.0.0.0 ntp 0.0.0.0"},
		{"eth0", "dhcp 0.0.0.0/0 server 0.0.0.0 gw 0.0.0.0 host '' dev 'eth0' dns 0.0.0.0 "
			 "0.0.0.0 ntp 0.0.0.0"},
		{"10.1.2.3", "static 10.1.2.3/8 server 0.0.0.0 gw 0.0.0.0 host '' dev '' dns "
			     "0.0.0.0 0.0.0.0 ntp 0.0.0.0"},
		{"10.10.10.50::10.10.10.1:255.255.255.0:client:eth0:off",
			"static 10.10.10.50/24 server 0.0.0.0 gw 10.10.10.1 host 'client' dev "
			"'eth0' dns 0.0.0.0 0.0.0.0 ntp 0.0.0.0"},
		{"10.0.0.5:10.0.0.1:10.0.0.2:16:a-b.c:eth0:none:1.1.1.1:2.2.2.2:3.3.3.3",
			"static 10.0.0.5/16 server 10.0.0.1 gw 10.0.0.2 host 'a-b.c' dev 'eth0' "
			"dns 1.1.1.1 2.2.2.2 ntp 3.3.3.3"},
		{"192.168.1.5:", "static 192.168.1.5/24 server 0.0.0.0 gw 0.0.0.0 host '' dev '' "
				 "dns 0.0.0.0 0.0.0.0 ntp 0.0.0.0"},
		{"172.16.1.5::", "static 172.16.1.5/16 server 0.0.0.0 gw 0.0.0.0 host '' dev '' "
				 "dns 0.0.0.0 0.0.0.0 ntp 0.0.0.0"},
		{"::::rpi-blog:eth0:dhcp", "dhcp 0.0.0.0/0 server 0.0.0.0 gw 0.0.0.0 host "
					   "'rpi-blog' dev 'eth0' dns 0.0.0.0 0.0.0.0 ntp 0.0.0.0"},
		{"10.0.0.5::::::dhcp", "dhcp 10.0.0.5/8 server 0.0.0.0 gw 0.0.0.0 host '' dev '' "
				       "dns 0.0.0.0 0.0.0.0 ntp 0.0.0.0"},
		{"10.0.0.256::::::off", "refused"},
		{"10.0.0.5::::host_name::off", "refused"},
		{"10.0.0.5::::$(x)::off", "refused"},
		{"10.0.0.5:::33:::off", "refused"},
		{"10.0.0.5:::255.0.255.0:::off", "refused"},
		{"10.0.0.5:::::a/b:off", "refused"},
		{"10.0.0.5:::::0123456789abcdef:off", "refused"},
		{"10.0.0.5::::::static", "refused"},
		{"10.0.0.5::::::off:x", "refused"},
		{"a b", "refused"},
		{"a/b", "refused"},
		{"1:2:3:4:5:6:7:8:9:10:11", "refused"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(shown(table[i][0]), table[i][1]);
}

static const char *shown6(const char *text)
{
	static char out[ERR_TEXT_SIZE];
	char a[4][IP6_TEXT_SIZE];
	struct err err = {.code = 0};
	struct ip_param p;

	if (ip_param_parse(span_str(text), &p, &err) < 0) {
		snprintf(out, sizeof(out), "%s", err.text);
		return out;
	}
	num_format_ip6(&p.client6, a[0]);
	num_format_ip6(&p.gateway6, a[1]);
	num_format_ip6(&p.dns6[0], a[2]);
	num_format_ip6(&p.dns6[1], a[3]);
	snprintf(out, sizeof(out), "%d %s/%u gw %s host '%s' dev '%s' dns %s %s", p.method, a[0],
		p.prefix6, a[1], p.hostname, p.device, a[2], a[3]);
	return out;
}

#define NO_DHCP6                                                                                   \
	"DHCPv6 is not understood: write ip=auto6 for the address that a router advertises, or "   \
	"ip=[ADDRESS]::[GATEWAY]:64::eth0:none"
#define BOTH "ip=: the client's address and the gateway's must both be IPv4 or IPv6"

static void test_ipv6(void **state)
{
	static const char *const table[][2] = {
		{"[fd00::5]", "3 fd00::5/64 gw :: host '' dev '' dns :: ::"},
		{"[fd00::5]::[fd00::1]:48:pi:eth0:none:[fd00::53]:[2001:db8::1]",
			"3 fd00::5/48 gw fd00::1 host 'pi' dev 'eth0' dns fd00::53 2001:db8::1"},
		{"[fd00::5]:[fd00::2]:[fd00::1]::::off:1.1.1.1",
			"3 fd00::5/64 gw fd00::1 host '' dev '' dns :: ::"},
		{"[fd00::5]:::128", "3 fd00::5/128 gw :: host '' dev '' dns :: ::"},
		{"auto6", "4 ::/0 gw :: host '' dev '' dns :: ::"},
		{":::::eth1:auto6", "4 ::/64 gw :: host '' dev 'eth1' dns :: ::"},
		{"10.0.0.5:::24:::none:[fd00::53]", "1 ::/64 gw :: host '' dev '' dns fd00::53 ::"},
		{"[fd00::5]:::129", "ip=, column 13: \"129\" is no netmask"},
		{"[fd00::5]:::0", "ip=, column 13: \"0\" is no netmask"},
		{"[fd00::5]:::255.255.0.0", "ip=, column 13: \"255.255.0.0\" is no netmask"},
		{"[fd00::5]::10.0.0.1", BOTH},
		{"10.0.0.5::[fd00::1]", BOTH},
		{"[fd00::5]::::::dhcp",
			"ip=: with an IPv6 address the method must be none, or nothing"},
		{"[fd00::5]::::::auto6",
			"ip=: with an IPv6 address the method must be none, or nothing"},
		{"[fd00::5", "ip=, column 1: \"[fd00::5\" is no client address"},
		{"[fd00::5]x::", "ip=, column 1: \"[fd00::5]x\" is no client address"},
		{"[]:", "ip=, column 1: \"[]\" is no client address"},
		{"[:", "ip=, column 1: \"[:\" is no client address"},
		{"[10.0.0.5]:", "ip=, column 1: \"[10.0.0.5]\" is no client address"},
		{"[fe80::1%eth0]:", "ip=, column 1: \"[fe80::1%eth0]\" is no client address"},
		{"dhcp6", "ip=, column 1: " NO_DHCP6},
		{":::::eth0:either6", "ip=, column 11: " NO_DHCP6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(shown6(table[i][0]), table[i][1]);
}

static void test_column(void **state)
{
	struct ip_param p = {.method = IP_OFF};
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(
		ip_param_parse(span_str("10.0.0.5::10.0.0.1:24:h:e\x1b:off"), &p, &err), -EINVAL);
	assert_string_equal(err.text, "ip=, column 25: \"e\\x1b\" is no interface name");
	assert_int_equal(p.method, IP_OFF); /* left alone */
}

static void truncate_all(const char *text)
{
	for (size_t n = 0; n <= strlen(text); n++) {
		char *exact = malloc(n ? n : 1);
		struct ip_param p;
		int r;

		memcpy(exact, text, n);
		r = ip_param_parse(span_of(exact, n), &p, NULL);
		assert_true(r == 0 || r == -EINVAL);
		free(exact);
	}
}

static void test_truncations(void **state)
{
	(void)state;
	truncate_all(
		"10.0.0.5:10.0.0.1:10.0.0.2:255.255.0.0:host:eth0:none:1.1.1.1:2.2.2.2:3.3.3.3");
	truncate_all("[fd00::5]:[fd00::2]:[fd00::1]:64:host:eth0:none:[fd00::53]:[fd00::54]");
}

static void test_vlan(void **state)
{
	static const struct {
		const char *text;
		unsigned int id; /* 0: refused */
	} table[] = {
		{"eth0.5:eth0", 5},
		{"eth0.0005:eth0", 5},
		{"vlan5:eth0", 5},
		{"vlan0005:eth0", 5},
		{"lan.a.4094:lan.a", 4094},
		{"eth0.4095:eth0", 0},
		{"eth0.0:eth0", 0},
		{"eth0.:eth0", 0},
		{"eth0:eth0", 0},
		{"vlan:eth0", 0},
		{"eth0.5", 0},
		{"eth0.5:", 0},
		{":eth0", 0},
		{"eth0.5:eth0:eth1", 0},
		{"eth0.5:a/b", 0},
		{"0123456789012.5:eth0", 15 < IF_NAMESIZE ? 5 : 0},
		{"01234567890123.5:eth0", 0},
		{"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct vlan_param v = {.id = 0};
		struct err err = {.code = 0};
		int r = vlan_param_parse(span_str(table[i].text), &v, &err);

		if (v.id != table[i].id || (r == 0) != (table[i].id != 0) || err.code != r)
			fail_msg("%s: %d, %u", table[i].text, r, v.id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_column),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_vlan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

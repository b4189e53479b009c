/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/dns, step/names: questions and answers as bytes, resolv.conf, names that need no server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dhcp_packets.h"
#include "step/dns.h"
#include "step/names.h"

/* nas.lab, type A or AAAA, class IN, as question and as what a name points to */
#define NAS      "036e6173 036c6162 00 "
#define IN_A     "0001 0001 "
#define IN_AAAA  "001c 0001 "
#define TTL      "00000e10 "
#define HEADER_1 "0007 8180 0001 0001 0000 0000 "

static void test_query(void **state)
{
	struct packet want = {.len = 0};
	uint8_t out[DNS_QUERY_SIZE];
	char name[300];

	(void)state;
	packet_hex(&want, "0007 0100 0001 0000 0000 0000 " NAS IN_A);
	assert_int_equal(dns_query_build("nas.lab", DNS_TYPE_A, 7, out), want.len);
	assert_memory_equal(out, want.p, want.len);
	assert_int_equal(dns_query_build("nas.lab.", DNS_TYPE_AAAA, 7, out), want.len);
	assert_int_equal(out[want.len - 3], 28);
	assert_int_equal(dns_query_build("", DNS_TYPE_A, 7, out), -EINVAL);
	assert_int_equal(dns_query_build("a..b", DNS_TYPE_A, 7, out), -EINVAL);
	memset(name, 'a', sizeof(name));
	name[63] = '\0';
	assert_int_equal(dns_query_build(name, DNS_TYPE_A, 7, out), 12 + 65 + 4);
	name[63] = 'a';
	name[64] = '\0';
	assert_int_equal(dns_query_build(name, DNS_TYPE_A, 7, out), -EINVAL);
	for (unsigned int i = 1; i < 300; i += 2)
		name[i] = '.', name[i - 1] = 'a';
	name[253] = '\0'; /* 127 labels: the longest that there can be */
	assert_int_equal(dns_query_build(name, DNS_TYPE_A, 7, out), DNS_QUERY_SIZE);
	name[253] = 'a';
	name[254] = '\0';
	assert_int_equal(dns_query_build(name, DNS_TYPE_A, 7, out), -EINVAL);
}

/* What dns_answer_parse() makes of it: addresses, or its errno. */
static const char *answer(const char *hex, enum dns_type type)
{
	static char out[400];
	struct dns_addresses found = {.n = 0};
	struct packet k = {.len = 0};
	char text[INET6_ADDRSTRLEN];
	uint8_t *exact;
	int r;

	packet_hex(&k, hex);
	exact = malloc(k.len ? k.len : 1);
	memcpy(exact, k.p, k.len);
	r = dns_answer_parse(span_of(exact, k.len), "NAS.lab", type, 7, &found);
	free(exact);
	snprintf(out, sizeof(out), "%s", r < 0 ? strerrorname_np(-r) : "");
	for (unsigned int i = 0; i < found.n; i++) {
		bool v6 = found.at[i].ipv6;

		inet_ntop(v6 ? AF_INET6 : AF_INET,
			v6 ? (void *)&found.at[i].a6 : (void *)&found.at[i].a4, text, sizeof(text));
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s ", text);
	}
	return out;
}

static void test_answer(void **state)
{
	(void)state;
	assert_string_equal(answer(HEADER_1 NAS IN_A "c00c " IN_A TTL "0004 c0a84d05", DNS_TYPE_A),
		"192.168.77.5 ");
	assert_string_equal(answer(HEADER_1 NAS IN_AAAA "c00c " IN_AAAA TTL "0010 fd00 00*13 05",
				    DNS_TYPE_AAAA),
		"fd00::5 ");
	/* an alias, whose address stands before it */
	assert_string_equal(answer("0007 8180 0001 0003 0000 0000 " NAS IN_A "0161 c010 " IN_A TTL
				   "0004 c0a84d06"
				   "c00c 0005 0001 " TTL "0004 0161 c010"
				   "0162 c010 " IN_A TTL "0004 c0a84d07",
				    DNS_TYPE_A),
		"192.168.77.6 ");
	/* aliases of each other come to an end */
	assert_string_equal(answer("0007 8180 0001 0002 0000 0000 " NAS IN_A "c00c 0005 0001 " TTL
				   "0004 0161 c010"
				   "0161 c010 0005 0001 " TTL "0002 c00c",
				    DNS_TYPE_A),
		"");
	assert_string_equal(answer("0007 8180 0001 0000 0000 0000 " NAS IN_A, DNS_TYPE_A), "");
	assert_string_equal(
		answer("0007 8183 0001 0000 0000 0000 " NAS IN_A, DNS_TYPE_A), "ENOENT");
	assert_string_equal(
		answer("0007 8182 0001 0000 0000 0000 " NAS IN_A, DNS_TYPE_A), "EREMOTEIO");
	/* another number, a question, another name, another type */
	assert_string_equal(
		answer("0008 8180 0001 0000 0000 0000 " NAS IN_A, DNS_TYPE_A), "EBADMSG");
	assert_string_equal(
		answer("0007 0100 0001 0000 0000 0000 " NAS IN_A, DNS_TYPE_A), "EBADMSG");
	assert_string_equal(
		answer("0007 8180 0001 0000 0000 0000 036e6174 036c6162 00 " IN_A, DNS_TYPE_A),
		"EBADMSG");
	assert_string_equal(
		answer("0007 8180 0001 0000 0000 0000 " NAS IN_AAAA, DNS_TYPE_A), "EBADMSG");
	/* an address of three bytes is none; a record that points to itself */
	assert_string_equal(
		answer(HEADER_1 NAS IN_A "c00c " IN_A TTL "0003 c0a84d", DNS_TYPE_A), "");
	assert_string_equal(
		answer(HEADER_1 NAS IN_A "c019 " IN_A TTL "0004 c0a84d05", DNS_TYPE_A), "EBADMSG");
}

/* Every truncation, and every byte set to each of a few values: refused or read, never beyond. */
static void test_damage(void **state)
{
	static const uint8_t values[] = {0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff};
	struct packet k = {.len = 0};

	(void)state;
	packet_hex(&k,
		"0007 8180 0001 0002 0000 0000 " NAS IN_A "c00c 0005 0001 " TTL "0004 0161 c010"
		"0161 c010 " IN_A TTL "0004 c0a84d06");
	for (size_t n = 0; n <= k.len; n++) {
		struct dns_addresses found = {.n = 0};
		uint8_t *exact = malloc(n ? n : 1);
		int r;

		memcpy(exact, k.p, n);
		r = dns_answer_parse(span_of(exact, n), "nas.lab", DNS_TYPE_A, 7, &found);
		assert_int_equal(r, n == k.len ? 0 : -EBADMSG);
		assert_int_equal(found.n, n == k.len);
		for (size_t v = 0; n == k.len && v < n * sizeof(values); v++) {
			memcpy(exact, k.p, n);
			exact[v / sizeof(values)] = values[v % sizeof(values)];
			found.n = 0;
			r = dns_answer_parse(span_of(exact, n), "nas.lab", DNS_TYPE_A, 7, &found);
			assert_true(r <= 0 && found.n <= 1);
		}
		free(exact);
	}
}

static void test_conf(void **state)
{
	struct names_conf c;

	(void)state;
	names_conf_parse(span_str("# none\nnameserver 192.168.77.1\n nameserver  fd00::1\n"
				  "nameserver x\nsearch a\nsearch lab.example example\n"
				  "nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\n"
				  "nameserver 1.1.1.4\noptions x"),
		&c);
	assert_int_equal(c.n_servers, 4);
	assert_string_equal(c.server[0], "192.168.77.1");
	assert_string_equal(c.server[1], "fd00::1");
	assert_string_equal(c.server[3], "1.1.1.2");
	assert_int_equal(c.n_search, 2);
	assert_string_equal(c.search[0], "lab.example");
	assert_string_equal(c.search[1], "example");
	names_conf_parse(SPAN_NONE, &c);
	assert_int_equal(c.n_servers, 0);
}

static void test_without_a_server(void **state)
{
	struct names names = {.n = 0};
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(names_find("192.168.77.1", 0, &names, &err), 0);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.address[0], "192.168.77.1");
	assert_int_equal(names_find("fd00::1", 0, &names, &err), 0);
	assert_string_equal(names.address[0], "fd00::1");
	assert_int_equal(names_find("nas..lab", 0, &names, &err), -EINVAL);
	assert_string_equal(err.text, "nas..lab is no name of a host");
	assert_int_equal(names_find("nas.lab", 0, &names, &err), -EDESTADDRREQ);
	assert_string_equal(err.text, "nas.lab is a name, and no time is left to look it up");
	assert_string_equal(names.address[0], "fd00::1");
}

static void test_portals(void **state)
{
	struct plan plan = {.n_portals = 3,
		.portal = {{.host = "nas..lab", .port = 3260},
			{.host = "fd00::1", .ipv6 = true, .port = 860, .tpgt = 2},
			{.host = "10.0.0.1", .port = 3260}}};
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(names_in_portals(&plan, 0, &err), 0);
	assert_int_equal(plan.n_portals, 2);
	assert_string_equal(plan.portal[0].host, "fd00::1");
	assert_true(plan.portal[0].ipv6);
	assert_int_equal(plan.portal[0].port, 860);
	assert_int_equal(plan.portal[0].tpgt, 2);
	assert_string_equal(plan.portal[1].host, "10.0.0.1");
	plan.n_portals = 1;
	strcpy(plan.portal[0].host, "nas..lab");
	assert_int_equal(names_in_portals(&plan, 0, &err), -EINVAL);
	assert_string_equal(plan.portal[0].host, "nas..lab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_without_a_server),
		cmocka_unit_test(test_portals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * plan/offer: what an offer is worth beside what is configured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "dhcp_packets.h"
#include "plan/offer.h"

#define TARGET "pinet.target=iqn.2025-02.dev.example:root:%i "
#define ROOT   "root=LABEL=writable "
#define ID54   "3604c0a84d01 "

static char rank(const char *words, const char *options)
{
	const struct machine machine = {.has_mac = false};
	const struct conf conf = {.notes.n = 0};
	struct notes notes = {.n = 0};
	struct cmdline cmdline;
	struct plan_sources src = {&cmdline, &conf, NULL, &machine, NULL, false};
	struct lease lease;
	struct packet k;

	packet_begin(&k, DHCP_OFFER);
	packet_hex(&k, options);
	assert_int_equal(cmdline_parse(span_str(words), &cmdline, NULL), 0);
	assert_int_equal(dhcp_lease_parse(packet_span(&k), &lease, &notes, NULL), 0);
	return "P-GF"[plan_rank_offer(&src, &lease)];
}

static void test_ranks(void **state)
{
	static const struct {
		const char *words, *options;
		char want;
	} table[] = {
		/* all is configured */
		{"pinet.server=10.0.0.1 " ROOT, "", 'F'},
		{"pinet.portal=10.0.0.1 " TARGET ROOT, ID54, 'F'},
		/* nothing is, and the server gives out addresses only */
		{"pinet.server=dhcp " ROOT, "", 'P'},
		{"pinet.server=dhcp " ROOT, ID54, 'G'},
		/* option 66; a boot file; the Raspberry Pi's string */
		{"pinet.server=dhcp " ROOT, ID54 "420831302e302e302e31 ", 'F'},
		{"pinet.server=dhcp " ROOT, ID54 "430161", 'F'},
		{"pinet.server=dhcp " ROOT, ID54 "2b11526173706265727279205069 20426f6f74", 'F'},
		/* the host name that names are made of */
		{"pinet.server=10.0.0.1 pinet.id=hostname " TARGET ROOT, ID54, 'P'},
		{"pinet.server=10.0.0.1 pinet.id=hostname " TARGET ROOT, ID54 "0c0161", 'F'},
		{"pinet.server=10.0.0.1 pinet.id=hostname pinet.dhcp=address " TARGET ROOT,
			ID54 "0c0161", 'F'},
		/* DHCP is not believed: what it says makes no difference */
		{"pinet.dhcp=address pinet.server=10.0.0.1 " ROOT, "", 'F'},
		{"pinet.dhcp=address " TARGET ROOT, "", 'F'},
		/* nor can it mend this */
		{"pinet.server=10.0.0.1 " TARGET, "", 'F'},
		/* an iSCSI target by option 17, boot files by nobody */
		{"pinet.server=dhcp pinet.firmware=off " ROOT,
			ID54 "1121 69736373693a31302e302e302e313a3a3a3a69716e2e323032352d30312e61"
			     "3a62",
			'F'},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char got = rank(table[i].words, table[i].options);

		if (got != table[i].want)
			fail_msg("%s / %s: %c", table[i].words, table[i].options, got);
	}
}

/* The address of another machine is no accident. */
static void test_next_server(void **state)
{
	struct lease lease = {.server_id = {htonl(0xc0a84d01)}, .siaddr = {htonl(0xc0a84d01)}};

	(void)state;
	assert_false(dhcp_lease_names_server(&lease));
	assert_int_equal(
		settings_put(&lease.boot, SETTING_SERVER, "siaddr", span_str("192.168.77.1"), NULL),
		0);
	assert_false(dhcp_lease_names_server(&lease));
	lease.siaddr.s_addr = htonl(0xc0a84d02);
	assert_true(dhcp_lease_names_server(&lease));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_next_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

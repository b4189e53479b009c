/* SPDX-License-Identifier: GPL-2.0-or-later
 * DHCP messages as bytes: built, taken apart, truncated, overloaded, split.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "dhcp_packets.h"
#include "source/dhcp_msg.h"

static struct dhcp_msg_params params(enum dhcp_type type)
{
	return (struct dhcp_msg_params){
		.type = type,
		.xid = PACKET_XID,
		.secs = 5,
		.arch = DHCP_ARCH_ARM64_UEFI,
		.mac = PACKET_MAC,
	};
}

/* Builds @p and compares it with @hex, which stands for everything but padding. */
static void check_built(const struct dhcp_msg_params *p, const char *hex)
{
	uint8_t buf[DHCP_MSG_BUILD_SIZE];
	struct packet want = {.len = 0};
	size_t len = dhcp_msg_build(p, buf);

	packet_hex(&want, hex);
	while (want.len < 300)
		packet_byte(&want, 0);
	assert_int_equal(len, want.len);
	assert_memory_equal(buf, want.p, len);
}

static void test_build_discover(void **state)
{
	struct dhcp_msg_params p = params(DHCP_DISCOVER);

	(void)state;
	check_built(&p, "01010600 11223344 00058000 00*16 020000000007 00*202 63825363 350101"
			"3d0701020000000007 390205c0 3c0570696e6574 5d02000b"
			"3718 01790321060c0f111a1c2a2b33363a3b3c4243777d96cbe0 ff");
}

static void test_build_unicast(void **state)
{
	struct dhcp_msg_params p = params(DHCP_DISCOVER);

	(void)state;
	p.unicast = true;
	check_built(&p, "01010600 11223344 00050000 00*16 020000000007 00*202 63825363 350101"
			"3d0701020000000007 390205c0 3c0570696e6574 5d02000b"
			"3718 01790321060c0f111a1c2a2b33363a3b3c4243777d96cbe0 ff");
}

/* As the Raspberry Pi's firmware and PXE do. */
static void test_build_pxe(void **state)
{
	struct dhcp_msg_params p = params(DHCP_DISCOVER);

	(void)state;
	p.as_pxe = true;
	p.arch = DHCP_ARCH_X86_BIOS;
	check_built(&p,
		"01010600 11223344 00058000 00*16 020000000007 00*202 63825363 350101"
		"3d0701020000000007 390205c0 5e03010201"
		"3c20 505845436c69656e743a417263683a30303030303a554e44493a303032303031 5d020000"
		"3718 01790321060c0f111a1c2a2b33363a3b3c4243777d96cbe0 ff");
}

static void test_build_request(void **state)
{
	struct dhcp_msg_params p = params(DHCP_REQUEST);

	(void)state;
	p.requested.s_addr = htonl(0xc0a84d6b);
	p.server_id.s_addr = htonl(0xc0a84d01);
	check_built(&p,
		"01010600 11223344 00058000 00*16 020000000007 00*202 63825363 350103"
		"3d0701020000000007 3204c0a84d6b 3604c0a84d01 390205c0 3c0570696e6574 5d02000b"
		"3718 01790321060c0f111a1c2a2b33363a3b3c4243777d96cbe0 ff");
}

/* INFORM has an address and wants no broadcast; RELEASE and DECLINE ask for nothing. */
static void test_build_others(void **state)
{
	struct dhcp_msg_params p = params(DHCP_INFORM);

	(void)state;
	p.ciaddr.s_addr = htonl(0xc0a84d6b);
	check_built(&p,
		"01010600 11223344 00050000 c0a84d6b 00*12 020000000007 00*202 63825363 350108"
		"3d0701020000000007 390205c0 3c0570696e6574 5d02000b"
		"3718 01790321060c0f111a1c2a2b33363a3b3c4243777d96cbe0 ff");
	p.type = DHCP_RELEASE;
	p.server_id.s_addr = htonl(0xc0a84d01);
	check_built(&p,
		"01010600 11223344 00050000 c0a84d6b 00*12 020000000007 00*202 63825363 350107"
		"3d0701020000000007 3604c0a84d01 ff");
	p.type = DHCP_DECLINE;
	p.requested = p.ciaddr;
	p.ciaddr.s_addr = 0;
	check_built(&p, "01010600 11223344 00050000 00*16 020000000007 00*202 63825363 350104"
			"3d0701020000000007 3204c0a84d6b 3604c0a84d01 ff");
}

/* What was built can be read, so that both sides agree on offsets. */
static void test_build_parse(void **state)
{
	struct dhcp_msg_params p = params(DHCP_REQUEST);
	uint8_t buf[DHCP_MSG_BUILD_SIZE];
	struct dhcp_msg m;

	(void)state;
	assert_int_equal(dhcp_msg_parse(span_of(buf, dhcp_msg_build(&p, buf)), &m, NULL), 0);
	assert_int_equal(m.op, 1);
	assert_int_equal(m.xid, PACKET_XID);
	assert_int_equal(m.secs, 5);
	assert_int_equal(m.flags, 0x8000);
	assert_memory_equal(m.chaddr, p.mac, MAC_LEN);
	assert_true(span_eq_str(dhcp_msg_option(&m, DHCP_OPT_CLASS), "pinet"));
	assert_int_equal(dhcp_msg_option(&m, DHCP_OPT_SERVER_ID).len, 0);
}

static void test_next(void **state)
{
	static const struct {
		const char *in, *out; /* "code:len" of each option, then the result */
	} table[] = {
		{"", " 0"},
		{"00", " 0"},
		{"ff", " 0"},
		{"ff0102", " 0"},
		{"0000ff", " 0"},
		{"0100", " 1:0 0"},
		{"010100", " 1:1 0"},
		{"0101000203010203ff", " 1:1 2:3 0"},
		{"00010100000203010203", " 1:1 2:3 0"},
		{"01", " bad"},
		{"0101", " bad"},
		{"010200", " bad"},
		{"01ff 00*254", " bad"},
		{"01ff 00*255", " 1:255 0"},
		{"fe00 fe", " 254:0 bad"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct packet k = {.len = 0};
		struct span in, before, val;
		char out[80] = "";
		uint8_t code;
		int r;

		packet_hex(&k, table[i].in);
		in = packet_span(&k);
		for (;;) {
			size_t at = strlen(out);

			before = in;
			r = dhcp_msg_next(&in, &code, &val);
			if (r <= 0)
				break;
			snprintf(out + at, sizeof(out) - at, " %u:%zu", code, val.len);
		}
		strcat(out, r < 0 ? " bad" : " 0");
		assert_string_equal(out, table[i].out);
		if (r < 0)
			assert_true(r == -EBADMSG && in.p == before.p && in.len == before.len);
		else
			assert_int_equal(in.len, 0);
	}
}

/* A refusal names its reason and leaves the result alone. */
static void check_refused(const struct packet *k, const char *reason)
{
	struct err err = {.code = 0};
	struct dhcp_msg m, before;

	memset(&m, 0x5a, sizeof(m));
	before = m;
	assert_int_equal(dhcp_msg_parse(packet_span(k), &m, &err), -EBADMSG);
	assert_int_equal(err.code, -EBADMSG);
	if (!strstr(err.text, reason))
		fail_msg("\"%s\" is not in \"%s\"", reason, err.text);
	assert_memory_equal(&m, &before, sizeof(m));
}

static void test_parse_header(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *reason;
	} table[] = {
		{0, 0, "op code 0"},
		{0, 3, "op code 3"},
		{1, 6, "not for Ethernet"},
		{2, 16, "not for Ethernet"},
		{2, 0, "not for Ethernet"},
		{236, 0, "magic cookie"},
		{239, 0x64, "magic cookie"},
		{241, 250, "runs past"},
	};
	struct packet k;
	struct dhcp_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		packet_begin(&k, DHCP_ACK);
		assert_int_equal(dhcp_msg_parse(packet_span(&k), &m, NULL), 0);
		k.p[table[i].at] = table[i].value;
		check_refused(&k, table[i].reason);
	}
}

static void test_parse_sizes(void **state)
{
	struct packet k;
	struct dhcp_msg m;

	(void)state;
	packet_begin(&k, DHCP_ACK);
	packet_hex(&k, "ff");
	while (k.len < DHCP_MSG_SIZE)
		packet_byte(&k, 0x2a); /* whatever stands behind END */
	assert_int_equal(dhcp_msg_parse(packet_span(&k), &m, NULL), 0);
	packet_byte(&k, 0);
	check_refused(&k, "1501 bytes");
	k.len = 239;
	check_refused(&k, "239 bytes");
	k.len = 240;
	assert_int_equal(dhcp_msg_parse(packet_span(&k), &m, NULL), 0);
	assert_int_equal(dhcp_msg_option(&m, DHCP_OPT_TYPE).len, 0);
	k.len = 0;
	check_refused(&k, "0 bytes");
}

/* As many options as a message can hold: the joined bytes still fit. */
static void test_parse_full(void **state)
{
	struct packet k;
	struct dhcp_msg m;

	(void)state;
	packet_begin(&k, DHCP_ACK);
	for (unsigned int i = 0; i < 4; i++)
		packet_hex(&k, "2bff 61*255");
	packet_hex(&k, "fec7 62*199");
	packet_hex(&k, "ff*28");
	assert_int_equal(k.len, DHCP_MSG_SIZE);
	assert_int_equal(dhcp_msg_parse(packet_span(&k), &m, NULL), 0);
	assert_int_equal(dhcp_msg_option(&m, 43).len, 4 * 255);
	assert_int_equal(dhcp_msg_option(&m, 254).len, 199);
	assert_int_equal(dhcp_msg_option(&m, 255).len, 0);
	assert_int_equal(dhcp_msg_option(&m, 0).len, 0);
}

static void test_parse_join(void **state)
{
	struct packet k;
	struct dhcp_msg m;

	(void)state;
	packet_begin(&k, DHCP_ACK);
	packet_text(&k, 224, "one ");
	packet_text(&k, 17, "/r");
	packet_text(&k, 224, "");
	packet_text(&k, 224, "two");
	packet_text(&k, 17, "oot");
	assert_int_equal(dhcp_msg_parse(packet_span(&k), &m, NULL), 0);
	assert_true(span_eq_str(dhcp_msg_option(&m, 224), "one two"));
	assert_true(span_eq_str(dhcp_msg_option(&m, 17), "/root"));
	assert_int_equal(dhcp_msg_option(&m, 18).len, 0);
}

/* A packet whose file says "f" and sname "s" in option 224, with option 52 as given. */
static void overloaded(struct packet *k, const char *overload)
{
	packet_begin(k, DHCP_ACK);
	memcpy(k->p + 44, "\xe0\x01s\xff", 4);
	memcpy(k->p + 108,
		"\xe0\x01"
		"f\x34\x01\x03\xff",
		7);
	packet_text(k, 224, "o");
	packet_hex(k, overload);
}

static void test_parse_overload(void **state)
{
	static const struct {
		const char *option, *joined, *file, *sname;
	} table[] = {
		{"", "o",
			"\xe0\x01"
			"f\x34\x01\x03\xff",
			"\xe0\x01s\xff"},
		{"340101", "of", "", "\xe0\x01s\xff"},
		{"340102", "os",
			"\xe0\x01"
			"f\x34\x01\x03\xff",
			""},
		{"340103", "ofs", "", ""},
		{"ff340103", "o",
			"\xe0\x01"
			"f\x34\x01\x03\xff",
			"\xe0\x01s\xff"},
	};
	static const char *const refused[] = {"340100", "340104", "3400", "34020103"};
	struct packet k;
	struct dhcp_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		overloaded(&k, table[i].option);
		assert_int_equal(dhcp_msg_parse(packet_span(&k), &m, NULL), 0);
		assert_true(span_eq_str(dhcp_msg_option(&m, 224), table[i].joined));
		assert_true(span_eq_str(m.file, table[i].file));
		assert_true(span_eq_str(m.sname, table[i].sname));
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		overloaded(&k, refused[i]);
		check_refused(&k, "option 52");
	}
	/* An option may not run from file into the options behind it, nor from sname into file. */
	overloaded(&k, "340101");
	memset(k.p + 108, 0, 128);
	memcpy(k.p + 108 + 126, "\xe0\x01", 2);
	check_refused(&k, "runs past");
	overloaded(&k, "340102");
	memset(k.p + 44, 0, 64);
	k.p[44 + 63] = 0xe0;
	check_refused(&k, "runs past");
}

static void test_parse_strings(void **state)
{
	struct packet k;
	struct dhcp_msg m;

	(void)state;
	packet_begin(&k, DHCP_ACK);
	memset(k.p + 44, 's', 64);
	memset(k.p + 108, 'f', 128);
	assert_int_equal(dhcp_msg_parse(packet_span(&k), &m, NULL), 0);
	assert_int_equal(m.sname.len, 64);
	assert_int_equal(m.file.len, 128);
	k.p[108 + 3] = '\0';
	assert_int_equal(dhcp_msg_parse(packet_span(&k), &m, NULL), 0);
	assert_true(span_eq_str(m.file, "fff"));
}

/* Recorded packets, cut at every byte: refused or read, never past the end (address sanitizer). */
static void test_parse_truncated(void **state)
{
	static const char *const recorded[] = {
		RECORDED_DNSMASQ_ISCSI, RECORDED_DHCPD_OVERLOAD, RECORDED_DNSMASQ_PI};

	(void)state;
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		struct packet k = {.len = 0};
		struct dhcp_msg m;

		packet_hex(&k, recorded[i]);
		assert_int_equal(dhcp_msg_parse(packet_span(&k), &m, NULL), 0);
		for (size_t len = 0; len < k.len; len++) {
			uint8_t *cut = malloc(len ? len : 1);
			int r;

			assert_non_null(cut);
			memcpy(cut, k.p, len);
			r = dhcp_msg_parse(span_of(cut, len), &m, NULL);
			assert_true(r == -EBADMSG || (r == 0 && len >= 240));
			free(cut);
		}
	}
}

static void test_is_host(void **state)
{
	static const struct {
		const char *address;
		bool host;
	} table[] = {
		{"0.0.0.0", false},
		{"0.1.2.3", false},
		{"1.0.0.0", true},
		{"10.0.0.1", true},
		{"126.255.255.255", true},
		{"127.0.0.1", false},
		{"128.0.0.1", true},
		{"169.254.1.1", true},
		{"223.255.255.255", true},
		{"224.0.0.1", false},
		{"240.0.0.1", false},
		{"255.255.255.255", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct in_addr a;

		assert_int_equal(num_parse_ip4(span_str(table[i].address), &a), 0);
		assert_int_equal(dhcp_msg_is_host(a), table[i].host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build_discover),
		cmocka_unit_test(test_build_unicast),
		cmocka_unit_test(test_build_pxe),
		cmocka_unit_test(test_build_request),
		cmocka_unit_test(test_build_others),
		cmocka_unit_test(test_build_parse),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_parse_header),
		cmocka_unit_test(test_parse_sizes),
		cmocka_unit_test(test_parse_full),
		cmocka_unit_test(test_parse_join),
		cmocka_unit_test(test_parse_overload),
		cmocka_unit_test(test_parse_strings),
		cmocka_unit_test(test_parse_truncated),
		cmocka_unit_test(test_is_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

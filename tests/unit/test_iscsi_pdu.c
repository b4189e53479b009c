/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/iscsi_pdu: requests byte by byte, answers from their bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "step/iscsi_pdu.h"

static const struct iscsi_tags tags = {0x11223344, 5, 6};
static struct iscsi_request req;

/* Bytes of @req in hexadecimal, a run of four zeros as "_". */
static const char *hex(void)
{
	static char out[512];
	size_t at = 0;

	for (size_t i = 0; i < req.len; i += 4) {
		if (num_be32(req.buf + i) == 0)
			at += (size_t)snprintf(out + at, sizeof(out) - at, "_ ");
		else
			at += (size_t)snprintf(
				out + at, sizeof(out) - at, "%08x ", num_be32(req.buf + i));
	}
	out[at - 1] = '\0';
	return out;
}

static void test_login(void **state)
{
	struct iscsi_login_request login = {.stage = ISCSI_STAGE_SECURITY,
		.isid = {0x00, 0x02, 0x3d, 0x00, 0x00, 0x07},
		.tags = tags};

	(void)state;
	assert_int_equal(iscsi_pdu_login(&req, &login, span_of("a=b", 4)), 0);
	assert_string_equal(hex(),
		"43000000 00000004 00023d00 00070000 11223344 _ 00000005 00000006 _ _ _ _ "
		"613d6200");
	login.transit = true;
	login.next = ISCSI_STAGE_OPERATIONAL;
	assert_int_equal(iscsi_pdu_login(&req, &login, SPAN_NONE), 0);
	assert_int_equal(req.len, ISCSI_BHS_SIZE);
	assert_int_equal(req.buf[1], 0x81);
	login.stage = ISCSI_STAGE_OPERATIONAL;
	login.next = ISCSI_STAGE_FULL_FEATURE;
	assert_int_equal(iscsi_pdu_login(&req, &login, SPAN_NONE), 0);
	assert_int_equal(req.buf[1], 0x87);
}

static void test_data(void **state)
{
	static uint8_t data[ISCSI_DATA_MAX + 1];
	struct iscsi_login_request login = {.tags = tags};

	(void)state;
	for (size_t n = 1; n <= 8; n++) {
		memset(req.buf, 0xff, sizeof(req.buf));
		assert_int_equal(iscsi_pdu_login(&req, &login, span_of(data, n)), 0);
		assert_int_equal(req.len, ISCSI_BHS_SIZE + (n + 3) / 4 * 4);
		assert_int_equal(req.buf[7], n);
		for (size_t i = ISCSI_BHS_SIZE; i < req.len; i++)
			assert_int_equal(req.buf[i], 0);
	}
	assert_int_equal(iscsi_pdu_login(&req, &login, span_of(data, ISCSI_DATA_MAX)), 0);
	assert_int_equal(req.len, ISCSI_PDU_MAX);
	assert_int_equal(req.buf[6], 0x20);
	assert_int_equal(iscsi_pdu_login(&req, &login, span_of(data, sizeof(data))), -EMSGSIZE);
	assert_int_equal(iscsi_pdu_text(&req, &tags, 1, span_of(data, sizeof(data))), -EMSGSIZE);
}

static void test_others(void **state)
{
	(void)state;
	assert_int_equal(iscsi_pdu_text(&req, &tags, ISCSI_NO_TAG, span_str("ab")), 0);
	assert_string_equal(hex(),
		"44800000 00000002 _ _ 11223344 ffffffff 00000005 00000006 _ _ _ _ 61620000");
	iscsi_pdu_logout(&req, &tags);
	assert_string_equal(hex(), "46800000 _ _ _ 11223344 _ 00000005 00000006 _ _ _ _");
	iscsi_pdu_nop_out(&req, &tags, 9);
	assert_string_equal(hex(), "40800000 _ _ _ 11223344 00000009 00000005 00000006 _ _ _ _");
}

static void test_lengths(void **state)
{
	uint8_t bhs[ISCSI_BHS_SIZE] = {ISCSI_TEXT_RESPONSE};
	uint32_t data = 77, pad = 77;
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(iscsi_pdu_lengths(bhs, 0, &data, &pad, &err), 0);
	assert_int_equal(data + pad, 0);
	for (uint8_t n = 1; n <= 9; n++) {
		bhs[7] = n;
		assert_int_equal(iscsi_pdu_lengths(bhs, 9, &data, &pad, &err), 0);
		assert_int_equal(data, n);
		assert_int_equal((data + pad) % 4, 0);
		assert_in_range(pad, 0, 3);
	}
	bhs[7] = 10;
	assert_int_equal(iscsi_pdu_lengths(bhs, 9, &data, &pad, &err), -EMSGSIZE);
	assert_int_equal(data, 9);
	memset(bhs + 5, 0xff, 3);
	assert_int_equal(iscsi_pdu_lengths(bhs, 8192, &data, &pad, &err), -EMSGSIZE);
	assert_string_equal(err.text,
		"the target sends 16777215 bytes of data in a PDU where 8192 are allowed");
	bhs[4] = 1;
	assert_int_equal(iscsi_pdu_lengths(bhs, UINT32_MAX, &data, &pad, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "additional header segments in a PDU 0x24"));
}

static const char *describe(const uint8_t bhs[ISCSI_BHS_SIZE])
{
	static char out[200];
	struct iscsi_response r;

	iscsi_pdu_parse(bhs, &r);
	snprintf(out, sizeof(out),
		"%02x%s%s stage %u>%u v%u tsih %x status %02x%02x code %x itt %x"
		" ttt %x sn %x",
		r.opcode, r.final ? " final" : "", r.more ? " more" : "", r.stage, r.next,
		r.version, r.tsih, r.status_class, r.status_detail, r.code, r.itt, r.ttt,
		r.stat_sn);
	return out;
}

static void test_parse(void **state)
{
	uint8_t bhs[ISCSI_BHS_SIZE];

	(void)state;
	for (unsigned int i = 0; i < sizeof(bhs); i++)
		bhs[i] = (uint8_t)(i + 0x80);
	bhs[0] = 0x23;
	bhs[1] = 0x87;
	assert_string_equal(describe(bhs),
		"23 final stage 1>3 v131 tsih 8e8f status a4a5 code 0 itt 90919293 ttt 0 sn "
		"98999a9b");
	bhs[1] = 0x40;
	assert_string_equal(describe(bhs),
		"23 more stage 0>0 v131 tsih 8e8f status a4a5 code 0 itt 90919293 ttt 0 sn "
		"98999a9b");
	bhs[0] = 0x24;
	assert_string_equal(describe(bhs), "24 more stage 0>0 v0 tsih 0 status 0000 code 0 itt "
					   "90919293 ttt 94959697 sn 98999a9b");
	bhs[0] = 0x3f;
	bhs[1] = 0x80;
	assert_string_equal(describe(bhs), "3f final stage 0>0 v0 tsih 0 status 0000 code 82 itt "
					   "90919293 ttt 94959697 sn 98999a9b");
	bhs[0] = 0x32;
	assert_string_equal(describe(bhs), "32 final stage 0>0 v0 tsih 0 status 0000 code a4 itt "
					   "90919293 ttt 94959697 sn 98999a9b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

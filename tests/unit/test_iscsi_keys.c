/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/iscsi_keys: what is offered, what comes of each answer, what a target's own offers get.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "step/iscsi_keys.h"

static struct iscsi_keys keys;
static struct err err;

static const char *shown(const struct iscsi_answer *a)
{
	static char out[sizeof(a->buf) + 1];

	for (size_t i = 0; i < a->len; i++)
		out[i] = a->buf[i] ? a->buf[i] : '|';
	out[a->len] = '\0';
	return out;
}

static const char *offer(bool discovery, enum iscsi_digest header, enum iscsi_digest data)
{
	static struct iscsi_answer a;

	a.len = 0;
	iscsi_keys_init(&keys, discovery, header, data);
	iscsi_keys_offer(&keys, &a);
	return shown(&a);
}

/* What @text, with "|" for NUL, gets as an answer, or the error. */
static const char *take(const char *text)
{
	static struct iscsi_answer a;
	char copy[1000];
	size_t n = strlen(text);
	int r;

	for (size_t i = 0; i < n; i++)
		copy[i] = text[i] == '|' ? '\0' : text[i];
	a.len = 0;
	err.code = 0;
	r = iscsi_keys_take(&keys, span_of(copy, n), &a, &err);
	assert_int_equal(r, err.code);
	return r < 0 ? err.text : shown(&a);
}

/* What was agreed, in the order of enum iscsi_key. */
static const char *agreed(void)
{
	static char out[300];
	size_t at = 0;

	for (unsigned int i = 0; i < ISCSI_KEY_COUNT; i++)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%u ", keys.value[i]);
	snprintf(out + at, sizeof(out) - at, "send %u", keys.max_send);
	return out;
}

static void test_offer(void **state)
{
	(void)state;
	assert_string_equal(offer(false, ISCSI_DIGEST_NONE, ISCSI_DIGEST_PREFER_CRC32C),
		"HeaderDigest=None|DataDigest=CRC32C,None|InitialR2T=No|ImmediateData=Yes|"
		"MaxRecvDataSegmentLength=262144|MaxBurstLength=16776192|FirstBurstLength=262144|"
		"DefaultTime2Wait=2|DefaultTime2Retain=0|MaxOutstandingR2T=1|DataPDUInOrder=Yes|"
		"DataSequenceInOrder=Yes|ErrorRecoveryLevel=0|MaxConnections=1|");
	assert_non_null(strstr(offer(false, ISCSI_DIGEST_PREFER_NONE, ISCSI_DIGEST_CRC32C),
		"HeaderDigest=None,CRC32C|DataDigest=CRC32C|"));
	assert_string_equal(offer(true, ISCSI_DIGEST_CRC32C, ISCSI_DIGEST_CRC32C),
		"HeaderDigest=None|DataDigest=None|MaxRecvDataSegmentLength=32768|"
		"DefaultTime2Wait=2|DefaultTime2Retain=0|ErrorRecoveryLevel=0|");
}

static void test_answers(void **state)
{
	(void)state;
	offer(false, ISCSI_DIGEST_PREFER_CRC32C, ISCSI_DIGEST_NONE);
	assert_string_equal(agreed(), "0 0 1 1 262144 262144 65536 2 20 1 1 1 0 1 send 8192");
	assert_string_equal(
		take("HeaderDigest=CRC32C|DataDigest=None|InitialR2T=No|ImmediateData=Yes|"
		     "MaxRecvDataSegmentLength=0x10000|MaxBurstLength=262144|FirstBurstLength="
		     "131072|DefaultTime2Wait=5|DefaultTime2Retain=0|MaxOutstandingR2T=1|"
		     "DataPDUInOrder=Yes|DataSequenceInOrder=No|ErrorRecoveryLevel=0|"
		     "MaxConnections=1|TargetPortalGroupTag=7|TargetAlias=a b|"),
		"");
	/* What a target answers combines with what was offered: an order that was asked for stays. */
	assert_string_equal(agreed(), "1 0 0 1 262144 262144 131072 5 0 1 1 1 0 1 send 65536");
	assert_true(keys.has_tpgt);
	assert_int_equal(keys.tpgt, 7);
}

static void test_first_burst(void **state)
{
	(void)state;
	offer(false, ISCSI_DIGEST_NONE, ISCSI_DIGEST_NONE);
	assert_string_equal(take("MaxBurstLength=1024|FirstBurstLength=262144|"), "");
	assert_int_equal(keys.value[ISCSI_FIRST_BURST], 1024);
}

/* What is not agreed on stays as it was. */
static void test_refusals(void **state)
{
	(void)state;
	offer(false, ISCSI_DIGEST_PREFER_CRC32C, ISCSI_DIGEST_NONE);
	assert_string_equal(take("HeaderDigest=Reject|FirstBurstLength=Irrelevant|InitialR2T="
				 "NotUnderstood|"),
		"");
	assert_string_equal(agreed(), "0 0 1 1 262144 262144 65536 2 20 1 1 1 0 1 send 8192");
	offer(false, ISCSI_DIGEST_NONE, ISCSI_DIGEST_CRC32C);
	assert_non_null(strstr(take("DataDigest=Reject|"),
		"does not do DataDigest=CRC32C: it answers \"Reject\""));
}

static void test_bad_values(void **state)
{
	static const char *const bad[] = {"HeaderDigest=CRC32C|", "HeaderDigest=|",
		"InitialR2T=yes|", "ImmediateData=|", "MaxBurstLength=511|",
		"MaxBurstLength=16777216|", "MaxBurstLength=12k|", "MaxRecvDataSegmentLength=511|",
		"DefaultTime2Wait=3601|", "ErrorRecoveryLevel=3|", "MaxOutstandingR2T=0|",
		"MaxConnections=65536|", "MaxRecvDataSegmentLength=Reject|"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		offer(false, ISCSI_DIGEST_NONE, ISCSI_DIGEST_NONE);
		assert_non_null(strstr(take(bad[i]), "which it cannot be"));
		assert_int_equal(err.code, -EPROTO);
	}
	assert_int_equal(keys.max_send, 8192);
	take("TargetPortalGroupTag=65536|");
	assert_int_equal(err.code, -EPROTO);
	take("TargetPortalGroupTag=1");
	assert_int_equal(err.code, -EBADMSG);
}

static void test_twice(void **state)
{
	(void)state;
	offer(false, ISCSI_DIGEST_NONE, ISCSI_DIGEST_NONE);
	assert_string_equal(take("InitialR2T=No|InitialR2T=No|"),
		"the target negotiates InitialR2T a second time");
	assert_string_equal(
		take("MaxRecvDataSegmentLength=512|MaxRecvDataSegmentLength=1024|"), "");
	assert_int_equal(keys.max_send, 1024);
}

/* Keys that were not offered, as in a security stage or by a target that is first. */
static void test_offers_of_the_target(void **state)
{
	(void)state;
	iscsi_keys_init(&keys, false, ISCSI_DIGEST_NONE, ISCSI_DIGEST_PREFER_CRC32C);
	assert_string_equal(
		take("HeaderDigest=CRC32C,None|DataDigest=CRC32C,None|InitialR2T=Yes|ImmediateData="
		     "No|MaxBurstLength=512|DefaultTime2Wait=0|DefaultTime2Retain=60|"
		     "ErrorRecoveryLevel=2|MaxConnections=4|"),
		"HeaderDigest=None|DataDigest=CRC32C|InitialR2T=Yes|ImmediateData=No|"
		"MaxBurstLength=512|DefaultTime2Wait=2|DefaultTime2Retain=0|ErrorRecoveryLevel=0|"
		"MaxConnections=1|");
	assert_string_equal(
		take("HeaderDigest=None|"), "the target negotiates HeaderDigest a second time");
	iscsi_keys_init(&keys, false, ISCSI_DIGEST_NONE, ISCSI_DIGEST_NONE);
	assert_string_equal(take("HeaderDigest=SHA|MaxOutstandingR2T=0|"),
		"HeaderDigest=Reject|MaxOutstandingR2T=Reject|");
	iscsi_keys_init(&keys, true, ISCSI_DIGEST_NONE, ISCSI_DIGEST_NONE);
	assert_string_equal(take("InitialR2T=Yes|MaxBurstLength=512|DataDigest=None|"),
		"InitialR2T=Irrelevant|MaxBurstLength=Irrelevant|DataDigest=None|");
}

static void test_other_keys(void **state)
{
	(void)state;
	iscsi_keys_init(&keys, false, ISCSI_DIGEST_NONE, ISCSI_DIGEST_NONE);
	assert_string_equal(
		take("IFMarker=Yes|OFMarkInt=1~2|TaskReporting=FastAbort,RFC3720|"
		     "iSCSIProtocolLevel=2|X-com.example=1|Unheard=Of|SessionType=Normal|"),
		"IFMarker=No|OFMarkInt=Reject|TaskReporting=RFC3720|iSCSIProtocolLevel=1|"
		"X-com.example=NotUnderstood|Unheard=NotUnderstood|SessionType=Reject|");
	assert_string_equal(take("Unheard=NotUnderstood|CHAP_R=0x00|TargetAddress=1.2.3.4|"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_first_burst),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_offers_of_the_target),
		cmocka_unit_test(test_other_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

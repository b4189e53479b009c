/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/iscsi_auth: secrets, digests against known answers, both directions of CHAP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "step/iscsi_auth.h"

#define CHALLENGE     "0x000102030405060708090a0b0c0d0e0f"
#define TEXT(literal) span_of(literal, sizeof(literal) - 1)

static const struct chap both = {.present = true,
	.mutual = true,
	.user = "pi",
	.secret = "correct-horse",
	.user_in = "nas",
	.secret_in = "target-side-secret"};

static const char *take(const char *secret)
{
	static struct err err;
	struct chap chap = {.present = true, .user = "pi"};
	struct chap_keys keys;

	err.text[0] = '\0';
	snprintf(chap.secret, sizeof(chap.secret), "%s", secret);
	if (chap_keys_take(&chap, &keys, &err) < 0)
		return err.text;
	snprintf(err.text, sizeof(err.text), "%zu:%.*s", keys.secret.len, (int)keys.secret.len,
		(const char *)keys.secret.byte);
	return err.text;
}

static void test_secrets(void **state)
{
	char longest[SETTING_VALUE_SIZE];

	(void)state;
	memset(longest, 's', sizeof(longest));
	longest[CHAP_SECRET_MAX] = '\0';
	assert_memory_equal(take(longest), "255:s", 5);
	assert_string_equal(take("twelve-bytes"), "12:twelve-bytes");
	assert_string_equal(take("eleven-byte"),
		"the CHAP secret of the initiator has 11 bytes: it must have 12 to 255");
	assert_non_null(strstr(take(""), "has 0 bytes"));
	assert_string_equal(take("0x636f72726563742d686f727365"), "13:correct-horse");
	assert_string_equal(take("0bY29ycmVjdC1ob3Jz"), "12:correct-hors");
	/* What is no such form, or too short as one, is a secret as it stands. */
	assert_string_equal(take("0x636f72726563742d686f7"), "23:0x636f72726563742d686f7");
	assert_string_equal(take("0x636f7272656374"), "16:0x636f7272656374");
	assert_string_equal(take("0xnot-hexadecimal"), "17:0xnot-hexadecimal");
	assert_string_equal(take("0bnot base64"), "12:0bnot base64");
	assert_non_null(strstr(take("0x636f72726563742d686f720065"), "byte 0 or a newline"));
	assert_non_null(strstr(take("0x636f72726563742d686f720a65"), "byte 0 or a newline"));
}

static void test_keys(void **state)
{
	struct chap chap = both;
	struct chap_keys keys = {.present = false};
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(chap_keys_take(&chap, &keys, &err), 0);
	assert_true(keys.present && keys.mutual);
	strcpy(chap.secret_in, "0x636f72726563742d686f727365");
	assert_int_equal(chap_keys_take(&chap, &keys, &err), -EKEYREJECTED);
	assert_non_null(strstr(err.text, "are the same"));
	assert_null(strstr(err.text, "horse"));
	strcpy(chap.secret_in, "short");
	assert_int_equal(chap_keys_take(&chap, &keys, &err), -EKEYREJECTED);
	assert_non_null(strstr(err.text, "secret of the target has 5 bytes"));
	chap.present = false;
	assert_int_equal(chap_keys_take(&chap, &keys, &err), 0);
	assert_false(keys.present || keys.mutual);
}

static const char *digest(unsigned int alg)
{
	static char out[2 * CHAP_DIGEST_MAX + 1];
	uint8_t d[CHAP_DIGEST_MAX], challenge[16];
	size_t n;

	for (uint8_t i = 0; i < 16; i++)
		challenge[i] = i;
	n = chap_digest(
		(enum chap_alg)alg, 7, span_str("correct-horse"), span_of(challenge, 16), d);
	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", d[i]);
	return out;
}

static void test_digest(void **state)
{
	(void)state;
	assert_string_equal(digest(5), "b391793580cedb9d3abdf81ecf1be2c6");
	assert_string_equal(digest(6), "c3fc611dc02a55c15efacfc8640993cb1e703c98");
	assert_string_equal(
		digest(7), "ce0587ccb35214c18fab056c11fa669d6839799884992feb5a3dbed86cb33052");
	assert_string_equal(
		digest(8), "3f4b2313c261fe3f269b4b0c08a0ca3c44a70c31e5afea03d2206e2fced2e0d2");
	assert_string_equal(digest(0), "");
	assert_string_equal(digest(9), "");
}

static struct chap_keys keys;

static struct chap_run begin(bool mutual)
{
	static struct chap chap;
	struct chap_run run = {.keys = &keys, .own_id = 0x5a};

	chap = both;
	chap.mutual = mutual;
	assert_int_equal(chap_keys_take(&chap, &keys, NULL), 0);
	memset(run.own_challenge, 0xa5, sizeof(run.own_challenge));
	return run;
}

/* What is answered to @text, "|" for NUL, or the error. */
static const char *answer(bool mutual, struct span text, const char *offered, int want)
{
	static char out[ERR_TEXT_SIZE];
	struct chap_run run = begin(mutual);
	struct iscsi_answer a = {.len = 0};
	struct err err = {.code = 0};
	int r = chap_run_answer(&run, text, offered, &a, &err);

	assert_int_equal(r, want);
	if (r < 0) {
		assert_int_equal(a.len, 0);
		strcpy(out, err.text);
		return out;
	}
	for (size_t i = 0; i < a.len; i++)
		out[i] = a.buf[i] ? a.buf[i] : '|';
	out[a.len] = '\0';
	return out;
}

static void test_answer(void **state)
{
	static const char missing[] = "the target's CHAP challenge is missing or malformed";

	(void)state;
	assert_string_equal(
		answer(false, TEXT("CHAP_A=5\0CHAP_I=7\0CHAP_C=" CHALLENGE "\0"), "8,5", 0),
		"CHAP_N=pi|CHAP_R=0xb391793580cedb9d3abdf81ecf1be2c6|");
	assert_string_equal(answer(false,
				    TEXT("CHAP_C=0bAAECAwQFBgcICQoLDA0ODw==\0CHAP_A=5\0CHAP_I="
					 "0x7\0"),
				    "5", 0),
		"CHAP_N=pi|CHAP_R=0xb391793580cedb9d3abdf81ecf1be2c6|");
	assert_string_equal(
		answer(true, TEXT("CHAP_A=6\0CHAP_I=7\0CHAP_C=" CHALLENGE "\0"), "6", 0),
		"CHAP_N=pi|CHAP_R=0xc3fc611dc02a55c15efacfc8640993cb1e703c98|CHAP_I=90|"
		"CHAP_C=0xa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5|");
	assert_string_equal(
		answer(false, TEXT("CHAP_A=5\0CHAP_I=7\0CHAP_C=" CHALLENGE "\0"), "8,7", -EBADMSG),
		"the target wants CHAP with the algorithm \"5\", where 8,7 were offered");
	assert_non_null(strstr(answer(false, TEXT("CHAP_I=7\0"), "8", -EBADMSG), "\"\""));
	assert_string_equal(answer(false, TEXT("CHAP_A=5\0CHAP_I=7\0"), "5", -EBADMSG), missing);
	assert_string_equal(
		answer(false, TEXT("CHAP_A=5\0CHAP_I=7\0CHAP_C=0x\0"), "5", -EBADMSG), missing);
	assert_string_equal(
		answer(false, TEXT("CHAP_A=5\0CHAP_I=256\0CHAP_C=0x00\0"), "5", -EBADMSG), missing);
	assert_string_equal(answer(false, TEXT("CHAP_A=5\0CHAP_C=0x00\0"), "5", -EBADMSG), missing);
}

static void test_challenge_length(void **state)
{
	char text[64 + 2 * CHAP_CHALLENGE_MAX + 3] = "CHAP_A=5\0CHAP_I=7\0CHAP_C=0x";

	(void)state;
	memset(text + 27, '0', 2 * CHAP_CHALLENGE_MAX);
	text[27 + 2 * CHAP_CHALLENGE_MAX] = '\0';
	answer(false, span_of(text, 28 + 2 * CHAP_CHALLENGE_MAX), "5", 0);
	text[27 + 2 * CHAP_CHALLENGE_MAX] = '0';
	text[28 + 2 * CHAP_CHALLENGE_MAX] = '\0';
	answer(false, span_of(text, 29 + 2 * CHAP_CHALLENGE_MAX), "5", -EBADMSG);
}

static void test_reflected(void **state)
{
	(void)state;
	assert_non_null(strstr(answer(true,
				       TEXT("CHAP_A=5\0CHAP_I=90\0CHAP_C="
					    "0xa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"
					    "a5a5a5a5a5a5\0"),
				       "5", -EACCES),
		"sends our own CHAP challenge back"));
}

static const char *verify(bool mutual, struct span text, enum chap_alg alg)
{
	static struct err err;
	struct chap_run run = begin(mutual);
	int r;

	run.alg = alg;
	err.text[0] = '\0';
	r = chap_run_verify(&run, text, &err);
	if (r == 0)
		return run.verified ? "verified" : "nothing to verify";
	assert_int_equal(r, -EACCES);
	assert_int_equal(err.code, -EACCES);
	assert_false(run.verified);
	return err.text;
}

static void test_verify(void **state)
{
	static const char unknown[] = "the target does not know its CHAP secret: it is another "
				      "than ours, or this is another machine";

	(void)state;
	assert_string_equal(verify(false, SPAN_NONE, CHAP_MD5), "nothing to verify");
	assert_string_equal(
		verify(true, TEXT("CHAP_N=nas\0CHAP_R=0xad4f795affbe112913b77a6c06870b45\0"),
			CHAP_MD5),
		"verified");
	assert_string_equal(
		verify(true,
			TEXT("CHAP_R="
			     "0xc86fdff9adb4b812bd62252c2aba2c9829cefb100c97c87235c496c517c303f4\0"
			     "CHAP_N=nas\0"),
			CHAP_SHA256),
		"verified");
	assert_string_equal(
		verify(true, TEXT("CHAP_N=nas\0CHAP_R=0xad4f795affbe112913b77a6c06870b46\0"),
			CHAP_MD5),
		unknown);
	assert_string_equal(verify(true, TEXT("CHAP_N=nas\0CHAP_R=0xad4f\0"), CHAP_MD5), unknown);
	assert_string_equal(verify(true, TEXT("CHAP_N=nas\0CHAP_R=\0"), CHAP_MD5), unknown);
	assert_non_null(strstr(verify(true,
				       TEXT("CHAP_N=n\x01s\0CHAP_R="
					    "0xad4f795affbe112913b77a6c06870b45\0"),
				       CHAP_MD5),
		"calls itself \"n\\x01s\" in CHAP, where \"nas\" is expected"));
	assert_non_null(strstr(verify(true, TEXT("CHAP_N=nas\0"), CHAP_MD5), "does not prove"));
	assert_non_null(strstr(verify(true, SPAN_NONE, CHAP_MD5), "is mutual CHAP set up"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_challenge_length),
		cmocka_unit_test(test_reflected),
		cmocka_unit_test(test_verify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

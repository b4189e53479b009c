/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/iscsi_text: pairs and every cut of them, numbers, bytes in hexadecimal and base64.
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

#include "step/iscsi_text.h"

/* All pairs of @text as "key:value;", then what ended them. */
static const char *pairs(struct span text)
{
	static char out[400];
	struct err err = {.text = ""};
	struct span key, value;
	size_t at = 0;
	int r;

	out[0] = '\0';
	while ((r = iscsi_text_next(&text, &key, &value, &err)) > 0)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%.*s:%.*s;", (int)key.len,
			(const char *)key.p, (int)value.len, (const char *)value.p);
	if (r < 0)
		snprintf(out + at, sizeof(out) - at, "%s%s", err.text,
			r == -EBADMSG ? "" : " (wrong errno)");
	return out;
}

#define PAIRS(literal) pairs(span_of(literal, sizeof(literal) - 1))

static void test_next(void **state)
{
	(void)state;
	assert_string_equal(PAIRS(""), "");
	assert_string_equal(PAIRS("\0\0"), "");
	assert_string_equal(PAIRS("A=1\0B.c-d+e@f_2=x=y\0"), "A:1;B.c-d+e@f_2:x=y;");
	assert_string_equal(PAIRS("A=\0\0\0B=2\0\0"), "A:;B:2;");
	assert_string_equal(PAIRS("A=1"), "the target sends text that ends within \"A=1\"");
	assert_string_equal(PAIRS("A=1\0B\0"), "A:1;the target sends \"B\", which is no key=value");
	assert_string_equal(PAIRS("=1\0"), "the target sends \"=1\", whose key is no name");
	assert_string_equal(PAIRS("1A=1\0"), "the target sends \"1A=1\", whose key is no name");
	assert_string_equal(
		PAIRS("A\x1b[m=1\0"), "the target sends \"A\\x1b[m=1\", whose key is no name");
}

static void test_key_length(void **state)
{
	char text[80];

	(void)state;
	memset(text, 'k', sizeof(text));
	text[ISCSI_KEY_MAX] = '=';
	text[ISCSI_KEY_MAX + 1] = '\0';
	assert_non_null(strstr(pairs(span_of(text, ISCSI_KEY_MAX + 2)), ":;"));
	text[ISCSI_KEY_MAX] = 'k';
	text[ISCSI_KEY_MAX + 1] = '=';
	text[ISCSI_KEY_MAX + 2] = '\0';
	assert_non_null(strstr(pairs(span_of(text, ISCSI_KEY_MAX + 3)), "no name"));
}

static void test_truncation(void **state)
{
	static const char text[] = "TargetName=iqn.x\0TargetAddress=1.2.3.4:3260,1";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		uint8_t *copy = malloc(n + 1); /* the sanitizer sees a read too far */
		struct span s = span_of(copy, n), key, value, was = s;
		struct err err = {.code = 0};
		int r;

		memcpy(copy, text, n);
		r = iscsi_text_next(&s, &key, &value, &err);
		if (n == 0)
			assert_int_equal(r, 0);
		else if (n < 17)
			assert_int_equal(r, -EBADMSG);
		else
			assert_int_equal(r, 1);
		if (r < 0)
			assert_ptr_equal(s.p, was.p);
		free(copy);
	}
}

static void test_find(void **state)
{
	struct span text = span_of("A=1\0B=2\0A=3\0C", 13);

	(void)state;
	assert_true(span_eq_str(iscsi_text_find(text, "A"), "1"));
	assert_true(span_eq_str(iscsi_text_find(text, "B"), "2"));
	assert_null(iscsi_text_find(text, "C").p);
	assert_null(iscsi_text_find(text, "a").p);
}

static void test_append(void **state)
{
	struct iscsi_text t = {.bytes = NULL};
	static uint8_t piece[5000];
	struct err err = {.code = 0};

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(
			iscsi_text_append(&t, span_of(piece, sizeof(piece)), 20000, &err), 0);
	assert_int_equal(t.len, 20000);
	assert_int_equal(iscsi_text_append(&t, SPAN_NONE, 20000, &err), 0);
	assert_int_equal(iscsi_text_append(&t, span_of(piece, 1), 20000, &err), -EMSGSIZE);
	assert_string_equal(
		err.text, "the target sends more than 20000 bytes of text in one answer");
	assert_int_equal(t.len, 20000);
	free(t.bytes);
}

static void test_answer(void **state)
{
	struct iscsi_answer a = {.len = 0};
	char value[sizeof(a.buf)];
	uint8_t bytes[257] = {0x00, 0xff};

	(void)state;
	iscsi_answer_add(&a, "A", "1");
	iscsi_answer_add_number(&a, "B", UINT32_MAX);
	iscsi_answer_add_span(&a, span_of("Cxx", 1), "");
	iscsi_answer_add_bytes(&a, "D", span_of(bytes, 2));
	assert_string_equal(pairs(span_of(a.buf, a.len)), "A:1;B:4294967295;C:;D:0x00ff;");
	assert_false(a.full);
	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 3] = '\0'; /* with "A=" and NUL one too many */
	a.len = 0;
	iscsi_answer_add(&a, "AA", value);
	assert_true(a.full);
	assert_int_equal(a.len, 0);
	a.full = false;
	iscsi_answer_add(&a, "A", value);
	assert_false(a.full);
	assert_int_equal(a.len, sizeof(a.buf));
	iscsi_answer_add_bytes(&a, "E", span_of(bytes, 257));
	assert_true(a.full);
}

static int number(const char *text, uint32_t max)
{
	uint32_t v = 0;
	int r = iscsi_text_number(span_str(text), max, &v);

	return r < 0 ? r : (int)v;
}

static void test_number(void **state)
{
	(void)state;
	assert_int_equal(number("0", 9), 0);
	assert_int_equal(number("65535", 65535), 65535);
	assert_int_equal(number("65536", 65535), -ERANGE);
	assert_int_equal(number("0x1fF", 65535), 511);
	assert_int_equal(number("0X10", 65535), 16);
	assert_int_equal(number("0x", 65535), -EINVAL);
	assert_int_equal(number("", 65535), -EINVAL);
	assert_int_equal(number("1 ", 65535), -EINVAL);
	assert_int_equal(number("-1", 65535), -EINVAL);
}

/* The bytes in hexadecimal, or the errno. */
static const char *bytes(const char *text, size_t size)
{
	static char out[64];
	uint8_t b[16];
	int n = iscsi_text_bytes(span_str(text), b, size);

	if (n < 0)
		return n == -EINVAL ? "EINVAL" : n == -ENOSPC ? "ENOSPC" : "?";
	out[0] = '\0';
	for (int i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", b[i]);
	return out;
}

static void test_bytes(void **state)
{
	(void)state;
	assert_string_equal(bytes("0x00fF", 16), "00ff");
	assert_string_equal(bytes("0Xabc", 16), "0abc");
	assert_string_equal(bytes("0xa", 1), "0a");
	assert_string_equal(bytes("0xabc", 1), "ENOSPC");
	assert_string_equal(bytes("0x", 16), "EINVAL");
	assert_string_equal(bytes("0x0g", 16), "EINVAL");
	assert_string_equal(bytes("0bAAEC", 16), "000102");
	assert_string_equal(bytes("0bAAEC/w==", 16), "000102ff");
	assert_string_equal(bytes("0bAAEC//4=", 16), "000102fffe");
	assert_string_equal(bytes("0BAAEC//4=", 5), "000102fffe");
	assert_string_equal(bytes("0bAAEC//4=", 4), "ENOSPC");
	assert_string_equal(bytes("0bAAE", 16), "EINVAL");
	assert_string_equal(bytes("0bA===", 16), "EINVAL");
	assert_string_equal(bytes("0b====", 16), "EINVAL");
	assert_string_equal(bytes("0bAA=C", 16), "EINVAL");
	assert_string_equal(bytes("0bAA-C", 16), "EINVAL");
	assert_string_equal(bytes("0b", 16), "EINVAL");
	assert_string_equal(bytes("00ff", 16), "EINVAL");
	assert_string_equal(bytes("", 16), "EINVAL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_key_length),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/sha256: the vectors of FIPS 180-4, in pieces of any size, and digests as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "store/sha256.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void assert_digest(const char *text, const char *expected)
{
	char out[SHA256_TEXT_SIZE];
	struct sha256 d;

	sha256_of(span_str(text), &d);
	sha256_format(&d, out);
	assert_string_equal(out, expected);
}

static void test_vectors(void **state)
{
	(void)state;
	assert_digest("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_digest("abc", ABC);
	assert_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_pieces(void **state)
{
	static const char text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
				   "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	struct sha256 whole, pieces;
	struct sha256_sum sum;

	(void)state;
	sha256_of(span_str(text), &whole);
	for (size_t step = 1; step <= sizeof(text); step++) {
		sha256_begin(&sum);
		for (size_t at = 0; at < strlen(text); at += step)
			sha256_add(&sum, span_sub(span_str(text), at, step));
		sha256_end(&sum, &pieces);
		assert_true(sha256_eq(&whole, &pieces));
	}
	pieces.byte[31] ^= 1;
	assert_false(sha256_eq(&whole, &pieces));
}

static void test_parse(void **state)
{
	char text[] = ABC "0";
	struct sha256 d, untouched;

	(void)state;
	assert_int_equal(sha256_parse(span_str(ABC), &d), 0);
	assert_int_equal(d.byte[0], 0xba);
	assert_int_equal(d.byte[31], 0xad);
	untouched = d;
	for (size_t len = 0; len <= 65; len++)
		assert_int_equal(sha256_parse(span_of(text, len), &d), len == 64 ? 0 : -EINVAL);
	for (size_t at = 0; at < 64; at++) {
		static const char bad[] = {'g', 'A', 'F', '/', ':', '`', ' ', '\0', '\x80'};

		for (size_t i = 0; i < sizeof(bad); i++) {
			strcpy(text, ABC);
			text[at] = bad[i];
			assert_int_equal(sha256_parse(span_of(text, 64), &d), -EINVAL);
		}
	}
	assert_true(sha256_eq(&d, &untouched));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

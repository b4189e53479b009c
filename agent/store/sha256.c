/* SPDX-License-Identifier: GPL-2.0-or-later
 * SHA-256 digests: of bytes as they pass by, and as text.
 */
#include <errno.h>
#include <string.h>

#include "store/sha256.h"

void sha256_begin(struct sha256_sum *sum)
{
	nettle_sha256_init(&sum->ctx);
}

void sha256_add(struct sha256_sum *sum, struct span bytes)
{
	nettle_sha256_update(&sum->ctx, bytes.len, bytes.p);
}

void sha256_end(struct sha256_sum *sum, struct sha256 *ret)
{
	nettle_sha256_digest(&sum->ctx, sizeof(ret->byte), ret->byte);
}

void sha256_of(struct span bytes, struct sha256 *ret)
{
	struct sha256_sum sum;

	sha256_begin(&sum);
	sha256_add(&sum, bytes);
	sha256_end(&sum, ret);
}

bool sha256_eq(const struct sha256 *a, const struct sha256 *b)
{
	return memcmp(a->byte, b->byte, sizeof(a->byte)) == 0;
}

void sha256_format(const struct sha256 *digest, char out[SHA256_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(digest->byte); i++) {
		*out++ = digits[digest->byte[i] >> 4];
		*out++ = digits[digest->byte[i] & 15];
	}
	*out = '\0';
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int sha256_parse(struct span text, struct sha256 *ret)
{
	struct sha256 d;

	if (text.len != 2 * sizeof(d.byte))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(d.byte); i++) {
		int high = digit(text.p[2 * i]), low = digit(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		d.byte[i] = (uint8_t)(high << 4 | low);
	}
	*ret = d;
	return 0;
}

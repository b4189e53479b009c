/* SPDX-License-Identifier: GPL-2.0-or-later
 * SHA-256 digests: of bytes as they pass by, and as text.
 */
#ifndef STORE_SHA256_H
#define STORE_SHA256_H

#include <nettle/sha2.h>

#include "base/span.h"

#define SHA256_TEXT_SIZE 65 /* 64 hexadecimal digits and NUL */

/* A digest. */
struct sha256 {
	uint8_t byte[SHA256_DIGEST_SIZE];
};

/* A digest in the making. */
struct sha256_sum {
	struct sha256_ctx ctx;
};

void sha256_begin(struct sha256_sum *sum);
void sha256_add(struct sha256_sum *sum, struct span bytes);
void sha256_end(struct sha256_sum *sum, struct sha256 *ret);

/* The digest of @bytes. */
void sha256_of(struct span bytes, struct sha256 *ret);

bool sha256_eq(const struct sha256 *a, const struct sha256 *b);

/* 64 lower-case hexadecimal digits. */
void sha256_format(const struct sha256 *digest, char out[SHA256_TEXT_SIZE]);

/* Exactly 64 lower-case hexadecimal digits. Returns 0, or -EINVAL with @ret left alone. */
int sha256_parse(struct span text, struct sha256 *ret) __attribute__((warn_unused_result));

#endif

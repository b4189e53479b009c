/* SPDX-License-Identifier: GPL-2.0-or-later
 * CHAP in a login: what we answer a target, and whether it is the one that knows our secret.
 */
#ifndef STEP_ISCSI_AUTH_H
#define STEP_ISCSI_AUTH_H

#include "source/settings.h"
#include "step/iscsi_text.h"

#define CHAP_SECRET_MIN    12 /* RFC 7143 section 9.2.1: 96 bits */
#define CHAP_SECRET_MAX    255
#define CHAP_CHALLENGE_MAX 1024 /* RFC 7143 section 12.1.3 */
#define CHAP_OWN_CHALLENGE 32
#define CHAP_DIGEST_MAX    32

enum chap_alg { /* IANA: PPP authentication algorithms */
	CHAP_MD5 = 5,
	CHAP_SHA1 = 6,
	CHAP_SHA256 = 7,
	CHAP_SHA3_256 = 8,
};

/* "8,7,6,5": what is offered, the best first; and what every target has. */
#define CHAP_OFFER_ALL "8,7,6,5"
#define CHAP_OFFER_MD5 "5"

/* A secret as bytes. */
struct chap_secret {
	size_t len;
	uint8_t byte[CHAP_SECRET_MAX];
};

/* Names and secrets of both sides, checked. */
struct chap_keys {
	bool present, mutual;
	const char *user, *user_in; /* the plan's */
	struct chap_secret secret, secret_in;
};

/* One authentication. */
struct chap_run {
	const struct chap_keys *keys;
	uint8_t own_id, own_challenge[CHAP_OWN_CHALLENGE]; /* random, used once */
	enum chap_alg alg; /* what the target chose; 0 before */
	bool answered, verified;
};

/*
 * Checks names and secrets. A secret of the form 0x... (hexadecimal) or 0b... (base64) that stands for
 * 12 bytes or more is taken as those bytes, every other one as it is written.
 *
 * Returns 0, or -EKEYREJECTED with @reterr (which shows no secret): a length other than 12 to 255 bytes,
 * a NUL or a newline within, which sysfs could not hand on to iscsid, or the same secret for both
 * directions, which would let a target answer with our own response (RFC 7143 section 9.2.1).
 */
int chap_keys_take(const struct chap *chap, struct chap_keys *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * The response of RFC 1994 section 4.1: the digest by @alg of @id, @secret and @challenge.
 * Returns its length, at most CHAP_DIGEST_MAX, or 0 if @alg is none of the above.
 */
size_t chap_digest(enum chap_alg alg, uint8_t id, struct span secret, struct span challenge,
	uint8_t out[CHAP_DIGEST_MAX]);

/*
 * Answers the challenge in @text (CHAP_A, CHAP_I, CHAP_C): CHAP_N and CHAP_R, and our own challenge
 * with mutual CHAP.
 *
 * Returns 0, -EBADMSG with @reterr if something is missing or malformed or was not @offered,
 * -EACCES if the challenge is our own, sent back.
 */
int chap_run_answer(struct chap_run *run, struct span text, const char *offered,
	struct iscsi_answer *answer, struct err *reterr) __attribute__((warn_unused_result));

/*
 * With mutual CHAP, checks that the target's CHAP_N and CHAP_R in @text are those of one that knows
 * secret_in. Returns 0, or -EACCES with @reterr.
 */
int chap_run_verify(struct chap_run *run, struct span text, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * CHAP in a login: what we answer a target, and whether it is the one that knows our secret.
 *
 *   target:    CHAP_A=algorithm CHAP_I=identifier CHAP_C=challenge
 *   initiator: CHAP_N=name CHAP_R=response [CHAP_I=identifier CHAP_C=challenge]
 *   target:    [CHAP_N=name CHAP_R=response]                (RFC 7143 section 12.1.3)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <nettle/sha3.h>

#include "base/num.h"
#include "step/iscsi_auth.h"

static int take_secret(
	const char *text, const char *whose, struct chap_secret *ret, struct err *reterr)
{
	struct span s = span_str(text);
	uint8_t bytes[CHAP_SECRET_MAX];
	int n = iscsi_text_bytes(s, bytes, sizeof(bytes));

	if (n >= CHAP_SECRET_MIN)
		s = span_of(bytes, (size_t)n);
	if (s.len < CHAP_SECRET_MIN || s.len > CHAP_SECRET_MAX)
		return err_set(reterr, -EKEYREJECTED,
			"the CHAP secret of %s has %zu bytes: it must have %d to %d", whose, s.len,
			CHAP_SECRET_MIN, CHAP_SECRET_MAX);
	if (span_find(s, '\0') < s.len || span_find(s, '\n') < s.len)
		return err_set(reterr, -EKEYREJECTED,
			"the CHAP secret of %s has a byte 0 or a newline in it, with which iscsid "
			"could not log in again: choose another",
			whose);
	ret->len = s.len;
	memcpy(ret->byte, s.p, s.len);
	return 0;
}

int chap_keys_take(const struct chap *chap, struct chap_keys *ret, struct err *reterr)
{
	struct chap_keys k = {.present = chap->present, .mutual = chap->present && chap->mutual};

	k.user = chap->user;
	k.user_in = chap->user_in;
	if (k.present && take_secret(chap->secret, "the initiator", &k.secret, reterr) < 0)
		return -EKEYREJECTED;
	if (k.mutual && take_secret(chap->secret_in, "the target", &k.secret_in, reterr) < 0)
		return -EKEYREJECTED;
	if (k.mutual && span_eq(span_of(k.secret.byte, k.secret.len),
				span_of(k.secret_in.byte, k.secret_in.len)))
		return err_set(reterr, -EKEYREJECTED,
			"the CHAP secrets of initiator and target are the same: with mutual CHAP "
			"each needs its own");
	*ret = k;
	return 0;
}

/* nettle's functions, each with its own type of context, through one shape. */
#define DIGEST(name, SIZE)                                                                         \
	do {                                                                                       \
		struct name##_ctx ctx;                                                             \
		name##_init(&ctx);                                                                 \
		name##_update(&ctx, 1, &id);                                                       \
		name##_update(&ctx, secret.len, secret.p);                                         \
		name##_update(&ctx, challenge.len, challenge.p);                                   \
		name##_digest(&ctx, SIZE, out);                                                    \
		return SIZE;                                                                       \
	} while (0)

size_t chap_digest(enum chap_alg alg, uint8_t id, struct span secret, struct span challenge,
	uint8_t out[CHAP_DIGEST_MAX])
{
	switch (alg) {
	case CHAP_MD5:
		DIGEST(md5, MD5_DIGEST_SIZE);
	case CHAP_SHA1:
		DIGEST(sha1, SHA1_DIGEST_SIZE);
	case CHAP_SHA256:
		DIGEST(sha256, SHA256_DIGEST_SIZE);
	case CHAP_SHA3_256:
		DIGEST(sha3_256, SHA3_256_DIGEST_SIZE);
	default:
		return 0;
	}
}

/* True if @value is one of the items of the list @offered. */
static bool was_offered(struct span value, const char *offered)
{
	struct span list = span_str(offered);

	while (list.len)
		if (span_eq(span_cut(&list, ','), value))
			return true;
	return false;
}

static struct span secret_span(const struct chap_secret *s)
{
	return span_of(s->byte, s->len);
}

int chap_run_answer(struct chap_run *run, struct span text, const char *offered,
	struct iscsi_answer *answer, struct err *reterr)
{
	struct span a = iscsi_text_find(text, "CHAP_A"), i = iscsi_text_find(text, "CHAP_I"),
		    c = iscsi_text_find(text, "CHAP_C");
	struct span own = span_of(run->own_challenge, sizeof(run->own_challenge));
	uint8_t challenge[CHAP_CHALLENGE_MAX], digest[CHAP_DIGEST_MAX];
	uint32_t alg, id;
	char shown[40];
	size_t size;
	int n;

	if (!a.p || num_parse_u32(a, 255, &alg) < 0 || !was_offered(a, offered))
		return err_set(reterr, -EBADMSG,
			"the target wants CHAP with the algorithm \"%s\", where %s were offered",
			span_escape(a, shown, sizeof(shown)), offered);
	n = iscsi_text_bytes(c, challenge, sizeof(challenge));
	if (n < 1 || !i.p || iscsi_text_number(i, 255, &id) < 0)
		return err_set(
			reterr, -EBADMSG, "the target's CHAP challenge is missing or malformed");
	if (span_eq(span_of(challenge, (size_t)n), own))
		return err_set(reterr, -EACCES,
			"the target sends our own CHAP challenge back: it is not what it says it "
			"is");
	size = chap_digest((enum chap_alg)alg, (uint8_t)id, secret_span(&run->keys->secret),
		span_of(challenge, (size_t)n), digest);
	iscsi_answer_add(answer, "CHAP_N", run->keys->user);
	iscsi_answer_add_bytes(answer, "CHAP_R", span_of(digest, size));
	if (run->keys->mutual) {
		iscsi_answer_add_number(answer, "CHAP_I", run->own_id);
		iscsi_answer_add_bytes(answer, "CHAP_C", own);
	}
	run->alg = (enum chap_alg)alg;
	run->answered = true;
	return 0;
}

int chap_run_verify(struct chap_run *run, struct span text, struct err *reterr)
{
	struct span n = iscsi_text_find(text, "CHAP_N"), r = iscsi_text_find(text, "CHAP_R");
	struct span own = span_of(run->own_challenge, sizeof(run->own_challenge));
	uint8_t got[CHAP_DIGEST_MAX], want[CHAP_DIGEST_MAX];
	char shown[80];
	size_t size;
	int len;

	if (!run->keys->mutual)
		return 0;
	if (!n.p || !r.p)
		return err_set(reterr, -EACCES,
			"the target does not prove that it knows its CHAP secret: is mutual CHAP "
			"set up there?");
	if (!span_eq_str(n, run->keys->user_in))
		return err_set(reterr, -EACCES,
			"the target calls itself \"%s\" in CHAP, where \"%s\" is expected",
			span_escape(n, shown, sizeof(shown)), run->keys->user_in);
	size = chap_digest(run->alg, run->own_id, secret_span(&run->keys->secret_in), own, want);
	len = iscsi_text_bytes(r, got, sizeof(got));
	if (!size || len != (int)size || !memeql_sec(got, want, size))
		return err_set(reterr, -EACCES,
			"the target does not know its CHAP secret: it is another than "
			"ours, or this is another machine");
	run->verified = true;
	return 0;
}

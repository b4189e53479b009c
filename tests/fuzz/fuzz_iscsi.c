/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as what a target sends during a login: the first byte chooses CHAP and discovery, then PDUs
 * of a length byte in words, a header and data.
 */
#include <stdlib.h>
#include <string.h>

#include "step/iscsi_login.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The login in @login takes everything in @in. */
static void talk(struct iscsi_login *login, struct span in)
{
	struct err err = {.code = 0};

	while (in.len >= 1 + ISCSI_BHS_SIZE) {
		uint8_t bhs[ISCSI_BHS_SIZE], *copy;
		size_t n = in.p[0];
		uint32_t len, pad;
		int r;

		memcpy(bhs, in.p + 1, sizeof(bhs));
		in = span_sub(in, 1 + ISCSI_BHS_SIZE, in.len);
		if (iscsi_pdu_lengths(bhs, ISCSI_DATA_MAX, &len, &pad, &err) < 0)
			len = (uint32_t)n;
		if (len > in.len)
			len = (uint32_t)in.len;
		copy = malloc(len + 1u); /* a read too far is seen */
		memcpy(copy, len ? in.p : bhs, len);
		r = iscsi_login_feed(login, bhs, span_of(copy, len), &err);
		free(copy);
		in = span_sub(in, len, in.len);
		if (r < 0 && (err.code >= 0 || !err.text[0]))
			__builtin_trap(); /* a refusal has a reason */
		if (r != ISCSI_LOGIN_SEND)
			return;
		if (login->out.len < ISCSI_BHS_SIZE || login->out.len % 4)
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chap chap = {.user = "pi",
		.secret = "correct-horse",
		.user_in = "nas",
		.secret_in = "target-side-secret"};
	struct iscsi_login_config config = {
		.where = "w", .initiator = "iqn.i", .chap_offer = CHAP_OFFER_ALL};
	struct iscsi_login *login = malloc(sizeof(*login));
	struct chap_keys keys;

	if (!login)
		return 0;
	chap.present = size && data[0] & 1;
	chap.mutual = size && data[0] & 2;
	config.target = size && data[0] & 4 ? NULL : "iqn.t";
	config.header_digest = config.data_digest =
		size && data[0] & 8 ? ISCSI_DIGEST_PREFER_CRC32C : ISCSI_DIGEST_NONE;
	config.chap = &keys;
	if (chap_keys_take(&chap, &keys, NULL) == 0 &&
		iscsi_login_start(login, &config, NULL) == 0) {
		talk(login, span_sub(span_of(data, size), 1, size));
		iscsi_login_end(login);
	}
	free(login);
	return 0;
}

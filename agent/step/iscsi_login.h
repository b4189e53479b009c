/* SPDX-License-Identifier: GPL-2.0-or-later
 * A login to an iSCSI target, from bytes to bytes: whoever has the connection sends and receives
 * (RFC 7143 sections 6.3 and 11.12).
 */
#ifndef STEP_ISCSI_LOGIN_H
#define STEP_ISCSI_LOGIN_H

#include "step/iscsi_auth.h"
#include "step/iscsi_keys.h"
#include "step/iscsi_pdu.h"

#define ISCSI_LOGIN_TEXT_MAX 65536 /* of one answer of the target */
#define ISCSI_FIRST_CMD_SN   1

enum iscsi_login_result { ISCSI_LOGIN_SEND, ISCSI_LOGIN_DONE, ISCSI_LOGIN_REDIRECT };

/* Who logs in to what. The strings outlive the login. */
struct iscsi_login_config {
	const char *where; /* the portal, for messages */
	const char *initiator;
	const char *target; /* NULL for a discovery session */
	const struct chap_keys *chap;
	const char *chap_offer; /* CHAP_OFFER_ALL or CHAP_OFFER_MD5 */
	enum iscsi_digest header_digest, data_digest;
	uint8_t isid[ISCSI_ISID_SIZE];
	uint32_t commands; /* that the session has sent before: it goes on with the next CmdSN */
	uint8_t chap_id, chap_challenge[CHAP_OWN_CHALLENGE]; /* random, of this login alone */
};

enum iscsi_login_step {
	ISCSI_STEP_METHOD, /* AuthMethod was offered */
	ISCSI_STEP_CHALLENGE, /* CHAP_A was offered */
	ISCSI_STEP_RESPONSE, /* CHAP_N and CHAP_R went out */
	ISCSI_STEP_NEGOTIATE, /* the operational stage */
};

struct iscsi_login {
	struct iscsi_login_config config;
	enum iscsi_login_step step;
	struct chap_run chap;
	struct iscsi_text text; /* of an answer that is not complete */
	unsigned int rounds;
	uint32_t exp_stat_sn;
	bool asked_transit; /* our last request */

	struct iscsi_request out; /* what to send, after ISCSI_LOGIN_SEND */
	struct iscsi_keys keys; /* what was agreed, after ISCSI_LOGIN_DONE */
	uint16_t tsih; /* the same */
	struct portal redirect; /* where to go, after ISCSI_LOGIN_REDIRECT */
	bool permanent; /* for good */
	bool refused; /* the target gave a status other than success */
};

/* Makes the first request, @login->out. Returns 0, or -EMSGSIZE with @reterr. */
int iscsi_login_start(struct iscsi_login *login, const struct iscsi_login_config *config,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * Takes one PDU of the target: its header, and its data without padding.
 *
 * Returns an enum iscsi_login_result, or a negative errno with @reterr, a sentence for the owner:
 * -EACCES: it refuses us, or does not prove who it is; -ENOENT: it has no such target; -EAGAIN: not
 * now; -EPROTO, -EBADMSG, -EMSGSIZE: it does not speak as it should.
 */
int iscsi_login_feed(struct iscsi_login *login, const uint8_t bhs[ISCSI_BHS_SIZE], struct span data,
	struct err *reterr) __attribute__((warn_unused_result));

/* Frees what the login holds. */
void iscsi_login_end(struct iscsi_login *login);

#endif

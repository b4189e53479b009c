/* SPDX-License-Identifier: GPL-2.0-or-later
 * iSCSI PDUs as bytes: requests of an initiator, answers of a target (RFC 7143 section 11).
 */
#ifndef STEP_ISCSI_PDU_H
#define STEP_ISCSI_PDU_H

#include "base/err.h"
#include "base/num.h"

#define ISCSI_BHS_SIZE  48 /* basic header segment */
#define ISCSI_ISID_SIZE 6
#define ISCSI_DATA_MAX  8192 /* before anything else is agreed (RFC 7143 section 13.12) */
#define ISCSI_PDU_MAX   (ISCSI_BHS_SIZE + ISCSI_DATA_MAX)
#define ISCSI_NO_TAG    0xffffffffu

enum iscsi_opcode { /* RFC 7143 section 11.2.1.2 */
	ISCSI_NOP_IN = 0x20,
	ISCSI_LOGIN_RESPONSE = 0x23,
	ISCSI_TEXT_RESPONSE = 0x24,
	ISCSI_LOGOUT_RESPONSE = 0x26,
	ISCSI_ASYNC_MESSAGE = 0x32,
	ISCSI_REJECT = 0x3f,
};

enum iscsi_stage { /* RFC 7143 section 11.12.3 */
	ISCSI_STAGE_SECURITY = 0,
	ISCSI_STAGE_OPERATIONAL = 1,
	ISCSI_STAGE_FULL_FEATURE = 3,
};

/* A request, complete and padded. */
struct iscsi_request {
	size_t len;
	uint8_t buf[ISCSI_PDU_MAX];
};

/* What the three requests have in common. All of them are immediate: CmdSN does not advance. */
struct iscsi_tags {
	uint32_t itt; /* initiator task tag */
	uint32_t cmd_sn, exp_stat_sn;
};

struct iscsi_login_request { /* RFC 7143 section 11.12 */
	bool transit;
	enum iscsi_stage stage, next; /* next counts with transit only */
	uint8_t isid[ISCSI_ISID_SIZE];
	struct iscsi_tags tags;
};

/* What a target said. Which fields count is the opcode's business; the others are 0. */
struct iscsi_response {
	uint8_t opcode; /* enum iscsi_opcode, or one that no initiator without commands expects */
	bool final; /* the last PDU of an answer; of a login: transit to @next */
	bool more; /* C bit: a text goes on in the next PDU */
	uint8_t stage, next; /* login */
	uint8_t version; /* login: version-active */
	uint16_t tsih; /* login: target's session handle */
	uint8_t status_class, status_detail; /* login */
	uint8_t code; /* logout: response; reject: reason; asynchronous message: event */
	uint32_t itt, ttt, stat_sn;
};

/* A text of at most @text.len bytes in one PDU. -EMSGSIZE if it is longer than ISCSI_DATA_MAX. */
int iscsi_pdu_login(struct iscsi_request *req, const struct iscsi_login_request *login,
	struct span text) __attribute__((warn_unused_result));

/* @ttt: target transfer tag of the answer that is continued, or ISCSI_NO_TAG (section 11.10). */
int iscsi_pdu_text(struct iscsi_request *req, const struct iscsi_tags *tags, uint32_t ttt,
	struct span text) __attribute__((warn_unused_result));

/* Closes the session (section 11.14). */
void iscsi_pdu_logout(struct iscsi_request *req, const struct iscsi_tags *tags);

/* The answer to a NOP-In that wants one: its tag comes back (section 11.18). */
void iscsi_pdu_nop_out(struct iscsi_request *req, const struct iscsi_tags *tags, uint32_t ttt);

/*
 * Reads a header, for the length of what follows it.
 *
 * Returns 0 with @ret_data the bytes of the data segment and @ret_pad those behind it; -EBADMSG with
 * @reterr if there are additional headers, which no answer to these requests has, -EMSGSIZE if the
 * data is longer than @max bytes.
 */
int iscsi_pdu_lengths(const uint8_t bhs[ISCSI_BHS_SIZE], uint32_t max, uint32_t *ret_data,
	uint32_t *ret_pad, struct err *reterr) __attribute__((warn_unused_result));

/* Reads a header, whose lengths were looked at. Every header is something. */
void iscsi_pdu_parse(const uint8_t bhs[ISCSI_BHS_SIZE], struct iscsi_response *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What both sides agree on in the operational stage of a login (RFC 7143 section 13).
 */
#ifndef STEP_ISCSI_KEYS_H
#define STEP_ISCSI_KEYS_H

#include "step/iscsi_text.h"

enum iscsi_key {
	ISCSI_HEADER_DIGEST, /* 1: CRC32C */
	ISCSI_DATA_DIGEST,
	ISCSI_INITIAL_R2T,
	ISCSI_IMMEDIATE_DATA,
	ISCSI_MAX_RECV, /* ours; the target's is max_send */
	ISCSI_MAX_BURST,
	ISCSI_FIRST_BURST,
	ISCSI_TIME2WAIT,
	ISCSI_TIME2RETAIN,
	ISCSI_MAX_R2T,
	ISCSI_PDU_IN_ORDER,
	ISCSI_SEQ_IN_ORDER,
	ISCSI_ERL,
	ISCSI_MAX_CONNECTIONS,
	ISCSI_KEY_COUNT,
};

enum iscsi_digest { /* as enum plan_digest */
	ISCSI_DIGEST_NONE,
	ISCSI_DIGEST_CRC32C,
	ISCSI_DIGEST_PREFER_CRC32C,
	ISCSI_DIGEST_PREFER_NONE,
};

/* What is offered, and then what is agreed. */
struct iscsi_keys {
	bool discovery; /* most keys are irrelevant then */
	enum iscsi_digest header_digest, data_digest; /* what to offer */
	uint32_t value[ISCSI_KEY_COUNT]; /* agreed; before that, the defaults of the RFC */
	uint32_t max_send; /* the target's MaxRecvDataSegmentLength */
	bool has_tpgt;
	uint32_t tpgt; /* TargetPortalGroupTag */
	uint32_t offered, answered; /* bit 1 << enum iscsi_key */
};

/* The defaults of the RFC, with @digest offered for headers and data. */
void iscsi_keys_init(
	struct iscsi_keys *keys, bool discovery, enum iscsi_digest header, enum iscsi_digest data);

/* Adds the offers to @answer. */
void iscsi_keys_offer(struct iscsi_keys *keys, struct iscsi_answer *answer);

/*
 * Takes what the target says in @text: answers to our offers, offers of its own, which are answered
 * in @answer as the RFC says (also Irrelevant, NotUnderstood and Reject), and what it just declares.
 *
 * Returns 0, -EBADMSG with @reterr if the text is malformed, or -EPROTO if a value is none that the
 * key can have, none that was offered, or given twice.
 */
int iscsi_keys_take(struct iscsi_keys *keys, struct span text, struct iscsi_answer *answer,
	struct err *reterr) __attribute__((warn_unused_result));

#endif

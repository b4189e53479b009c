/* SPDX-License-Identifier: GPL-2.0-or-later
 * What both sides agree on in the operational stage of a login (RFC 7143 section 13).
 *
 * Either side may offer a key; the other one answers with the result. A function of the key's own
 * says what comes of two numbers or booleans; a list is answered by its first item that will do.
 */
#include <errno.h>
#include <string.h>

#include "step/iscsi_keys.h"

#define SEGMENT_MIN 512
#define SEGMENT_MAX 16777215
#define RECV_NORMAL                                                                                \
	262144 /* as open-iscsi offers: iscsid negotiates the same when it logs in again */
#define RECV_LIST 32768
#define BURST     16776192
#define FIRST     262144
#define TIME_MAX  3600

enum kind {
	KIND_LIST, /* None and CRC32C */
	KIND_OR, /* Yes or No */
	KIND_AND,
	KIND_MIN, /* numbers */
	KIND_MAX,
	KIND_DECLARE, /* each side for itself, without an answer */
};

static const struct {
	const char *name;
	enum kind kind;
	uint32_t low, high; /* what a number may be */
	uint32_t initial; /* the RFC's default */
	uint32_t offer; /* ours, or what is answered to an offer of the target */
	bool in_discovery; /* else: irrelevant there */
} table[ISCSI_KEY_COUNT] = {
	[ISCSI_HEADER_DIGEST] = {"HeaderDigest", KIND_LIST, 0, 1, 0, 0, true},
	[ISCSI_DATA_DIGEST] = {"DataDigest", KIND_LIST, 0, 1, 0, 0, true},
	[ISCSI_INITIAL_R2T] = {"InitialR2T", KIND_OR, 0, 1, 1, 0, false},
	[ISCSI_IMMEDIATE_DATA] = {"ImmediateData", KIND_AND, 0, 1, 1, 1, false},
	[ISCSI_MAX_RECV] = {"MaxRecvDataSegmentLength", KIND_DECLARE, SEGMENT_MIN, SEGMENT_MAX,
		8192, RECV_NORMAL, true},
	[ISCSI_MAX_BURST] = {"MaxBurstLength", KIND_MIN, SEGMENT_MIN, SEGMENT_MAX, 262144, BURST,
		false},
	[ISCSI_FIRST_BURST] = {"FirstBurstLength", KIND_MIN, SEGMENT_MIN, SEGMENT_MAX, 65536, FIRST,
		false},
	[ISCSI_TIME2WAIT] = {"DefaultTime2Wait", KIND_MAX, 0, TIME_MAX, 2, 2, true},
	[ISCSI_TIME2RETAIN] = {"DefaultTime2Retain", KIND_MIN, 0, TIME_MAX, 20, 0, true},
	[ISCSI_MAX_R2T] = {"MaxOutstandingR2T", KIND_MIN, 1, 65535, 1, 1, false},
	[ISCSI_PDU_IN_ORDER] = {"DataPDUInOrder", KIND_OR, 0, 1, 1, 1, false},
	[ISCSI_SEQ_IN_ORDER] = {"DataSequenceInOrder", KIND_OR, 0, 1, 1, 1, false},
	[ISCSI_ERL] = {"ErrorRecoveryLevel", KIND_MIN, 0, 2, 0, 0, true},
	[ISCSI_MAX_CONNECTIONS] = {"MaxConnections", KIND_MIN, 1, 65535, 1, 1, false},
};

/* What a target may say or ask besides, and our answer; NULL for what is just told. */
static const struct {
	const char *name, *answer;
} others[] = {
	{"TargetAlias", NULL},
	{"TargetAddress", NULL},
	{"TargetName", NULL},
	{"IFMarker", "No"}, /* obsolete: RFC 7143 section 13.25 */
	{"OFMarker", "No"},
	{"IFMarkInt", "Reject"},
	{"OFMarkInt", "Reject"},
	{"TaskReporting", "RFC3720"}, /* the default: section 13.23 */
	{"iSCSIProtocolLevel", "1"}, /* RFC 7144 */
	{"AuthMethod", NULL}, /* the security stage reads these itself */
	{"CHAP_A", NULL},
	{"CHAP_I", NULL},
	{"CHAP_C", NULL},
	{"CHAP_N", NULL},
	{"CHAP_R", NULL},
	{"SessionType", "Reject"}, /* for initiators to say */
	{"InitiatorName", "Reject"},
	{"InitiatorAlias", "Reject"},
};

void iscsi_keys_init(
	struct iscsi_keys *keys, bool discovery, enum iscsi_digest header, enum iscsi_digest data)
{
	memset(keys, 0, sizeof(*keys));
	keys->discovery = discovery;
	keys->header_digest = discovery ? ISCSI_DIGEST_NONE : header;
	keys->data_digest = discovery ? ISCSI_DIGEST_NONE : data;
	keys->max_send = table[ISCSI_MAX_RECV].initial;
	for (unsigned int i = 0; i < ISCSI_KEY_COUNT; i++)
		keys->value[i] = table[i].initial;
}

static bool is_bool(enum kind kind)
{
	return kind == KIND_OR || kind == KIND_AND;
}

static enum iscsi_digest digest_of(const struct iscsi_keys *keys, unsigned int i)
{
	return i == ISCSI_HEADER_DIGEST ? keys->header_digest : keys->data_digest;
}

void iscsi_keys_offer(struct iscsi_keys *keys, struct iscsi_answer *answer)
{
	static const char *const digests[] = {"None", "CRC32C", "CRC32C,None", "None,CRC32C"};

	for (unsigned int i = 0; i < ISCSI_KEY_COUNT; i++) {
		uint32_t offer = table[i].offer;

		if ((keys->discovery && !table[i].in_discovery) || keys->answered & 1u << i)
			continue;
		if (i == ISCSI_MAX_RECV) {
			offer = keys->discovery ? RECV_LIST : RECV_NORMAL;
			keys->value[i] = offer;
		}
		if (table[i].kind == KIND_LIST)
			iscsi_answer_add(answer, table[i].name, digests[digest_of(keys, i)]);
		else if (is_bool(table[i].kind))
			iscsi_answer_add(answer, table[i].name, offer ? "Yes" : "No");
		else
			iscsi_answer_add_number(answer, table[i].name, offer);
		keys->offered |= 1u << i;
	}
}

/* A value of key @i: 0, or -EINVAL. Of a list, the first item that we can do. */
static int parse(const struct iscsi_keys *keys, unsigned int i, struct span value, uint32_t *ret)
{
	if (is_bool(table[i].kind)) {
		*ret = span_eq_str(value, "Yes");
		return *ret || span_eq_str(value, "No") ? 0 : -EINVAL;
	}
	if (table[i].kind != KIND_LIST)
		return iscsi_text_number(value, table[i].high, ret) == 0 && *ret >= table[i].low
			       ? 0
			       : -EINVAL;
	while (value.len) {
		struct span item = span_cut(&value, ',');
		enum iscsi_digest want = digest_of(keys, i);

		*ret = span_eq_str(item, "CRC32C");
		if (*ret ? want != ISCSI_DIGEST_NONE
			 : span_eq_str(item, "None") && want != ISCSI_DIGEST_CRC32C)
			return 0;
	}
	return -EINVAL;
}

static uint32_t combine(enum kind kind, uint32_t a, uint32_t b)
{
	bool first = kind == KIND_MAX || kind == KIND_OR ? a > b : a < b;

	return kind == KIND_LIST ? b : first ? a : b;
}

/* The words that stand for "no value" (RFC 7143 section 6.2): what was before holds. */
static bool is_refusal(struct span value)
{
	return span_eq_str(value, "Reject") || span_eq_str(value, "Irrelevant") ||
	       span_eq_str(value, "NotUnderstood");
}

static int bad_value(
	const struct iscsi_keys *keys, unsigned int i, struct span value, struct err *reterr)
{
	char shown[60];

	if (table[i].kind == KIND_LIST && digest_of(keys, i) == ISCSI_DIGEST_CRC32C)
		return err_set(reterr, -EPROTO,
			"the target does not do %s=CRC32C: it answers \"%s\"", table[i].name,
			span_escape(value, shown, sizeof(shown)));

	return err_set(reterr, -EPROTO, "the target answers %s=%s, which it cannot be",
		table[i].name, span_escape(value, shown, sizeof(shown)));
}

/* The answer to what we offered. */
static int take_answer(
	struct iscsi_keys *keys, unsigned int i, struct span value, struct err *reterr)
{
	uint32_t v;

	keys->answered |= 1u << i;
	if (is_refusal(value)) {
		/* Without the digest that was asked for there is no session. */
		if (table[i].kind == KIND_LIST && digest_of(keys, i) == ISCSI_DIGEST_CRC32C)
			return bad_value(keys, i, value, reterr);
		return 0;
	}
	if (parse(keys, i, value, &v) < 0)
		return bad_value(keys, i, value, reterr);
	keys->value[i] = combine(table[i].kind, table[i].offer, v);
	return 0;
}

/* An offer of the target. */
static void take_offer(
	struct iscsi_keys *keys, unsigned int i, struct span value, struct iscsi_answer *answer)
{
	uint32_t v;

	keys->answered |= 1u << i;
	if (is_refusal(value))
		return; /* an answer to nothing */
	if (keys->discovery && !table[i].in_discovery) {
		iscsi_answer_add(answer, table[i].name, "Irrelevant");
		return;
	}
	if (parse(keys, i, value, &v) < 0) {
		iscsi_answer_add(answer, table[i].name, "Reject");
		return;
	}
	v = combine(table[i].kind, table[i].offer, v);
	keys->value[i] = v;
	if (table[i].kind == KIND_LIST)
		iscsi_answer_add(answer, table[i].name, v ? "CRC32C" : "None");
	else if (is_bool(table[i].kind))
		iscsi_answer_add(answer, table[i].name, v ? "Yes" : "No");
	else
		iscsi_answer_add_number(answer, table[i].name, v);
}

static int take_known(struct iscsi_keys *keys, unsigned int i, struct span value,
	struct iscsi_answer *answer, struct err *reterr)
{
	uint32_t v;

	if (i == ISCSI_MAX_RECV) {
		/* Each side tells what it takes, and may tell again (section 13.12). */
		if (parse(keys, i, value, &v) < 0)
			return bad_value(keys, i, value, reterr);
		keys->max_send = v;
		return 0;
	}
	if (keys->answered & 1u << i)
		return err_set(
			reterr, -EPROTO, "the target negotiates %s a second time", table[i].name);
	if (keys->offered & 1u << i)
		return take_answer(keys, i, value, reterr);
	take_offer(keys, i, value, answer);
	return 0;
}

static int take_other(struct iscsi_keys *keys, struct span key, struct span value,
	struct iscsi_answer *answer, struct err *reterr)
{
	if (span_eq_str(key, "TargetPortalGroupTag")) {
		if (iscsi_text_number(value, 65535, &keys->tpgt) < 0)
			return err_set(reterr, -EPROTO,
				"the target's portal group tag is none: it must be 0 to 65535");
		keys->has_tpgt = true;
		return 0;
	}
	if (is_refusal(value))
		return 0;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!span_eq_str(key, others[i].name))
			continue;
		if (others[i].answer)
			iscsi_answer_add_span(answer, key, others[i].answer);
		return 0;
	}
	iscsi_answer_add_span(answer, key, "NotUnderstood");
	return 0;
}

int iscsi_keys_take(
	struct iscsi_keys *keys, struct span text, struct iscsi_answer *answer, struct err *reterr)
{
	struct span key, value;
	int r;

	while ((r = iscsi_text_next(&text, &key, &value, reterr)) > 0) {
		unsigned int i = 0;

		while (i < ISCSI_KEY_COUNT && !span_eq_str(key, table[i].name))
			i++;
		r = i < ISCSI_KEY_COUNT ? take_known(keys, i, value, answer, reterr)
					: take_other(keys, key, value, answer, reterr);
		if (r < 0)
			return r;
	}
	if (keys->value[ISCSI_FIRST_BURST] > keys->value[ISCSI_MAX_BURST])
		keys->value[ISCSI_FIRST_BURST] = keys->value[ISCSI_MAX_BURST];
	return r;
}

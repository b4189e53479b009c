/* SPDX-License-Identifier: GPL-2.0-or-later
 * iSCSI PDUs as bytes: requests of an initiator, answers of a target (RFC 7143 section 11).
 *
 * Of the header of 48 bytes, common to all:
 *   0 opcode, 1..3 flags and fields of the opcode, 4 words of additional headers,
 *   5..7 bytes of data, 16..19 initiator task tag; the data is padded to words
 */
#include <errno.h>
#include <string.h>

#include "step/iscsi_pdu.h"

#define IMMEDIATE    0x40
#define OPCODE_MASK  0x3f
#define FLAG_FINAL   0x80 /* also: transit of a login */
#define FLAG_MORE    0x40
#define STAGE_SHIFT  2
#define STAGE_MASK   3
#define LOGOUT_CLOSE 0 /* reason: close the session (section 11.14.1) */

enum { OP_NOP_OUT = 0x00, OP_LOGIN = 0x03, OP_TEXT = 0x04, OP_LOGOUT = 0x06 };

/* Byte offsets in a header. */
enum {
	AT_FLAGS = 1,
	AT_CODE = 2, /* logout: response; reject: reason; login: version-max */
	AT_VERSION = 3, /* login: version-active */
	AT_AHS = 4,
	AT_LENGTH = 5,
	AT_ISID = 8,
	AT_TSIH = 14,
	AT_ITT = 16,
	AT_TTT = 20,
	AT_CMD_SN = 24, /* in answers: StatSN */
	AT_EXP_STAT_SN = 28,
	AT_STATUS = 36, /* login: class and detail; asynchronous message: event */
};

static void begin(struct iscsi_request *req, uint8_t opcode, const struct iscsi_tags *tags)
{
	memset(req->buf, 0, ISCSI_BHS_SIZE);
	req->len = ISCSI_BHS_SIZE;
	req->buf[0] = opcode | IMMEDIATE;
	req->buf[AT_FLAGS] = FLAG_FINAL;
	num_put_be32(req->buf + AT_ITT, tags->itt);
	num_put_be32(req->buf + AT_CMD_SN, tags->cmd_sn);
	num_put_be32(req->buf + AT_EXP_STAT_SN, tags->exp_stat_sn);
}

static int add_data(struct iscsi_request *req, struct span data)
{
	size_t padded = (data.len + 3) & ~(size_t)3;

	if (data.len > ISCSI_DATA_MAX)
		return -EMSGSIZE;
	req->buf[AT_LENGTH] = (uint8_t)(data.len >> 16);
	num_put_be16(req->buf + AT_LENGTH + 1, (uint16_t)data.len);
	if (data.len)
		memcpy(req->buf + ISCSI_BHS_SIZE, data.p, data.len);
	memset(req->buf + ISCSI_BHS_SIZE + data.len, 0, padded - data.len);
	req->len += padded;
	return 0;
}

int iscsi_pdu_login(
	struct iscsi_request *req, const struct iscsi_login_request *login, struct span text)
{
	unsigned int flags = (unsigned int)login->stage << STAGE_SHIFT;

	if (login->transit)
		flags |= FLAG_FINAL | (unsigned int)login->next;
	begin(req, OP_LOGIN, &login->tags);
	req->buf[AT_FLAGS] = (uint8_t)flags;
	memcpy(req->buf + AT_ISID, login->isid, ISCSI_ISID_SIZE);
	return add_data(req, text);
}

int iscsi_pdu_text(
	struct iscsi_request *req, const struct iscsi_tags *tags, uint32_t ttt, struct span text)
{
	begin(req, OP_TEXT, tags);
	num_put_be32(req->buf + AT_TTT, ttt);
	return add_data(req, text);
}

void iscsi_pdu_logout(struct iscsi_request *req, const struct iscsi_tags *tags)
{
	begin(req, OP_LOGOUT, tags);
	req->buf[AT_FLAGS] |= LOGOUT_CLOSE;
}

void iscsi_pdu_nop_out(struct iscsi_request *req, const struct iscsi_tags *tags, uint32_t ttt)
{
	begin(req, OP_NOP_OUT, tags);
	num_put_be32(req->buf + AT_TTT, ttt);
}

int iscsi_pdu_lengths(const uint8_t bhs[ISCSI_BHS_SIZE], uint32_t max, uint32_t *ret_data,
	uint32_t *ret_pad, struct err *reterr)
{
	uint32_t data = (uint32_t)bhs[AT_LENGTH] << 16 | num_be16(bhs + AT_LENGTH + 1);

	if (bhs[AT_AHS])
		return err_set(reterr, -EBADMSG,
			"the target sends additional header segments in a PDU 0x%02x, which has "
			"none",
			bhs[0] & OPCODE_MASK);
	if (data > max)
		return err_set(reterr, -EMSGSIZE,
			"the target sends %u bytes of data in a PDU where %u are allowed", data,
			max);
	*ret_data = data;
	*ret_pad = -data & 3;
	return 0;
}

void iscsi_pdu_parse(const uint8_t bhs[ISCSI_BHS_SIZE], struct iscsi_response *ret)
{
	struct iscsi_response r = {.opcode = bhs[0] & OPCODE_MASK};

	r.final = bhs[AT_FLAGS] & FLAG_FINAL;
	r.itt = num_be32(bhs + AT_ITT);
	r.ttt = num_be32(bhs + AT_TTT);
	r.stat_sn = num_be32(bhs + AT_CMD_SN);
	if (r.opcode == ISCSI_LOGIN_RESPONSE) {
		r.stage = bhs[AT_FLAGS] >> STAGE_SHIFT & STAGE_MASK;
		r.next = bhs[AT_FLAGS] & STAGE_MASK;
		r.version = bhs[AT_VERSION];
		r.tsih = num_be16(bhs + AT_TSIH);
		r.status_class = bhs[AT_STATUS];
		r.status_detail = bhs[AT_STATUS + 1];
		r.ttt = 0;
	} else if (r.opcode == ISCSI_ASYNC_MESSAGE) {
		r.code = bhs[AT_STATUS];
	} else if (r.opcode == ISCSI_LOGOUT_RESPONSE || r.opcode == ISCSI_REJECT) {
		r.code = bhs[AT_CODE];
	}
	if (r.opcode == ISCSI_LOGIN_RESPONSE || r.opcode == ISCSI_TEXT_RESPONSE)
		r.more = bhs[AT_FLAGS] & FLAG_MORE;
	*ret = r;
}

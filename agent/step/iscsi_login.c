/* SPDX-License-Identifier: GPL-2.0-or-later
 * A login to an iSCSI target, from bytes to bytes: whoever has the connection sends and receives
 * (RFC 7143 sections 6.3 and 11.12).
 *
 *   security:    AuthMethod -> [CHAP_A -> CHAP_N, CHAP_R] -> transit
 *   operational: our offers -> [answers to the target's] -> transit
 *
 * Every request asks for the transit to the next stage where it may; a target that has more to say
 * does not grant it, and gets another request, up to a limit.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "step/iscsi_login.h"
#include "step/iscsi_status.h"

#define ROUNDS_MAX 32 /* requests of one login; four are usual */
#define ITT        0x70696e65u

enum { CLASS_SUCCESS = 0, CLASS_REDIRECT = 1 };
enum { MOVED_PERMANENTLY = 2 }; /* else: for now */

static enum iscsi_stage stage_of(const struct iscsi_login *l)
{
	return l->step == ISCSI_STEP_NEGOTIATE ? ISCSI_STAGE_OPERATIONAL : ISCSI_STAGE_SECURITY;
}

static enum iscsi_stage next_of(const struct iscsi_login *l)
{
	return l->step == ISCSI_STEP_NEGOTIATE ? ISCSI_STAGE_FULL_FEATURE : ISCSI_STAGE_OPERATIONAL;
}

static int request(
	struct iscsi_login *l, bool transit, const struct iscsi_answer *answer, struct err *reterr)
{
	struct iscsi_login_request req = {.transit = transit,
		.stage = stage_of(l),
		.next = next_of(l),
		.tags = {ITT, ISCSI_FIRST_CMD_SN + l->config.commands, l->exp_stat_sn}};

	if (answer->full)
		return err_set(reterr, -EMSGSIZE, "%s asks for more than one answer can hold",
			l->config.where);
	if (++l->rounds > ROUNDS_MAX)
		return err_set(reterr, -EPROTO, "%s has not finished the login after %u requests",
			l->config.where, ROUNDS_MAX);
	memcpy(req.isid, l->config.isid, sizeof(req.isid));
	l->asked_transit = transit;
	l->text.len = 0;
	if (iscsi_pdu_login(&l->out, &req, span_of(answer->buf, answer->len)) < 0)
		return err_set(reterr, -EMSGSIZE, "the login request is too long");
	return ISCSI_LOGIN_SEND;
}

/* Without a secret there is no choice; with mutual CHAP, a target that wants none is no match. */
static const char *methods(const struct chap_keys *chap)
{
	return !chap->present ? "None" : chap->mutual ? "CHAP" : "CHAP,None";
}

int iscsi_login_start(
	struct iscsi_login *login, const struct iscsi_login_config *config, struct err *reterr)
{
	struct iscsi_answer answer = {.len = 0};
	int r;

	memset(login, 0, sizeof(*login));
	login->config = *config;
	login->chap.keys = config->chap;
	login->chap.own_id = config->chap_id;
	memcpy(login->chap.own_challenge, config->chap_challenge, CHAP_OWN_CHALLENGE);
	iscsi_keys_init(&login->keys, !config->target, config->header_digest, config->data_digest);
	iscsi_answer_add(&answer, "InitiatorName", config->initiator);
	iscsi_answer_add(&answer, "SessionType", config->target ? "Normal" : "Discovery");
	if (config->target)
		iscsi_answer_add(&answer, "TargetName", config->target);
	iscsi_answer_add(&answer, "AuthMethod", methods(config->chap));
	r = request(login, !config->chap->present, &answer, reterr);
	return r < 0 ? r : 0;
}

static int negotiate(struct iscsi_login *l, struct err *reterr)
{
	struct iscsi_answer offers = {.len = 0};

	l->step = ISCSI_STEP_NEGOTIATE;
	iscsi_keys_offer(&l->keys, &offers);
	return request(l, true, &offers, reterr);
}

/* The target chose whether we have to authenticate. */
static int on_method(struct iscsi_login *l, bool moved, struct span text,
	struct iscsi_answer *answer, struct err *reterr)
{
	const struct chap_keys *chap = l->config.chap;
	struct span method = iscsi_text_find(text, "AuthMethod");
	char shown[40];

	if (method.p && span_eq_str(method, "CHAP") && chap->present && !moved) {
		l->step = ISCSI_STEP_CHALLENGE;
		iscsi_answer_add(answer, "CHAP_A", l->config.chap_offer);
		return request(l, false, answer, reterr);
	}
	if (method.p && !span_eq_str(method, "None"))
		return err_set(reterr, -EACCES,
			"%s wants to authenticate by \"%s\", where %s was offered%s",
			l->config.where, span_escape(method, shown, sizeof(shown)), methods(chap),
			chap->present ? "" : ": /etc/pinet/chap.conf has no secret");
	if (chap->mutual)
		return err_set(reterr, -EACCES,
			"%s does without CHAP, but pinet is to make sure by CHAP that it is the "
			"right one",
			l->config.where);
	return moved ? negotiate(l, reterr) : request(l, true, answer, reterr);
}

static int on_challenge(struct iscsi_login *l, bool moved, struct span text,
	struct iscsi_answer *answer, struct err *reterr)
{
	int r;

	if (moved)
		return err_set(
			reterr, -EPROTO, "%s leaves CHAP before it has begun", l->config.where);
	r = chap_run_answer(&l->chap, text, l->config.chap_offer, answer, reterr);
	if (r < 0) {
		err_prefix(reterr, "%s", l->config.where);
		return r;
	}
	l->step = ISCSI_STEP_RESPONSE;
	return request(l, true, answer, reterr);
}

static int on_response(struct iscsi_login *l, bool moved, struct span text,
	struct iscsi_answer *answer, struct err *reterr)
{
	int r = 0;

	if (!l->chap.verified && (moved || iscsi_text_find(text, "CHAP_R").p))
		r = chap_run_verify(&l->chap, text, reterr);
	if (r < 0) {
		err_prefix(reterr, "%s", l->config.where);
		return r;
	}
	return moved ? negotiate(l, reterr) : request(l, true, answer, reterr);
}

static int on_negotiate(struct iscsi_login *l, bool moved, uint16_t tsih,
	struct iscsi_answer *answer, struct err *reterr)
{
	if (!moved)
		return request(l, true, answer, reterr);
	if (answer->len)
		return err_set(reterr, -EPROTO, "%s asks something and ends the login at once",
			l->config.where);
	if (!tsih)
		return err_set(
			reterr, -EPROTO, "%s ends the login without a session", l->config.where);
	l->tsih = tsih;
	return ISCSI_LOGIN_DONE;
}

/* TargetAddress=HOST[:PORT][,TPGT] says where the target is now (RFC 7143 section 13.8). */
static int on_redirect(struct iscsi_login *l, struct span text, struct err *reterr)
{
	struct span to = iscsi_text_find(text, "TargetAddress");
	struct err err;

	if (!to.p)
		return err_set(reterr, -EPROTO, "%s says that the target has moved, but not where",
			l->config.where);
	if (settings_parse_portal(to, &l->redirect, &err) < 0)
		return err_set(reterr, -EPROTO, "%s sends us on: %s", l->config.where, err.text);
	return ISCSI_LOGIN_REDIRECT;
}

/* What has to hold of every answer; 0, or a negative errno. */
static int check(const struct iscsi_login *l, const struct iscsi_response *r, struct err *reterr)
{
	const char *where = l->config.where;

	if (r->opcode != ISCSI_LOGIN_RESPONSE)
		return iscsi_status_unexpected(where, r, "the login", reterr);
	if (r->itt != ITT)
		return err_set(reterr, -EPROTO, "%s answers a request 0x%08x, which was never made",
			where, r->itt);
	if (r->status_class != CLASS_SUCCESS)
		return 0; /* of the rest only the text counts */
	if (r->version != 0)
		return err_set(reterr, -EPROTO, "%s speaks version %u of iSCSI", where, r->version);
	if (r->stage != stage_of(l))
		return err_set(reterr, -EPROTO, "%s answers in stage %u, where we are in %u", where,
			r->stage, stage_of(l));
	if (r->final && (r->more || !l->asked_transit || r->next != next_of(l)))
		return err_set(reterr, -EPROTO, "%s goes to stage %u, which was not asked for",
			where, r->next);
	return 0;
}

static int take_text(struct iscsi_login *l, struct span data, struct err *reterr)
{
	int r = iscsi_text_append(&l->text, data, ISCSI_LOGIN_TEXT_MAX, reterr);

	if (r < 0)
		err_prefix(reterr, "%s", l->config.where);
	return r;
}

int iscsi_login_feed(struct iscsi_login *login, const uint8_t bhs[ISCSI_BHS_SIZE], struct span data,
	struct err *reterr)
{
	struct iscsi_answer answer = {.len = 0};
	struct iscsi_response r;
	struct span text;
	int ret;

	iscsi_pdu_parse(bhs, &r);
	ret = check(login, &r, reterr);
	if (ret == 0 && r.status_class > CLASS_REDIRECT) {
		login->refused = true;
		ret = iscsi_status_login(&login->config, &r, reterr);
	}
	if (ret == 0)
		ret = take_text(login, data, reterr);
	if (ret < 0)
		return ret;
	text = span_of(login->text.bytes, login->text.len);
	if (r.status_class == CLASS_REDIRECT) {
		login->permanent = r.status_detail == MOVED_PERMANENTLY;
		return on_redirect(login, text, reterr);
	}
	login->exp_stat_sn = r.stat_sn + 1;
	if (r.more) {
		/* It goes on in another PDU, which an empty request asks for (section 6.2). */
		size_t len = login->text.len;

		ret = request(login, false, &answer, reterr);
		login->text.len = len;
		return ret;
	}
	ret = iscsi_keys_take(&login->keys, text, &answer, reterr);
	if (ret < 0) {
		err_prefix(reterr, "%s", login->config.where);
		return ret;
	}
	switch (login->step) {
	case ISCSI_STEP_METHOD:
		return on_method(login, r.final, text, &answer, reterr);
	case ISCSI_STEP_CHALLENGE:
		return on_challenge(login, r.final, text, &answer, reterr);
	case ISCSI_STEP_RESPONSE:
		return on_response(login, r.final, text, &answer, reterr);
	case ISCSI_STEP_NEGOTIATE:
	default:
		return on_negotiate(login, r.final, r.tsih, &answer, reterr);
	}
}

void iscsi_login_end(struct iscsi_login *login)
{
	free(login->text.bytes);
	login->text = (struct iscsi_text){.bytes = NULL};
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * SendTargets: what a portal shows this initiator (RFC 7143 appendix C).
 *
 * A discovery session of one text request; the answer may take several PDUs, each of which is asked
 * for by an empty request with the tag of the one before (section 11.10).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/iscsi_dial.h"
#include "step/iscsi_discovery.h"
#include "step/iscsi_status.h"
#include "step/iscsi_wire.h"

#define ROUNDS_MAX 256
#define LOGOUT_MS  500

enum { ITT_TEXT = 1, ITT_LOGOUT = 2 };

struct talk {
	struct iscsi_wire wire;
	struct iscsi_tags tags;
	struct iscsi_request out;
	struct iscsi_text text;
};

static void end_talk(struct talk **t)
{
	if (!*t)
		return;
	if ((*t)->wire.fd >= 0)
		(void)close((*t)->wire.fd); /* nothing was promised on it */
	free((*t)->text.bytes);
	free(*t);
}

/* The next PDU but pings, which are answered. */
static int receive(struct talk *t, struct iscsi_response *ret, struct err *reterr)
{
	for (unsigned int i = 0; i < ROUNDS_MAX; i++) {
		int r = iscsi_wire_receive(&t->wire, ISCSI_RECV_MAX, reterr);

		if (r < 0)
			return r;
		iscsi_pdu_parse(t->wire.bhs, ret);
		t->tags.exp_stat_sn = ret->stat_sn + 1;
		if (ret->opcode != ISCSI_NOP_IN)
			return 0;
		if (ret->ttt == ISCSI_NO_TAG)
			continue;
		t->tags.itt = ISCSI_NO_TAG;
		iscsi_pdu_nop_out(&t->out, &t->tags, ret->ttt);
		r = iscsi_wire_send(&t->wire, &t->out, reterr);
		if (r < 0)
			return r;
	}
	return err_set(reterr, -EPROTO, "%s does nothing but ping", t->wire.where);
}

static int ask(struct talk *t, struct err *reterr)
{
	static const char all[] = "SendTargets=All";
	struct iscsi_response answer = {.ttt = ISCSI_NO_TAG};
	struct span text = span_of(all, sizeof(all)); /* with its NUL */

	for (unsigned int i = 0; i < ROUNDS_MAX; i++) {
		int r;

		t->tags.itt = ITT_TEXT;
		r = iscsi_pdu_text(&t->out, &t->tags, answer.ttt, text);
		if (r == 0)
			r = iscsi_wire_send(&t->wire, &t->out, reterr);
		if (r == 0)
			r = receive(t, &answer, reterr);
		if (r < 0)
			return r;
		if (answer.opcode != ISCSI_TEXT_RESPONSE || answer.itt != ITT_TEXT)
			return iscsi_status_unexpected(
				t->wire.where, &answer, "SendTargets", reterr);
		r = iscsi_text_append(
			&t->text, span_of(t->wire.data, t->wire.len), ISCSI_TEXT_MAX, reterr);
		if (r == 0 && answer.final && !answer.more)
			r = iscsi_targets_check(span_of(t->text.bytes, t->text.len), reterr);
		if (r < 0) {
			err_prefix(reterr, "%s", t->wire.where);
			return r;
		}
		if (answer.final && !answer.more)
			return 0;
		text = SPAN_NONE;
	}
	return err_set(reterr, -EPROTO, "%s does not come to an end of its list of targets",
		t->wire.where);
}

/* The polite end; a server that does not follow is left. */
static void log_out(struct talk *t)
{
	struct iscsi_response answer;

	t->wire.deadline_ms = clock_min(t->wire.deadline_ms, clock_now_ms() + LOGOUT_MS);
	t->tags.itt = ITT_LOGOUT;
	iscsi_pdu_logout(&t->out, &t->tags);
	if (iscsi_wire_send(&t->wire, &t->out, NULL) == 0)
		(void)!receive(t, &answer, NULL); /* the list is complete, whatever it says */
}

int iscsi_discovery_run(const struct plan *plan, const struct portal *portal, uint64_t deadline_ms,
	struct iscsi_discovery *ret, struct err *reterr)
{
	__attribute__((cleanup(end_talk))) struct talk *t = calloc(1, sizeof(*t));
	struct iscsi_dial_config config = {.initiator = plan->initiator, .isid = {0, 2, 0x3d}};
	char where[ISCSI_WHERE_SIZE];
	struct chap_keys chap;
	struct iscsi_link link = {.fd = -1};
	int r;

	if (!t)
		return err_set(reterr, -ENOMEM, "no memory for a discovery");
	t->wire.fd = -1;
	config.chap = &chap;
	r = chap_keys_take(&plan->chap, &chap, reterr);
	if (r == 0)
		r = iscsi_dial(&config, portal, deadline_ms, &link, reterr);
	if (r < 0)
		return r;
	iscsi_portal_text(&link.portal, where);
	t->wire.fd = link.fd;
	t->wire.where = where;
	t->wire.deadline_ms = deadline_ms;
	t->tags.cmd_sn = ISCSI_FIRST_CMD_SN;
	t->tags.exp_stat_sn = link.exp_stat_sn;
	r = ask(t, reterr);
	if (r < 0)
		return r;
	log_out(t);
	ret->portal = link.portal;
	ret->text = t->text;
	t->text.bytes = NULL;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a target's refusals mean, as sentences.
 */
#include <errno.h>
#include <stdio.h>

#include "step/iscsi_status.h"

enum { CLASS_INITIATOR = 2, CLASS_TARGET = 3 };

enum { /* details of CLASS_INITIATOR */
	AUTHENTICATION = 1,
	AUTHORIZATION = 2,
	NOT_FOUND = 3,
	REMOVED = 4,
	VERSION = 5,
	TOO_MANY = 6,
	MISSING = 7,
	TYPE = 9,
};

static int refused_secret(const struct iscsi_login_config *c, struct err *reterr)
{
	if (!c->chap->present)
		return err_set(reterr, -EACCES,
			"%s refuses %s without CHAP: it wants a name and a secret, and "
			"/etc/pinet/chap.conf has none",
			c->where, c->initiator);
	return err_set(reterr, -EACCES, "%s refuses the CHAP name or secret of %s (as \"%s\")",
		c->where, c->initiator, c->chap->user);
}

static int by_initiator(const struct iscsi_login_config *c, unsigned int detail, struct err *reterr)
{
	const char *target = c->target ? c->target : "discovery";

	switch (detail) {
	case AUTHENTICATION:
		return refused_secret(c, reterr);
	case AUTHORIZATION:
		return err_set(reterr, -EACCES,
			"the target %s does not accept initiator %s for %s: its access list has no "
			"such name",
			c->where, c->initiator, target);
	case NOT_FOUND:
		return err_set(reterr, -ENOENT,
			"%s has no target %s, or does not show it to %s: check pinet.target= and "
			"the target's list of initiators",
			c->where, target, c->initiator);
	case REMOVED:
		return err_set(reterr, -ENOENT,
			"%s had the target %s, but it was removed and left no new address",
			c->where, target);
	case VERSION:
		return err_set(reterr, -EPROTO, "%s speaks another version of iSCSI", c->where);
	case TOO_MANY:
		return err_set(reterr, -EAGAIN, "%s has no more room for sessions with %s",
			c->where, target);
	case TYPE:
		return err_set(reterr, -EPROTO, "%s allows no %s", c->where,
			c->target ? "normal sessions" : "discovery: name the target");
	case MISSING:
	default:
		return err_set(reterr, -EPROTO,
			"%s refuses the login of %s to %s with status 0x02%02x", c->where,
			c->initiator, target, detail);
	}
}

int iscsi_status_login(
	const struct iscsi_login_config *config, const struct iscsi_response *r, struct err *reterr)
{
	if (r->status_class == CLASS_INITIATOR)
		return by_initiator(config, r->status_detail, reterr);
	if (r->status_class == CLASS_TARGET)
		return err_set(reterr, -EAGAIN,
			"%s answers that it cannot serve the login now%s (status 0x03%02x)",
			config->where,
			r->status_detail == 1   ? ": the target is not in service, or not there"
			: r->status_detail == 2 ? ": it is out of resources"
						: "",
			r->status_detail);
	return err_set(reterr, -EPROTO, "%s answers the login with the unknown status 0x%02x%02x",
		config->where, r->status_class, r->status_detail);
}

int iscsi_status_unexpected(
	const char *where, const struct iscsi_response *r, const char *what, struct err *reterr)
{
	if (r->opcode == ISCSI_REJECT)
		return err_set(reterr, -EPROTO, "%s rejects %s for the reason 0x%02x", where, what,
			r->code);
	if (r->opcode == ISCSI_ASYNC_MESSAGE)
		return err_set(reterr, -EAGAIN, "%s ends the session during %s (event %u)", where,
			what, r->code);
	return err_set(reterr, -EPROTO, "%s answers %s with something else (PDU 0x%02x)", where,
		what, r->opcode);
}

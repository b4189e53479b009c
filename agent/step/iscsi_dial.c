/* SPDX-License-Identifier: GPL-2.0-or-later
 * From a portal to a connection that is logged in: connecting, the login, and where a target sends us.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/iscsi_dial.h"
#include "step/iscsi_wire.h"
#include "step/tcp.h"

#define CONNECT_MS    3000
#define REDIRECTS_MAX 4

/* One connection and what is said on it: too big for a stack. */
struct call {
	struct iscsi_wire wire;
	struct iscsi_login login;
};

static void end_call(struct call **call)
{
	if (!*call)
		return;
	iscsi_login_end(&(*call)->login);
	free(*call);
}

void iscsi_portal_text(const struct portal *portal, char out[ISCSI_WHERE_SIZE])
{
	(void)snprintf(out, ISCSI_WHERE_SIZE, portal->ipv6 ? "[%s]:%u" : "%s:%u", portal->host,
		portal->port); /* has the room */
}

static int open_connection(const struct portal *portal, uint64_t deadline_ms, struct err *reterr)
{
	int one = 1;
	_cleanup_fd_ int fd = tcp_connect(portal->host, portal->port,
		clock_min(deadline_ms, clock_now_ms() + CONNECT_MS), reterr);

	if (fd < 0)
		return fd;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		return err_sys(reterr, -errno, "cannot set up the connection to %s", portal->host);
	return take_fd(&fd);
}

/*
 * The address in place of the name by which @fd was connected: after an outage nobody can look a name
 * up whose files are on the root that is away.
 */
static void settle_address(int fd, struct iscsi_link *link)
{
	struct sockaddr_storage a = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(a);
	bool stays = strcmp(link->persistent.host, link->portal.host) == 0;
	const void *at;

	if (getpeername(fd, (struct sockaddr *)&a, &len) < 0)
		return; /* the name will do */
	at = a.ss_family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)(void *)&a)->sin6_addr
				     : (const void *)&((struct sockaddr_in *)(void *)&a)->sin_addr;
	link->portal.ipv6 = a.ss_family == AF_INET6;
	(void)inet_ntop(a.ss_family, at, link->portal.host, sizeof(link->portal.host));
	if (stays) {
		link->persistent.ipv6 = link->portal.ipv6;
		strcpy(link->persistent.host, link->portal.host);
	}
}

static int make_random(struct iscsi_login_config *config, struct err *reterr)
{
	uint8_t bytes[1 + CHAP_OWN_CHALLENGE];

	/* Early in a boot this waits until the kernel has gathered enough; only mutual CHAP needs it. */
	if (config->chap->mutual && getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return err_sys(reterr, -errno, "cannot get random bytes for CHAP");
	if (config->chap->mutual) {
		config->chap_id = bytes[0];
		memcpy(config->chap_challenge, bytes + 1, CHAP_OWN_CHALLENGE);
	}
	return 0;
}

/* The login on a connection: an enum iscsi_login_result, or a negative errno. */
static int talk(struct call *call, const struct iscsi_login_config *config, struct err *reterr)
{
	int r = iscsi_login_start(&call->login, config, reterr);

	while (r == ISCSI_LOGIN_SEND) {
		r = iscsi_wire_send(&call->wire, &call->login.out, reterr);
		if (r == 0)
			r = iscsi_wire_receive(&call->wire, ISCSI_DATA_MAX, reterr);
		if (r == 0)
			r = iscsi_login_feed(&call->login, call->wire.bhs,
				span_of(call->wire.data, call->wire.len), reterr);
	}
	return r;
}

/* What is offered for authentication; after a refusal, the next that may do better. */
enum offer { OFFER_ALL, OFFER_MD5, OFFER_NONE, OFFER_OVER };

/*
 * tgt and its kin mean SHA-1 by the number that is SHA-256's now; MD5 they all know. LIO, given the
 * choice, takes CHAP even where it has no secret to compare with, as when only its discovery wants
 * one; where it wants none it does not mind.
 */
static enum offer next_offer(enum offer offer, const struct iscsi_login *login)
{
	if (!login->refused || login->step == ISCSI_STEP_METHOD ||
		login->step == ISCSI_STEP_NEGOTIATE)
		return OFFER_OVER;
	if (offer == OFFER_ALL && login->chap.alg == CHAP_SHA256)
		return OFFER_MD5;
	return login->config.chap->mutual ? OFFER_OVER : OFFER_NONE;
}

/* One portal: an enum iscsi_login_result; for ISCSI_LOGIN_REDIRECT, where to. */
static int try_portal(const struct iscsi_dial_config *config, enum offer offer,
	uint64_t deadline_ms, struct iscsi_link *link, enum offer *ret_next, struct err *reterr)
{
	static const struct chap_keys no_chap = {.present = false};
	char where[ISCSI_WHERE_SIZE];
	struct iscsi_login_config login = {.where = where,
		.initiator = config->initiator,
		.target = config->target,
		.chap = offer == OFFER_NONE ? &no_chap : config->chap,
		.commands = config->commands,
		.chap_offer = offer == OFFER_MD5 ? CHAP_OFFER_MD5 : CHAP_OFFER_ALL,
		.header_digest = config->header_digest,
		.data_digest = config->data_digest};
	__attribute__((cleanup(end_call))) struct call *call = calloc(1, sizeof(*call));
	_cleanup_fd_ int fd = -1;
	int r;

	if (!call)
		return err_set(reterr, -ENOMEM, "no memory for a login");
	iscsi_portal_text(&link->portal, where);
	memcpy(login.isid, config->isid, sizeof(login.isid));
	r = make_random(&login, reterr);
	if (r < 0)
		return r;
	fd = open_connection(&link->portal, deadline_ms, reterr);
	if (fd < 0)
		return fd;
	settle_address(fd, link);
	call->wire.fd = fd;
	call->wire.where = where;
	call->wire.deadline_ms = deadline_ms;
	r = talk(call, &login, reterr);
	*ret_next = next_offer(offer, &call->login);
	/* LIO does so in place of an answer. */
	if (r == -ECONNRESET && !config->chap->present && call->login.step == ISCSI_STEP_METHOD &&
		!call->wire.bhs[0])
		r = err_set(reterr, -EACCES,
			"%s closes the connection at a login without CHAP: it may want a name and "
			"a secret, and /etc/pinet/chap.conf has none",
			where);
	if (r == ISCSI_LOGIN_REDIRECT) {
		link->portal = call->login.redirect;
		if (call->login.permanent)
			link->persistent = link->portal;
	} else if (r == ISCSI_LOGIN_DONE) {
		link->keys = call->login.keys;
		link->tsih = call->login.tsih;
		link->exp_stat_sn = call->login.exp_stat_sn;
		link->chap = call->login.chap.alg;
		link->fd = take_fd(&fd);
	}
	return r;
}

/* One portal with all offers. What is said of a refusal is what the best of them got. */
static int try_offers(const struct iscsi_dial_config *config, uint64_t deadline_ms,
	struct iscsi_link *link, struct err *reterr)
{
	enum offer offer = OFFER_ALL, next = OFFER_OVER;
	int r = try_portal(config, offer, deadline_ms, link, &next, reterr);

	while (r < 0 && next != OFFER_OVER) {
		int again;

		offer = next;
		next = OFFER_OVER;
		again = try_portal(config, offer, deadline_ms, link, &next,
			offer == OFFER_NONE ? NULL : reterr);
		if (again >= 0 || offer != OFFER_NONE)
			r = again;
	}
	return r;
}

int iscsi_dial(const struct iscsi_dial_config *config, const struct portal *portal,
	uint64_t deadline_ms, struct iscsi_link *ret, struct err *reterr)
{
	struct iscsi_link link = {.fd = -1, .portal = *portal, .persistent = *portal};
	unsigned int hops = 0;

	for (;;) {
		int r = try_offers(config, deadline_ms, &link, reterr);

		if (r == ISCSI_LOGIN_DONE) {
			*ret = link;
			return 0;
		}
		if (r < 0 && hops) {
			char where[ISCSI_WHERE_SIZE];

			iscsi_portal_text(portal, where);
			err_prefix(reterr, "%s sent us on", where);
		}
		if (r < 0)
			return r;
		if (++hops > REDIRECTS_MAX)
			return err_set(reterr, -ELOOP, "%s:%u has us sent on more than %d times",
				portal->host, portal->port, REDIRECTS_MAX);
	}
}

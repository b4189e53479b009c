/* SPDX-License-Identifier: GPL-2.0-or-later
 * A DHCPv4 client on one interface, driven from outside by a poll loop (RFC 2131 section 4.4).
 *
 *   INIT -start-> SELECTING -OFFERs-> REQUESTING -ACK-> BOUND
 *    ^  `--------deadline---^             |
 *    `----NAK, no answer, in use----------'
 *
 * With an address of its own it stays SELECTING, among the ACKs to its INFORM, until it is BOUND.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "source/dhcp.h"
#include "source/dhcp_msg.h"

#define RESEND_FIRST_MS  4000 /* RFC 2131 section 4.1 */
#define RESEND_JITTER_MS 1000
#define RESEND_DOUBLINGS 4 /* 4 s to 64 s */
#define REQUESTS_MAX     4 /* RFC 2131 section 3.1: then the client starts again */
#define WINDOW_MS        250 /* from the first offer on, for better ones */
#define WINDOW_PXE_MS    2000 /* a proxy with dnsmasq's dhcp-reply-delay=1, for old Raspberry Pis */
#define WINDOW_POOR_MS   4000 /* dnsmasq pings for 3 s before it offers */
#define PACKETS_MAX      64 /* taken per call, so that a flood cannot hold the caller */

/* xorshift32 (Marsaglia 2003): spreads clients, keeps no secret. */
static uint32_t next_random(struct dhcp_client *c)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 17;
	c->random ^= c->random << 5;
	return c->random;
}

/* The pause after the message number @attempt, from 0. */
static uint64_t backoff_ms(struct dhcp_client *c, unsigned int attempt)
{
	unsigned int doublings = attempt < RESEND_DOUBLINGS ? attempt : RESEND_DOUBLINGS;
	uint64_t spread = next_random(c) % (2 * RESEND_JITTER_MS + 1);

	return ((uint64_t)RESEND_FIRST_MS << doublings) - RESEND_JITTER_MS + spread;
}

/* Errors that pass, as a lost packet does: no buffer, or the link is down for a moment. */
static bool passes(int error)
{
	return error == -EAGAIN || error == -EINTR || error == -ENOBUFS || error == -ENETDOWN ||
	       error == -ENETUNREACH || error == -EHOSTUNREACH;
}

static const char *type_name(enum dhcp_type type)
{
	return type == DHCP_REQUEST   ? "DHCPREQUEST"
	       : type == DHCP_INFORM  ? "DHCPINFORM"
	       : type == DHCP_DECLINE ? "DHCPDECLINE"
				      : "DHCPDISCOVER";
}

static int send_type(
	struct dhcp_client *c, enum dhcp_type type, uint64_t now_ms, struct err *reterr)
{
	struct dhcp_msg_params p = {.type = type,
		.xid = c->xid,
		.arch = c->arch,
		.as_pxe = c->as_pxe,
		/* The packet socket hears an answer to us alone (RFC 2131 section 4.1), which no
		 * other machine has to look at; one that cannot be sent so is asked for the second
		 * time in the way that always works. */
		.unicast = c->attempt == 0,
		.ciaddr = c->ciaddr};
	uint8_t message[DHCP_MSG_BUILD_SIZE];
	uint64_t secs = (now_ms - c->started_ms) / 1000;
	int r;

	if (type == DHCP_REQUEST || type == DHCP_DECLINE) {
		p.requested = c->choice.best.address;
		p.server_id = c->choice.best.server_id;
	} else {
		c->secs = secs > UINT16_MAX ? UINT16_MAX : (uint16_t)secs;
	}
	p.secs = c->secs;
	memcpy(p.mac, c->mac, MAC_LEN);
	r = c->io.send(c->io.ctx, message, dhcp_msg_build(&p, message));
	if (r < 0 && !passes(r))
		return err_sys(reterr, r, "sending %s", type_name(type));
	return 0;
}

static void set_deadline(struct dhcp_client *c)
{
	c->deadline_ms = clock_min(c->resend_ms, c->window_ms);
}

/* The message of the state that we are in. */
static int send_message(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	enum dhcp_type type = c->state == DHCP_STATE_REQUESTING ? DHCP_REQUEST
			      : c->ciaddr.s_addr                ? DHCP_INFORM
								: DHCP_DISCOVER;
	int r = send_type(c, type, now_ms, reterr);

	if (r < 0)
		return r;
	c->resend_ms = now_ms + backoff_ms(c, c->attempt);
	set_deadline(c);
	return 0;
}

/* Each class has its number, by which a late answer tells what it was an answer to. */
static void set_class(struct dhcp_client *c, bool as_pxe)
{
	c->as_pxe = as_pxe;
	c->xid = c->xids[as_pxe];
}

/* A new exchange; the time since the first DISCOVER goes on. */
static int discover(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	c->state = DHCP_STATE_SELECTING;
	c->xids[0] = next_random(c);
	c->xids[1] = next_random(c);
	set_class(c, false);
	c->attempt = 0;
	c->asked_both = false;
	c->window_ms = CLOCK_FOREVER;
	dhcp_choice_clear(&c->choice);
	return send_message(c, now_ms, reterr);
}

static int start_again(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	if (c->n_naks++ == 0)
		return discover(c, now_ms, reterr);
	dhcp_choice_fail(&c->choice);
	c->state = DHCP_STATE_INIT;
	c->resend_ms = now_ms + backoff_ms(c, c->n_naks - 2);
	c->window_ms = CLOCK_FOREVER;
	set_deadline(c);
	return 0;
}

/* What the owner should know of the servers that were there before the right one. */
static void note_failed(struct dhcp_client *c)
{
	char server[IP4_TEXT_SIZE];

	for (unsigned int i = 0; i < c->choice.failed.n; i++) {
		num_format_ip4(c->choice.failed.server[i], server);
		notes_add(&c->notes,
			"the DHCP server %s offers addresses and gives no lease: passed over",
			server);
	}
}

static int bind_lease(struct dhcp_client *c, const struct lease *lease, const struct notes *notes)
{
	c->lease = *lease;
	c->notes = *notes;
	note_failed(c);
	if (c->choice.have_proxy) {
		dhcp_choice_merge(&c->lease, &c->choice.proxy);
		for (unsigned int i = 0; i < c->choice.proxy_notes.n; i++)
			notes_add(&c->notes, "proxy: %s", c->choice.proxy_notes.text[i]);
	}
	c->state = DHCP_STATE_BOUND;
	c->resend_ms = c->window_ms = CLOCK_FOREVER;
	set_deadline(c);
	return 1;
}

/* The choice is made. */
static int take_best(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	if (c->ciaddr.s_addr || c->only_looks)
		return bind_lease(c, &c->choice.best, &c->choice.notes);
	dhcp_choice_make(&c->choice);
	c->state = DHCP_STATE_REQUESTING;
	c->attempt = 0;
	set_class(c, c->choice.as_pxe);
	c->window_ms = CLOCK_FOREVER;
	c->requested_ms = now_ms;
	if (c->io.probe)
		(void)c->io.probe(c->io.ctx, c->choice.best.address); /* it is one packet */
	return send_message(c, now_ms, reterr);
}

static int take_offer(struct dhcp_client *c, const struct lease *offer, const struct notes *notes,
	uint64_t now_ms, struct err *reterr)
{
	struct lease lease = *offer;

	if (c->ciaddr.s_addr)
		lease.address = c->ciaddr; /* an answer to INFORM has none */
	if (dhcp_choice_take(&c->choice, &lease, notes, lease.xid == c->xids[1], &c->ignored) < 0)
		c->n_unusable++;
	if (dhcp_choice_is_settled(&c->choice))
		return take_best(c, now_ms, reterr);
	if (c->choice.have && c->window_ms == CLOCK_FOREVER)
		c->window_ms = now_ms + WINDOW_MS;
	set_deadline(c);
	return 0;
}

/* No offer was good enough so far: the other class, whose servers may be others, gets its chance. */
static int on_window(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	if (c->asked_both)
		return take_best(c, now_ms, reterr);
	c->asked_both = true;
	set_class(c, !c->as_pxe);
	c->window_ms = now_ms + (c->choice.rank <= DHCP_RANK_FAILED ? WINDOW_POOR_MS
					: c->as_pxe                 ? WINDOW_PXE_MS
								    : WINDOW_MS);
	return send_message(c, now_ms, reterr);
}

static void ignore_ack(struct dhcp_client *c, const struct lease *lease, const char *why)
{
	char server[IP4_TEXT_SIZE], address[IP4_TEXT_SIZE];

	c->n_unusable++;
	num_format_ip4(lease->server_id, server);
	num_format_ip4(lease->address, address);
	err_fill(&c->ignored, -EBADMSG, "acknowledgement of %s from server %s: %s", address, server,
		why);
}

/* True if another machine has the address, which goes back to the server then. */
static bool is_in_use(struct dhcp_client *c, const struct lease *lease)
{
	char address[IP4_TEXT_SIZE], text[MAC_TEXT_SIZE];
	uint8_t mac[MAC_LEN];

	if (!c->io.conflict || c->io.conflict(c->io.ctx, lease->address, mac) <= 0)
		return false;
	num_format_ip4(lease->address, address);
	num_format_mac(mac, ':', text);
	c->n_unusable++;
	err_fill(&c->ignored, -EADDRINUSE,
		"the DHCP server gave the address %s, which %s has already: declined", address,
		text);
	return true;
}

static int take_ack(struct dhcp_client *c, const struct lease *lease, const struct notes *notes,
	uint64_t now_ms, struct err *reterr)
{
	int r;

	if (lease->server_id.s_addr != c->choice.best.server_id.s_addr) {
		ignore_ack(c, lease, "another server was asked");
		return 0;
	}
	if (!dhcp_msg_is_host(lease->address)) {
		ignore_ack(c, lease, "that is no host's address");
		return 0;
	}
	if (!is_in_use(c, lease))
		return bind_lease(c, lease, notes);
	c->choice.best.address = lease->address; /* servers may have second thoughts */
	r = send_type(c, DHCP_DECLINE, now_ms, reterr);
	return r < 0 ? r : start_again(c, now_ms, reterr);
}

/* A server that offers and then refuses must not keep the client busy: each NAK waits longer. */
static int take_nak(
	struct dhcp_client *c, const struct lease *nak, uint64_t now_ms, struct err *reterr)
{
	if (nak->server_id.s_addr && nak->server_id.s_addr != c->choice.best.server_id.s_addr)
		return 0;
	c->n_unusable++;
	err_fill(&c->ignored, -EBADMSG,
		"the DHCP server offered an address and refused it (NAK%s%s)",
		nak->message[0] ? ": " : "", nak->message);
	return start_again(c, now_ms, reterr);
}

static bool is_for_other_class(const struct dhcp_client *c, struct span message)
{
	return dhcp_msg_is_for(message, c->xids[!c->as_pxe], c->mac);
}

static int take_message(
	struct dhcp_client *c, struct span message, uint64_t now_ms, struct err *reterr)
{
	struct notes notes = {.n = 0};
	struct lease lease;

	if (c->state != DHCP_STATE_SELECTING && c->state != DHCP_STATE_REQUESTING)
		return 0;
	if (!dhcp_msg_is_for(message, c->xid, c->mac) &&
		(c->state != DHCP_STATE_SELECTING || !is_for_other_class(c, message)))
		return 0;
	if (dhcp_lease_parse(message, &lease, &notes, &c->ignored) < 0) {
		c->n_malformed++;
		return 0;
	}
	if (c->state == DHCP_STATE_SELECTING &&
		lease.type == (c->ciaddr.s_addr ? DHCP_ACK : DHCP_OFFER))
		return take_offer(c, &lease, &notes, now_ms, reterr);
	if (c->state == DHCP_STATE_REQUESTING && lease.type == DHCP_ACK)
		return take_ack(c, &lease, &notes, now_ms, reterr);
	if (c->state == DHCP_STATE_REQUESTING && lease.type == DHCP_NAK)
		return take_nak(c, &lease, now_ms, reterr);
	return 0;
}

/* It may offer and never acknowledge: the next exchange is for the others first. */
static int give_up_request(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	char server[IP4_TEXT_SIZE], address[IP4_TEXT_SIZE];

	num_format_ip4(c->choice.best.server_id, server);
	num_format_ip4(c->choice.best.address, address);
	c->n_unusable++;
	err_fill(&c->ignored, -ETIMEDOUT,
		"the DHCP server %s offered the address %s and does not acknowledge it", server,
		address);
	dhcp_choice_fail(&c->choice);
	return discover(c, now_ms, reterr);
}

static int on_deadline(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	if (c->state == DHCP_STATE_INIT)
		return discover(c, now_ms, reterr);
	if (now_ms >= c->window_ms)
		return on_window(c, now_ms, reterr);
	c->attempt++;
	if (c->state == DHCP_STATE_REQUESTING && c->attempt == REQUESTS_MAX)
		return give_up_request(c, now_ms, reterr);
	if (c->state == DHCP_STATE_SELECTING && c->window_ms == CLOCK_FOREVER)
		set_class(c, c->attempt % 2); /* some servers answer PXE clients only */
	return send_message(c, now_ms, reterr);
}

void dhcp_client_init(struct dhcp_client *c, const struct dhcp_transport *io,
	const uint8_t mac[MAC_LEN], uint32_t seed)
{
	*c = (struct dhcp_client){
		.io = *io,
		.random = seed ^ num_be32(mac + 2),
		.resend_ms = CLOCK_FOREVER,
		.window_ms = CLOCK_FOREVER,
		.deadline_ms = CLOCK_FOREVER,
	};
	memcpy(c->mac, mac, MAC_LEN);
	if (!c->random)
		c->random = 0x9e3779b9; /* the generator would stay at 0 */
	for (unsigned int i = 0; i < 8; i++)
		(void)next_random(c); /* similar seeds part */
}

int dhcp_client_start(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	c->started_ms = now_ms;
	c->n_naks = 0;
	c->choice.failed.n = 0;
	return discover(c, now_ms, reterr);
}

int dhcp_client_inform(
	struct dhcp_client *c, struct in_addr ciaddr, uint64_t now_ms, struct err *reterr)
{
	c->ciaddr = ciaddr;
	return dhcp_client_start(c, now_ms, reterr);
}

void dhcp_client_stop(struct dhcp_client *c)
{
	c->state = DHCP_STATE_INIT;
	c->resend_ms = c->window_ms = CLOCK_FOREVER;
	set_deadline(c);
}

int dhcp_client_process(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	uint8_t buf[DHCP_MSG_SIZE];
	int r;

	for (unsigned int i = 0; i < PACKETS_MAX; i++) {
		ssize_t n = c->io.receive(c->io.ctx, buf, sizeof(buf));

		if (n == -EBADMSG) {
			c->n_malformed++;
			continue;
		}
		if (n == 0 || (n < 0 && passes((int)n)))
			break;
		if (n < 0)
			return err_sys(reterr, (int)n, "receiving DHCP answers");
		r = take_message(c, span_of(buf, (size_t)n), now_ms, reterr);
		if (r)
			return r;
	}
	return now_ms >= c->deadline_ms ? on_deadline(c, now_ms, reterr) : 0;
}

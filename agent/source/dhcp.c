/* SPDX-License-Identifier: GPL-2.0-or-later
 * A DHCPv4 client on one interface, driven from outside by a poll loop (RFC 2131 section 4.4).
 *
 *   INIT -start-> SELECTING -OFFER-> REQUESTING -ACK-> BOUND
 *    ^  `--------deadline---^            |
 *    `------NAK or no answer-------------'
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
#define PACKETS_MAX      64 /* taken per call, so that a flood cannot hold the caller */

#if defined(__aarch64__)
#define ARCH_HERE DHCP_ARCH_ARM64_UEFI
#elif defined(__arm__)
#define ARCH_HERE DHCP_ARCH_ARM32_UEFI
#else
#define ARCH_HERE DHCP_ARCH_X86_BIOS
#endif

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

static int send_message(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	struct dhcp_msg_params p = {
		.type = c->state == DHCP_STATE_REQUESTING ? DHCP_REQUEST : DHCP_DISCOVER,
		.xid = c->xid,
		.arch = c->arch,
	};
	uint8_t message[DHCP_MSG_BUILD_SIZE];
	uint64_t secs = (now_ms - c->started_ms) / 1000;
	int r;

	if (p.type == DHCP_REQUEST) {
		p.requested = c->offer.address;
		p.server_id = c->offer.server_id;
	} else {
		c->secs = secs > UINT16_MAX ? UINT16_MAX : (uint16_t)secs;
	}
	p.secs = c->secs;
	memcpy(p.mac, c->mac, MAC_LEN);
	r = c->io.send(c->io.ctx, message, dhcp_msg_build(&p, message));
	if (r < 0 && !passes(r))
		return err_sys(reterr, r, "sending %s",
			p.type == DHCP_REQUEST ? "DHCPREQUEST" : "DHCPDISCOVER");
	c->deadline_ms = now_ms + backoff_ms(c, c->attempt);
	return 0;
}

/* A new exchange; the time since the first DISCOVER goes on. */
static int discover(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	c->state = DHCP_STATE_SELECTING;
	c->xid = next_random(c);
	c->attempt = 0;
	return send_message(c, now_ms, reterr);
}

static void ignore(struct dhcp_client *c, const struct lease *lease, const char *why)
{
	char server[IP4_TEXT_SIZE], address[IP4_TEXT_SIZE];

	c->n_unusable++;
	num_format_ip4(lease->server_id, server);
	num_format_ip4(lease->address, address);
	err_fill(&c->ignored, -EBADMSG, "%s of %s from server %s: %s",
		lease->type == DHCP_OFFER ? "offer" : "acknowledgement", address, server, why);
}

/* The first usable offer is taken. A choice among several would collect them here. */
static int take_offer(
	struct dhcp_client *c, const struct lease *offer, uint64_t now_ms, struct err *reterr)
{
	if (!dhcp_msg_is_host(offer->server_id)) {
		ignore(c, offer, "it does not say which server made it (option 54)");
		return 0;
	}
	if (!dhcp_msg_is_host(offer->address)) {
		ignore(c, offer, "that is no host's address");
		return 0;
	}
	c->offer = *offer;
	c->state = DHCP_STATE_REQUESTING;
	c->attempt = 0;
	return send_message(c, now_ms, reterr);
}

static int take_ack(struct dhcp_client *c, const struct lease *lease, const struct notes *notes)
{
	if (lease->server_id.s_addr != c->offer.server_id.s_addr) {
		ignore(c, lease, "another server was asked");
		return 0;
	}
	if (!dhcp_msg_is_host(lease->address)) {
		ignore(c, lease, "that is no host's address");
		return 0;
	}
	c->lease = *lease;
	c->notes = *notes;
	c->state = DHCP_STATE_BOUND;
	c->deadline_ms = CLOCK_FOREVER;
	return 1;
}

/* A server that offers and then refuses must not keep the client busy: each NAK waits longer. */
static int take_nak(
	struct dhcp_client *c, const struct lease *nak, uint64_t now_ms, struct err *reterr)
{
	if (nak->server_id.s_addr && nak->server_id.s_addr != c->offer.server_id.s_addr)
		return 0;
	c->n_unusable++;
	err_fill(&c->ignored, -EBADMSG,
		"the DHCP server offered an address and refused it (NAK%s%s)",
		nak->message[0] ? ": " : "", nak->message);
	if (c->n_naks++ == 0)
		return discover(c, now_ms, reterr);
	c->state = DHCP_STATE_INIT;
	c->deadline_ms = now_ms + backoff_ms(c, c->n_naks - 2);
	return 0;
}

static int take_message(
	struct dhcp_client *c, struct span message, uint64_t now_ms, struct err *reterr)
{
	struct notes notes = {.n = 0};
	struct lease lease;

	if (c->state != DHCP_STATE_SELECTING && c->state != DHCP_STATE_REQUESTING)
		return 0;
	if (!dhcp_msg_is_for(message, c->xid, c->mac))
		return 0;
	if (dhcp_lease_parse(message, &lease, &notes, &c->ignored) < 0) {
		c->n_malformed++;
		return 0;
	}
	if (c->state == DHCP_STATE_SELECTING && lease.type == DHCP_OFFER)
		return take_offer(c, &lease, now_ms, reterr);
	if (c->state == DHCP_STATE_REQUESTING && lease.type == DHCP_ACK)
		return take_ack(c, &lease, &notes);
	if (c->state == DHCP_STATE_REQUESTING && lease.type == DHCP_NAK)
		return take_nak(c, &lease, now_ms, reterr);
	return 0;
}

static int on_deadline(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
{
	if (c->state == DHCP_STATE_INIT)
		return discover(c, now_ms, reterr);
	c->attempt++;
	if (c->state == DHCP_STATE_REQUESTING && c->attempt == REQUESTS_MAX)
		return discover(c, now_ms, reterr);
	return send_message(c, now_ms, reterr);
}

void dhcp_client_init(struct dhcp_client *c, const struct dhcp_transport *io,
	const uint8_t mac[MAC_LEN], uint32_t seed)
{
	*c = (struct dhcp_client){
		.io = *io,
		.arch = ARCH_HERE,
		.random = seed ^ num_be32(mac + 2),
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
	return discover(c, now_ms, reterr);
}

void dhcp_client_stop(struct dhcp_client *c)
{
	c->state = DHCP_STATE_INIT;
	c->deadline_ms = CLOCK_FOREVER;
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

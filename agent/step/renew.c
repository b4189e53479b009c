/* SPDX-License-Identifier: GPL-2.0-or-later
 * The lease of the root's interface, renewed for as long as the machine runs (RFC 2131 section
 * 4.4.5).
 *
 *   BOUND -T1-> RENEWING -T2-> REBINDING -end-> LOST
 *     ^------ACK---'---------ACK---'------ACK----'
 *                                      NAK in any of them leads to LOST
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "source/dhcp_msg.h"
#include "step/renew.h"

#define PACKETS_MAX   64 /* taken per call */
#define PAUSE_LEAST   4000
#define PAUSE_MOST    60000 /* RFC 2131 section 4.4.5: "down to a minimum of 60 seconds" */
#define LEASE_LEAST_S 16 /* a server's slip must not keep the network busy */

/* xorshift32 (Marsaglia 2003): spreads clients, keeps no secret. */
static uint32_t next_random(struct renew *r)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 17;
	r->random ^= r->random << 5;
	return r->random;
}

const char *renew_phase_name(enum renew_phase phase)
{
	static const char *const name[] = {
		[RENEW_BOUND] = "bound",
		[RENEW_RENEWING] = "renewing",
		[RENEW_REBINDING] = "rebinding",
		[RENEW_LOST] = "lost",
	};

	return name[phase];
}

static uint64_t after(const struct renew_lease *lease, uint32_t seconds)
{
	return lease->lease_s == LEASE_FOREVER ? CLOCK_FOREVER
					       : lease->obtained_ms + seconds * 1000ull;
}

/* Times that make no sense get those of RFC 2131 section 4.4.5: 1/2 and 7/8. */
static void check_times(struct renew_lease *lease)
{
	if (lease->lease_s == LEASE_FOREVER)
		return;
	if (lease->lease_s < LEASE_LEAST_S)
		lease->lease_s = LEASE_LEAST_S;
	if (lease->t2_s > lease->lease_s || lease->t2_s < LEASE_LEAST_S / 2)
		lease->t2_s = lease->lease_s - lease->lease_s / 8;
	if (lease->t1_s > lease->t2_s || lease->t1_s < LEASE_LEAST_S / 4)
		lease->t1_s = lease->t2_s / 2;
}

static enum renew_phase phase_at(const struct renew *r, uint64_t now_ms)
{
	const struct renew_lease *lease = &r->lease;

	if (r->refused || now_ms >= after(lease, lease->lease_s))
		return RENEW_LOST;
	if (now_ms >= after(lease, lease->t2_s))
		return RENEW_REBINDING;
	return now_ms >= after(lease, lease->t1_s) ? RENEW_RENEWING : RENEW_BOUND;
}

static uint64_t phase_end_ms(const struct renew *r)
{
	const struct renew_lease *lease = &r->lease;

	return r->phase == RENEW_LOST        ? CLOCK_FOREVER
	       : r->phase == RENEW_REBINDING ? after(lease, lease->lease_s)
	       : r->phase == RENEW_RENEWING  ? after(lease, lease->t2_s)
					     : after(lease, lease->t1_s);
}

static uint64_t pause_least_ms(const struct renew *r)
{
	uint64_t ms = r->lease.lease_s * 1000ull / 8;

	return ms < PAUSE_LEAST ? PAUSE_LEAST : ms > PAUSE_MOST ? PAUSE_MOST : ms;
}

/* The next message, if none is answered; @end_ms is where the phase ends. */
static uint64_t next_ms(struct renew *r, uint64_t now_ms, uint64_t end_ms)
{
	uint64_t least_ms = pause_least_ms(r), pause_ms;

	if (r->phase == RENEW_LOST) {
		pause_ms = PAUSE_LEAST << (r->attempt < 4 ? r->attempt : 4);
		pause_ms = pause_ms > PAUSE_MOST ? PAUSE_MOST : pause_ms;
	} else {
		pause_ms = end_ms > now_ms ? (end_ms - now_ms) / 2 : 0;
		pause_ms = pause_ms < least_ms ? least_ms : pause_ms;
	}
	pause_ms += next_random(r) % (pause_ms / 8); /* a lab of clients is not to ask as one */
	return clock_min(now_ms + pause_ms, end_ms);
}

/* What the owner has to know of a phase that no server answers. */
static void tell_phase(struct renew *r)
{
	char address[IP4_TEXT_SIZE], server[IP4_TEXT_SIZE];

	num_format_ip4(r->lease.address, address);
	num_format_ip4(r->lease.server, server);
	if (r->phase == RENEW_REBINDING)
		err_fill(&r->problem, -ETIMEDOUT,
			"the DHCP server %s does not renew the lease of %s: every server is asked "
			"now; is it running?",
			server, address);
	else if (r->phase == RENEW_LOST && !r->refused)
		err_fill(&r->problem, -ETIMEDOUT,
			"the lease of %s has ended and no DHCP server answers: the root keeps the "
			"address, which may be given to another machine; start the DHCP server %s",
			address, server);
}

static int send_message(struct renew *r, enum dhcp_type type, bool selecting, uint64_t now_ms)
{
	uint64_t secs = (now_ms - r->asked_ms) / 1000;
	struct dhcp_msg_params p = {.type = type,
		.xid = r->xid,
		.secs = secs > UINT16_MAX ? UINT16_MAX : (uint16_t)secs,
		.arch = r->arch};
	uint8_t message[DHCP_MSG_BUILD_SIZE];
	size_t len;
	int e = -EDESTADDRREQ;

	memcpy(p.mac, r->mac, MAC_LEN);
	if (type == DHCP_REQUEST && !selecting)
		p.ciaddr = r->lease.address; /* RENEWING and REBINDING, RFC 2131 table 4 */
	else
		p.requested = r->lease.address;
	if (selecting)
		p.server_id = r->offerer;
	len = dhcp_msg_build(&p, message);
	r->sent_ms = now_ms;
	if (r->phase == RENEW_RENEWING && r->lease.server.s_addr)
		e = r->io.unicast(r->io.link.ctx, r->lease.server, message, len);
	/* Where the port is another program's, or the server unknown, all are asked at once. */
	return e < 0 ? r->io.link.send(r->io.link.ctx, message, len) : e;
}

/* One packet to be lost more or less: the next deadline repeats it. */
static void ask(struct renew *r, uint64_t now_ms)
{
	enum dhcp_type type =
		r->phase == RENEW_LOST && r->attempt % 2 ? DHCP_DISCOVER : DHCP_REQUEST;
	int e;

	r->xid = next_random(r);
	r->offered = false;
	if (r->io.link.probe)
		(void)r->io.link.probe(r->io.link.ctx, r->lease.address); /* one packet, too */
	e = send_message(r, type, false, now_ms);
	if (e < 0)
		err_fill_sys(&r->problem, e, "cannot ask for the lease of the root's address");
	r->deadline_ms = next_ms(r, now_ms, phase_end_ms(r));
	r->attempt++;
}

static void on_deadline(struct renew *r, uint64_t now_ms)
{
	enum renew_phase phase = phase_at(r, now_ms);

	if (phase == RENEW_BOUND)
		phase = r->phase; /* or renew_now() was asked for it */
	if (phase == RENEW_BOUND) {
		r->deadline_ms = phase_end_ms(r);
		return;
	}
	if (r->phase == RENEW_BOUND)
		r->asked_ms = now_ms;
	if (r->phase != phase) {
		r->phase = phase;
		r->attempt = 0;
		tell_phase(r);
	}
	ask(r, now_ms);
}

/* True if somebody else has our address, which the problem then says. */
static bool has_conflict(struct renew *r)
{
	char address[IP4_TEXT_SIZE], text[MAC_TEXT_SIZE];
	uint8_t mac[MAC_LEN];

	if (!r->io.link.conflict || r->io.link.conflict(r->io.link.ctx, r->lease.address, mac) <= 0)
		return false;
	num_format_ip4(r->lease.address, address);
	num_format_mac(mac, ':', text);
	err_fill(&r->problem, -EADDRINUSE,
		"the root's address %s is used by another machine, too (%s): take it away from "
		"that one, or the session breaks",
		address, text);
	return true;
}

static void refuse_other(struct renew *r, const struct lease *answer)
{
	char ours[IP4_TEXT_SIZE], theirs[IP4_TEXT_SIZE], server[IP4_TEXT_SIZE];

	num_format_ip4(r->lease.address, ours);
	num_format_ip4(answer->address, theirs);
	num_format_ip4(answer->server_id, server);
	err_fill(&r->problem, -EADDRNOTAVAIL,
		"the DHCP server %s gives this machine %s in place of %s: the root keeps its "
		"address; have the server give %s to this machine, or reboot",
		server, theirs, ours, ours);
}

static int take_ack(struct renew *r, const struct lease *answer)
{
	struct renew_lease lease = {.address = r->lease.address,
		.server = answer->server_id.s_addr ? answer->server_id : r->lease.server,
		.obtained_ms = r->sent_ms,
		.lease_s = answer->lease_s,
		.t1_s = answer->t1_s,
		.t2_s = answer->t2_s};

	if (answer->address.s_addr != r->lease.address.s_addr) {
		refuse_other(r, answer);
		return 0;
	}
	check_times(&lease);
	r->problem = (struct err){.code = 0};
	(void)has_conflict(r); /* the lease is ours, and the problem is told */
	r->lease = lease;
	r->answer = *answer;
	r->phase = RENEW_BOUND;
	r->refused = r->offered = false;
	r->deadline_ms = phase_end_ms(r);
	r->io.rest(r->io.link.ctx);
	return 1;
}

static void take_nak(struct renew *r, const struct lease *nak, uint64_t now_ms)
{
	char address[IP4_TEXT_SIZE], server[IP4_TEXT_SIZE];

	if (r->refused)
		return; /* that is known, and what was offered instead */
	num_format_ip4(r->lease.address, address);
	num_format_ip4(nak->server_id, server);
	err_fill(&r->problem, -EPERM,
		"the DHCP server %s refuses the root's address %s (NAK%s%.100s): the root keeps "
		"it; "
		"have the server give it to this machine, or reboot",
		server, address, nak->message[0] ? ": " : "", nak->message);
	r->refused = true;
	r->offered = false;
	if (r->phase == RENEW_LOST)
		return; /* the next attempt has its time */
	r->phase = RENEW_LOST;
	r->attempt = 1; /* that REQUEST was answered: DISCOVER comes next */
	r->deadline_ms = now_ms + PAUSE_LEAST;
}

/* The offer of our own address is the way back to a lease. */
static void take_offer(struct renew *r, const struct lease *offer, uint64_t now_ms)
{
	if (offer->address.s_addr != r->lease.address.s_addr) {
		if (!r->offered)
			refuse_other(r, offer);
		return;
	}
	if (r->offered || !offer->server_id.s_addr)
		return;
	r->offered = true;
	r->offerer = offer->server_id;
	(void)send_message(r, DHCP_REQUEST, true, now_ms); /* if it is lost, all is repeated */
}

static int take_message(struct renew *r, struct span message, uint64_t now_ms)
{
	struct notes notes = {.n = 0};
	struct lease answer;

	if (r->phase == RENEW_BOUND || !dhcp_msg_is_for(message, r->xid, r->mac) ||
		dhcp_lease_parse(message, &answer, &notes, NULL) < 0)
		return 0;
	if (answer.type == DHCP_ACK && answer.address.s_addr)
		return take_ack(r, &answer);
	if (answer.type == DHCP_NAK)
		take_nak(r, &answer, now_ms);
	else if (answer.type == DHCP_OFFER && r->phase == RENEW_LOST)
		take_offer(r, &answer, now_ms);
	return 0;
}

void renew_init(struct renew *r, const struct renew_transport *io, const uint8_t mac[MAC_LEN],
	const struct renew_lease *lease, uint32_t seed)
{
	*r = (struct renew){.io = *io, .lease = *lease, .random = seed ^ num_be32(mac + 2)};
	memcpy(r->mac, mac, MAC_LEN);
	if (!r->random)
		r->random = 0x9e3779b9; /* the generator would stay at 0 */
	for (unsigned int i = 0; i < 8; i++)
		(void)next_random(r); /* similar seeds part */
	check_times(&r->lease);
	r->deadline_ms = phase_end_ms(r);
}

void renew_now(struct renew *r, uint64_t now_ms)
{
	enum renew_phase phase = phase_at(r, now_ms);

	if (r->phase == RENEW_BOUND)
		r->asked_ms = now_ms;
	r->phase = phase == RENEW_BOUND ? RENEW_RENEWING : phase;
	r->attempt = 0;
	ask(r, now_ms);
}

int renew_process(struct renew *r, uint64_t now_ms)
{
	uint8_t buf[DHCP_MSG_SIZE];
	int renewed = 0;

	for (unsigned int i = 0; i < PACKETS_MAX && r->phase != RENEW_BOUND; i++) {
		ssize_t n = r->io.link.receive(r->io.link.ctx, buf, sizeof(buf));

		if (n == -EBADMSG)
			continue;
		if (n <= 0)
			break; /* an error passes, or the next message meets it again */
		renewed |= take_message(r, span_of(buf, (size_t)n), now_ms);
	}
	if (r->phase != RENEW_BOUND)
		(void)has_conflict(r);
	if (now_ms >= r->deadline_ms)
		on_deadline(r, now_ms);
	return renewed;
}

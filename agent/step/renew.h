/* SPDX-License-Identifier: GPL-2.0-or-later
 * The lease of the root's interface, renewed for as long as the machine runs (RFC 2131 section
 * 4.4.5). Driven from outside by a poll loop, as source/dhcp is.
 *
 * In one thing it does not follow the RFC: whatever a server says, and also after the lease has
 * ended, the address stays. The root is behind it, so giving it back would end the machine.
 */
#ifndef STEP_RENEW_H
#define STEP_RENEW_H

#include <stdbool.h>
#include <stdint.h>

#include "source/dhcp.h"

enum renew_phase {
	RENEW_BOUND, /* nothing to do until T1 */
	RENEW_RENEWING, /* T1 to T2: the server that gave the lease is asked */
	RENEW_REBINDING, /* T2 to the end of the lease: all servers are asked */
	RENEW_LOST, /* the lease has ended or was refused: all are asked, in either way */
};

struct renew_transport {
	struct dhcp_transport link; /* broadcast, receive, probe and conflict; ctx is for all */
	/* Sends one DHCP message from the address of the lease to @server. 0 or a negative errno. */
	int (*unicast)(void *ctx, struct in_addr server, const uint8_t *message, size_t len);
	/* There is nothing to be heard until the next send. */
	void (*rest)(void *ctx);
};

/* A lease as it is kept: when it began and what it lasts. */
struct renew_lease {
	struct in_addr address, server; /* 0.0.0.0 as server: none is known */
	uint64_t obtained_ms; /* base/clock: its REQUEST went out */
	uint32_t lease_s, t1_s, t2_s; /* LEASE_FOREVER: no end */
};

struct renew {
	struct renew_transport io;
	uint8_t mac[MAC_LEN];
	uint16_t arch; /* option 93: set by the caller after renew_init() */
	struct renew_lease lease;
	struct lease answer; /* the last acknowledgement: options may have changed */
	enum renew_phase phase;
	bool refused; /* the lease is over before its time */
	bool offered; /* RENEW_LOST: our address was offered and requested */
	struct in_addr offerer; /* who did */
	unsigned int attempt; /* messages of this phase so far */
	uint32_t random, xid;
	uint64_t asked_ms; /* the first message since the lease was valid, for secs */
	uint64_t sent_ms; /* the last message */
	uint64_t deadline_ms; /* of renew_process(); CLOCK_FOREVER with a lease that has no end */
	struct err problem; /* code 0: none. What the owner has to know, in words that stay */
};

/* Takes over a lease that somebody got with @mac as identity; nothing is sent. */
void renew_init(struct renew *r, const struct renew_transport *io, const uint8_t mac[MAC_LEN],
	const struct renew_lease *lease, uint32_t seed);

/* Asks now, whatever the time is. */
void renew_now(struct renew *r, uint64_t now_ms);

/*
 * To be called when a socket is readable or the deadline has passed: takes the waiting messages (a
 * bounded number), and asks if it is time to.
 *
 * RENEWING and REBINDING repeat after half of the time that is left to the phase, LOST with growing
 * pauses of at most a minute; the least pause is an eighth of the lease, from 4 s to 60 s.
 * A LOST lease is asked for by REQUEST as in REBINDING, which servers answer that remember it or
 * are authoritative, and in turn by DISCOVER; an offer of another address is not taken.
 *
 * Returns 1 if the lease was renewed (r->lease and r->answer are new), else 0. r->problem changes
 * with every new thing that the owner has to know, and is empty again after a renewal.
 */
int renew_process(struct renew *r, uint64_t now_ms);

/* "bound", "renewing", "rebinding" or "lost". */
const char *renew_phase_name(enum renew_phase phase);

#endif

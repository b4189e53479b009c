/* SPDX-License-Identifier: GPL-2.0-or-later
 * A DHCPv4 client on one interface, driven from outside by a poll loop (RFC 2131 section 4.4).
 */
#ifndef SOURCE_DHCP_H
#define SOURCE_DHCP_H

#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "base/num.h"
#include "source/dhcp_choice.h"
#include "source/dhcp_lease.h"

enum dhcp_state { DHCP_STATE_INIT, DHCP_STATE_SELECTING, DHCP_STATE_REQUESTING, DHCP_STATE_BOUND };

/* How the client sends and receives; the real one is dhcp_io.h, tests have their own. */
struct dhcp_transport {
	void *ctx;
	/* Sends one DHCP message by broadcast from 0.0.0.0:68 to port 67. 0 or a negative errno. */
	int (*send)(void *ctx, const uint8_t *message, size_t len);
	/*
	 * Next received DHCP message (the UDP payload): its length, 0 when none waits, -EBADMSG for
	 * a malformed packet that was dropped, or another negative errno.
	 */
	ssize_t (*receive)(void *ctx, uint8_t *buf, size_t size);
	/*
	 * Asks the network who has @address, and whether anybody but us has answered that since:
	 * 1 with his MAC address, 0, or a negative errno. Both may be NULL.
	 */
	int (*probe)(void *ctx, struct in_addr address);
	int (*conflict)(void *ctx, struct in_addr address, uint8_t ret_mac[MAC_LEN]);
};

struct dhcp_client {
	struct dhcp_transport io;
	uint8_t mac[MAC_LEN];
	uint16_t arch; /* option 93, enum dhcp_arch: 0 unless the caller changes it */
	bool only_looks; /* BOUND to the best offer, without a REQUEST: set as arch */
	struct in_addr ciaddr; /* of a client that only informs itself, else 0.0.0.0 */
	uint32_t random; /* state of the generator; seeded by the caller */
	uint32_t xids[2]; /* of this exchange: as class pinet, as PXE client */
	uint32_t xid; /* the one of these that is in use */
	enum dhcp_state state;
	bool as_pxe; /* the class of the message that is being repeated */
	bool asked_both; /* in this exchange: no class is left to ask as */
	unsigned int attempt; /* of the message that is being repeated */
	uint64_t started_ms; /* first DISCOVER */
	uint64_t resend_ms; /* next transmission, CLOCK_FOREVER when none */
	uint64_t window_ms; /* end of the time for better offers, CLOCK_FOREVER without one */
	uint64_t deadline_ms; /* the earlier of both */
	uint64_t requested_ms; /* the first REQUEST of the exchange: the lease's time begins */
	uint16_t secs; /* of the last DISCOVER; its REQUEST has the same (RFC 2131 section 3.1) */
	struct dhcp_choice choice; /* judge: set by the caller after dhcp_client_init() */
	struct lease lease; /* when BOUND, with what a proxy adds */
	struct notes notes; /* what was ignored in the lease */
	unsigned int n_naks; /* since the start, with addresses that we declined */
	unsigned int n_malformed; /* packets that were no well-formed answer */
	unsigned int n_unusable; /* answers to us that could not be used */
	struct err ignored; /* why the last of these was not used */
};

/* Prepares a client; nothing is sent. @seed should differ between machines (MAC and time do). */
void dhcp_client_init(struct dhcp_client *c, const struct dhcp_transport *io,
	const uint8_t mac[MAC_LEN], uint32_t seed);

/* The carrier is up: sends the first DISCOVER. Returns 0 or a negative errno with @reterr. */
int dhcp_client_start(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * For an interface that has its address, @ciaddr: sends INFORM (RFC 2131 section 3.4). BOUND then
 * means that there is an answer, whose address is @ciaddr. Returns as dhcp_client_start().
 */
int dhcp_client_inform(struct dhcp_client *c, struct in_addr ciaddr, uint64_t now_ms,
	struct err *reterr) __attribute__((warn_unused_result));

/* The carrier is gone: back to INIT, no deadline. */
void dhcp_client_stop(struct dhcp_client *c);

/*
 * To be called when the socket is readable or the deadline has passed: takes the waiting messages
 * (a bounded number: others are left for the next call) and retransmits with the back-off of RFC
 * 2131 section 4.1 (4, 8, 16, 32, 64 s, each +-1 s), as a PXE client every other time.
 *
 * An OFFER that answers everything is requested at once. After one that does not, 250 ms are left
 * to others; then the question is asked once more as a PXE client, to which a proxy may wait a
 * second with its answer: 2 s are left for that, 4 s if the machine cannot boot with what it has so
 * far. The best of all is requested.
 *
 * With the REQUEST an ARP probe goes out (RFC 5227 section 2.1.1): one, and for its answer there is
 * the time that the server takes to acknowledge. The seconds of the RFC are more than a boot can
 * spare. An address that is in use is declined.
 *
 * A REQUEST that stays without answer four times, a NAK or an address that was declined starts again
 * with DISCOVER: at once after the first, with the back-off after each further one. The server of an
 * exchange that ended so is taken only if there is no other that will do: after four REQUESTs at once,
 * after a refusal from the second on, since the first may have been about that one address.
 *
 * Returns 1 once when BOUND (c->lease is complete), 0 otherwise, or a negative errno with @reterr
 * if the socket failed.
 */
int dhcp_client_process(struct dhcp_client *c, uint64_t now_ms, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

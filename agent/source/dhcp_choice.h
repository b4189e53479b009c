/* SPDX-License-Identifier: GPL-2.0-or-later
 * The choice among the offers of several DHCP servers, and what a proxy adds to them.
 */
#ifndef SOURCE_DHCP_CHOICE_H
#define SOURCE_DHCP_CHOICE_H

#include "base/err.h"
#include "source/dhcp_lease.h"

#define DHCP_CHOICE_SEEN   8
#define DHCP_CHOICE_FAILED 4

/* What an offer is worth to this machine, which is for its plan to say. */
enum dhcp_rank {
	DHCP_RANK_POOR, /* the machine cannot boot with it */
	DHCP_RANK_FAILED, /* it could, but its server gave no lease for the last one */
	DHCP_RANK_GUESS, /* it can if the DHCP server happens to be its boot server */
	DHCP_RANK_FULL, /* it answers everything that is not configured already */
};

struct dhcp_judge {
	enum dhcp_rank (*rank)(void *ctx, const struct lease *offer); /* NULL: all are full */
	void *ctx;
};

/* Servers that offered and then gave no lease. */
struct dhcp_failed {
	unsigned int n;
	struct in_addr server[DHCP_CHOICE_FAILED];
};

struct dhcp_choice {
	struct dhcp_judge judge;
	struct dhcp_failed failed; /* of earlier exchanges */
	bool have, have_proxy;
	bool as_pxe; /* the best one answers a PXE client */
	enum dhcp_rank rank; /* of the best one, with what the proxy adds */
	struct lease best; /* as it came */
	struct lease proxy;
	struct notes notes, proxy_notes; /* what was ignored in either */
	unsigned int n_seen; /* servers, the best one among them; proxies apart */
	struct {
		struct in_addr server;
		enum dhcp_rank rank;
	} seen[DHCP_CHOICE_SEEN];
};

/* Forgets all offers, but not whose led to nothing. */
void dhcp_choice_clear(struct dhcp_choice *c);

/* The best offer led to no lease: those of its server stand behind all that could do as well. */
void dhcp_choice_fail(struct dhcp_choice *c);

/*
 * The best offer is being taken. If it is one that stood behind, no other server is there that has not
 * failed: all of them get a new chance, so that none is left out for ever.
 */
void dhcp_choice_make(struct dhcp_choice *c);

/*
 * Takes an offer into account, to a DISCOVER as PXE client if @as_pxe. The first among equals wins.
 * One without an address that is of class PXEClient is a proxy's (PXE 2.1 section 2.2.3).
 *
 * Returns 0; or -EBADMSG with @reterr if nobody could use it.
 */
int dhcp_choice_take(struct dhcp_choice *c, const struct lease *offer, const struct notes *notes,
	bool as_pxe, struct err *reterr) __attribute__((warn_unused_result));

/* True if no other offer can be better. */
bool dhcp_choice_is_settled(const struct dhcp_choice *c);

/*
 * True if what is chosen lacks something that a proxy may know: it says that it is there and names no
 * boot file, which means that it wants to be asked at its port 4011 (PXE 2.1 section 2.2.3).
 */
bool dhcp_choice_asks_proxy(const struct dhcp_choice *c);

/*
 * Adds to @lease what the proxy's answer @proxy says of the boot and @lease does not; a server that
 * it names stands above one that just happens to give out addresses. Words get "proxy " in front.
 */
void dhcp_choice_merge(struct lease *lease, const struct lease *proxy);

#endif

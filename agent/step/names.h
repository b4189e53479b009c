/* SPDX-License-Identifier: GPL-2.0-or-later
 * Names of servers to addresses, by the name servers of /etc/resolv.conf and with a deadline.
 */
#ifndef STEP_NAMES_H
#define STEP_NAMES_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "plan/plan.h"

#define NAMES_ADDRESSES    8
#define NAMES_ADDRESS_SIZE 46 /* INET6_ADDRSTRLEN */

struct names {
	unsigned int n;
	char address[NAMES_ADDRESSES][NAMES_ADDRESS_SIZE]; /* numeric, IPv6 without brackets */
};

/* How the name servers are found; for tests. */
struct names_conf {
	unsigned int n_servers, n_search;
	char server[4][NAMES_ADDRESS_SIZE]; /* numeric, IPv6 without brackets */
	char search[4][256];
};

/* @host, which is numeric, and @port for connect(2). Returns 0 or -EDESTADDRREQ. */
int names_to_sockaddr(const char *host, uint16_t port, struct sockaddr_storage *ret,
	socklen_t *ret_len) __attribute__((warn_unused_result));

/* Reads the text of a resolv.conf(5); what is malformed in it, or too much, is passed over. */
void names_conf_parse(struct span text, struct names_conf *ret);

/*
 * The addresses of @host, those of IPv4 first; one that is numeric is its own. A name without a dot
 * gets the search domains first.
 *
 * Returns 0 with at least one; -EINVAL if @host cannot be a name; -EDESTADDRREQ if no name server is known
 * or @deadline_ms has passed; -ENOENT if there is no such name or it has no address; -ETIMEDOUT and
 * so on, with @reterr naming host and servers.
 */
int names_find(const char *host, uint64_t deadline_ms, struct names *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Puts addresses in place of the names in the portals of @plan: all of them, in order, as many as fit.
 * Returns 0, or as names_find() if no portal has an address; @plan is then left alone.
 */
int names_in_portals(struct plan *plan, uint64_t deadline_ms, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

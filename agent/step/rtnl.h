/* SPDX-License-Identifier: GPL-2.0-or-later
 * Links, addresses and routes of the kernel over a NETLINK_ROUTE socket.
 */
#ifndef STEP_RTNL_H
#define STEP_RTNL_H

#include "base/err.h"
#include "step/rtnl_msg.h"

struct rtnl {
	int fd; /* of a monitor: non-blocking, poll it for POLLIN */
	uint32_t seq;
};

#define RTNL_CLOSED ((struct rtnl){.fd = -1})

/*
 * A socket for requests, or one that hears of changes of links, or of IPv6 addresses.
 * 0 or a negative errno.
 */
int rtnl_open(struct rtnl *nl, struct err *reterr) __attribute__((warn_unused_result));
int rtnl_open_monitor(struct rtnl *nl, struct err *reterr) __attribute__((warn_unused_result));
int rtnl_open_monitor6(struct rtnl *nl, struct err *reterr) __attribute__((warn_unused_result));
void rtnl_close(struct rtnl *nl);

/*
 * Sends @req and waits for the kernel's answer to it.
 * Returns 0, or a negative errno with @reterr: "WHAT: REASON (the kernel's own words)".
 */
int rtnl_do(struct rtnl *nl, struct rtnl_request *req, struct err *reterr, const char *what, ...)
	__attribute__((warn_unused_result, format(printf, 4, 5)));

/* Calls @seen for each link there is. Returns 0 or a negative errno with @reterr. */
int rtnl_dump_links(struct rtnl *nl, void (*seen)(void *ctx, const struct rtnl_link *link),
	void *ctx, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Calls @seen for each change that waits on the monitor @nl.
 * Returns 0; -ENOBUFS if changes were lost, so that a dump is due; or another negative errno.
 */
int rtnl_read_links(struct rtnl *nl, void (*seen)(void *ctx, const struct rtnl_link *link),
	void *ctx, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Finds the address of the interface with the default route, or else the first address that is not
 * of the loopback interface. Returns 1 with @ret, 0 if there is none, or a negative errno.
 */
int rtnl_find_address(struct rtnl *nl, struct rtnl_address *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/* Calls @seen for each IPv6 address there is. Returns 0 or a negative errno with @reterr. */
int rtnl_dump_addresses6(struct rtnl *nl,
	void (*seen)(void *ctx, const struct rtnl_address6 *address), void *ctx, struct err *reterr)
	__attribute__((warn_unused_result));

/* Throws away what waits on the monitor @nl: the caller looks for himself what there is now. */
void rtnl_drain(struct rtnl *nl);

#endif

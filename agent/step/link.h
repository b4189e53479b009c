/* SPDX-License-Identifier: GPL-2.0-or-later
 * An interface gets its MTU, address and routes.
 */
#ifndef STEP_LINK_H
#define STEP_LINK_H

#include "step/rtnl.h"
#include "step/step.h"

/*
 * Configures the interface of @report with its address and the routes of its lease, or those of the
 * plan when there is none. An MTU that the driver refuses and a route that the kernel refuses are
 * remarks in @report->notes.
 *
 * Returns 0, or a negative errno with @reterr; then the interface has no address of ours.
 */
int link_configure(struct rtnl *nl, const struct plan *plan, struct network_report *report,
	struct err *reterr) __attribute__((warn_unused_result));

/* True if both configure the same: interface, address, routes and MTU. */
bool link_is_same(const struct network_report *a, const struct network_report *b);

/*
 * Takes the address of @report from its interface, and with it the routes; with @down the link is set
 * down. What is gone already is no error. Returns 0, or a negative errno with @reterr.
 */
int link_remove(struct rtnl *nl, const struct network_report *report, bool down, struct err *reterr)
	__attribute__((warn_unused_result));

/* The MAC address of @ifname, zeros if it has none. */
void link_read_mac(const char *ifname, uint8_t ret[MAC_LEN]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The IPv6 address of an interface. For step/network.c and step/link.c only.
 */
#ifndef STEP_IPV6_H
#define STEP_IPV6_H

#include "step/rtnl.h"
#include "step/step.h"

/*
 * Gives the interface of @report the address and the gateway of @plan, or waits for the address that a
 * router advertises, and until the kernel has found that nobody else has it; @report gets it.
 *
 * Returns 0; -EADDRINUSE; -ETIMEDOUT after 30 s, or at @deadline_ms; or another negative errno, with
 * @reterr. On failure the interface has nothing of it.
 */
int ipv6_configure(struct rtnl *nl, const struct plan *plan, uint64_t deadline_ms,
	struct network_report *report, struct err *reterr) __attribute__((warn_unused_result));

#endif

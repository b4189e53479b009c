/* SPDX-License-Identifier: GPL-2.0-or-later
 * DHCPINFORM: what the network knows beside an address. For step/network.c only.
 */
#ifndef STEP_INFORM_H
#define STEP_INFORM_H

#include "step/step.h"

/*
 * On the interface of @report, which has its static address, asks DHCP for what the plan lacks, if it
 * lacks anything and DHCP is believed; the answer goes to @report.
 *
 * Returns 0, -ETIMEDOUT at @deadline_ms, or another negative errno, with @reterr; @report is then
 * left alone.
 */
int inform_run(const struct plan *plan, uint64_t deadline_ms, const struct network_watch *watch,
	struct network_report *report, struct err *reterr) __attribute__((warn_unused_result));

#endif

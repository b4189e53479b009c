/* SPDX-License-Identifier: GPL-2.0-or-later
 * The lease as the running system finds it.
 */
#ifndef CMD_BOOT_LEASE_H
#define CMD_BOOT_LEASE_H

#include "state/state.h"
#include "step/step.h"

/*
 * Writes STATE_LEASE, which is all that is needed to renew the lease later, and tells
 * systemd-timesyncd of DHCP's time servers if @plan believes it in those; removes both if @report has
 * nothing for them.
 * Returns 0 or a negative errno with @reterr.
 */
int boot_lease_save(const struct plan *plan, const struct network_report *report,
	struct err *reterr) __attribute__((warn_unused_result));

/* Puts what @lease says of names into @st: hostname, domain, search, dns and ntp. */
void boot_lease_put_names(struct state *st, const struct lease *lease);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Name servers that a renewal of the lease has changed.
 */
#ifndef CMD_LEASE_NAMES_H
#define CMD_LEASE_NAMES_H

#include "base/err.h"
#include "source/dhcp_lease.h"
#include "state/state.h"

/*
 * Puts what @answer says of names into @lease (STATE_LEASE), and if name servers or search domains are
 * others than before, into the files below @run that step/managers has written: unless the boot had
 * its servers from elsewhere. A server that names none any more changes nothing.
 *
 * Returns 1 if files were written, 0 if there was nothing to write, or a negative errno with @reterr.
 */
int lease_names_update(struct state *lease, const struct lease *answer, const char *run,
	struct err *reterr) __attribute__((warn_unused_result));

#endif

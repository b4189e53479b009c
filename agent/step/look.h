/* SPDX-License-Identifier: GPL-2.0-or-later
 * What DHCP would tell a machine, without taking an address.
 */
#ifndef STEP_LOOK_H
#define STEP_LOOK_H

#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "base/num.h"
#include "source/dhcp_choice.h"

/*
 * Asks on the interface @ifname, whose link is up, for offers to the machine with the address @mac;
 * @ret gets the best with what a proxy adds, @notes what was ignored and who else has answered.
 *
 * Returns 0; -ENETDOWN if the link is down, -ETIMEDOUT at @deadline_ms, or another negative errno,
 * with @reterr; @ret is then left alone.
 */
int look_run(const char *ifname, const uint8_t mac[MAC_LEN], const struct dhcp_judge *judge,
	uint64_t deadline_ms, struct lease *ret, struct notes *notes, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

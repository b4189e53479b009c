/* SPDX-License-Identifier: GPL-2.0-or-later
 * Kernel uevents: how a step learns that a device came, without sleeping.
 */
#ifndef STEP_UEVENT_H
#define STEP_UEVENT_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/* Opens a socket that hears the kernel's uevents. Returns it, or a negative errno with @reterr. */
int uevent_open(struct err *reterr) __attribute__((warn_unused_result));

/*
 * Waits until the kernel reports a change of a block device, or @deadline_ms. Events that were lost
 * because the socket was full count as a change.
 *
 * Returns 1 for a change, 0 when the deadline passed, or a negative errno with @reterr.
 */
int uevent_wait_block(int fd, uint64_t deadline_ms, struct err *reterr)
	__attribute__((warn_unused_result));

/* True if the message @m ("add@/devices/...", then KEY=VALUE, each ended by a NUL) is of a block device. */
bool uevent_is_block(struct span m);

#endif

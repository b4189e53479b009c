/* SPDX-License-Identifier: GPL-2.0-or-later
 * Sessions that an earlier attempt left behind: half made, or broken with nobody to repair them.
 */
#ifndef STEP_ISCSI_LEFTOVER_H
#define STEP_ISCSI_LEFTOVER_H

#include "step/iscsi_nl.h"

/*
 * The number that the kernel will give to its next session, as far as sysfs can tell: 1 if there never
 * was one.
 */
uint32_t iscsi_leftover_next_sid(void);

/*
 * Removes those sessions from the kernel that have not got their target's name yet, or that are with
 * @target and not logged in. One with a disk in use (mounted, or held by another block device)
 * stays.
 */
void iscsi_leftover_sweep(const struct iscsi_nl *nl, const char *target);

/* True if a block device below the sysfs directory @path is mounted, by @mountinfo, or held. */
bool iscsi_leftover_in_use(const char *path, struct span mountinfo);

#endif

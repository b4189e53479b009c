/* SPDX-License-Identifier: GPL-2.0-or-later
 * The disks of an iSCSI session as sysfs shows them, and what is on them.
 */
#ifndef STEP_BLK_SCAN_H
#define STEP_BLK_SCAN_H

#include "step/blk.h"

/*
 * Lists the disks of session @sid and their partitions: those of /sys/class/iscsi_session/sessionSID
 * in @sys, as device nodes in @dev. What the kernel has not finished yet, or what cannot be read, is
 * left out: its uevent is the time to look again.
 *
 * Reading a disk waits for its server, which may have gone. Returns 0; -ETIMEDOUT at @deadline_ms, or
 * another negative errno, with @list left alone.
 */
int blk_scan(const char *sys, const char *dev, int sid, uint64_t deadline_ms, struct blk_list *list)
	__attribute__((warn_unused_result));

/*
 * Has the kernel ask the target for new LUNs on SCSI host @host, and read the partition tables of
 * @list anew: the owner of the server may have mended them. Bounded by @deadline_ms.
 */
void blk_rescan(const char *sys, const char *dev, int host, const struct blk_list *list,
	uint64_t deadline_ms);

#endif

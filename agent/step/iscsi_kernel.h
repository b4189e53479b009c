/* SPDX-License-Identifier: GPL-2.0-or-later
 * A session that is logged in, given to the kernel as iscsid gives its own: sysfs shows all that
 * iscsid reads back when it takes the session over.
 */
#ifndef STEP_ISCSI_KERNEL_H
#define STEP_ISCSI_KERNEL_H

#include "step/iscsi_dial.h"
#include "step/iscsi_nl.h"

/* A session of the kernel, which nobody has logged in yet. */
struct iscsi_kernel {
	uint32_t sid, host;
	bool has_conn;
};

/*
 * The identifier of session @sid as iscsid makes it, so that its next login replaces this one:
 * open-iscsi's prefix and the kernel's number.
 */
void iscsi_kernel_isid(uint32_t sid, uint8_t out[ISCSI_ISID_SIZE]);

/* Makes a session with one connection. Returns 0 with @ret, or a negative errno with @reterr. */
int iscsi_kernel_create(const struct iscsi_nl *nl, const struct iscsi_dial_config *config,
	struct iscsi_kernel *ret, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Hands the connection @link over and starts the session: from now on the kernel speaks on it.
 * Returns 0, or a negative errno with @reterr.
 */
int iscsi_kernel_start(const struct iscsi_nl *nl, const struct iscsi_kernel *session,
	const struct iscsi_dial_config *config, const struct iscsi_link *link, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Ends the connection of a session whose disks are to wait for the next one, and says how many SCSI
 * commands the session has sent so far. Returns 0, or a negative errno with @reterr.
 */
int iscsi_kernel_suspend(const struct iscsi_nl *nl, const struct iscsi_kernel *session,
	uint32_t *ret_commands, struct err *reterr) __attribute__((warn_unused_result));

/* Removes a session and its disks. Returns 0, or a negative errno with @reterr. */
int iscsi_kernel_destroy(const struct iscsi_nl *nl, const struct iscsi_kernel *session,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * Has the SCSI host look for the logical unit @lun, or for all, until @deadline_ms. What it finds
 * shows in sysfs; what it does not find, too. Returns 0, or a negative errno with @reterr.
 */
int iscsi_kernel_scan(uint32_t host, bool all, uint64_t lun, uint64_t deadline_ms,
	struct err *reterr) __attribute__((warn_unused_result));

#endif

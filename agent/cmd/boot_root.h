/* SPDX-License-Identifier: GPL-2.0-or-later
 * What initramfs-tools is told of the root.
 */
#ifndef CMD_BOOT_ROOT_H
#define CMD_BOOT_ROOT_H

#include "cmd/boot_report.h"

#define BOOT_ROOT_SIZE 640

/*
 * What init is to read in its own shell after each boot script, of the root in @r; @has_fstype: the
 * kernel command line names its file system. "" if there is nothing to say.
 */
void boot_root_text(const struct plan *plan, const struct boot_report *r, bool has_fstype,
	char out[BOOT_ROOT_SIZE]);

#endif

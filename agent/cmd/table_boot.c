/* SPDX-License-Identifier: GPL-2.0-or-later
 * The commands of a boot, and those that show it.
 */
#include <stddef.h>

#include "cmd/cmd.h"
#include "cmd/table.h"

const struct command table_boot[] = {
	{"boot", cmd_boot, "[--handover FILE]",
		"bring up network, iSCSI session and root (initramfs)"},
	{"discover", cmd_discover,
		"[--cmdline FILE] [--conf FILE] [--initiator NAME] [--mac MAC] [PORTAL]",
		"show the targets of a boot server"},
	{"firmware", cmd_firmware, "[--root DIR]", "mount the TFTP copy of the boot files"},
	{"handover", cmd_handover, "[--root DIR]",
		"leave the running system what it needs (initramfs)"},
	{"plan", cmd_plan,
		"[--cmdline FILE] [--conf FILE] [--ibft DIR] [--lease FILE|--dhcp IFACE] [--mac "
		"MAC] [--json]",
		"show what a boot would do, and why"},
	{"status", cmd_status, "[--pending]", "show how this machine booted"},
	{NULL, NULL, NULL, NULL},
};

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The commands of a running system.
 */
#include <stddef.h>

#include "cmd/cmd.h"
#include "cmd/table.h"

const struct command table_system[] = {
	{"doctor", cmd_doctor, "[--json] [--offline] [--root DIR]",
		"find what is wrong, and say how to mend it"},
	{"generations", cmd_generations, "[--json] [--needs VERSION] [--dir DIR] [--root DIR]",
		"list what the boot server has for this machine"},
	{"lease", cmd_lease, "", "renew the lease of the root's interface, for ever"},
	{"mark-good", cmd_mark_good, "[--dir DIR] [--root DIR]",
		"keep the generation of this boot as one to go back to"},
	{"mount", cmd_mount, "[--wait]", "mount the boot files that the boot went on without"},
	{"rollback", cmd_rollback, "[--dir DIR] [--root DIR] [GENERATION]",
		"make another generation the active one"},
	{"status", cmd_status_system, "[--json] [--pending] [--svg FILE] [--timeline]",
		"show how this machine booted"},
	{"sync", cmd_sync,
		"[--dir DIR] [--root DIR] [--defer] [--retry] [--force] [--adopt] [--try]"
		" [--verify=read|tftp|none] [--tftp-prefix PATH] [--keep N] [--quiet]",
		"make a generation of the boot files and activate it"},
	{NULL, NULL, NULL, NULL},
};

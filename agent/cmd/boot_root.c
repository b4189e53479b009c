/* SPDX-License-Identifier: GPL-2.0-or-later
 * What initramfs-tools is told of the root.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/boot_root.h"
#include "plan/format.h"

#define ROOT_NAME_MAX 64

/*
 * mountroot() first waits until udev has nothing to do, which for a device that was read already is as
 * well done when it is mounted: nobody behind that is to see the difference. Boot scripts other than
 * "local" have functions of their own.
 */
static const char settle_later[] = "if [ \"$BOOT\" = local ]; then\n"
				   "pinet_root=found\n"
				   "wait_for_udev()\n"
				   "{\n"
				   "\tif [ \"$pinet_root\" ]; then\n"
				   "\t\tpinet_root=\n"
				   "\telse\n"
				   "\t\tudevadm settle ${1:+--timeout=$1}\n"
				   "\tfi\n"
				   "}\n"
				   "mount_bottom()\n"
				   "{\n"
				   "\twait_for_udev 10\n"
				   "\tlocal_bottom\n"
				   "}\n"
				   "fi\n";

/* True if others make the root of what the session has: of several paths to one disk, multipath-tools. */
static bool is_made_by_others(const struct plan *plan, const struct boot_report *r)
{
	return (r->login.paths > 1 || plan->root_kind == PLAN_ROOT_DEVICE) && plan->root[0] &&
	       strlen(plan->root) <= ROOT_NAME_MAX && !strchr(plan->root, '\'');
}

void boot_root_text(const struct plan *plan, const struct boot_report *r, bool has_fstype,
	char out[BOOT_ROOT_SIZE])
{
	char root[ROOT_NAME_MAX + 16];
	bool others = is_made_by_others(plan, r);
	size_t at;

	(void)snprintf(root, sizeof(root), "%s", r->root.device); /* fits */
	if (others)
		format_root(plan, root, sizeof(root));
	out[0] = '\0';
	if (root[0])
		(void)snprintf(out, BOOT_ROOT_SIZE, "ROOT='%s'\nexport ROOT\n", root);
	else if (r->root.source[0]) /* mounted already */
		(void)snprintf(out, BOOT_ROOT_SIZE, "mountroot() { :; }\n");
	at = strlen(out);
	/* The values are short and without quotes: see step/blk. */
	if (r->root.device[0] && r->root.fstype[0] && !has_fstype)
		at += (size_t)snprintf(out + at, BOOT_ROOT_SIZE - at,
			"ROOTFSTYPE='%s'\nexport ROOTFSTYPE\n", r->root.fstype);
	if (r->root.device[0] && !others)
		(void)snprintf(out + at, BOOT_ROOT_SIZE - at, "%s", settle_later);
}

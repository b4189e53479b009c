/* SPDX-License-Identifier: GPL-2.0-or-later
 * cmd/boot_root: what initramfs-tools is told of each kind of root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cmd/boot_root.h"

#define LATER                                                                                      \
	"if [ \"$BOOT\" = local ]; then\n"                                                         \
	"pinet_root=found\n"                                                                       \
	"wait_for_udev()\n{\n"                                                                     \
	"\tif [ \"$pinet_root\" ]; then\n\t\tpinet_root=\n"                                        \
	"\telse\n\t\tudevadm settle ${1:+--timeout=$1}\n\tfi\n}\n"                                 \
	"mount_bottom()\n{\n\twait_for_udev 10\n\tlocal_bottom\n}\n"                               \
	"fi\n"

static const char *told(const struct plan *plan, const char *device, const char *fstype,
	unsigned int paths, bool has)
{
	static char out[BOOT_ROOT_SIZE];
	static struct boot_report r;

	memset(&r, 0, sizeof(r));
	strcpy(r.root.device, device);
	strcpy(r.root.fstype, fstype);
	r.login.paths = paths;
	boot_root_text(plan, &r, has, out);
	return out;
}

static void test_root(void **state)
{
	static struct plan plan = {.root_kind = PLAN_ROOT_LABEL, .root = "writable"};
	static struct boot_report nfs = {.root.source = "192.168.77.1:/srv/root"};
	char out[BOOT_ROOT_SIZE];

	(void)state;
	assert_string_equal(told(&plan, "/dev/sda2", "ext4", 1, false),
		"ROOT='/dev/sda2'\nexport ROOT\nROOTFSTYPE='ext4'\nexport ROOTFSTYPE\n" LATER);
	assert_string_equal(
		told(&plan, "/dev/sda2", "ext4", 1, true), "ROOT='/dev/sda2'\nexport ROOT\n" LATER);
	assert_string_equal(
		told(&plan, "/dev/sda", "", 1, false), "ROOT='/dev/sda'\nexport ROOT\n" LATER);
	/* multipath-tools makes another device of it, with udev's help */
	assert_string_equal(
		told(&plan, "/dev/sda2", "ext4", 2, true), "ROOT='LABEL=writable'\nexport ROOT\n");
	strcpy(plan.root, "it's");
	assert_string_equal(
		told(&plan, "/dev/sda2", "ext4", 2, true), "ROOT='/dev/sda2'\nexport ROOT\n" LATER);
	plan.root_kind = PLAN_ROOT_DEVICE;
	strcpy(plan.root, "/dev/mapper/vg0-root");
	assert_string_equal(
		told(&plan, "", "", 1, false), "ROOT='/dev/mapper/vg0-root'\nexport ROOT\n");
	plan.root[0] = '\0';
	assert_string_equal(told(&plan, "", "", 1, false), "");
	boot_root_text(&plan, &nfs, false, out);
	assert_string_equal(out, "mountroot() { :; }\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_root)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/iscsi_leftover: which disks of a session are in use, in a made-up sysfs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/proc.h"
#include "step/iscsi_leftover.h"

#define DISK "target3:0:0/3:0:0:1/block/sda"

static char top[] = "/tmp/pinet-test-XXXXXX";

static const char *below(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

static int make_tree(void **state)
{
	(void)state;
	if (!mkdtemp(top) || fs_mkdirs(below(DISK "/holders"), 0700) < 0 ||
		fs_mkdirs(below(DISK "/sda2/holders"), 0700) < 0 ||
		fs_replace(below(DISK "/dev"), "8:0\n", 0600) < 0 ||
		fs_replace(below(DISK "/sda2/dev"), "8:2\n", 0600) < 0 ||
		symlink("..", below(DISK "/device")) < 0)
		return -1;
	return 0;
}

static int remove_tree(void **state)
{
	const char *const argv[] = {"/bin/rm", "-rf", top, NULL};

	(void)state;
	return proc_run(argv, UINT64_MAX, NULL, 0);
}

static bool in_use(const char *mountinfo)
{
	return iscsi_leftover_in_use(top, span_str(mountinfo));
}

static void test_mounted(void **state)
{
	(void)state;
	assert_false(in_use(""));
	assert_false(in_use("25 1 8:1 / / rw - ext4 /dev/sdb1 rw\n"));
	assert_false(in_use("25 8:2 9:9 / / rw - ext4 /dev/sdb1 rw\n"));
	assert_false(in_use("25 1 8:20 / / rw - ext4 /dev/sdb1 rw"));
	assert_true(in_use("25 1 8:1 / / rw\n26 25 8:2 / /home rw - ext4 /dev/sda2 rw\n"));
	assert_true(in_use("26 25 8:0 / /home rw - ext4 /dev/sda rw"));
	assert_false(in_use("8:2"));
}

static void test_held(void **state)
{
	(void)state;
	assert_int_equal(fs_mkdirs(below(DISK "/sda2/holders/dm-0"), 0700), 0);
	assert_true(in_use(""));
	assert_int_equal(rmdir(below(DISK "/sda2/holders/dm-0")), 0);
	assert_false(in_use(""));
	assert_int_equal(symlink("../sdb", below(DISK "/holders/md0")), 0); /* as sysfs has them */
	assert_true(in_use(""));
	assert_int_equal(unlink(below(DISK "/holders/md0")), 0);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_false(iscsi_leftover_in_use("/nonexistent", span_str("26 25 8:0 / / rw")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounted),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}

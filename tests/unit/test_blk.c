/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/blk: the choice of the root among what a session shows, and real file systems in images.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"
#include "step/blk.h"

/* Two LUNs as a careless clone leaves them, and one with nothing on it. */
static const struct blk_list disks = {
	.n = 6,
	.n_disks = 3,
	.at =
		{
			{.name = "sda", .disk = "sda", .lun = 1},
			{.name = "sda1",
				.disk = "sda",
				.lun = 1,
				.part = 1,
				.type = "vfat",
				.label = "system-boot",
				.uuid = "ABCD-0123",
				.part_uuid = "11112222-01"},
			{.name = "sda2",
				.disk = "sda",
				.lun = 1,
				.part = 2,
				.type = "ext4",
				.label = "writable",
				.uuid = "4f6a1c66-0001",
				.part_uuid = "11112222-02",
				.part_label = "root"},
			{.name = "sdb", .disk = "sdb", .lun = 2},
			{.name = "sdb1",
				.disk = "sdb",
				.lun = 2,
				.part = 1,
				.type = "ext4",
				.label = "writable",
				.uuid = "4f6a1c66-0002",
				.part_uuid = "33334444-01"},
			{.name = "sdc",
				.disk = "sdc",
				.lun = 3,
				.type = "ext4",
				.label = "evil\x1b\n"},
		},
};

static struct plan wants(enum plan_root kind, const char *root, int lun)
{
	struct plan p = {
		.root_kind = kind, .lun_auto = lun < 0, .lun = lun < 0 ? 0 : (uint64_t)lun};

	strcpy(p.root, root);
	return p;
}

/* The name of the match, or what kind of refusal. */
static const char *match(enum plan_root kind, const char *root, int lun, struct err *err)
{
	struct plan p = wants(kind, root, lun);
	const struct blk *b;
	int r;

	if (kind == PLAN_ROOT_PART)
		p.root_part = (unsigned int)atoi(root);
	r = blk_match(&p, &disks, "iqn.x", &b, err);
	return r == 0 ? b->name : r == -EEXIST ? "several" : r == -ENOENT ? "none" : "?";
}

static void test_match(void **state)
{
	struct err err;

	(void)state;
	assert_string_equal(match(PLAN_ROOT_LABEL, "system-boot", -1, &err), "sda1");
	assert_string_equal(match(PLAN_ROOT_LABEL, "writable", -1, &err), "several");
	assert_non_null(strstr(err.text, "sda2 and on sdb1"));
	assert_string_equal(match(PLAN_ROOT_LABEL, "writable", 1, &err), "sda2");
	assert_string_equal(match(PLAN_ROOT_LABEL, "writable", 2, &err), "sdb1");
	assert_string_equal(match(PLAN_ROOT_LABEL, "writable", 3, &err), "none");
	assert_string_equal(match(PLAN_ROOT_LABEL, "Writable", 1, &err), "none");
	assert_string_equal(match(PLAN_ROOT_UUID, "abcd-0123", -1, &err), "sda1");
	assert_string_equal(match(PLAN_ROOT_UUID, "4F6A1C66-0002", -1, &err), "sdb1");
	assert_string_equal(match(PLAN_ROOT_PARTUUID, "11112222-02", -1, &err), "sda2");
	assert_string_equal(match(PLAN_ROOT_PARTLABEL, "root", -1, &err), "sda2");
	assert_string_equal(match(PLAN_ROOT_PARTLABEL, "roo", -1, &err), "none");
	assert_string_equal(match(PLAN_ROOT_PART, "2", -1, &err), "sda2");
	assert_string_equal(match(PLAN_ROOT_PART, "1", 2, &err), "sdb1");
	assert_string_equal(match(PLAN_ROOT_PART, "3", -1, &err), "none");
	assert_string_equal(match(PLAN_ROOT_PART, "0", 3, &err), "sdc");
}

static void test_refusal_says_what_is_there(void **state)
{
	struct err err;

	(void)state;
	assert_string_equal(match(PLAN_ROOT_LABEL, "x\x1b", -1, &err), "none");
	assert_non_null(strstr(err.text, "no LABEL=x\\x1b on the disks of iqn.x: there is "
					 "sda1 vfat LABEL=system-boot, sda2 ext4 LABEL=writable"));
	assert_null(strchr(err.text, '\x1b'));
	assert_null(strchr(err.text, '\n'));
}

static void run(const char *const argv[])
{
	char out[400];

	if (proc_run(argv, clock_now_ms() + 60000, out, sizeof(out)) != 0)
		fail_msg("%s: %s", argv[0], out);
}

static void test_probe(void **state)
{
	char path[] = "/tmp/pinet-test-XXXXXX";
	int fd = mkstemp(path);
	struct blk b = {.name = "sda1"};
	const char *const mkfs[] = {"/sbin/mkfs.ext4", "-q", "-F", "-L", "writable", "-U",
		"4f6a1c66-1111-2222-3333-444455556666", path, NULL};

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 8 << 20), 0);
	close(fd);
	assert_int_equal(blk_probe(path, &b), 0);
	assert_string_equal(b.type, ""); /* zeros are nothing */
	run(mkfs);
	assert_int_equal(blk_probe(path, &b), 0);
	assert_string_equal(b.name, "sda1");
	assert_string_equal(b.type, "ext4");
	assert_string_equal(b.label, "writable");
	assert_string_equal(b.uuid, "4f6a1c66-1111-2222-3333-444455556666");
	unlink(path);
	assert_int_equal(blk_probe(path, &b), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_refusal_says_what_is_there),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

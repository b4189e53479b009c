/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/blk: the choice of the root among what a session shows, and real file systems in images.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "step/blk_scan.h"

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

/* What is said of two disks without anything on them. */
static const char *empty(struct err *err)
{
	static const struct blk_list list = {
		.n = 2, .n_disks = 2, .at = {{.name = "sda"}, {.name = "sdb", .lun = 1}}};
	struct plan p = wants(PLAN_ROOT_LABEL, "writable", -1);
	const struct blk *b;

	assert_int_equal(blk_match(&p, &list, "iqn.x", &b, err), -ENOENT);
	return err->text;
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
	assert_string_equal(match(PLAN_ROOT_UUID, "1234", 1, &err), "none");
	assert_non_null(strstr(err.text, "sda1 vfat LABEL=system-boot UUID=ABCD-0123, sda2 ext4"));
	assert_null(strstr(err.text, "sdb1"));
	assert_string_equal(match(PLAN_ROOT_LABEL, "writable", 7, &err), "none");
	assert_string_equal(
		err.text, "iqn.x shows no disk as LUN 7, only as LUN 1 (sda), 2 (sdb), 3 (sdc)");
	assert_string_equal(empty(&err), "no LABEL=writable on the disks of iqn.x: there is "
					 "nothing that is known on sda sdb");
}

/* Linux shows LUN 300 as 16684 when the target addresses it flat. */
static void test_flat_lun(void **state)
{
	static const struct blk_list list = {
		.n = 1, .n_disks = 1, .at = {{.name = "sda1", .lun = 0x4000 + 300, .part = 1}}};
	struct plan p = wants(PLAN_ROOT_PART, "", 300);
	const struct blk *b;
	struct err err;

	(void)state;
	p.root_part = 1;
	assert_int_equal(blk_match(&p, &list, "iqn.x", &b, &err), 0);
	p.lun = 44;
	assert_int_equal(blk_match(&p, &list, "iqn.x", &b, &err), -ENOENT);
}

/* What is not looked up on disks is refused, and never an index of a table. */
static void test_other_roots(void **state)
{
	static const enum plan_root kinds[] = {PLAN_ROOT_NONE, PLAN_ROOT_DEVICE, PLAN_ROOT_NFS};
	const struct blk *b;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct plan p = wants(kinds[i], "", -1);

		assert_int_equal(blk_match(&p, &disks, "iqn.x", &b, &err), -EINVAL);
		assert_non_null(strstr(err.text, "root="));
	}
}

/* With more disks and labels than a sentence holds, it is cut and still a string. */
static void test_long_list(void **state)
{
	static struct blk_list list = {.n = BLK_MAX};
	struct plan p = wants(PLAN_ROOT_LABEL, "x", -1);
	const struct blk *b;
	struct err err;

	(void)state;
	for (unsigned int i = 0; i < list.n; i++) {
		snprintf(list.at[i].name, sizeof(list.at[i].name), "sda%u", i + 1);
		memset(list.at[i].label, 0xff, sizeof(list.at[i].label) - 1);
		list.at[i].part = i + 1;
	}
	assert_int_equal(blk_match(&p, &list, "iqn.x", &b, &err), -ENOENT);
	assert_true(strlen(err.text) < sizeof(err.text));
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

/* A directory that holds what sysfs and devtmpfs would. */
struct tree {
	char root[40], sys[48], dev[48];
};

static void make(struct tree *t, const char *path, off_t size)
{
	char full[256], *slash;
	int fd;

	snprintf(full, sizeof(full), "%s/%s", t->root, path);
	slash = strrchr(full, '/');
	*slash = '\0';
	assert_int_equal(fs_mkdirs(full, 0755), 0);
	*slash = '/';
	fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void fill_file(struct tree *t, const char *path, const char *text)
{
	char full[256];

	make(t, path, 0);
	snprintf(full, sizeof(full), "%s/%s", t->root, path);
	assert_int_equal(fs_replace(full, text, 0644), 0);
}

#define TARGET "sys/class/iscsi_session/session7/device/target3:0:0/"

/*
 * Only disks of this session count: not the controller, not the CD-ROM, not another session. What is
 * on a disk itself counts when there are no partitions.
 */
static void test_scan(void **state)
{
	struct tree t = {.root = "/tmp/pinet-test-XXXXXX"};
	static struct blk_list list;
	char image[80], text[16];
	const char *const mkfs[] = {"/sbin/mkfs.ext4", "-q", "-F", "-L", "writable", image, NULL};
	char whole[80];
	const char *const mkfs_whole[] = {
		"/sbin/mkfs.ext4", "-q", "-F", "-L", "whole", whole, NULL};
	const char *const rm[] = {"/bin/rm", "-r", t.root, NULL};

	(void)state;
	assert_non_null(mkdtemp(t.root));
	snprintf(t.sys, sizeof(t.sys), "%s/sys", t.root);
	snprintf(t.dev, sizeof(t.dev), "%s/dev", t.root);
	fill_file(&t, TARGET "3:0:0:0/type", "12\n");
	fill_file(&t, TARGET "3:0:0:1/type", "0\n");
	make(&t, TARGET "3:0:0:1/block/sdb/sdb2/partition", 0);
	make(&t, TARGET "3:0:0:1/block/sdb/queue/nr_requests", 0);
	make(&t, TARGET "3:0:0:1/block/sdb/sdbx/partition", 0);
	fill_file(&t, TARGET "3:0:0:2/type", "5\n");
	make(&t, TARGET "3:0:0:2/block/sr0/size", 0);
	fill_file(&t, TARGET "3:0:0:3/type", "0\n"); /* its disk is still to come */
	fill_file(&t, "sys/class/iscsi_session/session8/device/target4:0:0/4:0:0:1/type", "0\n");
	make(&t, "sys/class/iscsi_session/session8/device/target4:0:0/4:0:0:1/block/sdc/size", 0);
	make(&t, "dev/sdb", 8 << 20);
	make(&t, "dev/sdb2", 8 << 20);
	make(&t, TARGET "3:0:0:1/block/sdb/sdb10/partition", 0);
	make(&t, TARGET "3:0:0:1/block/sdb/sdb1/partition", 0);
	make(&t, "dev/sdb10", 1 << 20);
	make(&t, "dev/sdb1", 1 << 20);
	make(&t, "dev/sr0", 1 << 20);
	make(&t, "dev/sdc", 1 << 20);
	snprintf(image, sizeof(image), "%s/sdb2", t.dev);
	run(mkfs);
	snprintf(whole, sizeof(whole), "%s/sdb", t.dev);
	run(mkfs_whole);
	make(&t, "dev/sdc", 8 << 20);
	snprintf(whole, sizeof(whole), "%s/sdc", t.dev);
	run(mkfs_whole);

	assert_int_equal(blk_scan(t.sys, t.dev, 7, clock_now_ms() + 60000, &list), 0);
	assert_int_equal(list.n_disks, 1);
	assert_int_equal(list.n, 4);
	assert_string_equal(list.at[0].name, "sdb");
	assert_int_equal(list.at[0].part, 0);
	assert_string_equal(list.at[0].label, "");
	assert_string_equal(list.at[1].name, "sdb1");
	assert_string_equal(list.at[2].name, "sdb2");
	assert_string_equal(list.at[2].disk, "sdb");
	assert_int_equal(list.at[2].part, 2);
	assert_int_equal(list.at[2].lun, 1);
	assert_string_equal(list.at[2].label, "writable");
	assert_true(list.at[2].mountable);
	assert_string_equal(list.at[3].name, "sdb10");
	assert_int_equal(blk_scan(t.sys, t.dev, 9, clock_now_ms() + 60000, &list), 0);
	assert_int_equal(list.n_disks, 0);
	assert_int_equal(blk_scan(t.sys, t.dev, 8, clock_now_ms() + 60000, &list), 0);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.at[0].label, "whole");

	fill_file(&t, "sys/class/scsi_host/host3/scan", "");
	assert_int_equal(blk_scan(t.sys, t.dev, 7, clock_now_ms() + 60000, &list), 0);
	blk_rescan(t.sys, t.dev, 3, &list, clock_now_ms() + 60000);
	snprintf(image, sizeof(image), "%s/class/scsi_host/host3/scan", t.sys);
	assert_int_equal(fs_read(image, text, sizeof(text)), 5);
	assert_string_equal(text, "- - -");
	run(rm);
}

/* A disk whose server has gone, of which a read does not return: here a pipe that nobody writes. */
static void test_scan_is_bounded(void **state)
{
	struct tree t = {.root = "/tmp/pinet-test-XXXXXX"};
	static struct blk_list list = {.n = 3};
	char type[160];
	const char *const rm[] = {"/bin/rm", "-r", t.root, NULL};

	(void)state;
	assert_non_null(mkdtemp(t.root));
	snprintf(t.sys, sizeof(t.sys), "%s/sys", t.root);
	make(&t, TARGET "3:0:0:1/block/sdb/size", 0);
	snprintf(type, sizeof(type), "%s/" TARGET "3:0:0:1/type", t.root);
	assert_int_equal(mkfifo(type, 0644), 0);
	assert_int_equal(blk_scan(t.sys, "/dev", 7, clock_now_ms(), &list), -ETIMEDOUT);
	assert_int_equal(list.n, 3); /* left alone */
	run(rm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_refusal_says_what_is_there),
		cmocka_unit_test(test_flat_lun),
		cmocka_unit_test(test_other_roots),
		cmocka_unit_test(test_long_list),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_scan_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

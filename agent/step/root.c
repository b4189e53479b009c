/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step root: the disks of the session as the kernel brings them up, and the root on them.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "step/blk.h"
#include "step/step.h"
#include "step/uevent.h"

#define SESSIONS "/sys/class/iscsi_session"
#define QUIET_MS 2000 /* no event for so long: nothing more will come by itself */

/* Adds /dev/NAME to the list, with what is on it; a device that cannot be read is left out. */
static void add_device(
	struct blk_list *list, const char *name, const char *disk, uint64_t lun, unsigned int part)
{
	struct blk *b;
	char path[64];

	if (list->n == BLK_MAX || strlen(name) >= sizeof(b->name))
		return;
	b = &list->at[list->n];
	memset(b, 0, sizeof(*b));
	strcpy(b->name, name);
	strcpy(b->disk, disk);
	b->lun = lun;
	b->part = part;
	(void)snprintf(path, sizeof(path), "/dev/%s", name); /* fits by the size of the name */
	if (blk_probe(path, b) == 0)
		list->n++;
}

/* A disk and its partitions, from @path: .../block/sda */
static void add_disk(struct blk_list *list, const char *path, const char *disk, uint64_t lun)
{
	_cleanup_dir_ DIR *dir = opendir(path);
	struct dirent *e;

	if (!dir || strlen(disk) >= sizeof(list->at[0].disk))
		return;
	list->n_disks++;
	add_device(list, disk, disk, lun, 0);
	while ((e = readdir(dir))) {
		struct span rest = span_str(e->d_name);
		uint32_t part;

		if (!span_starts(rest, disk))
			continue;
		rest = span_sub(rest, strlen(disk), rest.len);
		if (span_starts(rest, "p")) /* a disk whose name ends in a digit: nvme0n1p2 */
			rest = span_sub(rest, 1, rest.len);
		if (num_parse_u32(rest, 4096, &part) == 0 && part > 0)
			add_device(list, e->d_name, disk, lun, part);
	}
}

/* Calls add_disk() for the block device of the logical unit at @path, if there is one already. */
static void add_unit(struct blk_list *list, const char *path, uint64_t lun)
{
	char block[PATH_MAX], disk[PATH_MAX];
	_cleanup_dir_ DIR *dir = NULL;
	struct dirent *e;

	if (fs_join(block, sizeof(block), path, "block") == 0)
		dir = opendir(block);
	while (dir && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		if (fs_join(disk, sizeof(disk), block, e->d_name) == 0)
			add_disk(list, disk, e->d_name, lun);
	}
}

/* The logical units of one target of the session: directories H:C:T:L. */
static void add_target(struct blk_list *list, const char *path)
{
	_cleanup_dir_ DIR *dir = opendir(path);
	char unit[PATH_MAX];
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		struct span rest = span_str(e->d_name);
		uint32_t lun;

		for (int i = 0; i < 3; i++)
			(void)span_cut(&rest, ':'); /* host, channel, target */
		if (!rest.p || num_parse_u32(rest, UINT32_MAX, &lun) < 0)
			continue;
		if (fs_join(unit, sizeof(unit), path, e->d_name) == 0)
			add_unit(list, unit, lun);
	}
}

/* Everything that the session has by now. */
static void look(int sid, struct blk_list *list)
{
	char device[64], path[PATH_MAX];
	_cleanup_dir_ DIR *dir = NULL;
	struct dirent *e;

	list->n = list->n_disks = 0;
	(void)snprintf(device, sizeof(device), SESSIONS "/session%d/device", sid); /* fits */
	dir = opendir(device);
	while (dir && (e = readdir(dir))) {
		if (strncmp(e->d_name, "target", 6) != 0)
			continue;
		if (fs_join(path, sizeof(path), device, e->d_name) == 0)
			add_target(list, path);
	}
}

static void fill(struct root_report *report, const struct blk *b)
{
	memset(report, 0, sizeof(*report));
	(void)snprintf(report->device, sizeof(report->device), "/dev/%s", b->name); /* fits */
	strcpy(report->fstype, b->type);
	strcpy(report->disk, b->disk);
	report->lun = b->lun;
}

/* 0 when the root is there, -ENODEV or -ENOENT while it may still come, else a final errno. */
static int try_once(const struct plan *plan, const struct login_report *session,
	struct blk_list *list, struct root_report *report, struct err *reterr)
{
	const struct blk *hit;
	int r;

	look(session->sid, list);
	if (!list->n_disks)
		return err_set(reterr, -ENODEV,
			"the target %s shows no disk to this initiator: check its LUNs",
			session->target);
	if (plan->root_kind == PLAN_ROOT_DEVICE) {
		memset(report, 0,
			sizeof(*report)); /* other boot scripts make it out of these disks */
		return 0;
	}
	r = blk_match(plan, list, session->target, &hit, reterr);
	if (r == 0)
		fill(report, hit);
	return r;
}

int root_run(const struct plan *plan, const struct login_report *session, uint64_t deadline_ms,
	struct root_report *report, struct err *reterr)
{
	_cleanup_free_ struct blk_list *list = calloc(1, sizeof(*list));
	_cleanup_fd_ int fd = -1;
	int r, changed;

	if (!list)
		return err_set(reterr, -ENOMEM, "no memory for the list of disks");
	fd = uevent_open(reterr); /* before the first look, so that nothing is missed */
	if (fd < 0)
		return fd;
	for (;;) {
		uint64_t until_ms = deadline_ms;

		r = try_once(plan, session, list, report, reterr);
		if (r != -ENODEV && r != -ENOENT)
			return r;
		if (r == -ENOENT)
			until_ms = clock_min(deadline_ms, clock_now_ms() + QUIET_MS);
		changed = uevent_wait_block(fd, until_ms, reterr);
		if (changed < 0)
			return changed;
		if (changed == 0)
			return r;
	}
}

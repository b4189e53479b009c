/* SPDX-License-Identifier: GPL-2.0-or-later
 * The disks of an iSCSI session as sysfs shows them, and what is on them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "step/blk_scan.h"
#include "step/bounded.h"

#define PART_MAX 4096

/* Where to look and what was found so far. */
struct scan {
	const char *dev;
	struct blk_list *list;
};

/* Adds a device to the list. Returns it, or NULL if there is no room. */
static struct blk *add_device(
	struct scan *s, const char *name, const char *disk, uint64_t lun, unsigned int part)
{
	struct blk *b = &s->list->at[s->list->n];

	if (s->list->n == BLK_MAX || strlen(name) >= sizeof(b->name))
		return NULL;
	*b = (struct blk){.lun = lun, .part = part};
	strcpy(b->name, name);
	strcpy(b->disk, disk);
	s->list->n++;
	return b;
}

/* What is on the device that was added last; one that cannot be read is taken off the list. */
static void look_at(struct scan *s, struct blk *b)
{
	char path[PATH_MAX];

	if (fs_join(path, sizeof(path), s->dev, b->name) < 0 || blk_probe(path, b) < 0)
		s->list->n--;
}

/* Opening a disk waits for the kernel's scan of its partitions. */
static void wait_for_partitions(const struct scan *s, const char *disk)
{
	char path[PATH_MAX];
	int fd;

	if (fs_join(path, sizeof(path), s->dev, disk) < 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	cleanup_fd(&fd);
}

/*
 * A disk and its partitions, from @path: .../block/sda. A disk that has some is not looked at: what
 * it holds itself is no file system, or a trace of one.
 */
static void add_disk(struct scan *s, const char *path, const char *disk, uint64_t lun)
{
	_cleanup_dir_ DIR *dir = NULL;
	struct dirent *e;
	struct blk *whole, *b = NULL;

	if (strlen(disk) >= sizeof(s->list->at[0].disk))
		return;
	s->list->n_disks++;
	wait_for_partitions(s, disk);
	whole = add_device(s, disk, disk, lun, 0);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		struct span rest = span_str(e->d_name);
		uint32_t part;

		if (!span_starts(rest, disk))
			continue;
		rest = span_sub(rest, strlen(disk), rest.len);
		if (span_starts(rest, "p")) /* a disk whose name ends in a digit: nvme0n1p2 */
			rest = span_sub(rest, 1, rest.len);
		if (num_parse_u32(rest, PART_MAX, &part) < 0 || part == 0)
			continue;
		b = add_device(s, e->d_name, disk, lun, part);
		if (b)
			look_at(s, b);
	}
	if (whole && !b)
		look_at(s, whole);
}

/* The logical unit at @path, if it is a disk: not a controller, an enclosure or a CD-ROM. */
static void add_unit(struct scan *s, const char *path, uint64_t lun)
{
	char part[PATH_MAX], type[16];
	_cleanup_dir_ DIR *dir = NULL;
	struct dirent *e;

	if (fs_join(part, sizeof(part), path, "type") < 0 ||
		fs_read_line(part, type, sizeof(type)) < 0 || strcmp(type, "0") != 0)
		return;
	if (fs_join(part, sizeof(part), path, "block") == 0)
		dir = opendir(part);
	while (dir && (e = readdir(dir))) {
		char disk[PATH_MAX];

		if (e->d_name[0] != '.' && fs_join(disk, sizeof(disk), part, e->d_name) == 0)
			add_disk(s, disk, e->d_name, lun);
	}
}

/* The logical units of one target of the session: directories H:C:T:L. */
static void add_target(struct scan *s, const char *path)
{
	_cleanup_dir_ DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		struct span rest = span_str(e->d_name);
		char unit[PATH_MAX];
		uint32_t lun;

		for (int i = 0; i < 3; i++)
			(void)span_cut(&rest, ':'); /* host, channel, target */
		if (num_parse_u32(rest, UINT32_MAX, &lun) == 0 &&
			fs_join(unit, sizeof(unit), path, e->d_name) == 0)
			add_unit(s, unit, lun);
	}
}

/* sysfs lists in no order: the sentences should be in that of the disks. */
static int compare(const void *a, const void *b)
{
	const struct blk *x = a, *y = b;

	if (x->lun != y->lun)
		return x->lun < y->lun ? -1 : 1;
	return x->part < y->part ? -1 : x->part > y->part;
}

struct scan_job {
	const char *sys, *dev;
	int sid;
	struct blk_list *list; /* in memory that parent and child share, empty */
};

static int scan(const void *arg)
{
	const struct scan_job *job = arg;
	struct scan s = {job->dev, job->list};
	char device[PATH_MAX], path[PATH_MAX];
	_cleanup_dir_ DIR *dir = NULL;
	struct dirent *e;
	int n = snprintf(device, sizeof(device), "%s/class/iscsi_session/session%d/device",
		job->sys, job->sid);

	if (n > 0 && (size_t)n < sizeof(device))
		dir = opendir(device);
	while (dir && (e = readdir(dir)))
		if (strncmp(e->d_name, "target", 6) == 0 &&
			fs_join(path, sizeof(path), device, e->d_name) == 0)
			add_target(&s, path);
	qsort(s.list->at, s.list->n, sizeof(s.list->at[0]), compare);
	return 0;
}

int blk_scan(const char *sys, const char *dev, int sid, uint64_t deadline_ms, struct blk_list *list)
{
	struct scan_job job = {.sys = sys, .dev = dev, .sid = sid};
	int r;

	job.list = mmap(
		NULL, sizeof(*list), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (job.list == MAP_FAILED)
		return -errno;
	r = bounded_run(scan, &job, deadline_ms);
	if (r == 0)
		*list = *job.list;
	(void)munmap(job.list, sizeof(*list)); /* a child that was left behind keeps its own */
	return r;
}

struct rescan {
	const char *sys, *dev;
	int host;
	const struct blk_list *list;
};

static int rescan(const void *arg)
{
	const struct rescan *r = arg;
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/class/scsi_host/host%d/scan", r->sys, r->host),
	    result = 0;

	if (n > 0 && (size_t)n < sizeof(path))
		result = fs_poke(path, "- - -");
	for (unsigned int i = 0; i < r->list->n; i++) {
		_cleanup_fd_ int fd = -1;

		if (r->list->at[i].part || fs_join(path, sizeof(path), r->dev, r->list->at[i].name))
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0)
			(void)ioctl(fd, BLKRRPART); /* busy is fine: then somebody has read it */
	}
	return result;
}

void blk_rescan(const char *sys, const char *dev, int host, const struct blk_list *list,
	uint64_t deadline_ms)
{
	struct rescan r = {sys, dev, host, list};

	/* What comes of it is seen by looking again; that it did not help, too. */
	(void)!bounded_run(rescan, &r, deadline_ms);
}

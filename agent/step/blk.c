/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is on a block device, and which of it is the root.
 */
#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "step/blk.h"

#define READ_AHEAD 131072 /* bytes: traces are in the first 64 KiB, and near the end */

/* Copies a value of libblkid, which comes from the disk: kept only if it fits. */
static void take_value(blkid_probe probe, const char *name, char *to, size_t size)
{
	const char *value;
	size_t len;

	if (blkid_probe_lookup_value(probe, name, &value, &len) != 0)
		return;
	if (span_copy(span_str(value), to, size) < 0)
		to[0] = '\0'; /* a longer one is none that root= could name */
}

/* Most of what is looked at, in two round trips instead of one each. */
static void read_ahead(int fd, off_t size)
{
	(void)posix_fadvise(fd, 0, READ_AHEAD, POSIX_FADV_WILLNEED);
	if (size > 2 * READ_AHEAD)
		(void)posix_fadvise(fd, size - READ_AHEAD, READ_AHEAD, POSIX_FADV_WILLNEED);
}

int blk_probe(const char *path, struct blk *blk)
{
	/*
	 * What adapters for local disks write no LUN has, and each costs a round trip or two; ZFS has its
	 * own names for a root, and costs a megabyte.
	 */
	static const char *const unwanted[] = {"zfs_member", "ddf_raid_member", "isw_raid_member",
		"lsi_mega_raid_member", "via_raid_member", "silicon_medley_raid_member",
		"nvidia_raid_member", "promise_fasttrack_raid_member", "hpt45x_raid_member",
		"hpt37x_raid_member", "adaptec_raid_member", "jmicron_raid_member", NULL};
	blkid_probe probe = blkid_new_probe_from_filename(path);
	char usage[16] = "";
	int r, parts;

	if (!probe)
		return errno > 0 ? -errno : -EIO;
	read_ahead(blkid_probe_get_fd(probe), blkid_probe_get_size(probe));
	/* None of these can fail on a new probe. */
	(void)blkid_probe_enable_superblocks(probe, 1);
	(void)blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_NOTIN, (char **)unwanted);
	(void)blkid_probe_set_superblocks_flags(probe,
		BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID);
	(void)blkid_probe_enable_partitions(probe, 1);
	(void)blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
	r = blkid_do_safeprobe(probe); /* 1: nothing found; -2: more than one thing */
	if (r == 0) {
		take_value(probe, "TYPE", blk->type, sizeof(blk->type));
		take_value(probe, "USAGE", usage, sizeof(usage));
		take_value(probe, "LABEL", blk->label, sizeof(blk->label));
		take_value(probe, "UUID", blk->uuid, sizeof(blk->uuid));
	}
	blk->mountable = strcmp(usage, "filesystem") == 0;
	blk->ambiguous = r == -2;
	parts = r;
	if (blk->ambiguous) { /* what the partition table says of it holds all the same */
		(void)blkid_probe_enable_superblocks(probe, 0);
		parts = blkid_do_safeprobe(probe);
	}
	if (parts >= 0) {
		take_value(probe, "PART_ENTRY_NAME", blk->part_label, sizeof(blk->part_label));
		take_value(probe, "PART_ENTRY_UUID", blk->part_uuid, sizeof(blk->part_uuid));
	}
	blkid_free_probe(probe);
	return r == -1 ? -EIO : 0;
}

/* Linux numbers a LUN as the target addresses it: from 256 on flat, with bit 14 set (SAM-5 4.7). */
static bool has_lun(const struct plan *plan, const struct blk *b)
{
	return plan->lun_auto || b->lun == plan->lun || b->lun == (plan->lun | 0x4000);
}

static bool fits(const struct plan *plan, const struct blk *b)
{
	if (!has_lun(plan, b))
		return false;
	switch (plan->root_kind) {
	case PLAN_ROOT_LABEL:
		return strcmp(b->label, plan->root) == 0;
	case PLAN_ROOT_UUID:
		return strcasecmp(b->uuid, plan->root) == 0;
	case PLAN_ROOT_PARTLABEL:
		return strcmp(b->part_label, plan->root) == 0;
	case PLAN_ROOT_PARTUUID:
		return strcasecmp(b->part_uuid, plan->root) == 0;
	case PLAN_ROOT_PART:
		return b->part == plan->root_part;
	case PLAN_ROOT_NONE:
	case PLAN_ROOT_DEVICE:
	case PLAN_ROOT_NFS:
		break;
	}
	return false;
}

static void describe_root(const struct plan *plan, char *out, size_t size)
{
	static const char *const tags[] = {
		[PLAN_ROOT_LABEL] = "LABEL=",
		[PLAN_ROOT_UUID] = "UUID=",
		[PLAN_ROOT_PARTLABEL] = "PARTLABEL=",
		[PLAN_ROOT_PARTUUID] = "PARTUUID=",
	};
	char shown[80];

	if (plan->root_kind == PLAN_ROOT_PART)
		(void)snprintf(out, size, "partition %u", plan->root_part);
	else
		(void)snprintf(out, size, "%s%s", tags[plan->root_kind],
			span_escape(span_str(plan->root), shown, sizeof(shown)));
}

/* A sentence that grows within its buffer, and is cut there. */
static void __attribute__((format(printf, 4, 5)))
add(char *out, size_t size, size_t *at, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(out + *at, size - *at, format, ap);
	va_end(ap);
	if (n > 0)
		*at += (size_t)n < size - *at ? (size_t)n : size - *at - 1;
}

/* "sda1 vfat LABEL=system-boot, sda2 ext4 LABEL=root": what the LUN of the plan holds. */
static void describe_list(
	const struct plan *plan, const struct blk_list *list, char *out, size_t size)
{
	char shown[48];
	size_t at = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < list->n; i++) {
		const struct blk *b = &list->at[i];

		if (!has_lun(plan, b) || (b->part == 0 && !b->type[0] && !b->ambiguous))
			continue; /* a disk whose partitions are listed */
		add(out, size, &at, "%s%s %s", at ? ", " : "", b->name,
			b->ambiguous ? "with more than one file system at once (see wipefs)"
			: b->type[0] ? b->type
				     : "unknown");
		if (b->label[0])
			add(out, size, &at, " LABEL=%s",
				span_escape(span_str(b->label), shown, sizeof(shown)));
		if (b->part_label[0] && plan->root_kind == PLAN_ROOT_PARTLABEL)
			add(out, size, &at, " PARTLABEL=%s",
				span_escape(span_str(b->part_label), shown, sizeof(shown)));
		if (b->uuid[0] && plan->root_kind == PLAN_ROOT_UUID)
			add(out, size, &at, " UUID=%s",
				span_escape(span_str(b->uuid), shown, sizeof(shown)));
		if (b->part_uuid[0] && plan->root_kind == PLAN_ROOT_PARTUUID)
			add(out, size, &at, " PARTUUID=%s",
				span_escape(span_str(b->part_uuid), shown, sizeof(shown)));
	}
	if (at)
		return;
	add(out, size, &at, "nothing that is known on ");
	for (unsigned int i = 0; i < list->n; i++)
		if (has_lun(plan, &list->at[i]) && list->at[i].part == 0)
			add(out, size, &at, "%s ", list->at[i].name);
	out[at - 1] = '\0'; /* the blank */
}

/* The LUN of the plan is not there: which ones are. */
static int no_such_lun(
	const struct plan *plan, const struct blk_list *list, const char *where, struct err *reterr)
{
	char there[200];
	size_t at = 0;

	there[0] = '\0';
	for (unsigned int i = 0; i < list->n; i++)
		if (list->at[i].part == 0)
			add(there, sizeof(there), &at, "%s%llu (%s)", at ? ", " : "",
				(unsigned long long)list->at[i].lun, list->at[i].name);
	return err_set(reterr, -ENOENT, "%s shows no disk as LUN %llu, only as LUN %s", where,
		(unsigned long long)plan->lun, at ? there : "...");
}

int blk_match(const struct plan *plan, const struct blk_list *list, const char *where,
	const struct blk **ret, struct err *reterr)
{
	const struct blk *hit = NULL;
	char root[120], there[ERR_TEXT_SIZE];
	bool lun = false;

	if (plan->root_kind == PLAN_ROOT_NONE || plan->root_kind == PLAN_ROOT_DEVICE ||
		plan->root_kind == PLAN_ROOT_NFS)
		return err_set(reterr, -EINVAL,
			"root= does not say what to look for: give LABEL=, UUID=, PARTLABEL=, "
			"PARTUUID= or part:N");
	describe_root(plan, root, sizeof(root));
	for (unsigned int i = 0; i < list->n; i++) {
		lun = lun || has_lun(plan, &list->at[i]);
		if (!fits(plan, &list->at[i]))
			continue;
		if (hit)
			return err_set(reterr, -EEXIST,
				"%s is on %s and on %s: choose with pinet.lun= or another root=",
				root, hit->name, list->at[i].name);
		hit = &list->at[i];
	}
	if (hit) {
		*ret = hit;
		return 0;
	}
	if (!lun && list->n)
		return no_such_lun(plan, list, where, reterr);
	describe_list(plan, list, there, sizeof(there));
	return err_set(
		reterr, -ENOENT, "no %s on the disks of %s: there is %s", root, where, there);
}

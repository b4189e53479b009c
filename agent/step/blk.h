/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is on a block device, and which of it is the root.
 */
#ifndef STEP_BLK_H
#define STEP_BLK_H

#include "plan/plan.h"

#define BLK_MAX 64 /* disks and partitions of a session that are looked at */

/* A partition, or a whole disk (part 0), with what libblkid says of it; "" where it says nothing. */
struct blk {
	char name[32]; /* sda2 */
	char disk[32]; /* sda */
	uint64_t lun;
	unsigned int part;
	char type[32];
	bool mountable; /* @type is a file system: no swap, LUKS, LVM or RAID member */
	bool ambiguous; /* traces of more than one file system: wipefs(8) lists them */
	char label[256], uuid[64];
	char part_label[256], part_uuid[64];
};

struct blk_list {
	unsigned int n;
	unsigned int n_disks;
	struct blk at[BLK_MAX];
};

/*
 * Reads type, label and UUIDs of @path (a device node or an image) into @blk, whose names stay.
 * Returns 0, also when nothing is recognized, or a negative errno.
 */
int blk_probe(const char *path, struct blk *blk) __attribute__((warn_unused_result));

/*
 * The one of @list that the plan's root= means.
 *
 * Returns 0 with @ret, -ENOENT with @reterr listing what there is, -EEXIST with @reterr if more
 * than one fits, -EINVAL if root= is none that is looked up here. @where names the target for the
 * sentence.
 */
int blk_match(const struct plan *plan, const struct blk_list *list, const char *where,
	const struct blk **ret, struct err *reterr) __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the files step/sync_*.c share; for them only.
 */
#ifndef STEP_SYNC_PARTS_H
#define STEP_SYNC_PARTS_H

#include "base/beside.h"
#include "source/boot_set.h"
#include "step/sync.h"
#include "step/sync_child.h"
#include "store/lock.h"
#include "store/stage.h"
#include "store/stamp.h"
#include "store/states.h"

#define SYNC_CMDLINES     8
#define SYNC_CMDLINE_SIZE 8192 /* bytes of a cmdline.txt */

#define SYNC_IPXE_NAME "boot.ipxe"
#define SYNC_IPXE_SIZE (SYNC_CMDLINE_SIZE + 512)

#define SYNC_README_TEXT                                                                           \
	"The firmware takes the overlays of this directory because this file is here.\n"

/* A cmdline.txt: the generation gets it with a word of its own. */
struct sync_cmdline {
	size_t file; /* index in the set */
	size_t len;
	char text[SYNC_CMDLINE_SIZE];
};

/* Removes generations beside. */
struct sync_pruner {
	struct beside beside;
	int ours_fd;
	unsigned int n, n_gone; /* of which so many are gone */
	char name[GENERATIONS][NAME_SIZE];
};

/* A run. */
struct sync {
	const struct sync_wish *wish;
	struct sync_report *report;
	enum manifest_layout layout;
	char *config; /* raspi: config.txt without our block, owned */
	struct sha256 config_digest;
	struct stat config_st;
	struct boot_place place;
	struct boot_set set;
	struct sha256 *digest; /* of each file of the set, all 0 while it is not known; owned */
	unsigned int n_cmdlines;
	struct sync_cmdline *cmdline; /* SYNC_CMDLINES of them; owned */
	struct stamp stamp; /* of the run before */
	struct sync_child checker; /* of sync_choose() */
	struct sync_pruner pruner; /* of sync_prune_begin() */
	bool copy_all; /* files of older generations are damaged: no links to them */
	bool buffered; /* the fast way to write large files does not work here */
	int ours_fd; /* pinet/ in the boot directory; negative if there is none yet */
	struct lock_holder self;
	char active[NAME_SIZE]; /* or "" */
	char tryboot[NAME_SIZE]; /* raspi: what tryboot.txt has, or "" */
	struct generation_list list;
	struct states states;
	unsigned int n_known;
	struct stage_older known[STAGE_OLDER]; /* the newest first */
};

/* Lists what there is: config.txt, the set and the stamp of the run before. Sets also active; opens pinet/. */
int sync_look(struct sync *s, struct err *reterr) __attribute__((warn_unused_result));

/* Frees what sync_look() and sync_load() got. */
void sync_forget(struct sync *s);

/* True if nothing is new since the stamp was made. */
bool sync_is_unchanged(const struct sync *s);

/* Forgets the manifest of a generation that is gone or damaged. */
void sync_forget_known(struct sync *s, const char *name);

/* -ESTALE with the sentence for @name, which an editor seems to have emptied before it writes to it. */
int sync_err_empty(const char *name, struct err *reterr);

/* The path of @name below the root. Returns 0 or -ENAMETOOLONG. */
int sync_root_path(const struct sync *s, const char *name, char *out, size_t size)
	__attribute__((warn_unused_result));

/*
 * Loads what is on the boot server: list, states, the newest manifests, each cmdline.txt of the set; makes sure that it
 * is of this machine, and removes what interrupted runs left, as far as it can be. The lock is held.
 */
int sync_load(struct sync *s, struct err *reterr) __attribute__((warn_unused_result));

/* Reads each cmdline.txt of the set. */
int sync_read_cmdlines(struct sync *s, struct err *reterr) __attribute__((warn_unused_result));

/* Puts the words back that they have lost (raspi), see source/cmdline_keep. Returns 0 or a negative errno with @reterr. */
int sync_mend_cmdlines(struct sync *s, struct err *reterr) __attribute__((warn_unused_result));

/* The text of a cmdline.txt in generation @name: 1, or 0 if file number @file is none. */
int sync_text(const struct sync *s, size_t file, const char *name, char out[SYNC_CMDLINE_SIZE],
	struct err *reterr) __attribute__((warn_unused_result));

/* True, with its path in @ret, if the overlays lack the README without which the firmware passes them over. */
bool sync_readme(const struct sync *s, char ret[BOOT_PATH_SIZE]);

/*
 * The script by which iPXE boots generation @name: 1, or 0 if there is none: in the raspi layout,
 * without a cmdline.txt, or with one that means something to iPXE.
 */
int sync_ipxe(const struct sync *s, const char *name, char out[SYNC_IPXE_SIZE], struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Chooses of the set what belongs together. That it can boot this machine is checked beside, or
 * (wish->careful) before this returns.
 */
int sync_choose(struct sync *s, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Waits for that check. Returns 0; 1 if kernels were left out of the set, which has to be staged
 * again; or a negative errno with @reterr.
 */
int sync_check_finish(struct sync *s, struct err *reterr) __attribute__((warn_unused_result));

/* The manifest of @digest as far as the files go; 1, or 0 if a digest is not known yet. */
int sync_manifest(const struct sync *s, const char *name, struct manifest *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/* The known generation that has the same files: 1, or 0 if there is none or a digest is not known. */
int sync_find_same(const struct sync *s, const struct manifest **ret, struct err *reterr)
	__attribute__((warn_unused_result));

/* True if a known generation has @digest in this @role. */
bool sync_knows(const struct sync *s, enum manifest_role role, const struct sha256 *digest,
	const struct manifest **ret_manifest);

bool sync_digest_known(const struct sha256 *digest);

enum manifest_role sync_role(enum boot_role role);

/* Room for @need: older generations go if need be, and if that is enough. */
int sync_make_room(struct sync *s, const struct generation_size *need, struct err *reterr)
	__attribute__((warn_unused_result));

/* Removes what is not needed, so that @keep remain; with 0 as much as can go, to make room. */
int sync_prune(struct sync *s, unsigned int keep, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * The same beside what makes @name the active generation, or with wish->once one for a boot, from sync_prune_begin() on.
 * sync_prune_end() waits for it, and so does sync_prune_drop(), when something has failed. What is staged meanwhile has
 * all links to older generations that it needs.
 */
void sync_prune_begin(struct sync *s, const char *name);
int sync_prune_end(struct sync *s, struct err *reterr) __attribute__((warn_unused_result));
void sync_prune_drop(struct sync *s);

/* Stages all files of the set as @stage, which has to be settled (store/stage); digests are known afterwards. */
int sync_stage(struct sync *s, struct lock *lock, const char *name, struct stage *stage,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * Makes and saves the stamp: the files as they are now are those of @name, whose manifest is the file
 * @manifest, which with NULL is looked at. A failure is a remark.
 */
void sync_save_stamp(struct sync *s, const char *name, const struct stat *manifest);

/* Fetches all files of @m by TFTP and compares. */
int sync_tftp(const struct sync *s, const struct manifest *m, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Fetches by TFTP what makes @m the active generation: config.txt, or its manifest by the link, which
 * not every server follows. Returns 0 or a negative errno with @reterr.
 */
int sync_tftp_active(const struct sync *s, const struct manifest *m, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The boot directory, for the commands that work on generations, and what they know of this boot.
 */
#ifndef CMD_BOOT_DIR_H
#define CMD_BOOT_DIR_H

#include <limits.h>
#include <stdbool.h>

#include "source/cmdline.h"
#include "state/state.h"
#include "store/name.h"

struct boot_dir {
	char root[PATH_MAX]; /* "" for the running system */
	int fd; /* O_RDONLY | O_DIRECTORY; -1 if it was not opened */
	int ours_fd; /* pinet/ in it; negative if it was not opened, or there is none */
	int claim_fd; /* held by boot_dir_claim(); else -1 */
	bool not_ours; /* pinet did not boot this machine, or is not to mount anything: no error */
	int cmdline_error; /* why /proc/cmdline could not be read, or 0 */
	int boot_error; /* why /run/pinet/boot could not be read, or 0 */
	struct state boot; /* what is in it */
	char kernel[65]; /* version of the running one; "" if not known */
	char cmdline[CMDLINE_SIZE]; /* text of /proc/cmdline */
	char running[NAME_SIZE]; /* the generation that the firmware loaded; "" if not known */
};

/*
 * Reads what is known of this boot below @root ("/" or another). What cannot be read is not known.
 * Returns 0, or -ENAMETOOLONG with @reterr.
 */
int boot_dir_look(struct boot_dir *ret, const char *root, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Opens the boot directory: @dir, or (with NULL) where this boot mounted it, which must be a mounted
 * NFS then: nothing is to land below a mount point that has lost its file system. Its server is asked first whether
 * it is there.
 *
 * Returns 0 with the directory open, to be closed by boot_dir_close(), or with not_ours set; or a
 * negative errno with @reterr.
 */
int boot_dir_open(struct boot_dir *d, const char *dir, struct err *reterr)
	__attribute__((warn_unused_result));

/* Opens pinet/ in it, if there is one. Returns 0 or a negative errno with @reterr. */
int boot_dir_ours(struct boot_dir *d, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Waits until no other process of this machine writes there, ten minutes at most: for them the lock
 * on the boot server (store/lock) would be a reason to give up. Until boot_dir_close().
 *
 * Returns 0, or a negative errno (-EBUSY) with @reterr.
 */
int boot_dir_claim(struct boot_dir *d, struct err *reterr) __attribute__((warn_unused_result));

/*
 * For status and the next sync: the generation @name was made active, and not by a sync. What was to be tried is
 * decided by that; a sync that is pending stays so. A failure is a warning.
 */
void boot_dir_note_active(const struct boot_dir *d, const char *name);

void boot_dir_close(struct boot_dir *d);

#define _cleanup_boot_dir_ __attribute__((cleanup(boot_dir_close)))

/* "ROOT/NAME". Returns 0 or -ENAMETOOLONG. */
int boot_dir_path(const struct boot_dir *d, const char *name, char *out, size_t size)
	__attribute__((warn_unused_result));

/* "57.2 MB" or "912 bytes"; @out has at least 24 bytes. Returns @out. */
const char *boot_dir_size(uint64_t bytes, char *out, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is in an initramfs, as lsinitramfs(8) lists it.
 */
#ifndef SOURCE_INITRAMFS_H
#define SOURCE_INITRAMFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define INITRAMFS_LISTER       "/usr/bin/lsinitramfs"
#define INITRAMFS_VERSIONS     4 /* kernel versions that one image may have modules of */
#define INITRAMFS_VERSION_SIZE 65
#define INITRAMFS_WANTED       8 /* modules that can be looked for at once */
#define INITRAMFS_LIST_MAX     (16u << 20) /* bytes of a list of names */
#define INITRAMFS_LINE_SIZE    512 /* longer names are passed over */

struct initramfs {
	bool has_agent; /* sbin/pinet or usr/sbin/pinet */
	bool has_modules; /* at least one file of a module */
	unsigned int n_versions; /* directories in lib/modules that are not empty */
	char version[INITRAMFS_VERSIONS][INITRAMFS_VERSION_SIZE];
	unsigned int n_wanted;
	const char *wanted[INITRAMFS_WANTED]; /* names of modules, by the caller */
	bool found[INITRAMFS_WANTED]; /* those that are in the image */
	/* the line that is not complete yet */
	size_t at;
	bool too_long;
	uint64_t seen;
	char line[INITRAMFS_LINE_SIZE];
};

/*
 * Takes a piece of the list, which may end in the middle of a name.
 * Returns 0, or -EFBIG above INITRAMFS_LIST_MAX.
 */
int initramfs_feed(struct initramfs *list, struct span piece) __attribute__((warn_unused_result));

/* Takes the last line if it has no newline. */
void initramfs_feed_end(struct initramfs *list);

/* True if module names @a and @b (of @n bytes) are the same: "-" and "_" are to the kernel. */
bool initramfs_same_module(const char *a, const char *b, size_t n);

/*
 * Lists the image @name, absolute or below @dirfd, with @lister (INITRAMFS_LISTER). The caller has set
 * @ret->n_wanted and @ret->wanted, everything else to 0.
 *
 * Returns 0; -EBADMSG if it cannot be listed; -ENOENT if there is no @lister; -ETIMEDOUT; or
 * another negative errno. @reterr says it without the name of the file.
 */
int initramfs_list(int dirfd, const char *name, const char *lister, uint64_t deadline_ms,
	struct initramfs *ret, struct err *reterr) __attribute__((warn_unused_result));

#endif

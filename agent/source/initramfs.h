/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is in an initramfs: archives of cpio(5), the last of which may be compressed.
 */
#ifndef SOURCE_INITRAMFS_H
#define SOURCE_INITRAMFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define INITRAMFS_VERSIONS     4 /* kernel versions that one image may have modules of */
#define INITRAMFS_VERSION_SIZE 65
#define INITRAMFS_WANTED       8 /* modules that can be looked for at once */
#define INITRAMFS_MAX          (1ull << 32) /* unpacked bytes */

struct initramfs {
	bool has_agent; /* sbin/pinet or usr/sbin/pinet */
	bool has_modules; /* at least one file of a module */
	unsigned int n_versions; /* directories in lib/modules that are not empty */
	char version[INITRAMFS_VERSIONS][INITRAMFS_VERSION_SIZE];
	unsigned int n_wanted;
	const char *wanted[INITRAMFS_WANTED]; /* names of modules, by the caller */
	bool found[INITRAMFS_WANTED]; /* those that are in the image */
};

/* Takes the name of a file in it. */
void initramfs_take(struct initramfs *list, const char *name);

/* True if module names @a and @b (of @n bytes) are the same: "-" and "_" are to the kernel. */
bool initramfs_same_module(const char *a, const char *b, size_t n);

/*
 * Lists the image @name, absolute or below @dirfd. The caller has set @ret->n_wanted and @ret->wanted,
 * everything else to 0.
 *
 * Returns 0; -EBADMSG if it is damaged, not complete or none; -ENOENT if it or the program that can
 * unpack it is missing; -EFBIG above INITRAMFS_MAX; -ETIMEDOUT; or another negative errno. @reterr
 * says it without the name of the file.
 */
int initramfs_list(int dirfd, const char *name, uint64_t deadline_ms, struct initramfs *ret,
	struct err *reterr) __attribute__((warn_unused_result));

#endif

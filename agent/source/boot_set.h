/* SPDX-License-Identifier: GPL-2.0-or-later
 * The boot set: the files that distribution and owner left for the firmware, and that belong
 * together.
 *
 * It is found in two steps. boot_set_look() takes names, sizes and times: enough to see that
 * nothing has changed. boot_set_choose() opens the kernels to find their versions, and takes those
 * that have an initramfs and, on the root, modules.
 */
#ifndef SOURCE_BOOT_SET_H
#define SOURCE_BOOT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/notes.h"
#include "base/span.h"

#define BOOT_FILES        4096
#define BOOT_PATH_SIZE    200
#define BOOT_VERSION_SIZE 65
#define BOOT_KERNELS      8
#define BOOT_MATES        4 /* images of one initramfs */

enum boot_role {
	BOOT_KERNEL,
	BOOT_INITRAMFS,
	BOOT_DTB,
	BOOT_OVERLAY,
	BOOT_CMDLINE,
	BOOT_OTHER,
	BOOT_INPUT, /* nothing that is loaded: the choice depends on it */
};

struct boot_file {
	enum boot_role role;
	bool chosen; /* part of the set; set by boot_set_choose() */
	struct stat st;
	char *path; /* in the generation; owned */
	char *source; /* absolute, or below the boot directory; owned */
};

/* A kernel and the images that are loaded with it: indices of files. */
struct boot_kernel {
	size_t kernel;
	unsigned int n_mates;
	size_t mate[BOOT_MATES];
	char missing[BOOT_PATH_SIZE]; /* a mate that is not there, or "" */
	char version[BOOT_VERSION_SIZE]; /* "" until it is chosen */
};

/* Starts as {0}; boot_set_done() frees what it grew. */
struct boot_set {
	bool raspi; /* layout: the firmware of the Raspberry Pi reads config.txt */
	bool named; /* raspi: the kernels are those that config.txt names */
	bool loads_mates; /* raspi: config.txt makes the firmware load an initramfs */
	char version[BOOT_VERSION_SIZE]; /* of the kernel that this machine is thought to load */
	size_t n, room;
	struct boot_file *file;
	unsigned int n_kernels; /* candidates; after boot_set_choose() those that are taken */
	struct boot_kernel kernel[BOOT_KERNELS];
	struct notes notes; /* what was left out, and why */
};

void boot_set_done(struct boot_set *set);

#define _cleanup_boot_set_ __attribute__((cleanup(boot_set_done)))

/* Where to look. */
struct boot_place {
	int boot_dirfd;
	const char *root; /* "" for the running system */
	const char *running; /* version of the running kernel, or "" */
	struct span config; /* config.txt without the lines of ours; p == NULL in the link layout */
};

/*
 * Lists what the set may be made of; contents are not read.
 *
 * Returns 0 with @ret to be freed; -ESTALE if something is missing that may still come; -EINVAL if
 * config.txt makes no sense; -E2BIG for too many files; or another negative errno; with @reterr.
 */
int boot_set_look(const struct boot_place *place, struct boot_set *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Finds the version in the kernel image @fd (source/kernel_image). Returns 0 or a negative errno
 * with @reterr, which says it without the name of the file.
 */
typedef int boot_version_of(void *ctx, int fd, char ret[BOOT_VERSION_SIZE], struct err *reterr);

/*
 * Takes the kernels that can be loaded, and all that goes with them.
 *
 * Returns 0; -ESTALE if kernel, initramfs and modules do not belong together (yet); -EBADMSG or
 * -ENODATA if the kernel's version cannot be found; or another negative errno; with @reterr.
 */
int boot_set_choose(const struct boot_place *place, struct boot_set *set,
	boot_version_of *version_of, void *ctx, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Leaves out kernel number @i, for @why; what no other kernel needs goes with it. The last one that
 * is left, and the one of @set->version, cannot be left out: -EINVAL.
 */
int boot_set_drop(struct boot_set *set, unsigned int i, const char *why)
	__attribute__((warn_unused_result));

/* Opens a file of the set for reading. Returns a descriptor or a negative errno. */
int boot_set_open(const struct boot_place *place, const struct boot_file *file)
	__attribute__((warn_unused_result));

/* The flavour in a kernel version: "rpi-v8" or "v8" of 6.12.25+rpt-rpi-v8 is its last word, v8. */
const char *boot_set_flavour(const char *version);

#endif

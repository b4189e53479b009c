/* SPDX-License-Identifier: GPL-2.0-or-later
 * The manifest of a generation, a text file beside its files: pinet-manifest(5).
 *
 *   manifest = "pinet-manifest 1" LF
 *              "generation " name LF
 *              "created " seconds-since-1970 LF
 *              "kernel " version LF
 *              "layout " ("raspi" / "link") LF
 *              ["previous " name LF]
 *              0*32("package " name " " version LF)
 *              1*4096("file " role " " sha256 " " size " " path LF)      in the order of the paths
 *              "end" LF
 *   role     = "kernel" / "initramfs" / "dtb" / "overlay" / "cmdline" / "other"
 */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include "base/err.h"
#include "store/name.h"
#include "store/sha256.h"

#define MANIFEST_NAME              "manifest" /* of the file */
#define MANIFEST_FILES             4096
#define MANIFEST_PACKAGES          32
#define MANIFEST_PACKAGE_NAME_SIZE 64
#define MANIFEST_PACKAGE_VER_SIZE  96
#define MANIFEST_FILE_MAX          (1u << 30) /* bytes of one file */
#define MANIFEST_TEXT_MAX          (2u << 20) /* bytes of a whole manifest */

enum manifest_role {
	MANIFEST_KERNEL,
	MANIFEST_INITRAMFS,
	MANIFEST_DTB,
	MANIFEST_OVERLAY,
	MANIFEST_CMDLINE,
	MANIFEST_OTHER,
};

/* How a generation is activated: design.md section 6. */
enum manifest_layout {
	MANIFEST_RASPI, /* by os_prefix= in config.txt */
	MANIFEST_LINK, /* by the symbolic link pinet/active */
};

struct manifest_file {
	enum manifest_role role;
	uint32_t size; /* bytes */
	struct sha256 digest;
	char path[NAME_PATH_SIZE]; /* in the generation */
};

struct manifest_package {
	char name[MANIFEST_PACKAGE_NAME_SIZE];
	char version[MANIFEST_PACKAGE_VER_SIZE];
};

/* Starts as {0}; manifest_done() frees what it grew. */
struct manifest {
	char generation[NAME_SIZE];
	char previous[NAME_SIZE]; /* "" if it was the first */
	char kernel[NAME_VERSION_SIZE];
	enum manifest_layout layout;
	uint32_t created_s; /* since 1970 */
	unsigned int n_packages;
	struct manifest_package package[MANIFEST_PACKAGES];
	size_t n, room;
	struct manifest_file *file; /* n of them, in the order of the paths after manifest_sort() */
};

void manifest_done(struct manifest *m);

#define _cleanup_manifest_ __attribute__((cleanup(manifest_done)))

/* "raspi", "kernel" and so on. */
const char *manifest_layout_name(enum manifest_layout layout);
const char *manifest_role_name(enum manifest_role role);

/*
 * Reads a manifest. Everything in it was checked when this returns: names and paths by store/name,
 * digests, limits, order, no path twice, nothing behind the end.
 *
 * Returns 0 with @ret to be freed by manifest_done(), -EBADMSG with @reterr naming the line, or
 * -ENOMEM. On failure @ret is left alone.
 */
int manifest_parse(struct span text, struct manifest *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Adds a package, "NAME VERSION", printable ASCII without blanks.
 * Returns 0, -EINVAL for a malformed word, -ENOSPC if there are MANIFEST_PACKAGES already.
 */
int manifest_add_package(struct manifest *m, struct span name, struct span version)
	__attribute__((warn_unused_result));

/*
 * Adds a file behind the others. Returns 0, -EINVAL for a path that is none (store/name), -ENOSPC
 * if there are MANIFEST_FILES already, -ENOMEM.
 */
int manifest_add_file(struct manifest *m, const struct manifest_file *file)
	__attribute__((warn_unused_result));

/*
 * Puts the files into their order. Returns 0, or -EEXIST with @reterr naming a path that is there
 * twice.
 */
int manifest_sort(struct manifest *m, struct err *reterr) __attribute__((warn_unused_result));

/* The file with @path, or NULL. The files are in their order. */
const struct manifest_file *manifest_find(const struct manifest *m, const char *path);

/* The only file of @role, or NULL if there is none or more than one. */
const struct manifest_file *manifest_only(const struct manifest *m, enum manifest_role role);

/* Bytes of all files. */
uint64_t manifest_bytes(const struct manifest *m);

/*
 * True if both name the same files (role, digest, size, path), kernel and layout: nothing but the
 * name, the time and the packages would be new. The files of both are in their order.
 */
bool manifest_same_files(const struct manifest *a, const struct manifest *b);

/*
 * Prints a manifest whose files are in their order, so that manifest_parse() reads it.
 * Returns 0 with @ret_text to be freed, or -ENOMEM.
 */
int manifest_print(const struct manifest *m, char **ret_text, size_t *ret_len)
	__attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * /var/lib/pinet/stamp: what the active generation was made of, so that a sync with nothing new
 * reads no file. A source with the same size, times and inode number has the digest that is noted.
 *
 *   stamp = "pinet-stamp 1" LF
 *           "generation " name " " manifest-size " " manifest-mtime-ns LF
 *           *("file " size " " mtime-ns " " ctime-ns " " inode " " sha256 " " path LF)
 *           "end" LF
 */
#ifndef STORE_STAMP_H
#define STORE_STAMP_H

#include <sys/stat.h>

#include "base/err.h"
#include "store/name.h"
#include "store/sha256.h"

#define STAMP_FILE      "/var/lib/pinet/stamp"
#define STAMP_FILES     4096
#define STAMP_PATH_SIZE 512
#define STAMP_TEXT_MAX  (4u << 20) /* bytes of the whole file */

struct stamp_file {
	uint64_t size, mtime_ns, ctime_ns, ino;
	struct sha256 digest;
	char *path; /* of the source; owned */
};

/* Starts as {0}; stamp_done() frees what it grew. */
struct stamp {
	char generation[NAME_SIZE]; /* "" if it says nothing */
	uint64_t manifest_size, manifest_mtime_ns; /* on the server */
	size_t n, room;
	struct stamp_file *file;
};

void stamp_done(struct stamp *stamp);

#define _cleanup_stamp_ __attribute__((cleanup(stamp_done)))

/*
 * Reads the text of a stamp. Returns 0 with @ret to be freed by stamp_done(), -EBADMSG or -ENOMEM.
 */
int stamp_parse(struct span text, struct stamp *ret) __attribute__((warn_unused_result));

/*
 * Reads @path. An absent or malformed stamp says nothing: 0 with an empty @ret.
 * Returns 0 with @ret to be freed, or a negative errno with @reterr.
 */
int stamp_load(const char *path, struct stamp *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/* Replaces @path, making its directory. Returns 0 or a negative errno with @reterr. */
int stamp_save(const char *path, const struct stamp *stamp, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Notes the generation whose manifest the server shows as @manifest. Returns 0, or -EINVAL if @name
 * is none.
 */
int stamp_set_generation(struct stamp *stamp, const char *name, const struct stat *manifest)
	__attribute__((warn_unused_result));

/* True if @stamp is of generation @name, whose manifest the server shows as @manifest. */
bool stamp_is_of(const struct stamp *stamp, const char *name, const struct stat *manifest);

/*
 * Notes that source @path, as @st was before it was read, has @digest. Where times are kept in
 * whole seconds, a source changed within two seconds of @now_s (since 1970) is not noted: it may
 * change again and show the same time. Returns 0, -EINVAL for a path with a newline or too long,
 * -ENOSPC above STAMP_FILES, -ENOMEM.
 */
int stamp_add(struct stamp *stamp, const char *path, const struct stat *st, uint64_t now_s,
	const struct sha256 *digest) __attribute__((warn_unused_result));

/* The digest of source @path if it still is as it was noted, else NULL. */
const struct sha256 *stamp_digest(
	const struct stamp *stamp, const char *path, const struct stat *st);

#endif

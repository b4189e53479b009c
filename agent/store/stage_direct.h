/* SPDX-License-Identifier: GPL-2.0-or-later
 * Large files of a new generation, read back while they are on their way.
 */
#ifndef STORE_STAGE_DIRECT_H
#define STORE_STAGE_DIRECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/sha256.h"

#define STAGE_DIRECT_MIN (1u << 20) /* bytes; for less it is not worth while */
/*
 * Bytes that are written, and then read back, at once. Few: with parts of 512 KiB those that are written and those
 * that come back took turns on the line, instead of each having its direction.
 */
#define STAGE_DIRECT_PART (64u << 10)

/* All files that are on their way; NULL before the first. */
struct stage_direct;

/* A file to be copied. */
struct stage_direct_item {
	int in_fd; /* what to copy, from its beginning */
	int dirfd; /* where */
	const char *name; /* the new file */
	const char *path, *source; /* for messages: the new file, and what is copied */
};

/*
 * Copies @item, past the page cache of this machine. Each part is read back as soon as the server has it on
 * its disk, and compared, while later ones are written: a network has two directions. When this
 * returns all of the source was read, and the last parts may be on their way.
 *
 * Returns 0 with @ret_digest and @ret_size of the source; -EOPNOTSUPP (without @reterr) if this cannot be done
 * here, and the file has to be written in another way; -EPROTONOSUPPORT if that comes to light for it or for a file
 * before it, when it is begun; -EBADMSG if the server gives back something else than it was sent, also of a file
 * before it; -EEXIST; -EFBIG above MANIFEST_FILE_MAX; or another negative errno, with @reterr. What
 * there is of the file then is to be removed by the caller, but for -EEXIST.
 */
int stage_direct_add(struct stage_direct **direct, const struct stage_direct_item *item,
	struct sha256 *ret_digest, uint64_t *ret_size, struct err *reterr)
	__attribute__((warn_unused_result));

/* Waits until all files are on the server's disk and read back. Returns 0, or as stage_direct_add(). */
int stage_direct_settle(struct stage_direct *direct, struct err *reterr)
	__attribute__((warn_unused_result));

/* Frees what there is, and waits for what is on its way, whose files are not finished then. */
void stage_direct_end(struct stage_direct **direct);

/* Why @path could not be written: the negative errno @r. Returns it. */
int stage_direct_err(const char *path, int r, struct err *reterr);

#endif

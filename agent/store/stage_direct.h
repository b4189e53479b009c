/* SPDX-License-Identifier: GPL-2.0-or-later
 * A large file of a new generation, read back while it is on its way.
 */
#ifndef STORE_STAGE_DIRECT_H
#define STORE_STAGE_DIRECT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/sha256.h"

#define STAGE_DIRECT_MIN  (1u << 20) /* bytes; for less it is not worth while */
#define STAGE_DIRECT_PART (512u << 10) /* bytes that are written, and then read back, at once */

/*
 * Copies all that @in_fd gives from its beginning to a new file @name, past the page cache of this
 * machine. Each part is read back as soon as the server has it on its disk, and compared, while
 * later ones are written: a network has two directions.
 *
 * Returns 0 with @ret_digest and @ret_size, the file being on the server's disk; -EBADMSG if the
 * server gives back something else than it was sent; -EOPNOTSUPP if this cannot be done here, and
 * the file has to be written in another way; -EEXIST; -EFBIG above MANIFEST_FILE_MAX; or another
 * negative errno, with @ret_reading set if it was one of reading @in_fd. What there is of @name then
 * is to be removed by the caller, but for -EEXIST.
 */
int stage_direct(int in_fd, int dirfd, const char *name, struct sha256 *ret_digest,
	uint64_t *ret_size, bool *ret_reading) __attribute__((warn_unused_result));

#endif

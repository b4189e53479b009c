/* SPDX-License-Identifier: GPL-2.0-or-later
 * The names in cpio archives of the kind "newc", as an initramfs has them one behind the other:
 * Documentation/driver-api/early-userspace/buffer-format.rst of the kernel.
 */
#ifndef BASE_CPIO_H
#define BASE_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define CPIO_HEADER_SIZE 110
#define CPIO_NAME_SIZE   512 /* with its NUL; longer names are passed over */

enum cpio_state {
	CPIO_BETWEEN, /* in front of an archive: zeros, or its first byte */
	CPIO_HEADER,
	CPIO_NAME,
	CPIO_DATA, /* bytes to pass over */
};

/* The caller sets @take and @ctx, everything else to 0. */
struct cpio {
	void (*take)(void *ctx, const char *name);
	void *ctx;
	enum cpio_state state;
	unsigned int n_whole; /* archives that were read to their end */
	size_t at; /* bytes of the header or of the name that there are */
	uint32_t name_size, data_size; /* of this entry */
	uint64_t skip; /* bytes to pass over */
	bool last; /* this entry is the one that ends an archive */
	uint8_t header[CPIO_HEADER_SIZE];
	char name[CPIO_NAME_SIZE];
};

/*
 * Takes a piece of the archives, however they are cut, and gives each name to @take.
 *
 * Returns 0; 1 if what follows an archive, or stands in front of the first one, is none: then
 * @ret_used are the bytes of @piece before it; or -EBADMSG in the middle of an archive.
 */
int cpio_feed(struct cpio *cpio, struct span piece, size_t *ret_used)
	__attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Compressed parts of kernels and initramfs images, unpacked by the programs of the system.
 */
#ifndef BASE_PACKED_H
#define BASE_PACKED_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct packed; /* a way of compression */

/* The way in which what begins with @start is compressed, or NULL if it is none that is known. */
const struct packed *packed_find(struct span start);

/* The path of the program that unpacks it. */
const char *packed_program(const struct packed *packed);

/*
 * Gives @feed what is unpacked from @offset of @fd on, piece by piece, until it returns something but 0.
 *
 * Returns as proc_stream() does, with a sentence in @reterr if that is negative. The exit status is
 * not 0 if something else follows the compressed part, too.
 */
int packed_stream(const struct packed *packed, int fd, uint64_t offset, uint64_t deadline_ms,
	int (*feed)(void *ctx, struct span piece), void *ctx, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

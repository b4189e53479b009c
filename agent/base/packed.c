/* SPDX-License-Identifier: GPL-2.0-or-later
 * Compressed parts of kernels and initramfs images, unpacked by the programs of the system.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"
#include "base/packed.h"

struct packed {
	const char *magic;
	size_t magic_len;
	const char *const argv[4];
};

/* lib/decompress.c of the kernel has the same bytes. */
static const struct packed ways[] = {
	{"\x1f\x8b\x08", 3, {"/usr/bin/gzip", "-dc", NULL}},
	{"\xfd"
	 "7zXZ\0",
		6, {"/usr/bin/xz", "-dc", NULL}},
	{"\x28\xb5\x2f\xfd", 4, {"/usr/bin/zstd", "-dcq", NULL}},
	{"\x02\x21\x4c\x18", 4, {"/usr/bin/lz4", "-dcq", NULL}},
	{"\x89LZO\0", 5, {"/usr/bin/lzop", "-dc", NULL}},
	{"BZh", 3, {"/usr/bin/bzip2", "-dc", NULL}},
	{"\x5d\0\0", 3, {"/usr/bin/xz", "-dc", "--format=lzma", NULL}},
};

const struct packed *packed_find(struct span start)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (start.len > ways[i].magic_len &&
			memcmp(start.p, ways[i].magic, ways[i].magic_len) == 0)
			return &ways[i];
	return NULL;
}

const char *packed_program(const struct packed *packed)
{
	return packed->argv[0];
}

int packed_stream(const struct packed *packed, int fd, uint64_t offset, uint64_t deadline_ms,
	int (*feed)(void *ctx, struct span piece), void *ctx, struct err *reterr)
{
	int r;

	if (lseek(fd, (off_t)offset, SEEK_SET) < 0)
		return err_sys(reterr, -errno, "cannot read it");
	r = proc_stream(packed->argv, fd, deadline_ms, feed, ctx);
	if (r == -ENOENT)
		return err_set(reterr, r,
			"it is compressed, and %s, which can unpack it, is missing",
			packed->argv[0]);
	return r < 0 ? err_sys(reterr, r, "cannot unpack it with %s", packed->argv[0]) : r;
}

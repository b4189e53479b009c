/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is in an initramfs: archives of cpio(5), the last of which may be compressed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/cpio.h"
#include "base/fs.h"
#include "base/packed.h"
#include "source/initramfs.h"

#define PIECE_SIZE 65536

/* An image that is being read. */
struct reading {
	struct cpio cpio;
	uint64_t seen; /* bytes, unpacked */
};

static bool is_dash(char c)
{
	return c == '-' || c == '_';
}

bool initramfs_same_module(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	for (; i < n && a[i]; i++)
		if (a[i] != b[i] && !(is_dash(a[i]) && is_dash(b[i])))
			return false;
	return i == n && !a[i];
}

static void add_version(struct initramfs *list, const char *version, size_t n)
{
	if (n == 0 || n >= INITRAMFS_VERSION_SIZE)
		return;
	for (unsigned int i = 0; i < list->n_versions; i++)
		if (strncmp(list->version[i], version, n) == 0 && !list->version[i][n])
			return;
	if (list->n_versions == INITRAMFS_VERSIONS)
		return; /* it is wrong already with two */
	memcpy(list->version[list->n_versions], version, n);
	list->version[list->n_versions++][n] = '\0';
}

/* The file @name in lib/modules, which may be a module. */
static void add_module(struct initramfs *list, const char *name)
{
	const char *suffix = strstr(name, ".ko");

	if (!suffix || (suffix[3] && suffix[3] != '.'))
		return;
	list->has_modules = true;
	for (unsigned int i = 0; i < list->n_wanted; i++)
		if (initramfs_same_module(list->wanted[i], name, (size_t)(suffix - name)))
			list->found[i] = true;
}

void initramfs_take(struct initramfs *list, const char *name)
{
	static const char modules[] = "lib/modules/";
	const char *version, *slash;

	if (strncmp(name, "./", 2) == 0)
		name += 2;
	if (strncmp(name, "usr/", 4) == 0)
		name += 4;
	if (strcmp(name, "sbin/pinet") == 0)
		list->has_agent = true;
	if (strncmp(name, modules, sizeof(modules) - 1) != 0)
		return;
	version = name + sizeof(modules) - 1;
	slash = strchr(version, '/');
	if (!slash || !slash[1])
		return;
	add_version(list, version, (size_t)(slash - version));
	add_module(list, strrchr(name, '/') + 1);
}

static void take(void *ctx, const char *name)
{
	initramfs_take(ctx, name);
}

/* As cpio_feed(). */
static int feed_some(struct reading *r, struct span piece, size_t *ret_used)
{
	r->seen += piece.len;
	return r->seen > INITRAMFS_MAX ? -EFBIG : cpio_feed(&r->cpio, piece, ret_used);
}

/* Nothing may follow the archives in a compressed part. */
static int feed(void *ctx, struct span piece)
{
	size_t used;
	int r = feed_some(ctx, piece, &used);

	return r > 0 ? -EBADMSG : r;
}

/* Reads what is not compressed. Returns 1 with the offset of what follows it, 0, or a negative errno. */
static int read_plain(int fd, struct reading *r, uint64_t *ret_end)
{
	_cleanup_free_ uint8_t *buf = malloc(PIECE_SIZE);
	uint64_t at = 0;

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = fs_read_at(fd, (int64_t)at, buf, PIECE_SIZE);
		size_t used;
		int q = n > 0 ? feed_some(r, span_of(buf, (size_t)n), &used) : (int)n;

		if (q < 0 || n == 0)
			return q;
		at += used;
		if (q > 0) {
			*ret_end = at;
			return 1;
		}
	}
}

/* Reads what follows at @offset: a compressed part or, behind an archive, what the kernel passes over. */
static int read_rest(
	int fd, uint64_t offset, uint64_t deadline_ms, struct reading *r, struct err *reterr)
{
	const struct packed *packed;
	uint8_t start[16];
	ssize_t n = fs_read_at(fd, (int64_t)offset, start, sizeof(start));
	int q;

	if (n < 0)
		return err_sys(reterr, (int)n, "cannot read it");
	packed = packed_find(span_of(start, (size_t)n));
	if (!packed && r->cpio.n_whole)
		return 0;
	if (!packed)
		return err_set(reterr, -EBADMSG, "it is no initramfs: it does not begin like one");
	q = packed_stream(packed, fd, offset, deadline_ms, feed, r, reterr);
	if (q == -EBADMSG)
		return err_set(reterr, q, "what is compressed in it is no archive: it is damaged");
	if (q > 0)
		return err_set(reterr, -EBADMSG,
			"%s cannot read it (exit status %d): it is damaged or not complete",
			packed_program(packed), q);
	return q;
}

/* Opens a file that may be anything. */
static int open_image(int dirfd, const char *name, struct err *reterr)
{
	_cleanup_fd_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(reterr, -errno, "cannot open it");
	return S_ISREG(st.st_mode) ? take_fd(&fd) : err_set(reterr, -EBADMSG, "it is no file");
}

int initramfs_list(int dirfd, const char *name, uint64_t deadline_ms, struct initramfs *ret,
	struct err *reterr)
{
	struct reading reading = {.cpio = {.take = take, .ctx = ret}};
	_cleanup_fd_ int fd = open_image(dirfd, name, reterr);
	uint64_t rest = 0;
	int r;

	if (fd < 0)
		return fd;
	r = read_plain(fd, &reading, &rest);
	if (r == -EBADMSG)
		return err_set(reterr, r, "an archive in it is damaged");
	if (r < 0)
		return err_sys(reterr, r, "cannot read it");
	if (r > 0)
		r = read_rest(fd, rest, deadline_ms, &reading, reterr);
	if (r < 0)
		return r;
	if (reading.cpio.state != CPIO_BETWEEN || !reading.cpio.n_whole)
		return err_set(reterr, -EBADMSG,
			"it ends in the middle of an archive: it is not complete");
	return 0;
}

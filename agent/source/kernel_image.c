/* SPDX-License-Identifier: GPL-2.0-or-later
 * The version of a Linux kernel, as its image file tells it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/packed.h"
#include "base/proc.h"
#include "source/kernel_image.h"

#define HEAD_SIZE   65536 /* headers, and where the packed part of a zImage begins */
#define PIECE_SIZE  65536
#define BANNER      "Linux version " /* begins the banner (init/version-timestamp.c) */
#define BANNER_LEN  (sizeof(BANNER) - 1)
#define BANNER_TAIL (BANNER_LEN + KERNEL_IMAGE_VERSION_SIZE) /* bytes that can hold all of it */

/* Looks for the banner in a stream of pieces. */
struct search {
	uint64_t seen; /* bytes */
	size_t n;
	uint8_t buf[BANNER_TAIL + PIECE_SIZE]; /* the end of the piece before, and this one */
	char version[KERNEL_IMAGE_VERSION_SIZE]; /* "" until it is found */
};

static uint32_t le16(const uint8_t *p)
{
	return (uint32_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

/* A version is a word that begins with a digit. Returns 0 or -ENODATA. */
static int take_version(struct span text, char ret[KERNEL_IMAGE_VERSION_SIZE])
{
	size_t n = 0;

	while (n < text.len && (isalnum(text.p[n]) || strchr(".+~_-", text.p[n])) && text.p[n])
		n++;
	if (n == 0 || n >= KERNEL_IMAGE_VERSION_SIZE || !isdigit(text.p[0]))
		return -ENODATA;
	memcpy(ret, text.p, n);
	ret[n] = '\0';
	return 0;
}

/* Returns 1 when the banner was found, -EFBIG when there was too much without one, else 0. */
static int search_feed(void *ctx, struct span piece)
{
	struct search *s = ctx;

	while (piece.len) {
		struct span part = span_sub(piece, 0, PIECE_SIZE), rest;
		size_t keep;

		piece = span_sub(piece, part.len, piece.len);
		memcpy(s->buf + s->n, part.p, part.len);
		s->n += part.len;
		s->seen += part.len;
		rest = span_of(s->buf, s->n);
		while (rest.len > BANNER_LEN) {
			const uint8_t *hit = memmem(rest.p, rest.len, BANNER, BANNER_LEN);
			struct span text;

			if (!hit)
				break;
			rest = span_of(hit, (size_t)(s->buf + s->n - hit));
			text = span_sub(rest, BANNER_LEN, KERNEL_IMAGE_VERSION_SIZE);
			if (text.len < KERNEL_IMAGE_VERSION_SIZE)
				break; /* the next piece has the rest; a banner ends no kernel */
			/* "Linux version %s" is in there too, and says nothing. */
			if (take_version(text, s->version) == 0)
				return 1;
			rest = span_sub(rest, 1, rest.len);
		}
		keep = s->n < BANNER_TAIL ? s->n : BANNER_TAIL;
		memmove(s->buf, s->buf + s->n - keep, keep);
		s->n = keep;
		if (s->seen > KERNEL_IMAGE_MAX)
			return -EFBIG;
	}
	return 0;
}

/* Looks for the banner in the file itself. Returns 1, 0 or a negative errno. */
static int search_plain(int fd, struct search *s)
{
	_cleanup_free_ uint8_t *buf = malloc(PIECE_SIZE);
	uint64_t offset = 0;

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = fs_read_at(fd, (int64_t)offset, buf, PIECE_SIZE);
		int r = n > 0 ? search_feed(s, span_of(buf, (size_t)n)) : (int)n;

		if (r != 0 || n == 0)
			return r;
		offset += (uint64_t)n;
	}
}

/* Looks for the banner in what @packed makes of the file from @offset on. As search_plain(). */
static int search_packed(int fd, const struct packed *packed, size_t offset, uint64_t deadline_ms,
	struct search *s, struct err *reterr)
{
	int r;

	memset(s, 0, sizeof(*s));
	r = packed_stream(packed, fd, offset, deadline_ms, search_feed, s, reterr);
	if (r < 0)
		return r;
	return r == PROC_STOPPED; /* what follows the packed part makes the program complain */
}

/* bzImage: the offset of the version, from the second sector on, is at 0x20e. */
static int bzimage_version(
	int fd, struct span head, char ret[KERNEL_IMAGE_VERSION_SIZE], struct err *reterr)
{
	uint8_t text[KERNEL_IMAGE_VERSION_SIZE];
	ssize_t n;

	if (le16(head.p + 0x206) < 0x200 || le16(head.p + 0x20e) == 0)
		return err_set(reterr, -ENODATA, "its header has no version");
	n = fs_read_at(fd, le16(head.p + 0x20e) + 0x200, text, sizeof(text));
	if (n < 0)
		return err_sys(reterr, (int)n, "cannot read it");
	if (take_version(span_of(text, (size_t)n), ret) < 0)
		return err_set(reterr, -EBADMSG, "the version in its header is none");
	return 0;
}

static bool has_magic(struct span head, size_t offset, const char magic[4])
{
	return head.len >= offset + 4 && memcmp(head.p + offset, magic, 4) == 0;
}

/* An image with a loader of its own in front: the packed part is somewhere in @head from @from. */
static int self_unpacking(int fd, struct span head, size_t from, uint64_t deadline_ms,
	struct search *s, struct err *reterr)
{
	for (size_t at = from; at < head.len; at++) {
		const struct packed *packed = packed_find(span_sub(head, at, head.len));
		int r;

		if (!packed)
			continue;
		r = search_packed(fd, packed, at, deadline_ms, s, reterr);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Returns 1 with the version in @s, 0 if there is none, or a negative errno. */
static int find(
	int fd, struct span head, uint64_t deadline_ms, struct search *s, struct err *reterr)
{
	const struct packed *whole = packed_find(head);
	int r;

	if (whole)
		return search_packed(fd, whole, 0, deadline_ms, s, reterr);
	if (has_magic(head, 4, "zimg")) {
		/* EFI zboot: offset and size of the packed part are at 8 and 12. */
		uint32_t at = head.len >= 16 ? le32(head.p + 8) : 0;

		whole = packed_find(span_sub(head, at, head.len));
		if (!whole)
			return err_set(reterr, -EBADMSG,
				"it unpacks itself, but its header does not say with what");
		return search_packed(fd, whole, at, deadline_ms, s, reterr);
	}
	if (has_magic(head, 0x24, "\x18\x28\x6f\x01")) /* zImage of arm */
		return self_unpacking(fd, head, 0x30, deadline_ms, s, reterr);
	if (!has_magic(head, 0x38, "ARM\x64"))
		return err_set(reterr, -EBADMSG, "it is no Linux kernel");
	r = search_plain(fd, s);
	return r < 0 ? err_sys(reterr, r, "cannot read it") : r;
}

int kernel_image_version(
	int fd, uint64_t deadline_ms, char ret[KERNEL_IMAGE_VERSION_SIZE], struct err *reterr)
{
	_cleanup_free_ struct search *s = calloc(1, sizeof(*s));
	_cleanup_free_ uint8_t *buf = malloc(HEAD_SIZE);
	struct span head;
	ssize_t n;
	int r;

	if (!s || !buf)
		return err_set(reterr, -ENOMEM, "no memory to look for its version");
	n = fs_read_at(fd, 0, buf, HEAD_SIZE);
	if (n < 0)
		return err_sys(reterr, (int)n, "cannot read it");
	head = span_of(buf, (size_t)n);
	if (head.len >= 0x210 && has_magic(head, 0x202, "HdrS"))
		return bzimage_version(fd, head, ret, reterr);
	r = find(fd, head, deadline_ms, s, reterr);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(reterr, -ENODATA, "no version can be found in it");
	strcpy(ret, s->version);
	return 0;
}

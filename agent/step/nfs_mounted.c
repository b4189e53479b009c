/* SPDX-License-Identifier: GPL-2.0-or-later
 * An NFS that is mounted, and whether its server is there: asked without touching the mount.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/num.h"
#include "step/nfs_mounted.h"
#include "step/tcp.h"

#define MOUNTS_SIZE (256 * 1024)
#define NFS_PORT    2049

/* Moves behind the octal digits of an escape. Returns its character, or that of @word if there is none. */
static uint8_t next_char(struct span *word)
{
	unsigned int c = 0;

	if (word->p[0] == '\\' && word->len >= 4) {
		for (size_t i = 1; i < 4; i++)
			c = c * 8 + (word->p[i] - '0');
		*word = span_sub(*word, 4, word->len);
		return (uint8_t)c;
	}
	c = word->p[0];
	*word = span_sub(*word, 1, word->len);
	return (uint8_t)c;
}

/* True if @word, where blanks and the backslash stand as \ooo, is @path. */
static bool is_path(struct span word, const char *path)
{
	while (word.len && *path)
		if (next_char(&word) != (uint8_t)*path++)
			return false;
	return !word.len && !*path;
}

/* Where the server of a mount with these options is. */
static void read_options(bool v4, struct span options, struct nfs_mounted *ret)
{
	struct nfs_mounted found = {.host = "", .port = v4 ? NFS_PORT : 0};
	bool tcp = true;
	uint32_t port;

	while (options.len) {
		struct span value = span_cut(&options, ','), name = span_cut(&value, '=');

		if (span_eq_str(name, "addr") &&
			span_copy(value, found.host, sizeof(found.host)) < 0)
			found.host[0] = '\0';
		if (span_eq_str(name, "port") && num_parse_u32(value, UINT16_MAX, &port) == 0)
			found.port = (uint16_t)port;
		if (span_eq_str(name, "proto"))
			tcp = span_starts(value, "tcp");
	}
	if (!tcp || !found.port)
		found.host[0] = '\0';
	*ret = found;
}

int nfs_mounted_find(struct span mounts, const char *where, struct nfs_mounted *ret)
{
	int r = 0;

	while (mounts.len) {
		struct span line = span_cut(&mounts, '\n'), place, type;

		(void)span_cut(&line, ' '); /* what is mounted */
		place = span_cut(&line, ' ');
		type = span_cut(&line, ' ');
		if (!is_path(place, where))
			continue;
		r = span_eq_str(type, "nfs") || span_eq_str(type, "nfs4");
		if (r)
			read_options(span_eq_str(type, "nfs4"), span_cut(&line, ' '), ret);
	}
	return r;
}

int nfs_mounted_answers(const char *mounts, const char *where, struct err *reterr)
{
	_cleanup_free_ char *text = malloc(MOUNTS_SIZE);
	ssize_t n = text ? fs_read(mounts, text, MOUNTS_SIZE) : -1;
	struct nfs_mounted m = {.port = 0};
	_cleanup_fd_ int fd = -1;

	if (n < 0 || !nfs_mounted_find(span_of(text, (size_t)n), where, &m))
		return 0;
	if (!m.host[0])
		return 1;
	fd = tcp_connect(m.host, m.port, clock_now_ms() + NFS_ANSWER_MS, reterr);
	return fd < 0 ? fd : 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * One NFS mount by mount(2), without a helper program and with a deadline.
 */
#ifndef STEP_NFS_H
#define STEP_NFS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct nfs_mount {
	const char *host; /* numeric address, IPv6 without brackets */
	const char *path; /* what the server exports, or a directory below it */
	const char *where;
	const char *version; /* "4.2", "4.1" or "3" */
	const char *options; /* further ones, separated by commas; "" for none */
};

/* HOST:/path as the kernel and the mount table have it. Returns 0 or -ENAMETOOLONG. */
int nfs_source(const struct nfs_mount *m, char *out, size_t size)
	__attribute__((warn_unused_result));

/* The options for mount(2). Returns 0 or -ENAMETOOLONG. */
int nfs_options(const struct nfs_mount *m, char *out, size_t size)
	__attribute__((warn_unused_result));

/*
 * Mounts @m. A server that is silent is given up at @deadline_ms: the attempt runs in a child, which
 * can be killed. Returns 0, or a negative errno with @reterr: what the server answered.
 */
int nfs_mount(const struct nfs_mount *m, uint64_t deadline_ms, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

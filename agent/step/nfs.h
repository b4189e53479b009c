/* SPDX-License-Identifier: GPL-2.0-or-later
 * One NFS mount by mount(2), without a helper program and with a deadline.
 */
#ifndef STEP_NFS_H
#define STEP_NFS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define NFS_OPTIONS_SIZE 384
#define NFS_VERSIONS     3

/* The owner's options, sorted by who understands them. */
struct nfs_wishes {
	const char *versions[NFS_VERSIONS + 1]; /* to be tried in this order; NULL ends them */
	const char *common; /* options of every mount of this use */
	uint16_t port; /* 2049 if none was named */
	unsigned long flags; /* MS_* for mount(2) */
	char data[256]; /* what is left, for the NFS client */
};

#define NFS_ADDRESS_SIZE 46 /* INET6_ADDRSTRLEN */

struct nfs_mount {
	const char *host; /* address, IPv6 without brackets, or name */
	const char *address; /* of a host with a name; NULL if host is one, or not known yet */
	const char *path; /* what the server exports, or a directory below it */
	const char *where;
	const char *version; /* "4.2" */
	const struct nfs_wishes *wishes;
	const char *misread; /* a version that was left, by nfs_check_reads(), or NULL */
};

/* What is mounted: boot files, which may not hang anybody, or a root, which waits for its server. */
enum nfs_use { NFS_USE_FIRMWARE, NFS_USE_ROOT };

/*
 * Reads options as they stand in fstab. Those that are for mount(8) or systemd only, as nofail, are
 * left out. Returns 0, or -EINVAL with @reterr.
 */
int nfs_wishes_parse(enum nfs_use use, struct span options, struct nfs_wishes *ret,
	struct err *reterr) __attribute__((warn_unused_result));

/* HOST:/path as the kernel and the mount table have it. Returns 0 or -ENAMETOOLONG. */
int nfs_source(const struct nfs_mount *m, char *out, size_t size)
	__attribute__((warn_unused_result));

/* The options for the NFS client of the kernel. Returns 0 or -ENAMETOOLONG. */
int nfs_data(const struct nfs_mount *m, char *out, size_t size) __attribute__((warn_unused_result));

/* All options as fstab and a mount unit have them. Returns 0 or -ENAMETOOLONG. */
int nfs_options(const struct nfs_mount *m, char *out, size_t size)
	__attribute__((warn_unused_result));

/*
 * Mounts @m. A server that is silent is given up at @deadline_ms; nothing stays mounted then.
 * Returns 0, or a negative errno with @reterr: what the server answered.
 */
int nfs_mount(const struct nfs_mount *m, uint64_t deadline_ms, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Reads the beginning of a file on the NFS mounted at @where, past the cache: the first one of the directory or
 * of its etc that is not empty. Linux reads with READ_PLUS (RFC 7862 15.10) by version 4.2, and NFS-Ganesha 4 answers
 * it with nothing, which makes zeros of every file.
 *
 * Returns 0; -EBADMSG if the file has no such contents; -ENODATA if there is no file to try; -ETIMEDOUT at @deadline_ms
 * or another negative errno.
 */
int nfs_check_reads(const char *where, uint64_t deadline_ms) __attribute__((warn_unused_result));

/*
 * Mounts @m, whose version is set here and whose address is found, by the first of its wishes' versions that the server takes,
 * each attempt and their sum bounded by @deadline_ms; @address has room for it. Returns 0, or a negative errno with @reterr:
 * what each version answered. On failure nothing stays mounted. A version with which files cannot be read is left for the
 * next, and named in @m.
 */
int nfs_mount_best(struct nfs_mount *m, char address[NFS_ADDRESS_SIZE], uint64_t deadline_ms,
	struct err *reterr) __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * An NFS that is mounted, and whether its server is there: asked without touching the mount.
 */
#ifndef STEP_NFS_MOUNTED_H
#define STEP_NFS_MOUNTED_H

#include "step/nfs.h"

#define NFS_ANSWER_MS 5000 /* twice a lost packet */

struct nfs_mounted {
	char host
		[NFS_ADDRESS_SIZE]; /* its address; "" if it cannot be asked by TCP, or its port is not known */
	uint16_t port;
};

/*
 * Looks for the NFS mounted at @where in @mounts, the text of proc_mounts(5); what is mounted last counts, and what does
 * not fit its grammar does not. The port of version 3 is known only if it was named: the port mapper chooses it.
 *
 * Returns 1 with @ret, or 0 if there is no NFS.
 */
int nfs_mounted_find(struct span mounts, const char *where, struct nfs_mounted *ret);

/*
 * The same with the file @mounts; if its server does not take a connection within NFS_ANSWER_MS, that is a failure. Whoever
 * opens a file of NFS 4 when its server is away waits for minutes: the kernel first tries to get its lease back
 * (RFC 8881 8.4), which no mount option bounds.
 *
 * Returns 1 if it answers or cannot be asked, 0 if no NFS is mounted there, or a negative errno with @reterr.
 */
int nfs_mounted_answers(const char *mounts, const char *where, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

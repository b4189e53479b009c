/* SPDX-License-Identifier: GPL-2.0-or-later
 * An NFS root as DHCP option 17 and nfsroot= name it, in the spellings of initramfs-tools and dracut.
 */
#ifndef SOURCE_NFS_ROOT_H
#define SOURCE_NFS_ROOT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "source/settings.h"

struct nfs_root {
	bool present;
	char host[SETTING_VALUE_SIZE]; /* without brackets; "" for the boot server */
	char path[SETTING_VALUE_SIZE]; /* absolute, without ".." */
	char options[SETTING_VALUE_SIZE]; /* as in fstab; with vers=4 in front for nfs4: */
};

/*
 * Reads [nfs:|nfs4:][HOST:]/path[,OPTIONS|:OPTIONS], an IPv6 host in brackets.
 *
 * Returns 0; -ENOENT if @text has not this form at all; -EINVAL if a part of it is malformed. Both
 * with @reterr; @ret is then left alone.
 */
int nfs_root_parse(struct span text, struct nfs_root *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

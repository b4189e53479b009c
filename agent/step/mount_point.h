/* SPDX-License-Identifier: GPL-2.0-or-later
 * A directory below the root that is not ours yet, found as it will be found when it is.
 */
#ifndef STEP_MOUNT_POINT_H
#define STEP_MOUNT_POINT_H

#include <stddef.h>

#include "base/err.h"

/*
 * Finds the directory @dir of the root at @rootmnt: symbolic links in it, absolute ones too, are
 * those of that root and never lead out of it. It is made if the root is writable. @ret gets its
 * path without links as the running system will see it.
 *
 * Returns 0, -EBUSY if something is mounted there, -EROFS if it is missing on a root that is
 * read-only, or another negative errno with @reterr.
 */
int mount_point_find(const char *rootmnt, const char *dir, char *ret, size_t size,
	struct err *reterr) __attribute__((warn_unused_result));

#endif

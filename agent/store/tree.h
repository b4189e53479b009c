/* SPDX-License-Identifier: GPL-2.0-or-later
 * Removal of a directory with everything in it.
 */
#ifndef STORE_TREE_H
#define STORE_TREE_H

#define TREE_DEPTH 8 /* directories in each other */
#define TREE_NAMES 20000

/*
 * Removes @name in @dirfd and everything in it; no link is followed.
 *
 * Returns 0 (also if there is no such name), -E2BIG above the bounds, or a negative errno. On
 * failure part of it is gone.
 */
int tree_remove(int dirfd, const char *name) __attribute__((warn_unused_result));

#endif

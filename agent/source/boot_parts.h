/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the two layouts of a boot set share; for source/boot_* only.
 */
#ifndef SOURCE_BOOT_PARTS_H
#define SOURCE_BOOT_PARTS_H

#include "source/boot_set.h"

#define BOOT_MODULES "lib/modules" /* below the root */

/*
 * Adds a file; its @path and @source are copied. Returns its index, -E2BIG above BOOT_FILES or
 * -ENOMEM.
 */
int boot_add(struct boot_set *set, enum boot_role role, const char *path, const char *source,
	const struct stat *st) __attribute__((warn_unused_result));

/* As boot_add() for something below the root that is only looked at; absent it is passed over. */
int boot_add_input(struct boot_set *set, const struct boot_place *place, const char *name)
	__attribute__((warn_unused_result));

/* The index of the file that comes from @source, or -ENOENT. */
int boot_find(const struct boot_set *set, const char *source);

/*
 * Calls @each for every name in the directory @path below @dirfd (or absolute) but those that begin
 * with a dot, with its state; symbolic links are not followed. An absent directory has none.
 *
 * Returns 0, what @each returned if that is negative, or a negative errno.
 */
int boot_list(int dirfd, const char *path,
	int (*each)(void *ctx, const char *name, const struct stat *st), void *ctx)
	__attribute__((warn_unused_result));

/* "ROOT/NAME" to @out. Returns 0 or -ENAMETOOLONG. */
int boot_root_path(const struct boot_place *place, const char *name, char *out, size_t size)
	__attribute__((warn_unused_result));

/* True if the root has modules for @version, or none for any kernel. */
bool boot_has_modules(const struct boot_place *place, const char *version);

/* The sentence of a function that ran out of room or memory, or cannot read @what. */
int boot_failed(int r, const char *what, struct err *reterr);

int boot_raspi_look(const struct boot_place *place, struct boot_set *set, struct err *reterr)
	__attribute__((warn_unused_result));
int boot_raspi_choose(const struct boot_place *place, struct boot_set *set,
	boot_version_of *version_of, void *ctx, struct err *reterr)
	__attribute__((warn_unused_result));
int boot_link_look(const struct boot_place *place, struct boot_set *set, struct err *reterr)
	__attribute__((warn_unused_result));
int boot_link_choose(const struct boot_place *place, struct boot_set *set,
	boot_version_of *version_of, void *ctx, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

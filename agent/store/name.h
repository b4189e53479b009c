/* SPDX-License-Identifier: GPL-2.0-or-later
 * Names that become paths: of generations, of kernel versions, of files in a generation.
 *
 *   generation = "g" number "-" version
 *   number     = 6 to 9 decimal digits; more than 6 only without a leading 0
 *   version    = 1 to 64 of A-Z a-z 0-9 . + ~ _ -   the first a letter or digit
 *   path       = component *("/" component)         at most 199 bytes and 6 components
 *   component  = 1*%x20-7E without "/", not "." and not ".."
 */
#ifndef STORE_NAME_H
#define STORE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define NAME_VERSION_SIZE 65 /* a kernel version and NUL */
#define NAME_SIZE         80 /* the name of a generation and NUL */
#define NAME_PATH_SIZE    200 /* the path of a file in a generation and NUL */
#define NAME_PATH_DEPTH   6 /* components of such a path */
#define NAME_NUMBER_MAX   999999999u

/* True if @version is a kernel version that can be part of a name. */
bool name_version_ok(struct span version);

/* True if @path can be the path of a file in a generation; "manifest" is not, it is taken. */
bool name_path_ok(struct span path);

/*
 * Makes the name of generation @number. Returns 0, or -EINVAL if it or @version is out of bounds.
 */
int name_make(uint32_t number, const char *version, char out[NAME_SIZE])
	__attribute__((warn_unused_result));

/*
 * Takes the name of a generation apart; @ret_version (part of @name) may be NULL.
 * Returns 0, or -EINVAL if it is none.
 */
int name_parse(struct span name, uint32_t *ret_number, struct span *ret_version)
	__attribute__((warn_unused_result));

#endif

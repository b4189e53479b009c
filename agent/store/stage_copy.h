/* SPDX-License-Identifier: GPL-2.0-or-later
 * One file of a new generation: linked to one of an older generation, or copied.
 */
#ifndef STORE_STAGE_COPY_H
#define STORE_STAGE_COPY_H

#include "store/stage.h"

/*
 * Makes @name in @parent_fd out of @item, as stage_file() says. Of @ret, file.path and file.role
 * are the caller's.
 *
 * Returns 0 with @ret filled, or a negative errno with @reterr; there is no @name then.
 */
int stage_copy(struct stage *stage, int parent_fd, const char *name, const struct stage_item *item,
	struct stage_result *ret, struct err *reterr) __attribute__((warn_unused_result));

#endif

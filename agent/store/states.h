/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet/states on the boot server: how each generation has fared.
 *
 *   states = *(name " " state " " attempts " " seconds-since-1970 LF)
 *   state  = "new" / "trying" / "good" / "bad"
 */
#ifndef STORE_STATES_H
#define STORE_STATES_H

#include "store/generation.h"

#define STATES_NAME "states" /* of the file in pinet/ */

enum states_mark {
	STATES_NEW, /* never booted */
	STATES_TRYING, /* booted, and not known to have come up */
	STATES_GOOD, /* came up once */
	STATES_BAD, /* did not come up in three attempts */
};

struct states_entry {
	char name[NAME_SIZE];
	enum states_mark mark;
	uint32_t attempts; /* boots since it was new or good */
	uint32_t time_s; /* of the last change, since 1970 */
};

struct states {
	unsigned int n;
	struct states_entry at[GENERATIONS];
};

/* "new", "trying", "good" or "bad". */
const char *states_mark_name(enum states_mark mark);

/* Reads the text of the file; lines that say nothing are passed over, the last of a name counts. */
void states_parse(struct span text, struct states *ret);

/*
 * Reads the file in pinet/, @ours_fd; one that is absent or far too long, and a negative @ours_fd, has no entries. Returns 0 or a negative errno
 * with @reterr.
 */
int states_load(int ours_fd, struct states *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/* Replaces the file. The caller holds the lock. Returns 0 or a negative errno with @reterr. */
int states_save(int ours_fd, const struct states *st, struct err *reterr)
	__attribute__((warn_unused_result));

/* The entry of @name, or NULL: it is as good as new then. */
const struct states_entry *states_find(const struct states *st, const char *name);

/*
 * Sets the entry of @name. Returns 0, -EINVAL if @name is none, -ENOSPC if there are GENERATIONS
 * already.
 */
int states_put(struct states *st, const char *name, enum states_mark mark, uint32_t attempts,
	uint32_t time_s) __attribute__((warn_unused_result));

/* Drops the entries of generations that are not in @list. */
void states_keep(struct states *st, const struct generation_list *list);

/*
 * The good generation in @list that was marked last, other than @except (which may be NULL); by
 * number if two were at the same second. NULL if there is none.
 */
const struct generation *states_last_good(
	const struct states *st, const struct generation_list *list, const char *except);

#endif

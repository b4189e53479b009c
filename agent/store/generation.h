/* SPDX-License-Identifier: GPL-2.0-or-later
 * Generations on the boot server: which there are, what is in them, room, removal.
 *
 * @ours_fd is always pinet/ in the boot directory (files_open_ours()), opened once for all that is done
 * with it: each time would be a question to the server. What is negative stands for a pinet/ that is not there.
 */
#ifndef STORE_GENERATION_H
#define STORE_GENERATION_H

#include "store/manifest.h"

#define GENERATIONS     256 /* more are an error */
#define GENERATION_NEW  ".new-" /* begins the name of one that is being staged */
#define GENERATION_GONE ".old-" /* begins the name of one that is being removed */

/* What files take or give on the boot server. */
struct generation_size {
	uint64_t bytes, files;
};

struct generation {
	uint32_t number;
	char name[NAME_SIZE];
};

struct generation_list {
	unsigned int n;
	unsigned int leftovers; /* names of ours that an interrupted run left behind */
	uint32_t
		next; /* number: greater than all there are, also those that are being staged or removed */
	struct generation at[GENERATIONS]; /* by number, the oldest first */
};

/*
 * The generations in pinet/; other names there are passed over. An absent pinet/ has none.
 * Returns 0, -E2BIG for more than GENERATIONS, or a negative errno, with @reterr.
 */
int generation_list(int ours_fd, struct generation_list *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/* The one with @name, or NULL. */
const struct generation *generation_find(const struct generation_list *list, const char *name);

/* Adds one that was made meanwhile. Returns 0, or -EINVAL if @name is none or there are too many. */
int generation_add(struct generation_list *list, const char *name)
	__attribute__((warn_unused_result));

/* Takes out the one with @name, if there is one, which was removed meanwhile. */
void generation_gone(struct generation_list *list, const char *name);

/*
 * Reads the manifest of the generation @name. Returns 0 with @ret to be freed by manifest_done(),
 * -EBADMSG if it is none or belongs to another generation, or a negative errno, with @reterr.
 */
int generation_load(int ours_fd, const char *name, struct manifest *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/* The same, with the generation open as @dirfd. @ret_made (or NULL): when, by the server's clock, it was complete. */
int generation_load_at(int dirfd, const char *name, struct manifest *ret, struct timespec *ret_made,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * Checks that every file of @m is in its generation: with @read by reading back what the server
 * has, without by the sizes alone.
 *
 * Returns 0, -EBADMSG with @reterr naming a file that is missing or different, or another negative
 * errno.
 */
int generation_check(int ours_fd, const struct manifest *m, bool read, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Checks one file of the generation that is open as @dirfd: as generation_check(). @name is how
 * messages call the generation.
 */
int generation_check_file(int dirfd, const char *name, const struct manifest_file *file, bool read,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * Checks that the server has room for @need in new files below @fd, and some to spare, or would have when @freed were
 * gone. Returns 0, -ENOSPC with @reterr saying how much is missing, or another negative errno.
 */
int generation_room(int fd, const struct generation_size *need, const struct generation_size *freed,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * What the server gets back at least when the @n generations of @list go whose indices are in @which: the contents that no
 * other generation has, each counted once, as equal files are links to one (store/stage). One whose manifest cannot be
 * read counts as having none. Returns 0 or -ENOMEM with @reterr.
 */
int generation_frees(int ours_fd, const struct generation_list *list, const unsigned int which[],
	unsigned int n, struct generation_size *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Removes the generation @name: renamed to GENERATION_GONE first, so that nobody finds half of it.
 * The caller holds the lock, and knows that it is neither active nor the last good one.
 *
 * Returns 0 (also if it is not there; what could not be removed of it is left for
 * generation_clean()), -EINVAL if @name is none, or a negative errno, with @reterr.
 */
int generation_remove(int ours_fd, const char *name, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Removes what interrupted runs left in pinet/: names that begin with GENERATION_NEW,
 * GENERATION_GONE or FILES_TEMP. The caller holds the lock.
 *
 * Returns how many there were, or a negative errno with @reterr when one could not be removed (the
 * others are gone).
 */
int generation_clean(int ours_fd, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Which generations may go, so that @keep (at least 1) remain: the oldest first, never one of the
 * names in @needed ("" and NULL entries name none), never one newer than the active one, which is
 * needed[0].
 *
 * Returns how many there are, their indices in @list in @ret.
 */
unsigned int generation_surplus(const struct generation_list *list, unsigned int keep,
	const char *const needed[], unsigned int n_needed, unsigned int ret[GENERATIONS]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * One writer: pinet/lock on the boot server, which outlives neither its holder nor its machine; and
 * pinet/owner, the client whose directory this is.
 *
 * The lock is a symbolic link, made and filled by one call, which is atomic on NFS 3 and 4; it leads nowhere,
 * its text is what counts.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "store/lock_holder.h"

#define LOCK_NAME    "lock"
#define LOCK_OWNER   "owner"
#define LOCK_STALE_S 600 /* a lock of another machine that nobody has touched for so long */
#define LOCK_TOUCH_S 60 /* its holder touches it that often */

/* Starts as {.ours_fd = -1}. */
struct lock {
	int ours_fd; /* pinet/, of whoever took it; -1 if it is not held */
	int fd; /* the lock itself: one that takes its place is another */
	uint64_t touched_ms; /* by base/clock */
};

/*
 * Takes the lock in @ours_fd, pinet/, which stays open as long as it is held. A lock is taken over if its holder is gone: a
 * process of this machine (same machine id and host name) that does not run any more, or ran before
 * the last boot; one of another machine, or a lock whose text says nothing or cannot be read, if nobody
 * touched it for LOCK_STALE_S by the server's clock, or the clock was set back by more than that since.
 *
 * Returns 0 with @ret to be given back by lock_release(), -EBUSY with @reterr naming the holder
 * (and @ret_holder, which may be NULL, filled or all 0), or another negative errno with @reterr.
 */
int lock_take(int ours_fd, const struct lock_holder *self, struct lock *ret,
	struct lock_holder *ret_holder, struct err *reterr) __attribute__((warn_unused_result));

/*
 * True as long as the lock is there and ours, which takes one question to the server; touches it every
 * LOCK_TOUCH_S, so that it stays ours. To be called before something is activated.
 */
bool lock_held(struct lock *lock) __attribute__((warn_unused_result));

/* lock_held() if it is time to touch the lock, or true: for every step of a long run. */
bool lock_keep(struct lock *lock) __attribute__((warn_unused_result));

/* Gives it back, if it is ours. */
void lock_release(struct lock *lock);

#define _cleanup_lock_ __attribute__((cleanup(lock_release)))

/*
 * Makes sure that the directory is @self's: an absent or empty pinet/owner is written, with @adopt
 * one that names another machine, too. The caller holds the lock.
 *
 * Returns 0, -EPERM with @reterr naming the other machine and what to do, or another negative
 * errno.
 */
int lock_owner(int ours_fd, const struct lock_holder *self, bool adopt, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

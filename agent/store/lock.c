/* SPDX-License-Identifier: GPL-2.0-or-later
 * One writer: pinet/lock on the boot server; and pinet/owner.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/files.h"
#include "store/lock.h"

#define TRIES 4 /* a lock that comes and goes while it is looked at */

/* A lock as it was seen. */
struct seen {
	char text[LOCK_TEXT_SIZE];
	struct timespec mtime;
	struct lock_holder holder;
	bool known; /* the text says who holds it */
};

/* Looks at the lock @name: what the server has, as it is opened for that. */
static int look(int ours, const char *name, struct seen *ret)
{
	struct stat st;
	ssize_t n = files_read(ours, name, ret->text, sizeof(ret->text));

	if (n >= 0 && fstatat(ours, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		n = -errno;
	if (n < 0)
		return (int)n;
	ret->mtime = st.st_mtim;
	memset(&ret->holder, 0, sizeof(ret->holder));
	ret->known = lock_parse(span_of(ret->text, (size_t)n), &ret->holder) == 0;
	return 0;
}

/* Whether the holder is gone; @now is the server's time. */
static bool is_stale(const struct seen *s, const struct lock_holder *self, struct timespec now)
{
	if (s->known && strcmp(s->holder.machine, self->machine) == 0 &&
		strcmp(s->holder.host, self->host) == 0)
		return strcmp(s->holder.boot, self->boot) != 0 || !lock_runs(&s->holder);
	return now.tv_sec - s->mtime.tv_sec > LOCK_STALE_S;
}

/*
 * Moves the lock out of the way if it still is the one that was @seen. Of several who do this at
 * the same time one moves the old lock, and another maybe the new one, which it puts back.
 */
static int take_away(int ours, const struct seen *seen)
{
	char temp[64];
	struct seen moved;
	int r;

	files_temp_name("stale", temp, sizeof(temp));
	r = files_rename(ours, LOCK_NAME, ours, temp);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = look(ours, temp, &moved);
	if (r == 0 &&
		(strcmp(moved.text, seen->text) != 0 || moved.mtime.tv_sec != seen->mtime.tv_sec ||
			moved.mtime.tv_nsec != seen->mtime.tv_nsec))
		r = linkat(ours, temp, ours, LOCK_NAME, 0) < 0 ? -errno : 0;
	if (unlinkat(ours, temp, 0) < 0 && errno != ENOENT && r == 0)
		r = -errno;
	return r;
}

/*
 * Makes the lock out of @temp. Returns 1, 0 if there is a lock, or a negative errno. A server
 * without hard links makes a file that was not there before as surely, but not all at once.
 */
static int make_lock(int ours, const char *temp, const char *text)
{
	struct stat a, b;
	int r;

	if (linkat(ours, temp, ours, LOCK_NAME, 0) == 0)
		return 1;
	r = -errno;
	if (r == -EPERM || r == -EMLINK || r == -EOPNOTSUPP || r == -ENOSYS) {
		r = files_make(ours, LOCK_NAME, span_str(text));
		return r < 0 && r != -EEXIST ? r : r == 0;
	}
	if (r != -EEXIST)
		return r;
	/* NFS says so to a call that is repeated as its answer was lost, too. */
	return fstatat(ours, LOCK_NAME, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(ours, temp, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static int refuse(const struct seen *s, struct lock_holder *ret_holder, struct err *reterr)
{
	if (ret_holder)
		*ret_holder = s->holder;
	if (!s->known)
		return err_set(reterr, -EBUSY,
			"somebody has just locked the boot directory (%s/%s)", FILES_DIR,
			LOCK_NAME);
	return err_set(reterr, -EBUSY, "process %u on %s is writing to the boot directory (%s/%s)",
		s->holder.pid, s->holder.host, FILES_DIR, LOCK_NAME);
}

static int take(int ours, const char *temp, const struct lock_holder *self,
	struct lock_holder *ret_holder, struct err *reterr)
{
	char text[LOCK_TEXT_SIZE];
	struct seen s = {.known = false};
	struct stat now;
	int r;

	lock_format(self, text);
	r = files_make(ours, temp, span_str(text));
	if (r == 0 && fstatat(ours, temp, &now, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	for (int i = 0; r == 0 && i < TRIES; i++) {
		r = make_lock(ours, temp, text);
		if (r > 0)
			return 0;
		if (r == 0)
			r = look(ours, LOCK_NAME, &s);
		if (r == -ENOENT || r == -ESTALE) {
			r = 0; /* it went meanwhile */
			continue;
		}
		if (r == 0 && !is_stale(&s, self, now.st_mtim))
			return refuse(&s, ret_holder, reterr);
		if (r == 0)
			r = take_away(ours, &s);
	}
	if (r == 0)
		return refuse(&s, ret_holder, reterr);
	return files_err(reterr, r, "cannot lock the boot directory (%s/%s)", FILES_DIR, LOCK_NAME);
}

int lock_take(int boot_dirfd, const struct lock_holder *self, struct lock *ret,
	struct lock_holder *ret_holder, struct err *reterr)
{
	_cleanup_fd_ int ours = files_open_ours(boot_dirfd, true, reterr);
	char temp[64];
	int r;

	if (ours < 0)
		return ours;
	if (ret_holder)
		memset(ret_holder, 0, sizeof(*ret_holder));
	files_temp_name(LOCK_NAME, temp, sizeof(temp));
	r = take(ours, temp, self, ret_holder, reterr);
	(void)unlinkat(ours, temp, 0); /* what stays is for generation_clean() */
	if (r < 0)
		return r;
	ret->self = *self;
	ret->ours_fd = take_fd(&ours);
	return 0;
}

static bool is_ours(const struct lock *lock)
{
	struct seen s;

	return lock->ours_fd >= 0 && look(lock->ours_fd, LOCK_NAME, &s) == 0 && s.known &&
	       lock_same(&s.holder, &lock->self);
}

bool lock_held(const struct lock *lock)
{
	return is_ours(lock) && utimensat(lock->ours_fd, LOCK_NAME, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

void lock_release(struct lock *lock)
{
	if (is_ours(lock))
		(void)unlinkat(lock->ours_fd, LOCK_NAME, 0); /* or the next one takes it over */
	cleanup_fd(&lock->ours_fd);
	lock->ours_fd = -1;
}

/* The machine and host that @text names, "" where it names none. */
static void parse_owner(struct span text, char *machine, char *host)
{
	machine[0] = host[0] = '\0';
	while (text.len) {
		struct span value = span_cut(&text, '\n'), key = span_cut(&value, ' ');

		/* One that is malformed names nobody. */
		if (span_eq_str(key, "machine"))
			(void)!lock_word(value, machine, LOCK_ID_SIZE);
		else if (span_eq_str(key, "host"))
			(void)!lock_word(value, host, LOCK_HOST_SIZE);
	}
}

int lock_owner(int boot_dirfd, const struct lock_holder *self, bool adopt, struct err *reterr)
{
	_cleanup_fd_ int ours = files_open_ours(boot_dirfd, true, reterr);
	char text[LOCK_TEXT_SIZE], machine[LOCK_ID_SIZE], host[LOCK_HOST_SIZE];
	ssize_t n;
	int r;

	if (ours < 0)
		return ours;
	n = files_read(ours, LOCK_OWNER, text, sizeof(text));
	if (n == -EFBIG)
		n = (ssize_t)strlen(strcpy(text, "machine ? ?"));
	if (n < 0 && n != -ENOENT)
		return files_err(reterr, (int)n, "cannot read %s/%s", FILES_DIR, LOCK_OWNER);
	if (n > 0) {
		parse_owner(span_of(text, (size_t)n), machine, host);
		if (strcmp(machine, self->machine) == 0)
			return 0;
		if (!adopt)
			return err_set(reterr, -EPERM,
				"this boot directory belongs to another machine, %s (%s in %s/%s); "
				"if this one is to have it: pinet sync --adopt",
				host[0] ? host : "of unknown name",
				machine[0] ? machine : "no machine id", FILES_DIR, LOCK_OWNER);
	}
	n = snprintf(text, sizeof(text), "machine %s\nhost %s\n", self->machine, self->host);
	r = files_replace(ours, ours, LOCK_OWNER, span_of(text, (size_t)n));
	return r < 0 ? files_err(reterr, r, "cannot write %s/%s", FILES_DIR, LOCK_OWNER) : 0;
}

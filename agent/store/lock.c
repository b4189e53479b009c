/* SPDX-License-Identifier: GPL-2.0-or-later
 * One writer: pinet/lock on the boot server; and pinet/owner.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/files.h"
#include "store/lock.h"

#define TRIES 8 /* a lock that comes and goes while it is looked at */

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

/* Who wants the lock. */
struct taker {
	const struct lock_holder *self;
	int ours;
	char temp[64]; /* a file with @text */
	char text[LOCK_TEXT_SIZE];
	struct timespec now; /* by the server's clock */
};

/*
 * Makes @name out of the taker's file. Returns 1, 0 if there is such a name, or a negative errno. A
 * server without hard links makes a file that was not there before as surely, but not all at once.
 */
static int make_name(const struct taker *t, const char *name)
{
	struct stat a, b;
	int r;

	if (linkat(t->ours, t->temp, t->ours, name, 0) == 0)
		return 1;
	r = -errno;
	if (r == -EPERM || r == -EMLINK || r == -EOPNOTSUPP || r == -ENOSYS) {
		r = files_make(t->ours, name, span_str(t->text), &a);
		return r < 0 && r != -EEXIST ? r : r == 0;
	}
	if (r != -EEXIST)
		return r;
	/* NFS says so to a call that is repeated as its answer was lost, too. */
	return fstatat(t->ours, name, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(t->ours, t->temp, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

/* The name of the claim to remove a lock of this text. */
static void claim_name(const char *text, char out[NAME_MAX + 1])
{
	struct sha256 digest;
	char hex[SHA256_TEXT_SIZE];

	sha256_of(span_str(text), &digest);
	sha256_format(&digest, hex);
	(void)snprintf(out, NAME_MAX + 1, FILES_TEMP "claim-%.32s", hex);
}

static bool same_seen(const struct seen *a, const struct seen *b)
{
	return strcmp(a->text, b->text) == 0 && a->mtime.tv_sec == b->mtime.tv_sec &&
	       a->mtime.tv_nsec == b->mtime.tv_nsec;
}

/*
 * Removes a lock whose holder is gone. Only one may do so, the one with the claim to it, and only
 * if it still is the lock that was @seen: another may have been here before. A claim whose holder
 * is gone is removed in the same way, and then it is time to look again.
 *
 * Returns 0 to try again, -EBUSY with the holder of the claim in @seen, or another negative errno.
 */
static int remove_stale(const struct taker *t, struct seen *seen)
{
	char name[NAME_MAX + 1] = LOCK_NAME, claim[NAME_MAX + 1];
	struct seen now;
	int r = 0;

	for (int i = 0; i < TRIES && r == 0; i++) {
		claim_name(seen->text, claim);
		r = make_name(t, claim);
		if (r > 0) {
			r = look(t->ours, name, &now);
			if (r == 0 && same_seen(&now, seen) && unlinkat(t->ours, name, 0) < 0)
				r = -errno;
			if (unlinkat(t->ours, claim, 0) < 0 && r == 0)
				r = -errno;
			break;
		}
		if (r == 0)
			r = look(t->ours, claim, seen);
		if (r == 0 && !is_stale(seen, t->self, t->now))
			r = -EBUSY;
		strcpy(name, claim);
	}
	return r == -ENOENT || r == -ESTALE ? 0 : r;
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

/*
 * Makes the taker's file. Whoever has the lock removes what it finds of that kind, and may do so
 * at any time (generation_clean()).
 */
static int make_own(struct taker *t)
{
	struct stat st;
	int r = files_make(t->ours, t->temp, span_str(t->text), &st);

	if (r == 0)
		t->now = st.st_mtim;
	return r;
}

static int take(struct taker *t, struct lock_holder *ret_holder, struct err *reterr)
{
	struct seen s = {.known = false};
	int r = make_own(t);

	for (int i = 0; i < TRIES && r == 0; i++) {
		r = make_name(t, LOCK_NAME);
		if (r > 0)
			return 0;
		if (r == -ENOENT)
			r = make_own(t); /* it is gone */
		if (r == 0)
			r = look(t->ours, LOCK_NAME, &s);
		if (r == 0 && t->now.tv_sec)
			r = is_stale(&s, t->self, t->now) ? remove_stale(t, &s) : -EBUSY;
		if (r == -ENOENT || r == -ESTALE)
			r = 0; /* it went meanwhile */
	}
	if (r == 0 || r == -EBUSY)
		return refuse(&s, ret_holder, reterr);
	return files_err(reterr, r, "cannot lock the boot directory (%s/%s)", FILES_DIR, LOCK_NAME);
}

int lock_take(int boot_dirfd, const struct lock_holder *self, struct lock *ret,
	struct lock_holder *ret_holder, struct err *reterr)
{
	_cleanup_fd_ int ours = files_open_ours(boot_dirfd, true, reterr);
	struct taker t = {.self = self, .ours = ours};
	int r;

	if (ours < 0)
		return ours;
	if (ret_holder)
		memset(ret_holder, 0, sizeof(*ret_holder));
	files_temp_name(LOCK_NAME, t.temp, sizeof(t.temp));
	lock_format(self, t.text);
	r = take(&t, ret_holder, reterr);
	(void)unlinkat(ours, t.temp, 0); /* what stays is for generation_clean() */
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

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
#include "base/clock.h"
#include "store/files.h"
#include "store/lock.h"

#define TRIES 8 /* a lock that comes and goes while it is looked at */

/* A lock as it was seen. */
struct seen {
	char text[LOCK_TEXT_SIZE];
	struct statx_timestamp mtime;
	struct lock_holder holder;
	bool known; /* the text says who holds it */
};

/* The text of the lock @name: of a link, or of the file that stands for one. As files_read(). */
static ssize_t read_text(int ours, const char *name, char text[LOCK_TEXT_SIZE])
{
	ssize_t n = readlinkat(ours, name, text, LOCK_TEXT_SIZE);

	if (n < 0)
		return errno == EINVAL ? files_read(ours, name, text, LOCK_TEXT_SIZE) : -errno;
	if (n == LOCK_TEXT_SIZE)
		return -EFBIG;
	text[n] = '\0';
	return n;
}

/* Looks at the lock @name: as the server has it now, not as this machine remembers it. */
static int look(int ours, const char *name, struct seen *ret)
{
	struct statx stx;
	ssize_t n;

	if (statx(ours, name, AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &stx) <
		0)
		return -errno;
	n = read_text(ours, name, ret->text);
	if (n == -EFBIG || n == -EINVAL || n == -EACCES)
		n = 0; /* none of ours, but it gets old like one */
	if (n < 0)
		return (int)n;
	ret->text[n] = '\0';
	ret->mtime = stx.stx_mtime;
	memset(&ret->holder, 0, sizeof(ret->holder));
	ret->known = lock_parse(span_of(ret->text, (size_t)n), &ret->holder) == 0;
	return 0;
}

/* Who wants the lock. */
struct taker {
	const struct lock_holder *self;
	int ours;
	char text[LOCK_TEXT_SIZE];
};

/*
 * Makes @name with the taker's text. Returns 1, 0 if there is such a name, or a negative errno. A
 * server without symbolic links makes a file that was not there before as surely, but not all at once.
 */
static int make_name(const struct taker *t, const char *name)
{
	char text[LOCK_TEXT_SIZE];
	struct stat st;
	int r;

	if (symlinkat(t->text, t->ours, name) == 0)
		return 1;
	r = -errno;
	if (r == -EPERM || r == -EOPNOTSUPP || r == -ENOSYS)
		r = files_make(t->ours, name, span_str(t->text), &st);
	if (r != -EEXIST)
		return r < 0 ? r : 1;
	/* NFS says so to a call that is repeated as its answer was lost, too. */
	return read_text(t->ours, name, text) >= 0 && strcmp(text, t->text) == 0;
}

/* The server's clock. Returns 0 or a negative errno. */
static int ask_time(const struct taker *t, int64_t *ret_s)
{
	char temp[64];
	struct statx stx;
	int r;

	files_temp_name(LOCK_NAME, temp, sizeof(temp));
	r = make_name(t, temp);
	if (r < 0)
		return r;
	r = statx(t->ours, temp, AT_SYMLINK_NOFOLLOW, STATX_MTIME, &stx) < 0 ? -errno : 0;
	(void)unlinkat(t->ours, temp, 0); /* what stays is for generation_clean() */
	if (r == 0)
		*ret_s = stx.stx_mtime.tv_sec;
	return r;
}

/* Returns 1 if the holder is gone, 0, or a negative errno. */
static int is_stale(const struct taker *t, const struct seen *s)
{
	const struct lock_holder *self = t->self;
	int64_t now_s = 0;
	uint64_t off_s;
	int r;

	if (s->known && strcmp(s->holder.machine, self->machine) == 0 &&
		strcmp(s->holder.host, self->host) == 0)
		return strcmp(s->holder.boot, self->boot) != 0 || !lock_runs(&s->holder);
	r = ask_time(t, &now_s);
	/* Before or after, as far as that: unsigned, for the server may say any time at all. */
	off_s = (uint64_t)now_s - (uint64_t)s->mtime.tv_sec + LOCK_STALE_S;
	return r < 0 ? r : off_s > 2u * LOCK_STALE_S;
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

/* Returns 0 or a negative errno. */
static int remove_name(int ours, const char *name)
{
	char temp[64];

	if (unlinkat(ours, name, 0) == 0)
		return 0;
	if (errno != EISDIR)
		return -errno;
	files_temp_name(LOCK_NAME, temp, sizeof(temp));
	if (renameat(ours, name, ours, temp) < 0)
		return -errno;
	(void)unlinkat(ours, temp, AT_REMOVEDIR); /* if it is not empty, for generation_clean() */
	return 0;
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
	struct seen now = {.known = false};
	int r = 0;

	for (int i = 0; i < TRIES && r == 0; i++) {
		claim_name(seen->text, claim);
		r = make_name(t, claim);
		if (r > 0) {
			r = look(t->ours, name, &now);
			if (r == 0 && same_seen(&now, seen))
				r = remove_name(t->ours, name);
			if (unlinkat(t->ours, claim, 0) < 0 && r == 0)
				r = -errno;
			break;
		}
		if (r == 0)
			r = look(t->ours, claim, seen);
		if (r == 0)
			r = is_stale(t, seen);
		if (r >= 0)
			r = r ? 0 : -EBUSY;
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

static int take(const struct taker *t, struct lock_holder *ret_holder, struct err *reterr)
{
	struct seen s = {.known = false};
	int r = 0;

	for (int i = 0; i < TRIES && r == 0; i++) {
		r = make_name(t, LOCK_NAME);
		if (r > 0)
			return 0;
		if (r == 0)
			r = look(t->ours, LOCK_NAME, &s);
		if (r == 0)
			r = is_stale(t, &s);
		if (r >= 0)
			r = r ? remove_stale(t, &s) : -EBUSY;
		if (r == -ENOENT || r == -ESTALE)
			r = 0; /* it went meanwhile */
	}
	if (r == 0 || r == -EBUSY)
		return refuse(&s, ret_holder, reterr);
	return files_err(reterr, r, "cannot lock the boot directory (%s/%s)", FILES_DIR, LOCK_NAME);
}

int lock_take(int ours_fd, const struct lock_holder *self, struct lock *ret,
	struct lock_holder *ret_holder, struct err *reterr)
{
	struct taker t = {.self = self, .ours = ours_fd};
	int fd, r;

	if (ret_holder)
		memset(ret_holder, 0, sizeof(*ret_holder));
	lock_format(self, t.text);
	r = take(&t, ret_holder, reterr);
	if (r < 0)
		return r;
	fd = openat(ours_fd, LOCK_NAME, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		r = files_err(reterr, -errno, "cannot lock the boot directory (%s/%s)", FILES_DIR,
			LOCK_NAME);
		(void)unlinkat(ours_fd, LOCK_NAME, 0); /* or the next one takes it over */
		return r;
	}
	*ret = (struct lock){.ours_fd = ours_fd, .fd = fd, .touched_ms = clock_now_ms()};
	return 0;
}

/* The server forgets a link that was removed, or it has no name any more. */
static bool is_ours(const struct lock *lock)
{
	struct statx stx;

	return lock->ours_fd >= 0 &&
	       statx(lock->fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_NLINK, &stx) == 0 &&
	       stx.stx_nlink > 0;
}

static bool is_time(const struct lock *lock)
{
	return clock_now_ms() - lock->touched_ms >= LOCK_TOUCH_S * UINT64_C(1000);
}

bool lock_held(struct lock *lock)
{
	if (!is_ours(lock))
		return false;
	if (!is_time(lock))
		return true;
	lock->touched_ms = clock_now_ms();
	return utimensat(lock->fd, "", NULL, AT_EMPTY_PATH) == 0;
}

bool lock_keep(struct lock *lock)
{
	return !is_time(lock) || lock_held(lock);
}

void lock_release(struct lock *lock)
{
	bool ours = is_ours(lock);

	/* First, for NFS gives what is open another name instead of removing it, by four questions more. */
	if (lock->ours_fd >= 0)
		cleanup_fd(&lock->fd);
	if (ours)
		(void)unlinkat(lock->ours_fd, LOCK_NAME, 0); /* or the next one takes it over */
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

int lock_owner(int ours_fd, const struct lock_holder *self, bool adopt, struct err *reterr)
{
	char text[LOCK_TEXT_SIZE], machine[LOCK_ID_SIZE], host[LOCK_HOST_SIZE];
	ssize_t n;
	int r;

	n = files_read(ours_fd, LOCK_OWNER, text, sizeof(text));
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
	r = files_replace(ours_fd, ours_fd, LOCK_OWNER, span_of(text, (size_t)n));
	return r < 0 ? files_err(reterr, r, "cannot write %s/%s", FILES_DIR, LOCK_OWNER) : 0;
}

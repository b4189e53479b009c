/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/lock: one writer, and none that is gone.
 */
#include "store_self.h"

#include "store/lock.h"

#define LOCK  "pinet/lock"
#define OWNER "pinet/owner"

/* lock_take() with a descriptor that give_back() closes. */
static int take(const struct lock_holder *self, struct lock *lock, struct lock_holder *holder,
	struct err *err)
{
	int ours = ours_fd(), r = lock_take(ours, self, lock, holder, err);

	if (r < 0)
		close(ours);
	return r;
}

static void give_back(struct lock *lock)
{
	int ours = lock->ours_fd;

	lock_release(lock);
	if (ours >= 0)
		close(ours);
}

/* Whether @self gets the lock that is there, which it then gives back. */
static bool gets(const struct lock_holder *self)
{
	struct lock lock = {.ours_fd = -1};
	struct lock_holder holder;
	int before = open_files(), r;
	struct err err;

	r = take(self, &lock, &holder, &err);
	assert_true(r == 0 || r == -EBUSY);
	assert_int_equal(lock_held(&lock), r == 0);
	give_back(&lock);
	assert_int_equal(there(LOCK), r != 0);
	assert_int_equal(entries("pinet"), r != 0);
	assert_int_equal(open_files(), before);
	return r == 0;
}

static void put_lock(const struct lock_holder *h)
{
	char text[LOCK_TEXT_SIZE];

	lock_format(h, text);
	(void)unlink(LOCK); /* there may be none */
	assert_int_equal(symlink(text, LOCK), 0);
}

/* Nobody has touched the lock for @s. */
static void age(time_t s)
{
	struct timespec times[2];

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &times[0]), 0);
	times[0].tv_sec -= s;
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, LOCK, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* For how many seconds nobody has touched it. */
static time_t age_of(void)
{
	struct timespec now;
	struct stat st;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	assert_int_equal(lstat(LOCK, &st), 0);
	return now.tv_sec - st.st_mtim.tv_sec;
}

static void test_take(void **state)
{
	struct lock lock = {.ours_fd = -1}, second = {.ours_fd = -1};
	struct lock_holder self = self_of(), other = self, holder;
	char expected[ERR_TEXT_SIZE];
	int before = open_files();
	struct err err;

	(void)state;
	other.pid = 1;
	assert_false(lock_held(&lock));
	assert_int_equal(take(&self, &lock, NULL, &err), 0);
	assert_int_equal(entries("pinet"), 1);
	assert_true(lock_held(&lock));
	assert_int_equal(take(&other, &second, &holder, &err), -EBUSY);
	assert_true(lock_same(&self, &holder));
	(void)snprintf(expected, sizeof(expected),
		"process %d on one is writing to the boot directory (pinet/lock)", getpid());
	assert_string_equal(err.text, expected);
	assert_int_equal(second.ours_fd, -1);
	assert_int_equal(entries("pinet"), 1);
	age(LOCK_STALE_S + 10);
	assert_int_equal(take(&other, &second, &holder, &err), -EBUSY); /* it runs */
	assert_true(lock_keep(&lock));
	assert_true(lock_held(&lock));
	assert_true(age_of() >= LOCK_STALE_S);
	lock.touched_ms -= LOCK_TOUCH_S * 1000;
	assert_true(lock_keep(&lock)); /* and touches it */
	assert_true(age_of() < LOCK_STALE_S);
	age(LOCK_STALE_S + 10);
	assert_true(lock_keep(&lock));
	assert_true(age_of() >= LOCK_STALE_S); /* not so soon again */
	give_back(&lock);
	assert_false(there(LOCK));
	assert_int_equal(lock.ours_fd, -1);
	give_back(&lock);
	assert_int_equal(open_files(), before);
}

static void test_stale(void **state)
{
	struct lock_holder self = self_of(), other = self;

	(void)state;
	make_dir("pinet");
	put_lock(&self);
	other.pid = 1;
	assert_false(gets(&other));
	other = self;
	other.start++; /* the number of the process was given again */
	put_lock(&other);
	assert_true(gets(&self));
	other = self;
	other.pid = 2147483647; /* above what the kernel gives */
	put_lock(&other);
	assert_true(gets(&self));
	other = self;
	strcpy(other.boot, "before");
	put_lock(&other);
	assert_true(gets(&self));
	/* Of another machine, or of one that only has the same machine id, nothing is known. */
	strcpy(other.host, "two");
	put_lock(&other);
	assert_false(gets(&self));
	age(LOCK_STALE_S - 10);
	assert_false(gets(&self));
	age(LOCK_STALE_S + 10);
	assert_true(gets(&self));
	put_lock(&other);
	age(-LOCK_STALE_S + 10); /* the server's clock was set back */
	assert_false(gets(&self));
	age(-LOCK_STALE_S - 10);
	assert_true(gets(&self));
	put_lock(&other);
	age(INT32_MIN);
	assert_true(gets(&self));
	other = self;
	strcpy(other.machine, "2");
	put_lock(&other);
	assert_false(gets(&self));
	age(LOCK_STALE_S + 10);
	assert_true(gets(&self));
}

static void test_no_text(void **state)
{
	struct lock lock = {.ours_fd = -1};
	struct lock_holder self = self_of(), holder;
	struct err err;

	(void)state;
	make_dir("pinet");
	put(LOCK, "");
	assert_int_equal(take(&self, &lock, &holder, &err), -EBUSY);
	assert_string_equal(err.text, "somebody has just locked the boot directory (pinet/lock)");
	assert_int_equal(holder.pid, 0);
	age(LOCK_STALE_S + 10);
	assert_true(gets(&self));
}

/* What is no lock of ours gets old like one. */
static void test_unreadable(void **state)
{
	struct lock lock = {.ours_fd = -1};
	struct lock_holder self = self_of();
	char text[LOCK_TEXT_SIZE + 2];
	struct err err;

	(void)state;
	make_dir("pinet");
	memset(text, 'x', sizeof(text));
	for (size_t n = LOCK_TEXT_SIZE - 1; n <= LOCK_TEXT_SIZE + 1; n++) {
		text[n] = '\0';
		assert_int_equal(symlink(text, LOCK), 0);
		text[n] = 'x';
		assert_false(gets(&self));
		age(LOCK_STALE_S + 10);
		assert_true(gets(&self));
	}
	put(LOCK, "");
	assert_int_equal(truncate(LOCK, LOCK_TEXT_SIZE), 0);
	assert_false(gets(&self));
	age(LOCK_STALE_S + 10);
	assert_true(gets(&self));
	make_dir(LOCK);
	assert_false(gets(&self));
	age(LOCK_STALE_S + 10);
	assert_true(gets(&self));
	make_dir(LOCK);
	put(LOCK "/file", "");
	age(LOCK_STALE_S + 10);
	assert_int_equal(take(&self, &lock, NULL, &err), 0);
	give_back(&lock);
	assert_false(there(LOCK));
	assert_int_equal(entries("pinet"), 1); /* the directory, which generation_clean() removes */
}

/* Servers without symbolic links, and those that lose an answer. */
static void test_server(void **state)
{
	struct lock lock = {.ours_fd = -1};
	struct lock_holder self = self_of(), other = self;
	struct err err;

	(void)state;
	fault.link_lost = true;
	assert_int_equal(take(&self, &lock, NULL, &err), 0);
	fault.link_lost = false;
	assert_true(lock_held(&lock));
	give_back(&lock);
	fault.link_errno = EPERM;
	assert_int_equal(take(&self, &lock, NULL, &err), 0);
	assert_int_equal(mode_of(LOCK), 0644);
	assert_true(lock_held(&lock));
	other.pid = 1;
	assert_false(gets(&other));
	give_back(&lock);
	assert_int_equal(entries("pinet"), 0);
	fault.link_errno = EROFS;
	assert_int_equal(take(&self, &lock, NULL, &err), -EROFS);
	assert_string_equal(err.text,
		"cannot lock the boot directory (pinet/lock): Read-only file system; the boot "
		"server has to export the directory with rw");
	assert_int_equal(entries("pinet"), 0);
}

/* A lock that was taken over is neither held nor removed. */
static void test_lost(void **state)
{
	struct lock lock = {.ours_fd = -1};
	struct lock_holder self = self_of(), other = self;
	struct err err;

	(void)state;
	assert_int_equal(take(&self, &lock, NULL, &err), 0);
	strcpy(other.host, "two");
	put_lock(&other);
	assert_false(lock_held(&lock));
	give_back(&lock);
	assert_true(there(LOCK));
	unlink(LOCK);
	assert_int_equal(take(&self, &lock, NULL, &err), 0);
	unlink(LOCK);
	assert_false(lock_held(&lock));
	give_back(&lock);
}

static void test_failing(void **state)
{
	struct lock_holder self = self_of(), other = self;
	int dir, before, failures = 0;
	struct err err;

	(void)state;
	make_dir("pinet");
	strcpy(other.boot, "before");
	dir = ours_fd();
	before = open_files();
	for (int at = 1; fault.n >= at - 1; at++) {
		struct lock lock = {.ours_fd = -1};
		int r;

		put_lock(&other);
		fault_arm(at, EIO);
		r = lock_take(dir, &self, &lock, NULL, &err);
		fault.armed = false;
		assert_true(r == 0 || r == -EIO);
		failures += r < 0;
		assert_int_equal(lock_held(&lock), r == 0);
		lock_release(&lock);
		assert_int_equal(open_files(), before);
		/* What is left is at most a name that is cleaned away. */
		unlink(LOCK);
		assert_int_equal(system("rm -f pinet/.tmp-*"), 0);
		assert_true(gets(&self));
	}
	assert_true(failures >= 4);
	close(dir);
}

/* Wherever the machine stops: the next one gets the lock. */
static void test_stopped(void **state)
{
	struct lock_holder self = self_of(), other = self, next = self;
	int dir, status = 77 << 8;
	struct err err;

	(void)state;
	make_dir("pinet");
	strcpy(other.boot, "before");
	strcpy(next.boot, "after");
	dir = ours_fd();
	for (int at = 1; status == 77 << 8; at++) {
		struct lock lock = {.ours_fd = -1};
		pid_t pid;

		assert_int_equal(system("rm -f pinet/.tmp-*"), 0);
		put_lock(&other);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			fault_arm(at, 0);
			_exit(lock_take(dir, &self, &lock, NULL, &err) < 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(take(&next, &lock, NULL, &err), 0);
		assert_true(lock_held(&lock));
		give_back(&lock);
		assert_false(there(LOCK));
		assert_true(at < 50);
	}
	assert_int_equal(status, 0);
	close(dir);
}

/*
 * Whether a process sees of itself in /proc what others see of it: not where programs of another
 * processor are emulated one by one.
 */
static bool proc_is_real(void)
{
	struct lock_holder child = self_of();
	int to_parent[2], to_child[2];
	bool real;
	pid_t pid;
	char c;

	assert_int_equal(pipe(to_parent), 0);
	assert_int_equal(pipe(to_child), 0);
	pid = fork();
	if (pid == 0) {
		child = self_of();
		_exit(write(to_parent[1], &child, sizeof(child)) != sizeof(child) ||
			read(to_child[0], &c, 1) != 1);
	}
	assert_int_equal(read(to_parent[0], &child, sizeof(child)), sizeof(child));
	real = lock_runs(&child);
	assert_int_equal(write(to_child[1], "", 1), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 2; i++) {
		close(to_parent[i]);
		close(to_child[i]);
	}
	return real;
}

/* Several at once take over a stale lock: never two of them hold it. */
static void test_race(void **state)
{
	struct lock_holder self = self_of(), old = self;

	(void)state;
	if (!proc_is_real())
		skip();
	make_dir("pinet");
	strcpy(old.boot, "before");
	for (int round = 0; round < 20; round++) {
		pid_t pids[4];

		put_lock(&old);
		for (int i = 0; i < 4; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				struct lock lock = {.ours_fd = -1};
				struct lock_holder me = self_of();
				struct err err;
				int r = take(&me, &lock, NULL, &err), mark;

				if (r == 0) {
					/* Made by one at a time, or it is there already. */
					mark = open("mark", O_CREAT | O_EXCL | O_CLOEXEC, 0600);
					if (mark < 0)
						_exit(2);
					(void)sched_yield();
					if (unlink("mark") < 0)
						_exit(3);
				}
				give_back(&lock);
				_exit(r != 0 && r != -EBUSY);
			}
		}
		for (int i = 0; i < 4; i++) {
			int status = -1;

			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			assert_int_equal(status, 0);
		}
		unlink(LOCK);
	}
}

static int owner(const struct lock_holder *self, bool adopt, struct err *err)
{
	int dir = ours_fd(), before = open_files(), r = lock_owner(dir, self, adopt, err);

	assert_int_equal(open_files(), before);
	close(dir);
	return r;
}

static void test_owner(void **state)
{
	struct lock_holder one = self_of(), two = one;
	struct err err = {0};

	(void)state;
	strcpy(two.machine, "2");
	strcpy(two.host, "two");
	assert_int_equal(owner(&one, false, &err), 0);
	assert_string_equal(get(OWNER), "machine 1\nhost one\n");
	assert_int_equal(owner(&one, false, &err), 0);
	assert_int_equal(owner(&two, false, &err), -EPERM);
	assert_string_equal(err.text,
		"this boot directory belongs to another machine, one (1 in pinet/owner); if this "
		"one is to have it: pinet sync --adopt");
	assert_int_equal(owner(&two, true, &err), 0);
	assert_string_equal(get(OWNER), "machine 2\nhost two\n");
	assert_int_equal(owner(&one, false, &err), -EPERM);
	put(OWNER, "");
	assert_int_equal(owner(&one, false, &err), 0);
	assert_string_equal(get(OWNER), "machine 1\nhost one\n");
	put(OWNER, "something\nhost \033[2J\n");
	assert_int_equal(owner(&one, false, &err), -EPERM);
	assert_string_equal(err.text,
		"this boot directory belongs to another machine, of unknown name (no machine id in "
		"pinet/owner); if this one is to have it: pinet sync --adopt");
	assert_int_equal(truncate(OWNER, LOCK_TEXT_SIZE), 0);
	assert_int_equal(owner(&one, false, &err), -EPERM);
	fault_arm(2, EACCES);
	assert_int_equal(owner(&one, true, &err), -EACCES);
	fault.armed = false;
	assert_int_equal(entries("pinet"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_root(test_take),
		in_root(test_stale),
		in_root(test_no_text),
		in_root(test_unreadable),
		in_root(test_server),
		in_root(test_lost),
		in_root(test_failing),
		in_root(test_stopped),
		in_root(test_race),
		in_root(test_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

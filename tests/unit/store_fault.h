/* SPDX-License-Identifier: GPL-2.0-or-later
 * For the tests of store/: a directory to work in, and system calls that fail, are cut short, lose
 * their answer, or are the last thing that the machine does.
 */
#ifndef TESTS_STORE_FAULT_H
#define TESTS_STORE_FAULT_H

#undef _FORTIFY_SOURCE /* its wrappers would stand in the way of these */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * While @armed the calls below are counted: number @stop_at ends the process before it is made, or
 * fails with @stop_errno.
 */
static struct {
	bool armed;
	int n, stop_at, stop_errno;
	size_t io_max; /* reads and writes move no more than this; 0 for no limit */
	int link_errno; /* of every linkat and symlinkat */
	bool no_direct_open, no_direct_read; /* O_DIRECT is EINVAL */
	bool link_lost, rename_lost; /* it is done, and what NFS says to the repeated call */
	const char *spoil; /* what is written to a file whose name begins with this is spoilt */
	int spoil_fd; /* it is open here */
	const char *grow; /* a file that gets a byte more when something was read */
	const char *grow_late; /* the same when something is put on the disk */
} fault = {.spoil_fd = -1};

static inline void fault_arm(int stop_at, int stop_errno)
{
	fault.n = 0;
	fault.stop_at = stop_at;
	fault.stop_errno = stop_errno;
	fault.armed = true;
}

static bool fault_here(void)
{
	if (!fault.armed || ++fault.n != fault.stop_at)
		return false;
	if (!fault.stop_errno)
		_exit(77);
	errno = fault.stop_errno;
	return true;
}

static size_t fault_cut(size_t n)
{
	return fault.io_max && n > fault.io_max ? fault.io_max : n;
}

ssize_t write(int fd, const void *buf, size_t n)
{
	if (fault_here())
		return -1;
	if (fd >= 0 && fd == fault.spoil_fd && n) {
		static const char spoilt[] = "?";

		return syscall(SYS_write, fd, spoilt, 1);
	}
	return syscall(SYS_write, fd, buf, fault_cut(n));
}

int fcntl(int fd, int command, ...)
{
	long arg;
	va_list ap;

	va_start(ap, command);
	arg = va_arg(ap, long);
	va_end(ap);
	if (fault.no_direct_open && command == F_SETFL && (arg & O_DIRECT)) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_fcntl, fd, command, arg);
}

/* Lets @name grow by a byte, once. */
static void fault_grow(const char **name)
{
	int more = open(*name, O_WRONLY | O_APPEND | O_CLOEXEC);

	*name = NULL;
	assert_int_equal(syscall(SYS_write, more, "+", 1), 1);
	assert_int_equal(close(more), 0);
}

ssize_t read(int fd, void *buf, size_t n)
{
	if (fault_here())
		return -1;
	if (fault.no_direct_read && (fcntl(fd, F_GETFL) & O_DIRECT)) {
		errno = EINVAL;
		return -1;
	}
	if (fault.io_max && !(fcntl(fd, F_GETFL) & O_DIRECT))
		n = fault_cut(n);
	n = (size_t)syscall(SYS_read, fd, buf, n);
	if (fault.grow && (ssize_t)n > 0)
		fault_grow(&fault.grow);
	return (ssize_t)n;
}

int openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	int fd;

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if (fault_here())
		return -1;
	if (fault.no_direct_open && (flags & O_DIRECT)) {
		errno = EINVAL;
		return -1;
	}
	fd = (int)syscall(SYS_openat, dirfd, path, flags, mode);
	if (fault.spoil && (flags & O_CREAT) &&
		strncmp(path, fault.spoil, strlen(fault.spoil)) == 0)
		fault.spoil_fd = fd;
	return fd;
}

/* What Debian's flags for a package make of the two in the code under test. */
int __openat_2(int dirfd, const char *path, int flags);
ssize_t __read_chk(int fd, void *buf, size_t n, size_t size);

int __openat_2(int dirfd, const char *path, int flags)
{
	return openat(dirfd, path, flags);
}

ssize_t __read_chk(int fd, void *buf, size_t n, size_t size)
{
	assert_true(n <= size);
	return read(fd, buf, n);
}

int close(int fd)
{
	if (fd == fault.spoil_fd)
		fault.spoil_fd = -1;
	return (int)syscall(SYS_close, fd);
}

int fsync(int fd)
{
	if (fault.grow_late)
		fault_grow(&fault.grow_late);
	return fault_here() ? -1 : (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
	return fault_here() ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int mkdirat(int dirfd, const char *path, mode_t mode)
{
	return fault_here() ? -1 : (int)syscall(SYS_mkdirat, dirfd, path, mode);
}

int unlinkat(int dirfd, const char *path, int flags)
{
	return fault_here() ? -1 : (int)syscall(SYS_unlinkat, dirfd, path, flags);
}

/* True if a link is not to be made. */
static bool link_refused(void)
{
	if (fault_here())
		return true;
	if (fault.link_errno)
		errno = fault.link_errno;
	return fault.link_errno != 0;
}

/* What making a link returned, or what NFS says to the repeated call. */
static int link_answer(int r)
{
	if (r < 0 || !fault.link_lost)
		return r;
	errno = EEXIST;
	return -1;
}

int symlinkat(const char *to, int dirfd, const char *path)
{
	return link_refused() ? -1 : link_answer((int)syscall(SYS_symlinkat, to, dirfd, path));
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	return link_refused()
		       ? -1
		       : link_answer((int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags));
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	int r;

	if (fault_here())
		return -1;
	r = (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0);
	if (r == 0 && fault.rename_lost) {
		errno = ENOENT;
		return -1;
	}
	return r;
}

/* Every test has an empty directory of its own, in which it stands. */
static int set_up(void **state)
{
	char *dir = strdup("/tmp/test_store.XXXXXX");

	memset(&fault, 0, sizeof(fault));
	fault.spoil_fd = -1;
	*state = dir;
	return !dir || !mkdtemp(dir) || chdir(dir) < 0;
}

static int tear_down(void **state)
{
	char command[64];

	fault.armed = false;
	(void)snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	free(*state);
	return chdir("/") < 0 || system(command) != 0;
}

#define in_directory(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static inline void put_bytes(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(name, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

/* The contents of @name, or "absent". */
static inline const char *get(const char *name)
{
	static char buf[65536];
	FILE *f = fopen(name, "re");

	if (!f)
		return "absent";
	buf[fread(buf, 1, sizeof(buf) - 1, f)] = '\0';
	assert_int_equal(fclose(f), 0);
	return buf;
}

static inline void make_dir(const char *name)
{
	assert_int_equal(mkdir(name, 0755), 0);
}

static inline bool there(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static inline unsigned int mode_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) < 0 ? 0 : st.st_mode & 07777;
}

static inline ino_t ino_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	return st.st_ino;
}

/* How many names the directory has. */
static inline int entries(const char *name)
{
	DIR *d = opendir(name);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	assert_int_equal(closedir(d), 0);
	return n - 2;
}

/* How many descriptors are open: none must be lost, whatever fails. */
static inline int open_files(void)
{
	return entries("/proc/self/fd");
}

/* A descriptor of the directory @name. */
/* pinet/, which is made if there is none. */
static inline int ours_fd(void)
{
	int fd;

	if (mkdir("pinet", 0755) < 0)
		assert_int_equal(errno, EEXIST);
	fd = open("pinet", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static inline int dir_fd(const char *name)
{
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/fs: bounded reads, and replacement that is whole or not at all, wherever it is stopped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"

static char path[PATH_MAX];

/*
 * The system calls of fs_replace(), counted while @armed: call number @stop_at ends the process
 * before it is made, or fails with @stop_errno. Writes are short: one byte at a time.
 */
static struct {
	bool armed;
	int n, stop_at, stop_errno;
} calls;

/* True if the call is to fail. */
static bool call_fails(void)
{
	if (!calls.armed || ++calls.n != calls.stop_at)
		return false;
	if (!calls.stop_errno)
		_exit(0);
	errno = calls.stop_errno;
	return true;
}

ssize_t write(int fd, const void *buf, size_t n)
{
	if (call_fails())
		return -1;
	return syscall(SYS_write, fd, buf, calls.armed && n ? 1 : n);
}

int fchmod(int fd, mode_t mode)
{
	return call_fails() ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int fsync(int fd)
{
	return call_fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	return call_fails() ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* Every test has an empty directory of its own, in which it stands. */
static int set_up(void **state)
{
	char *dir = strdup("/tmp/test_fs.XXXXXX");

	*state = dir;
	return !dir || !mkdtemp(dir) || chdir(dir) < 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	free(*state);
	return chdir("/") < 0 || system(command) != 0;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static const char *get(const char *name)
{
	static char buf[64];
	FILE *f = fopen(name, "re");

	if (!f)
		return "absent";
	buf[fread(buf, 1, sizeof(buf) - 1, f)] = '\0';
	assert_int_equal(fclose(f), 0);
	return buf;
}

static unsigned int mode_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) < 0 ? 0 : st.st_mode & 07777;
}

/* How many names the directory has. */
static int entries(void)
{
	DIR *d = opendir(".");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	assert_int_equal(closedir(d), 0);
	return n - 2;
}

static void test_read(void **state)
{
	char buf[8];

	(void)state;
	put("empty", "");
	put("short", "123456");
	put("exact", "1234567");
	put("over", "12345678");
	assert_int_equal(fs_read("empty", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(fs_read("short", buf, sizeof(buf)), 6);
	assert_int_equal(fs_read("exact", buf, sizeof(buf)), 7);
	assert_string_equal(buf, "1234567");
	assert_int_equal(fs_read("over", buf, sizeof(buf)), -EFBIG);
	assert_int_equal(fs_read("empty", buf, 1), 0);
	assert_int_equal(fs_read("empty", buf, 0), -EFBIG);
	assert_int_equal(fs_read("/dev/zero", buf, sizeof(buf)), -EFBIG);
	assert_int_equal(fs_read("absent", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(fs_read(".", buf, sizeof(buf)), -EISDIR);
	assert_int_equal(fs_read("", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(symlink("short", "link"), 0);
	assert_int_equal(fs_read("link", buf, sizeof(buf)), -ELOOP);
}

static void test_read_line(void **state)
{
	char buf[8];

	(void)state;
	put("one", "abc\n");
	put("two", "ab\ncd\n");
	put("bare", "abcdefg");
	put("blank", "\n");
	assert_int_equal(symlink("one", "link"), 0);
	assert_int_equal(fs_read_line("link", buf, sizeof(buf)), 3);
	assert_string_equal(buf, "abc");
	assert_int_equal(fs_read_line("two", buf, sizeof(buf)), 2);
	assert_string_equal(buf, "ab");
	assert_int_equal(fs_read_line("bare", buf, sizeof(buf)), 7);
	assert_int_equal(fs_read_line("blank", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(fs_read_line("absent", buf, sizeof(buf)), -ENOENT);
}

static void test_replace(void **state)
{
	const mode_t mask = umask(077);

	(void)state;
	assert_int_equal(fs_replace("new", "one", 0644), 0);
	assert_string_equal(get("new"), "one");
	assert_int_equal(mode_of("new"), 0644);
	assert_int_equal(fs_replace("new", "", 0600), 0);
	assert_string_equal(get("new"), "");
	assert_int_equal(mode_of("new"), 0600);
	assert_int_equal(entries(), 1);
	(void)umask(mask);
}

/* A link is replaced, and what it points to stays as it is. */
static void test_replace_link(void **state)
{
	struct stat st;

	(void)state;
	put("target", "keep");
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(fs_replace("link", "new", 0644), 0);
	assert_string_equal(get("target"), "keep");
	assert_string_equal(get("link"), "new");
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void test_replace_refused(void **state)
{
	(void)state;
	assert_int_equal(fs_replace("no/dir", "x", 0644), -ENOENT);
	assert_int_equal(mkdir("dir", 0755), 0);
	assert_int_equal(fs_replace("dir", "x", 0644), -EISDIR);
	assert_int_equal(entries(), 1);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(fs_replace(path, "x", 0644), -ENAMETOOLONG);
}

/* Each system call fails in turn: the old text stays, whole, and nothing lies beside it. */
static void test_open_below(void **state)
{
	static const struct {
		const char *path;
		int flags, r;
	} table[] = {
		{"file", O_RDONLY, 0},
		{"a/b/file", O_RDONLY, 0},
		{"a//b//file", O_RDONLY, 0},
		{"a/b/", O_RDONLY | O_DIRECTORY, 0},
		{".", O_RDONLY | O_DIRECTORY, 0},
		{"a/b/link", O_PATH, 0},
		{"/proc/self/status", O_RDONLY, 0}, /* self is a link */
		{"a/b/link", O_RDONLY, -ELOOP},
		{"a/dir", O_RDONLY | O_DIRECTORY, -ENOTDIR},
		{"a/dir/file", O_RDONLY, -ENOTDIR},
		{"dir/b/file", O_RDONLY, -ENOTDIR},
		{"file/x", O_RDONLY, -ENOTDIR},
		{"a/../file", O_RDONLY, -EINVAL},
		{"..", O_RDONLY, -EINVAL},
		{"a/absent/file", O_RDONLY, -ENOENT},
		{"/proc/self", O_RDONLY, -ELOOP},
		{"", O_RDONLY, -ENOENT},
	};
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(dir >= 0);
	assert_int_equal(fs_mkdirs("a/b", 0755), 0);
	put("file", "");
	put("a/b/file", "");
	assert_int_equal(symlink("file", "a/b/link"), 0);
	assert_int_equal(symlink("b", "a/dir"), 0);
	assert_int_equal(symlink("a", "dir"), 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int fd = fs_open_below(dir, table[i].path, table[i].flags);

		assert_int_equal(fd < 0 ? fd : 0, table[i].r);
		if (fd >= 0)
			assert_int_equal(close(fd), 0);
	}
	assert_int_equal(close(dir), 0);
}

static void test_replace_failing(void **state)
{
	int r = -EIO, failures = 0;

	(void)state;
	put("file", "old");
	for (int at = 1; r < 0; at++) {
		calls.armed = true;
		calls.n = 0;
		calls.stop_at = at;
		calls.stop_errno = EIO;
		r = fs_replace("file", "new text", 0644);
		calls.armed = false;
		if (r == 0)
			break;
		assert_int_equal(r, -EIO);
		assert_int_equal(entries(), 1);
		failures++;
		if (calls.n == at && strcmp(get("file"), "old") != 0) {
			/* Only the directory is not known to be on the disk. */
			assert_string_equal(get("file"), "new text");
			break;
		}
	}
	assert_int_equal(failures, 12); /* eight writes, fchmod, fsync, rename, fsync */
}

/* The machine stops before each system call in turn: the file has the old text or the new one. */
static void test_replace_stopped(void **state)
{
	(void)state;
	for (int at = 1; at <= 13; at++) {
		int status = -1;
		pid_t pid;

		put("file", "old");
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			calls.armed = true;
			calls.n = 0;
			calls.stop_at = at;
			calls.stop_errno = 0;
			_exit(fs_replace("file", "new text", 0644) == 0 ? 1 : 2);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, at <= 12 ? 0 : 1 << 8);
		assert_string_equal(get("file"), at <= 11 ? "old" : "new text");
	}
}

/* Of what lies beside the file, only what a writer left that was killed goes. */
static void test_clean(void **state)
{
	static const char *const keep[] = {
		"file.abcdeg", "file.abcde", "file.abcdefg", "filx.abcdef", "file-abcdef", "file"};
	const struct timespec old[2] = {{1000, 0}, {1000, 0}};

	(void)state;
	put("file.abcdef", "");
	fs_clean("file");
	assert_int_equal(entries(), 1);
	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		put(keep[i], "");
		if (i > 0 && strcmp(keep[i], "file") != 0)
			assert_int_equal(utimensat(AT_FDCWD, keep[i], old, 0), 0);
	}
	assert_int_equal(utimensat(AT_FDCWD, "file.abcdef", old, 0), 0);
	assert_int_equal(mkdir("file.uvwxyz", 0755), 0);
	assert_int_equal(utimensat(AT_FDCWD, "file.uvwxyz", old, 0), 0);
	fs_clean("file");
	assert_int_equal(entries(), sizeof(keep) / sizeof(keep[0]) + 1);
	assert_false(fs_exists("file.abcdef"));
	fs_clean("no/file");
}

static void test_append(void **state)
{
	(void)state;
	assert_int_equal(fs_append("file", "a\n", 0600), 0);
	assert_int_equal(mode_of("file"), 0600);
	assert_int_equal(fs_append("file", "b\n", 0644), 0);
	assert_int_equal(fs_append("file", "", 0644), 0);
	assert_string_equal(get("file"), "a\nb\n");
	assert_int_equal(mode_of("file"), 0600);
	assert_int_equal(symlink("file", "link"), 0);
	assert_int_equal(fs_append("link", "c", 0644), -ELOOP);
	assert_int_equal(fs_append("no/file", "c", 0644), -ENOENT);
	assert_string_equal(get("file"), "a\nb\n");
}

static void test_poke(void **state)
{
	(void)state;
	assert_int_equal(fs_poke("absent", "1"), -ENOENT);
	assert_int_equal(entries(), 0);
	put("file", "0");
	assert_int_equal(fs_poke("file", "1"), 0);
	assert_string_equal(get("file"), "1");
	assert_int_equal(fs_poke("/dev/full", "1"), -ENOSPC);
}

static void test_mkdirs(void **state)
{
	const mode_t mask = umask(0);

	(void)state;
	assert_int_equal(fs_mkdirs("a/b/c", 0755), 0);
	assert_int_equal(mode_of("a/b"), 0755);
	assert_int_equal(mode_of("a/b/c"), 0755);
	assert_int_equal(fs_mkdirs("a/b/c", 0700), 0);
	assert_int_equal(fs_mkdirs("a//d/", 0755), 0);
	assert_int_equal(mode_of("a/d"), 0755);
	assert_int_equal(fs_mkdirs("/", 0755), 0);
	put("file", "");
	assert_int_equal(fs_mkdirs("file/a", 0755), -ENOTDIR);
	assert_int_equal(fs_mkdirs("file", 0755), -ENOTDIR);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(fs_mkdirs(path, 0755), -ENAMETOOLONG);
	(void)umask(mask);
}

static void test_join(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(fs_join(out, sizeof(out), "/ab", "cde"), 0);
	assert_string_equal(out, "/ab/cde");
	assert_int_equal(fs_join(out, sizeof(out), "/ab", "cdef"), -ENAMETOOLONG);
	assert_int_equal(fs_join(out, sizeof(out), "", ""), 0);
	assert_string_equal(out, "/");
}

static void test_read_at(void **state)
{
	char buf[] = "........";
	int fd, dir;

	(void)state;
	put("file", "abcdef");
	fd = open("file", O_RDONLY | O_CLOEXEC);
	dir = open(".", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && dir >= 0);
	assert_int_equal(fs_read_at(fd, 1, buf, 3), 3);
	assert_string_equal(buf, "bcd.....");
	assert_int_equal(fs_read_at(fd, 4, buf, 8), 2);
	assert_string_equal(buf, "efd.....");
	assert_int_equal(fs_read_at(fd, 6, buf, 8), 0);
	assert_int_equal(fs_read_at(fd, 7, buf, 8), 0);
	assert_int_equal(fs_read_at(fd, 0, buf, 0), 0);
	/* what was read at an offset has not moved it */
	assert_int_equal(fs_read_at(fd, FS_HERE, buf, 4), 4);
	assert_string_equal(buf, "abcd....");
	assert_int_equal(fs_read_at(fd, FS_HERE, buf, 4), 2);
	assert_int_equal(fs_read_at(fd, FS_HERE, buf, 4), 0);
	assert_int_equal(fs_read_at(dir, 0, buf, 4), -EISDIR);
	assert_int_equal(fs_read_at(dir, FS_HERE, buf, 4), -EISDIR);
	assert_int_equal(fs_read_at(fd, -2, buf, 4), -EINVAL);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(dir), 0);
	assert_int_equal(fs_read_at(fd, 0, buf, 4), -EBADF);
	assert_string_equal(buf, "efcd....");
}

static void test_exists(void **state)
{
	(void)state;
	put("file", "");
	assert_true(fs_exists("file"));
	assert_true(fs_exists("."));
	assert_false(fs_exists("absent"));
	assert_false(fs_exists("file/a"));
}

#define in_directory(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(test_read),
		in_directory(test_read_line),
		in_directory(test_replace),
		in_directory(test_replace_link),
		in_directory(test_replace_refused),
		in_directory(test_replace_failing),
		in_directory(test_replace_stopped),
		in_directory(test_clean),
		in_directory(test_append),
		in_directory(test_poke),
		in_directory(test_mkdirs),
		cmocka_unit_test(test_join),
		in_directory(test_read_at),
		in_directory(test_open_below),
		in_directory(test_exists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

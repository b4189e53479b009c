/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/files: replacement that is whole or not at all, reading back, and what to do about errors.
 */
#include "store_fault.h"

#include "store/files.h"

static void test_causes(void **state)
{
	static const struct {
		int r;
		const char *name, *sentence;
	} table[] = {
		{-ESTALE, "server",
			"cannot x y: Stale file handle; the boot server does not know this "
			"directory any more: mount it again"},
		{-EIO, "server",
			"cannot x y: Input/output error; the boot server is away or its disk "
			"fails"},
		{-ETIMEDOUT, "server",
			"cannot x y: Connection timed out; the boot server is away or its disk "
			"fails"},
		{-EROFS, "read-only",
			"cannot x y: Read-only file system; the boot server has to export the "
			"directory with rw"},
		{-ENOSPC, "full",
			"cannot x y: No space left on device; the boot server's disk has to get "
			"some room"},
		{-EDQUOT, "full",
			"cannot x y: Disk quota exceeded; raise the quota on the boot server"},
		{-EACCES, "permission",
			"cannot x y: Permission denied; the boot server has to export the "
			"directory with no_root_squash, and to let root write into it"},
		{-EPERM, "permission",
			"cannot x y: Operation not permitted; the boot server has to export the "
			"directory with no_root_squash, and to let root write into it"},
		{-ENOENT, "other", "cannot x y: No such file or directory"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct err err;

		assert_int_equal(files_err(&err, table[i].r, "cannot x %s", "y"), table[i].r);
		assert_int_equal(err.code, table[i].r);
		assert_string_equal(err.text, table[i].sentence);
		assert_string_equal(files_cause_name(files_cause(table[i].r)), table[i].name);
	}
	assert_int_equal(files_err(NULL, -EIO, "x"), -EIO);
}

/* What files_open_dir() says; 0 if it opens something. */
static int open_dir(const char *path, bool create)
{
	int before = open_files(), dir = dir_fd("."), fd = files_open_dir(dir, path, create);

	assert_int_equal(close(dir), 0);
	if (fd < 0) {
		assert_int_equal(open_files(), before);
		return fd;
	}
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(close(fd), 0);
	return 0;
}

static void test_open_dir(void **state)
{
	const mode_t mask = umask(077);

	(void)state;
	assert_int_equal(open_dir("", false), 0);
	assert_int_equal(open_dir("a", false), -ENOENT);
	assert_int_equal(open_dir("a/b/c", false), -ENOENT);
	assert_false(there("a"));
	assert_int_equal(open_dir("a/b/c", true), 0);
	assert_int_equal(mode_of("a"), 0755);
	assert_int_equal(mode_of("a/b/c"), 0755);
	assert_int_equal(open_dir("a/b/c", true), 0);
	assert_int_equal(open_dir("a/b/c", false), 0);
	assert_int_equal(open_dir("..", false), -EINVAL);
	assert_int_equal(open_dir("a/../a", false), -EINVAL);
	assert_int_equal(open_dir(".", false), -EINVAL);
	assert_int_equal(open_dir("/", false), -EINVAL);
	assert_int_equal(open_dir("/a", false), -EINVAL);
	assert_int_equal(open_dir("a/", false), -EINVAL);
	put("file", "");
	assert_int_equal(open_dir("file", false), -ENOTDIR);
	assert_int_equal(open_dir("file", true), -ENOTDIR);
	assert_int_equal(open_dir("file/a", true), -ENOTDIR);
	assert_int_equal(symlink("a", "link"), 0);
	assert_int_equal(open_dir("link", false), -ENOTDIR);
	assert_int_equal(open_dir("link/b", false), -ENOTDIR);
	assert_int_equal(open_dir("link/new", true), -ENOTDIR);
	assert_false(there("a/new"));
	(void)umask(mask);
}

static void test_open_ours(void **state)
{
	int dir = dir_fd("."), fd;
	struct err err = {0};

	(void)state;
	assert_int_equal(files_open_ours(dir, false, &err), -ENOENT);
	assert_string_equal(err.text, "");
	fault_arm(1, EROFS);
	assert_int_equal(files_open_ours(dir, true, &err), -EROFS);
	assert_string_equal(err.text, "cannot open pinet/ in the boot directory: Read-only file "
				      "system; the boot server has "
				      "to export the directory with rw");
	fault.armed = false;
	fd = files_open_ours(dir, true, &err);
	assert_true(fd >= 0);
	assert_true(there("pinet"));
	close(fd);
	close(dir);
}

static void test_read(void **state)
{
	int dir = dir_fd(".");
	char buf[8], *text = NULL;

	(void)state;
	put("exact", "1234567");
	put("over", "12345678");
	assert_int_equal(files_read(dir, "exact", buf, sizeof(buf)), 7);
	assert_string_equal(buf, "1234567");
	assert_int_equal(files_read(dir, "over", buf, sizeof(buf)), -EFBIG);
	assert_int_equal(files_read(dir, "absent", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(files_read(dir, ".", buf, sizeof(buf)), -EINVAL);
	assert_int_equal(symlink("exact", "link"), 0);
	assert_int_equal(files_read(dir, "link", buf, sizeof(buf)), -ELOOP);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(files_read(dir, "pipe", buf, sizeof(buf)), -EINVAL);
	fault.io_max = 1;
	assert_int_equal(files_read(dir, "exact", buf, sizeof(buf)), 7);
	assert_string_equal(buf, "1234567");
	assert_int_equal(files_read_new(dir, "over", 9, &text), 8);
	assert_string_equal(text, "12345678");
	free(text);
	text = NULL;
	assert_int_equal(files_read_new(dir, "over", 8, &text), -EFBIG);
	assert_int_equal(files_read_new(dir, "link", 99, &text), -ELOOP);
	assert_int_equal(files_read_new(dir, "absent", 99, &text), -ENOENT);
	assert_null(text);
	close(dir);
}

/* The digest that files_read_back() finds must be the one of @bytes. */
static void assert_reads_back(const char *name, const void *bytes, size_t n)
{
	int dir = dir_fd(".");
	struct sha256 want, have;
	uint64_t size = 0;

	sha256_of(span_of(bytes, n), &want);
	assert_int_equal(files_read_back(dir, name, &have, &size), 0);
	assert_int_equal(size, n);
	assert_true(sha256_eq(&want, &have));
	close(dir);
}

static void test_read_back(void **state)
{
	static const size_t sizes[] = {0, 1, 511, 512, 513, 4095, 4096, 4097, 8191, 8192,
		(4 << 20) - 1, 4 << 20, (4 << 20) + 1, (9 << 20) + 77};
	char *bytes = malloc(16 << 20);
	int before = open_files();

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < 16 << 20; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		put_bytes("file", bytes, sizes[i]);
		assert_reads_back("file", bytes, sizes[i]);
		fault.no_direct_read = true;
		assert_reads_back("file", bytes, sizes[i]);
		fault.no_direct_open = true;
		assert_reads_back("file", bytes, sizes[i]);
		fault.io_max = 1000;
		if (sizes[i] < 10000)
			assert_reads_back("file", bytes, sizes[i]);
		fault.io_max = 0;
		fault.no_direct_read = fault.no_direct_open = false;
	}
	assert_int_equal(open_files(), before);
	free(bytes);
}

static void test_read_back_refused(void **state)
{
	int dir = dir_fd("."), before = open_files();
	struct sha256 d;
	uint64_t size = 7;

	(void)state;
	put("file", "text");
	assert_int_equal(symlink("file", "link"), 0);
	assert_int_equal(files_read_back(dir, "absent", &d, &size), -ENOENT);
	assert_int_equal(files_read_back(dir, "link", &d, &size), -ELOOP);
	assert_int_equal(files_read_back(dir, ".", &d, &size), -EINVAL);
	for (int at = 1; at <= 2; at++) {
		fault_arm(at, EIO);
		assert_int_equal(files_read_back(dir, "file", &d, &size), -EIO);
		fault.armed = false;
	}
	assert_int_equal(truncate("file", (off_t)FILES_MAX + 4097), 0);
	fault.no_direct_open = true;
	assert_int_equal(files_read_back(dir, "file", &d, &size), -EFBIG);
	assert_int_equal(size, 7);
	assert_int_equal(open_files(), before);
	close(dir);
}

static int replace(const char *name, const char *text)
{
	int ours = dir_fd("pinet"), dir = dir_fd("."), r;

	r = files_replace(ours, dir, name, span_str(text));
	close(ours);
	close(dir);
	return r;
}

static void test_replace(void **state)
{
	const mode_t mask = umask(077);

	(void)state;
	make_dir("pinet");
	assert_int_equal(replace("file", "one"), 0);
	assert_string_equal(get("file"), "one");
	assert_int_equal(mode_of("file"), 0644);
	assert_int_equal(replace("file", ""), 0);
	assert_string_equal(get("file"), "");
	fault.io_max = 1;
	assert_int_equal(replace("file", "byte by byte"), 0);
	assert_string_equal(get("file"), "byte by byte");
	fault.rename_lost = true;
	assert_int_equal(replace("file", "answer lost"), 0);
	fault.rename_lost = false;
	assert_string_equal(get("file"), "answer lost");
	put("target", "keep");
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(replace("link", "new"), 0);
	assert_string_equal(get("target"), "keep");
	assert_string_equal(get("link"), "new");
	make_dir("dir");
	assert_int_equal(replace("dir", "x"), -EISDIR);
	assert_int_equal(entries("pinet"), 0);
	(void)umask(mask);
}

/* The server stores something else than what it was sent. */
/* Only what was read is replaced. */
static void test_replace_same(void **state)
{
	int dir = dir_fd("."), ours = ours_fd();
	char *text = NULL;
	struct stat was;

	(void)state;
	put("file", "old");
	assert_int_equal(files_read_stat(dir, "file", 9, &text, &was), 3);
	free(text);
	assert_int_equal(files_replace_same(ours, dir, "file", &was, span_str("new")), 0);
	assert_string_equal(get("file"), "new");
	/* another file, which is as large */
	assert_int_equal(files_replace_same(ours, dir, "file", &was, span_str("bad")), -EAGAIN);
	assert_int_equal(stat("file", &was), 0);
	put("file", "longer");
	assert_int_equal(files_replace_same(ours, dir, "file", &was, span_str("bad")), -EAGAIN);
	assert_string_equal(get("file"), "longer");
	assert_int_equal(stat("file", &was), 0);
	assert_int_equal(unlink("file"), 0);
	assert_int_equal(files_replace_same(ours, dir, "file", &was, span_str("bad")), -EAGAIN);
	assert_false(there("file"));
	assert_int_equal(entries("pinet"), 0);
	close(dir);
	close(ours);
}

static void test_replace_spoilt(void **state)
{
	(void)state;
	make_dir("pinet");
	put("file", "old");
	fault.spoil = FILES_TEMP;
	assert_int_equal(replace("file", "new"), -EBADMSG);
	assert_string_equal(get("file"), "old");
	assert_int_equal(entries("pinet"), 0);
}

static void test_replace_failing(void **state)
{
	static const int errors[] = {EIO, ENOSPC, ESTALE, EROFS, EDQUOT, EACCES};
	int ours, dir, failures = 0, before;

	(void)state;
	make_dir("pinet");
	ours = dir_fd("pinet");
	dir = dir_fd(".");
	before = open_files();
	for (int at = 1, r = -1; r < 0; at++) {
		put("file", "old");
		fault_arm(at, errors[at % 6]);
		r = files_replace(ours, dir, "file", span_str("new"));
		fault.armed = false;
		assert_int_equal(open_files(), before);
		assert_int_equal(entries("pinet"), 0);
		assert_int_equal(r, fault.n < at ? 0 : -errors[at % 6]);
		if (r < 0)
			failures++;
		if (strcmp(get("file"), "old") != 0)
			assert_string_equal(get("file"), "new");
	}
	assert_true(failures >= 6); /* open, write, fsync, read, rename, fsync */
	close(ours);
	close(dir);
}

static void test_replace_stopped(void **state)
{
	int ours, dir, status = 77 << 8;

	(void)state;
	make_dir("pinet");
	ours = dir_fd("pinet");
	dir = dir_fd(".");
	for (int at = 1; status == 77 << 8; at++) {
		pid_t pid;

		put("file", "old");
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			fault_arm(at, 0);
			_exit(files_replace(ours, dir, "file", span_str("new")) < 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (strcmp(get("file"), "old") != 0)
			assert_string_equal(get("file"), "new");
		assert_true(at < 20);
	}
	assert_int_equal(status, 0);
	assert_string_equal(get("file"), "new");
	close(ours);
	close(dir);
}

static void test_temp_name(void **state)
{
	char a[64], b[64];

	(void)state;
	files_temp_name("config.txt", a, sizeof(a));
	files_temp_name("config.txt", b, sizeof(b));
	assert_int_equal(strlen(a), strlen(".tmp-config.txt-") + 16);
	assert_memory_equal(a, ".tmp-config.txt-", 16);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes),
		in_directory(test_open_dir),
		in_directory(test_open_ours),
		in_directory(test_read),
		in_directory(test_read_back),
		in_directory(test_read_back_refused),
		in_directory(test_replace),
		in_directory(test_replace_same),
		in_directory(test_replace_spoilt),
		in_directory(test_replace_failing),
		in_directory(test_replace_stopped),
		cmocka_unit_test(test_temp_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

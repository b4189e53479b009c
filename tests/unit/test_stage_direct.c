/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/stage_direct: files of all sizes around its parts arrive whole, and what fails leaves nothing
 * open. Where the file system cannot do it, it says so.
 */
#include "store_tree.h"

#include "store/files.h"
#include "store/stage_direct.h"

#define PART STAGE_DIRECT_PART

/* Fills the file "source" with @size bytes that tell where they stand. */
static void make_source(size_t size)
{
	int fd = open("source", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	static uint32_t block[1024];

	assert_true(fd >= 0);
	for (size_t at = 0; at < size; at += sizeof(block)) {
		size_t n = size - at < sizeof(block) ? size - at : sizeof(block);

		for (size_t i = 0; i < 1024; i++)
			block[i] = (uint32_t)((at / 4 + i) * 2654435761u);
		assert_int_equal(syscall(SYS_write, fd, block, n), n);
	}
	close(fd);
}

struct result {
	struct sha256 digest;
	uint64_t size;
	struct err err;
};

/* Adds a copy of @source with the name @name to what is on its way. */
static int add(
	struct stage_direct **direct, const char *source, const char *name, struct result *ret)
{
	struct stage_direct_item item = {.in_fd = open(source, O_RDONLY | O_CLOEXEC),
		.dirfd = dir_fd("."),
		.name = name,
		.path = name,
		.source = source};
	int r;

	assert_true(item.in_fd >= 0);
	r = stage_direct_add(direct, &item, &ret->digest, &ret->size, &ret->err);
	close(item.in_fd);
	close(item.dirfd);
	return r;
}

static int copy(const char *source, struct result *ret)
{
	struct stage_direct *direct = NULL;
	int r = add(&direct, source, "copy", ret);

	if (r == 0)
		r = stage_direct_settle(direct, &ret->err);
	stage_direct_end(&direct);
	return r;
}

/* True if the file system of the test cannot do it. */
static bool cannot(void)
{
	struct result res;
	int r;

	make_source(1);
	r = copy("source", &res);
	if (r == 0)
		assert_int_equal(unlink("copy"), 0);
	else
		(void)unlink("copy");
	return r == -EOPNOTSUPP;
}

static void check_copy(const char *name, uint64_t size, const struct result *res)
{
	struct sha256 have, want;
	uint64_t have_size, want_size;
	int dir = dir_fd(".");
	struct stat st;

	assert_int_equal(res->size, size);
	assert_int_equal(files_read_back(dir, name, &have, &have_size), 0);
	assert_int_equal(files_read_back(dir, "source", &want, &want_size), 0);
	assert_int_equal(have_size, size);
	assert_true(sha256_eq(&have, &want));
	assert_true(sha256_eq(&res->digest, &want));
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	close(dir);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, PART - 1, PART, PART + 1, 4 * PART,
		4 * PART + 1, 70 * PART - 4095 /* more than are on their way at once */};
	const mode_t mask = umask(077);
	int before = open_files();

	(void)state;
	if (cannot())
		skip();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct result res;

		make_source(sizes[i]);
		assert_int_equal(copy("source", &res), 0);
		check_copy("copy", sizes[i], &res);
		assert_int_equal(unlink("copy"), 0);
	}
	assert_int_equal(open_files(), before);
	(void)umask(mask);
}

/* A source that gives little at once. */
static void test_short_reads(void **state)
{
	struct result res;

	(void)state;
	if (cannot())
		skip();
	make_source(PART + 100);
	fault.io_max = 70001;
	assert_int_equal(copy("source", &res), 0);
	fault.io_max = 0;
	check_copy("copy", PART + 100, &res);
}

static void test_refused(void **state)
{
	struct result res;

	(void)state;
	if (cannot())
		skip();
	make_source(10);
	put("copy", "mine");
	assert_int_equal(copy("source", &res), -EEXIST);
	assert_string_equal(res.err.text, "cannot write copy to the boot server: File exists");
	assert_string_equal(get("copy"), "mine");
	assert_int_equal(unlink("copy"), 0);
	assert_int_equal(copy(".", &res), -EISDIR);
	assert_string_equal(res.err.text, "cannot read .: Is a directory");
	assert_int_equal(unlink("copy"), 0);
	fault.no_direct_open = true;
	assert_int_equal(copy("source", &res), -EOPNOTSUPP);
	fault.no_direct_open = false;
}

/* More files than can be open at once, of which each has parts on its way as the next begins. */
static void test_several(void **state)
{
	struct stage_direct *direct = NULL;
	struct result res[20];
	int before = open_files();
	char name[16];

	(void)state;
	if (cannot())
		skip();
	make_source(2 * PART + 1);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "copy%d", i);
		assert_int_equal(add(&direct, "source", name, &res[i]), 0);
	}
	assert_int_equal(stage_direct_settle(direct, &res[0].err), 0);
	assert_int_equal(stage_direct_settle(direct, &res[0].err), 0);
	assert_int_equal(open_files(), before);
	stage_direct_end(&direct);
	stage_direct_end(&direct);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "copy%d", i);
		check_copy(name, 2 * PART + 1, &res[i]);
	}
}

/* Whatever fails of two files, both are whole, or it is said; nothing is left open. */
static void test_failing(void **state)
{
	int before = open_files(), r = -EIO;

	(void)state;
	if (cannot())
		skip();
	make_source(2 * PART + 5);
	for (int i = 1; r < 0; i++) {
		struct stage_direct *direct = NULL;
		struct result one, two;

		fault_arm(i, EIO);
		r = add(&direct, "source", "copy", &one);
		if (r == 0)
			r = add(&direct, "source", "second", &two);
		if (r == 0)
			r = stage_direct_settle(direct, &one.err);
		fault.armed = false;
		stage_direct_end(&direct);
		assert_true(r == 0 || r == -EIO);
		if (r == 0) {
			check_copy("copy", 2 * PART + 5, &one);
			check_copy("second", 2 * PART + 5, &two);
		}
		(void)unlink("copy");
		(void)unlink("second");
		assert_in_range(i, 1, 40);
	}
	assert_int_equal(open_files(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(test_sizes),
		in_directory(test_short_reads),
		in_directory(test_refused),
		in_directory(test_several),
		in_directory(test_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

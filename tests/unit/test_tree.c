/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/tree: everything below a name goes, and nothing else.
 */
#include "store_fault.h"

#include "store/tree.h"

static int removed(const char *name)
{
	int before = open_files(), dir = dir_fd("."), r = tree_remove(dir, name);

	close(dir);
	assert_int_equal(open_files(), before);
	return r;
}

static void test_tree(void **state)
{
	(void)state;
	put("keep", "");
	make_dir("kept");
	put("kept/file", "");
	make_dir("a");
	make_dir("a/b");
	make_dir("a/b/c");
	put("a/1", "");
	put("a/b/2", "");
	put("a/b/c/3", "");
	assert_int_equal(symlink("../keep", "a/link"), 0);
	assert_int_equal(symlink("../../kept", "a/b/dir"), 0);
	assert_int_equal(symlink("absent", "a/b/dangling"), 0);
	assert_int_equal(removed("a"), 0);
	assert_false(there("a"));
	assert_true(there("keep"));
	assert_true(there("kept/file"));
	assert_int_equal(removed("a"), 0);
	assert_int_equal(removed("keep"), 0);
	assert_false(there("keep"));
}

static void test_many(void **state)
{
	char name[32];

	(void)state;
	make_dir("a");
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "a/%d", i);
		put(name, "");
	}
	assert_int_equal(removed("a"), 0);
	assert_false(there("a"));
}

static void test_depth(void **state)
{
	(void)state;
	make_dir("1");
	make_dir("1/2");
	make_dir("1/2/3");
	make_dir("1/2/3/4");
	make_dir("1/2/3/4/5");
	make_dir("1/2/3/4/5/6");
	make_dir("1/2/3/4/5/6/7");
	make_dir("1/2/3/4/5/6/7/8");
	make_dir("1/2/3/4/5/6/7/8/9");
	assert_int_equal(removed("1"), -E2BIG);
	assert_true(there("1/2/3/4/5/6/7/8/9"));
	assert_int_equal(removed("1/2"), 0);
	assert_int_equal(removed("1"), 0);
}

/* Whatever fails: no descriptor is lost, and the next time it goes on. */
static void test_failing(void **state)
{
	(void)state;
	for (int at = 1, r = -1; r < 0; at++) {
		if (!there("a"))
			make_dir("a");
		if (!there("a/b"))
			make_dir("a/b");
		put("a/1", "");
		put("a/b/2", "");
		fault_arm(at, EIO);
		r = removed("a");
		fault.armed = false;
		assert_int_equal(r, fault.n < at ? 0 : -EIO);
	}
	assert_false(there("a"));
}

static void test_refused(void **state)
{
	(void)state;
	put("file", "");
	fault_arm(1, EPERM);
	assert_int_equal(removed("file"), -EPERM);
	fault_arm(1, EACCES);
	assert_int_equal(removed("file"), -EACCES);
	fault_arm(1, EROFS);
	assert_int_equal(removed("file"), -EROFS);
	fault.armed = false;
	make_dir("dir");
	fault_arm(1, EPERM); /* what POSIX says of a directory */
	assert_int_equal(removed("dir"), 0);
	fault.armed = false;
	assert_false(there("dir"));
	assert_true(there("file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(test_tree),
		in_directory(test_many),
		in_directory(test_depth),
		in_directory(test_failing),
		in_directory(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

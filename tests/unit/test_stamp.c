/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/stamp: what has not changed is known, and nothing else.
 */
#include "store_fault.h"

#include "store/stamp.h"

#define D1 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const char good[] = "pinet-stamp 1\n"
			   "generation g000042-6 100 1764000000000000001\n"
			   "file 3 1764000000000000001 1764000000000000002 7 " D1 " /boot/a b\n"
			   "file 0 1 2 18446744073709551615 " D1 " vmlinuz\n"
			   "end\n";

/* A file of 3 bytes, changed a while ago. */
static struct stat stat_of(void)
{
	struct stat st = {
		.st_size = 3, .st_ino = 7, .st_mtim = {1764000000, 1}, .st_ctim = {1764000000, 2}};

	return st;
}

static struct sha256 digest_of(const char *text)
{
	struct sha256 d;

	sha256_of(span_str(text), &d);
	return d;
}

static int parse(const char *text)
{
	_cleanup_stamp_ struct stamp s = {.n = 0};

	return stamp_parse(span_str(text), &s);
}

static void test_file(void **state)
{
	_cleanup_stamp_ struct stamp s = {.n = 0}, again = {.n = 0};
	struct stat st = stat_of();
	struct err err;

	(void)state;
	assert_int_equal(stamp_parse(span_str(good), &s), 0);
	assert_int_equal(s.n, 2);
	assert_int_equal(stamp_save("var/lib/stamp", &s, &err), 0);
	assert_string_equal(get("var/lib/stamp"), good);
	assert_int_equal(stamp_load("var/lib/stamp", &again, &err), 0);
	assert_non_null(stamp_digest(&again, "/boot/a b", &st));
	assert_int_equal(stamp_save("other", &again, &err), 0);
	assert_string_equal(get("other"), good);
	assert_int_equal(stamp_save("other/stamp", &s, &err), -ENOTDIR);
	assert_string_equal(err.text, "cannot write other/stamp: Not a directory");
}

/* A stamp that is absent or damaged says nothing, and is no error. */
static void test_nothing(void **state)
{
	struct stamp s;
	struct err err;

	(void)state;
	assert_int_equal(stamp_load("absent", &s, &err), 0);
	assert_int_equal(s.n, 0);
	assert_string_equal(s.generation, "");
	put("stamp", "damaged");
	assert_int_equal(stamp_load("stamp", &s, &err), 0);
	assert_int_equal(s.n, 0);
	assert_int_equal(truncate("stamp", STAMP_TEXT_MAX), 0);
	assert_int_equal(stamp_load("stamp", &s, &err), 0);
	assert_int_equal(s.n, 0);
	assert_int_equal(stamp_load(".", &s, &err), -EISDIR);
	assert_string_equal(err.text, "cannot read .: Is a directory");
}

static void test_parse(void **state)
{
	(void)state;
	assert_int_equal(parse(good), 0);
	assert_int_equal(parse("pinet-stamp 1\ngeneration g000001-6 1 2\nend\n"), 0);
	for (size_t len = 0; len < strlen(good); len++) {
		_cleanup_stamp_ struct stamp s = {.n = 0};
		char *copy = malloc(len + 1); /* the sanitizer sees where it ends */

		assert_non_null(copy);
		memcpy(copy, good, len);
		assert_int_equal(stamp_parse(span_of(copy, len), &s), -EBADMSG);
		free(copy);
	}
	assert_int_equal(parse("pinet-stamp 2\ngeneration g000001-6 1 2\nend\n"), -EBADMSG);
	assert_int_equal(parse("pinet-stamp 1\ngeneration ../6 1 2\nend\n"), -EBADMSG);
	assert_int_equal(parse("pinet-stamp 1\ngeneration g000001-6 1\nend\n"), -EBADMSG);
	assert_int_equal(parse("pinet-stamp 1\ngeneration g000001-6 1 2 3\nend\n"), -EBADMSG);
	assert_int_equal(parse("pinet-stamp 1\ngeneration g000001-6 1 2\nend\nend\n"), -EBADMSG);
	assert_int_equal(parse("pinet-stamp 1\ngeneration g000001-6 1 2\nend\n\n"), -EBADMSG);
	assert_int_equal(
		parse("pinet-stamp 1\ngeneration g000001-6 1 2\nfile 1 2 3 4 " D1 "\nend\n"),
		-EBADMSG);
	assert_int_equal(parse("pinet-stamp 1\ngeneration g000001-6 1 2\nfile 1 2 3 4 x a\nend\n"),
		-EBADMSG);
	assert_int_equal(
		parse("pinet-stamp 1\ngeneration g000001-6 1 2\nfile 1 2 -3 4 " D1 " a\nend\n"),
		-EBADMSG);
}

static void test_digest(void **state)
{
	_cleanup_stamp_ struct stamp s = {.n = 0};
	struct sha256 d = digest_of("one");
	struct stat st = stat_of();

	(void)state;
	assert_int_equal(stamp_add(&s, "a", &st, 1764000100, &d), 0);
	assert_true(sha256_eq(stamp_digest(&s, "a", &st), &d));
	assert_null(stamp_digest(&s, "b", &st));
	st.st_size++;
	assert_null(stamp_digest(&s, "a", &st));
	st = stat_of();
	st.st_ino++;
	assert_null(stamp_digest(&s, "a", &st));
	st = stat_of();
	st.st_mtim.tv_nsec++;
	assert_null(stamp_digest(&s, "a", &st));
	st = stat_of();
	st.st_ctim.tv_sec++;
	assert_null(stamp_digest(&s, "a", &st));
	st = stat_of();
	assert_non_null(stamp_digest(&s, "a", &st));
}

/* Times that cannot tell one change from the next are not trusted while they are fresh. */
static void test_coarse(void **state)
{
	_cleanup_stamp_ struct stamp s = {.n = 0};
	struct sha256 d = digest_of("one");
	struct stat st = stat_of();
	static const struct {
		uint64_t now_s;
		size_t n;
	} table[] = {{1764000000, 0}, {1764000002, 0}, {1763999998, 0}, {1764000003, 1},
		{1763999997, 2}};

	(void)state;
	st.st_mtim.tv_nsec = st.st_ctim.tv_nsec = 0;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(stamp_add(&s, "a", &st, table[i].now_s, &d), 0);
		assert_int_equal(s.n, table[i].n);
	}
	st.st_ctim.tv_nsec = 1;
	assert_int_equal(stamp_add(&s, "a", &st, 1764000000, &d), 0);
	assert_int_equal(s.n, 3);
	st.st_mtim.tv_sec = -1;
	assert_int_equal(stamp_add(&s, "old", &st, 1764000000, &d), 0);
	assert_null(stamp_digest(&s, "old", &st));
}

static void test_limits(void **state)
{
	_cleanup_stamp_ struct stamp s = {.n = 0};
	struct sha256 d = digest_of("one");
	struct stat st = stat_of();
	char path[STAMP_PATH_SIZE + 1];

	(void)state;
	memset(path, 'p', sizeof(path));
	path[STAMP_PATH_SIZE] = '\0';
	assert_int_equal(stamp_add(&s, path, &st, 0, &d), -EINVAL);
	path[STAMP_PATH_SIZE - 1] = '\0';
	assert_int_equal(stamp_add(&s, path, &st, 0, &d), 0);
	assert_int_equal(stamp_add(&s, "", &st, 0, &d), -EINVAL);
	assert_int_equal(stamp_add(&s, "a\nb", &st, 0, &d), -EINVAL);
	while (s.n < STAMP_FILES)
		assert_int_equal(stamp_add(&s, "a", &st, 0, &d), 0);
	assert_int_equal(stamp_add(&s, "a", &st, 0, &d), -ENOSPC);
}

static void test_generation(void **state)
{
	_cleanup_stamp_ struct stamp s = {.n = 0};
	struct stat st = stat_of();

	(void)state;
	assert_false(stamp_is_of(&s, "", &st));
	assert_int_equal(stamp_set_generation(&s, "../6", &st), -EINVAL);
	assert_int_equal(stamp_set_generation(&s, "g000001-6", &st), 0);
	assert_true(stamp_is_of(&s, "g000001-6", &st));
	assert_false(stamp_is_of(&s, "g000002-6", &st));
	st.st_size++;
	assert_false(stamp_is_of(&s, "g000001-6", &st));
	st = stat_of();
	st.st_mtim.tv_nsec++;
	assert_false(stamp_is_of(&s, "g000001-6", &st));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(test_file),
		in_directory(test_nothing),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_coarse),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_generation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

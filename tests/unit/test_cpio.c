/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/cpio: the names in archives, however they are cut into pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "base/cpio.h"
#include "cpio_archive.h"

#define ROOM 8192

static char archive[ROOM];
static char seen[ROOM]; /* the names, one a line */

static void take(void *ctx, const char *name)
{
	size_t at = strlen(seen);

	assert_ptr_equal(ctx, seen);
	(void)snprintf(seen + at, sizeof(seen) - at, "%s\n", name);
}

/* Feeds the first @len bytes of the archive in pieces; how many were used in @ret_used. */
static int feed(struct cpio *c, size_t len, size_t piece, size_t *ret_used)
{
	int r = 0;

	*c = (struct cpio){.take = take, .ctx = seen};
	seen[0] = '\0';
	*ret_used = 0;
	while (*ret_used < len && r == 0) {
		size_t used;

		r = cpio_feed(c, span_sub(span_of(archive, len), *ret_used, piece), &used);
		*ret_used += used;
	}
	return r;
}

/* The result and the names of @len bytes, the same for pieces of any size. */
static int read_all(size_t len, size_t want_used, const char *want)
{
	struct cpio c;
	size_t used;
	int r = feed(&c, len, len + 1, &used);

	for (size_t piece = 1; piece < 200; piece++) {
		assert_int_equal(feed(&c, len, piece, &used), r);
		assert_string_equal(seen, want);
		if (r >= 0)
			assert_int_equal(used, want_used);
	}
	return r;
}

static void test_archives(void **state)
{
	size_t n = archive_of(archive, ".\nbin\nusr/sbin/pinet\nabcd\nabcde\n"), whole;

	(void)state;
	assert_int_equal(read_all(n, n, ".\nbin\nusr/sbin/pinet\nabcd\nabcde\n"), 0);
	/* zeros, another archive, zeros, and what is none */
	memset(archive + n, 0, 301);
	n += 301;
	n += archive_of(archive + n, "x");
	memset(archive + n, 0, 7);
	n += 7;
	whole = n;
	assert_int_equal(read_all(n, n, ".\nbin\nusr/sbin/pinet\nabcd\nabcde\nx\n"), 0);
	strcpy(archive + n, "\x28\xb5\x2f\xfd and so on");
	assert_int_equal(read_all(n + 15, whole, ".\nbin\nusr/sbin/pinet\nabcd\nabcde\nx\n"), 1);
	/* nothing, and nothing but something else */
	assert_int_equal(read_all(0, 0, ""), 0);
	strcpy(archive, "x");
	assert_int_equal(read_all(1, 0, ""), 1);
	memcpy(archive, "\0\0\x1f\x8b", 4);
	assert_int_equal(read_all(4, 2, ""), 1);
}

static void test_state(void **state)
{
	size_t n = archive_of(archive, "a\nb\nc"), used;
	struct cpio c;

	(void)state;
	/* an archive is whole at its end, and nowhere before */
	for (size_t len = 0; len < n; len++) {
		assert_int_equal(feed(&c, len, n, &used), 0);
		assert_int_equal(c.n_whole, 0);
		assert_int_equal(c.state == CPIO_BETWEEN, len == 0);
	}
	assert_int_equal(feed(&c, n, n, &used), 0);
	assert_int_equal(c.state, CPIO_BETWEEN);
	assert_int_equal(c.n_whole, 1);
}

static void test_damaged(void **state)
{
	size_t n = archive_of(archive, "a\nb\nc"), used, second = CPIO_HEADER_SIZE + 2;
	struct cpio c;

	(void)state;
	assert_int_equal(feed(&c, n, n, &used), 0);
	/* what matters in the second header: the magic, the sizes of data and name */
	for (size_t i = 0; i < CPIO_HEADER_SIZE; i++) {
		static const char wrong[] = {
			'\0', '\x10', 'g', '/', ':', '@', 'G', '`', '\xff', ' '};
		char was = archive[second + i];
		bool matters = i < 6 || (i >= 54 && i < 62) || (i >= 94 && i < 102);

		for (size_t j = 0; j < sizeof(wrong); j++) {
			archive[second + i] = wrong[j];
			assert_int_equal(feed(&c, n, n, &used), matters ? -EBADMSG : 0);
		}
		archive[second + i] = was;
	}
	archive[second + 5] = '2';
	assert_int_equal(feed(&c, n, n, &used), 0);
	archive[second + 5] = '3';
	assert_int_equal(feed(&c, n, n, &used), -EBADMSG);
	archive[second + 5] = '1';
	archive[second + 101] = '0';
	assert_int_equal(feed(&c, n, n, &used), -EBADMSG);
	assert_string_equal(seen, "a\n");
	/* the largest sizes are passed over, as far as there is something */
	memset(archive + second + 94, 'f', 8);
	memset(archive + second + 54, 'F', 8);
	assert_int_equal(feed(&c, n, n, &used), 0);
	assert_int_equal(c.n_whole, 0);
	assert_string_equal(seen, "a\n");
}

static void test_long_names(void **state)
{
	char name[CPIO_NAME_SIZE + 2], names[2 * sizeof(name)];
	size_t n;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[CPIO_NAME_SIZE - 1] = '\0';
	(void)snprintf(names, sizeof(names), "%s\nb\n", name);
	n = archive_of(archive, names);
	assert_int_equal(read_all(n, n, names), 0);
	for (size_t more = 0; more < 2; more++) {
		name[CPIO_NAME_SIZE - 1 + more] = 'n';
		name[CPIO_NAME_SIZE + more] = '\0';
		(void)snprintf(names, sizeof(names), "%s\nb\n", name);
		n = archive_of(archive, names);
		assert_int_equal(read_all(n, n, "b\n"), 0);
	}
	/* one that ends before its end */
	n = archive_of(archive, "abc");
	archive[CPIO_HEADER_SIZE + 1] = '\0';
	assert_int_equal(read_all(n, n, "a\n"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_archives),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

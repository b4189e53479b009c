/* SPDX-License-Identifier: GPL-2.0-or-later
 * state: what is written is read back, whatever the file holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "state/state.h"

static void test_put_and_get(void **state)
{
	struct state *st = calloc(1, sizeof(*st));

	(void)state;
	assert_string_equal(state_get(st, "a"), "");
	state_put(st, "a", "%d", 1);
	state_put(st, "a", "two\nlines\x9b");
	state_put(st, "n", "%llu", 18446744073709551615ull);
	assert_int_equal(st->n, 2);
	assert_string_equal(state_get(st, "a"), "two?lines?");
	assert_true(state_get_u64(st, "n", 0) == UINT64_MAX);
	assert_int_equal(state_get_u64(st, "a", 7), 7);
	assert_int_equal(state_get_u64(st, "b", 8), 8);
	state_put(st, "n", "-1");
	assert_int_equal(state_get_u64(st, "n", 9), 9);
	state_put(st, "n", "5x");
	assert_int_equal(state_get_u64(st, "n", 9), 9);
	free(st);
}

static void test_full(void **state)
{
	struct state *st = calloc(1, sizeof(*st));
	char key[8];

	(void)state;
	for (int i = 0; i < STATE_KEYS + 1; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		state_put(st, key, "v");
	}
	assert_int_equal(st->n, STATE_KEYS);
	assert_string_equal(state_get(st, "k47"), "v");
	assert_string_equal(state_get(st, "k48"), "");
	free(st);
}

static void test_tolerant_reading(void **state)
{
	char path[] = "/tmp/pinet-test-XXXXXX";
	struct state *st = calloc(1, sizeof(*st));
	struct err err;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(fs_replace(path, "a=1\nno assignment\n\nb=x=y\nlast=2", 0600), 0);
	assert_int_equal(state_load(path, st, &err), 0);
	assert_int_equal(st->n, 3);
	assert_string_equal(state_get(st, "b"), "x=y");
	assert_string_equal(state_get(st, "last"), "2");
	unlink(path);
	assert_int_equal(state_load(path, st, &err), -ENOENT);
	free(st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_and_get),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_tolerant_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

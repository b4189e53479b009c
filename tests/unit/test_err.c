/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/err: one sentence and a code, whatever the caller gave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"

static void test_set(void **state)
{
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(err_set(&err, -EINVAL, "%s: no %d", "conf", 7), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_string_equal(err.text, "conf: no 7");
	assert_int_equal(err_set(&err, -ENOENT, "second"), -ENOENT);
	assert_int_equal(err.code, -ENOENT);
	assert_string_equal(err.text, "second");
	assert_int_equal(err_set(NULL, -EPERM, "nobody asks"), -EPERM);
	/* A code that is no error would be taken for success by whoever gets it. */
	assert_int_equal(err_set(NULL, 0, "no code"), -EINVAL);
	assert_int_equal(err_set(NULL, 5, "no negative code"), -EINVAL);
}

static void test_code_once(void **state)
{
	int n = 0;

	(void)state;
	assert_int_equal(err_set(NULL, -(++n), "x"), -1);
	assert_int_equal(n, 1);
}

static void test_sys(void **state)
{
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(err_sys(&err, -ENOENT, "cannot read %s", "/x"), -ENOENT);
	assert_int_equal(err.code, -ENOENT);
	assert_string_equal(err.text, "cannot read /x: No such file or directory");
	assert_int_equal(err_sys(NULL, -EIO, "nobody asks"), -EIO);
}

static void test_prefix(void **state)
{
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(err_set(&err, -EINVAL, "100%%"), -EINVAL);
	err_prefix(&err, "line %d", 3);
	assert_string_equal(err.text, "line 3: 100%");
	assert_int_equal(err.code, -EINVAL);
	err_prefix(&err, "conf");
	assert_string_equal(err.text, "conf: line 3: 100%");
	err_prefix(NULL, "nobody asks");
}

/* A sentence that is too long is cut, at the end, and stays a string. */
static void test_limits(void **state)
{
	struct err err = {.code = 0};
	char text[ERR_TEXT_SIZE + 2];

	(void)state;
	for (size_t len = ERR_TEXT_SIZE - 2; len <= ERR_TEXT_SIZE + 1; len++) {
		size_t want = len < ERR_TEXT_SIZE ? len : ERR_TEXT_SIZE - 1;

		memset(text, 'x', len);
		text[len] = '\0';
		assert_int_equal(err_set(&err, -EIO, "%s", text), -EIO);
		assert_int_equal(strlen(err.text), want);
		err_prefix(&err, "p");
		assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
		assert_memory_equal(err.text, "p: xxx", 6);
		assert_int_equal(err_sys(&err, -EIO, "%s", text), -EIO);
		assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
		err_prefix(&err, "%s", text);
		assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_code_once),
		cmocka_unit_test(test_sys),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

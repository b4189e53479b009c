/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/clock: deadlines as poll(2) wants them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>

#include "base/clock.h"

static void test_now(void **state)
{
	uint64_t a = clock_now_ms();

	(void)state;
	assert_true(a > 0);
	assert_true(clock_now_ms() >= a);
}

static void test_poll_ms(void **state)
{
	(void)state;
	assert_int_equal(clock_poll_ms(1000, 0), 0);
	assert_int_equal(clock_poll_ms(1000, 999), 0);
	assert_int_equal(clock_poll_ms(1000, 1000), 0);
	assert_int_equal(clock_poll_ms(1000, 1001), 1);
	assert_int_equal(clock_poll_ms(0, INT_MAX), INT_MAX);
	assert_int_equal(clock_poll_ms(0, (uint64_t)INT_MAX + 1), INT_MAX);
	assert_int_equal(clock_poll_ms(1000, CLOCK_FOREVER - 1), INT_MAX);
	assert_int_equal(clock_poll_ms(1000, CLOCK_FOREVER), -1);
	assert_int_equal(clock_poll_ms(CLOCK_FOREVER, CLOCK_FOREVER), -1);
}

static void test_min(void **state)
{
	(void)state;
	assert_int_equal(clock_min(1, 2), 1);
	assert_int_equal(clock_min(2, 1), 1);
	assert_int_equal(clock_min(CLOCK_FOREVER, 1), 1);
	assert_true(clock_min(CLOCK_FOREVER, CLOCK_FOREVER) == CLOCK_FOREVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_now),
		cmocka_unit_test(test_poll_ms),
		cmocka_unit_test(test_min),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * retry: the pauses, and the failures for which there is no use in one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "base/clock.h"
#include "cmd/retry.h"

static void test_pauses_grow(void **state)
{
	static const uint64_t wanted[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
	struct retry retry = {.pause_ms = 0};

	(void)state;
	for (unsigned int i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_int_equal(retry_pause_ms(&retry, 5, CLOCK_FOREVER), wanted[i]);
}

/* With a deadline of 60 s the attempts are at 0, 1, 3, 7, 15, 31 and 58 s. */
static void test_last_pause_is_cut(void **state)
{
	static const uint64_t at[] = {0, 1000, 3000, 7000, 15000, 31000, 58000};
	struct retry retry = {.pause_ms = 0};
	uint64_t now_ms = 0, pause_ms;
	unsigned int n = 0;

	(void)state;
	do {
		assert_true(n < sizeof(at) / sizeof(at[0]));
		assert_int_equal(now_ms, at[n++]);
		pause_ms = retry_pause_ms(&retry, now_ms, 60000);
		now_ms += pause_ms;
	} while (pause_ms);
	assert_int_equal(n, sizeof(at) / sizeof(at[0]));
}

static void test_time_is_over(void **state)
{
	static const uint64_t deadlines[] = {0, 999, 1000, 1001, 3000};
	struct retry retry;

	(void)state;
	for (unsigned int i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
		retry.pause_ms = 0;
		assert_int_equal(retry_pause_ms(&retry, 1000, deadlines[i]), 0);
	}
	retry.pause_ms = 0;
	assert_int_equal(retry_pause_ms(&retry, 1000, 3001), 1);
	retry.pause_ms = 0;
	assert_int_equal(retry_pause_ms(&retry, 1000, 4001), 1000);
}

/* The plan lacks a target: only a DHCP that is asked and believed can name one. */
static void test_no_target(void **state)
{
	struct plan plan = {.dhcp = PLAN_TRUST_ALL};

	(void)state;
	plan.origin[PLAN_PORTAL].from = ORIGIN_CMDLINE;
	assert_true(retry_helps_login(&plan, true, -EDESTADDRREQ));
	assert_false(retry_helps_login(&plan, false, -EDESTADDRREQ)); /* static address */
	plan.dhcp = PLAN_TRUST_ADDRESS;
	assert_false(retry_helps_login(&plan, true, -EDESTADDRREQ));
	plan.dhcp = PLAN_TRUST_ALL;
	plan.origin[PLAN_TARGET].from = ORIGIN_CONF;
	assert_false(retry_helps_login(&plan, true, -EDESTADDRREQ)); /* the portal is a name */
	plan.origin[PLAN_PORTAL].from = ORIGIN_DHCP;
	assert_true(retry_helps_login(&plan, true, -EDESTADDRREQ));
}

static void test_no_secret(void **state)
{
	struct plan plan = {.dhcp = PLAN_TRUST_ALL};

	(void)state;
	plan.origin[PLAN_CHAP].from = ORIGIN_CONF;
	assert_false(retry_helps_login(&plan, true, -EKEYREJECTED));
	plan.origin[PLAN_CHAP].from = ORIGIN_DHCP;
	assert_true(retry_helps_login(&plan, true, -EKEYREJECTED));
	assert_false(retry_helps_login(&plan, false, -EKEYREJECTED));
}

static void test_no_engine(void **state)
{
	struct plan plan = {.dhcp = PLAN_TRUST_ALL};

	(void)state;
	plan.origin[PLAN_LOGIN].from = ORIGIN_CMDLINE;
	assert_false(retry_helps_login(&plan, true, -EOPNOTSUPP));
	plan.origin[PLAN_LOGIN].from = ORIGIN_DHCP;
	assert_true(retry_helps_login(&plan, true, -EOPNOTSUPP));
	assert_false(retry_helps_login(&plan, false, -EOPNOTSUPP));
}

/* Whatever a server answers, or the kernel when it is asked, its owner may mend. */
static void test_anything_else(void **state)
{
	static const int codes[] = {
		-ECONNREFUSED, -ETIMEDOUT, -EACCES, -ENOENT, -EIO, -EPERM, -EINVAL, -ENOSPC};
	struct plan plan = {.dhcp = PLAN_TRUST_OFF};

	(void)state;
	plan.origin[PLAN_TARGET].from = plan.origin[PLAN_PORTAL].from = ORIGIN_CMDLINE;
	for (unsigned int i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_true(retry_helps_login(&plan, false, codes[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pauses_grow),
		cmocka_unit_test(test_last_pause_is_cut),
		cmocka_unit_test(test_time_is_over),
		cmocka_unit_test(test_no_target),
		cmocka_unit_test(test_no_secret),
		cmocka_unit_test(test_no_engine),
		cmocka_unit_test(test_anything_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

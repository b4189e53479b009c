/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/login: what is wrong with a plan before anybody is asked, and which of several failures counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "step/step.h"

#define TARGET "iqn.2025-02.dev.example:nobody-has-this"

/* A portal that is a name, and one where nobody listens; the deadline is over. */
#define NAMED                                                                                      \
	{                                                                                          \
		.host = "nas.example", .port = 3260, .tpgt = 1                                     \
	}
#define CLOSED                                                                                     \
	{                                                                                          \
		.host = "127.0.0.1", .port = 1, .tpgt = 1                                          \
	}

static int login(const struct plan *plan, struct err *err)
{
	struct login_report report = {.sid = 7};
	int r = login_run(plan, 0, &report, err);

	assert_int_equal(err->code, r);
	assert_int_equal(report.sid, 7);
	return r;
}

static void test_plan(void **state)
{
	struct plan plan = {.login = PLAN_LOGIN_ISCSISTART, .n_portals = 1, .portal = {NAMED}};
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(login(&(struct plan){.n_portals = 0}, &err), -EDESTADDRREQ);
	assert_string_equal(err.text, "no portal: add pinet.server=ADDRESS");
	/* Without a target the portals are asked what they have. */
	assert_int_equal(login(&plan, &err), -EDESTADDRREQ);
	assert_non_null(strstr(err.text, "nas.example is a name"));
	strcpy(plan.target, TARGET);
	assert_int_equal(login(&plan, &err), -EDESTADDRREQ);
	assert_non_null(strstr(err.text, "nas.example is a name"));
}

/* The order of the portals does not matter: one that may answer later keeps the boot going. */
static void test_several_portals(void **state)
{
	const struct plan plans[] = {
		{.login = PLAN_LOGIN_ISCSISTART,
			.target = TARGET,
			.n_portals = 2,
			.portal = {NAMED, CLOSED}},
		{.login = PLAN_LOGIN_ISCSISTART,
			.target = TARGET,
			.n_portals = 2,
			.portal = {CLOSED, NAMED}},
		{.n_portals = 2, .portal = {NAMED, CLOSED}},
		{.n_portals = 2, .portal = {CLOSED, NAMED}},
	};
	struct err err = {.code = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		int r = login(&plans[i], &err);

		assert_true(r == -ECONNREFUSED || r == -ETIMEDOUT);
		assert_non_null(strstr(err.text, "nas.example is a name"));
		assert_non_null(strstr(err.text, "; "));
		assert_non_null(strstr(err.text, "127.0.0.1"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_several_portals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

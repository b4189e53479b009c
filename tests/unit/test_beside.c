/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/beside: what was begun is done, by a thread or without one.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/beside.h"

struct job {
	int want; /* what it is to return */
	unsigned int runs;
	pthread_t by;
};

static int work(void *ctx, struct err *reterr)
{
	struct job *job = ctx;

	job->runs++;
	job->by = pthread_self();
	return job->want < 0 ? err_set(reterr, job->want, "job of %d", job->want) : job->want;
}

static void test_several(void **state)
{
	struct job job[3] = {{.want = 0}, {.want = -ENOENT}, {.want = 0}};
	struct beside beside[3];
	struct err err = {.code = 0};

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		beside_begin(&beside[i], work, &job[i]);
	assert_int_equal(beside_end(&beside[0], &err), 0);
	assert_int_equal(err.code, 0);
	assert_int_equal(beside_end(&beside[1], &err), -ENOENT);
	assert_int_equal(err.code, -ENOENT);
	assert_string_equal(err.text, "job of -2");
	assert_int_equal(beside_end(&beside[2], &err), 0);
	assert_int_equal(err.code, -ENOENT); /* left alone */
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(job[i].runs, 1);
		assert_false(pthread_equal(job[i].by, pthread_self()));
	}
}

/* Without an error, without work, and ended twice. */
static void test_nothing(void **state)
{
	struct job job = {.want = -EIO};
	struct beside beside = {.r = 0};

	(void)state;
	assert_int_equal(beside_end(&beside, NULL), 0);
	beside_begin(&beside, work, &job);
	assert_int_equal(beside_end(&beside, NULL), -EIO);
	assert_int_equal(beside_end(&beside, NULL), -EIO);
	assert_int_equal(job.runs, 1);
}

/* As it is where there is no thread to be had. */
static void test_without_thread(void **state)
{
	struct job job = {.want = -EPERM};
	struct beside beside = {.work = work, .ctx = &job};
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(beside_end(&beside, &err), -EPERM);
	assert_string_equal(err.text, "job of -1");
	assert_int_equal(job.runs, 1);
	assert_true(pthread_equal(job.by, pthread_self()));
}

/* What has begun is waited for, and what has not is not done. */
static void test_dropped(void **state)
{
	struct job job[2] = {{.want = -EIO}, {.want = -EIO}};
	struct beside beside, other = {.work = work, .ctx = &job[1]}, none = {.r = 0};

	(void)state;
	beside_begin(&beside, work, &job[0]);
	beside_drop(&beside);
	beside_drop(&other);
	beside_drop(&none);
	assert_int_equal(job[0].runs, 1);
	assert_int_equal(job[1].runs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_without_thread),
		cmocka_unit_test(test_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

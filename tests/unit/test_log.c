/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/log: what is shown at which level, and that nobody else's bytes reach the terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static char shown[2048];

/* Logs one line and leaves in @shown what came out of stderr. */
static void line(enum log_level level, const char *text)
{
	int pipe_fd[2], old = dup(2);
	ssize_t n;

	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(old >= 0 && dup2(pipe_fd[1], 2) == 2);
	log_line(level, "%s", text);
	assert_int_equal(dup2(old, 2), 2);
	n = read(pipe_fd[0], shown, sizeof(shown) - 1);
	shown[n > 0 ? n : 0] = '\0';
	assert_int_equal(close(old) | close(pipe_fd[0]) | close(pipe_fd[1]), 0);
}

static void test_levels(void **state)
{
	static const enum log_level levels[] = {
		LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_STEP, LOG_LEVEL_DEBUG};

	(void)state;
	for (size_t max = 0; max < 4; max++)
		for (size_t i = 0; i < 4; i++) {
			log_setup(levels[max], false);
			line(levels[i], "a 100% line");
			assert_string_equal(shown, i <= max ? "pinet: a 100% line\n" : "");
		}
}

static void test_control_characters(void **state)
{
	(void)state;
	log_setup(LOG_LEVEL_STEP, false);
	line(LOG_LEVEL_STEP, "a\x1b[31mb\nc\td\x7f\x01 e");
	assert_string_equal(shown, "pinet: a [31mb c d   e\n");
	line(LOG_LEVEL_STEP, "a\x9b"
			     "31mb\xff"); /* CSI in one byte */
	assert_string_equal(shown, "pinet: a 31mb \n");
	line(LOG_LEVEL_STEP, "");
	assert_string_equal(shown, "pinet: \n");
}

static void test_long(void **state)
{
	char text[1500];

	(void)state;
	log_setup(LOG_LEVEL_STEP, false);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	line(LOG_LEVEL_STEP, text);
	assert_in_range(strlen(shown), 800, 1000);
	assert_string_equal(shown + strlen(shown) - 2, "x\n");
	assert_ptr_equal(strchr(shown, '\n'), shown + strlen(shown) - 1);
}

/* Debug lines do not go to the kernel's log, which is the one of the machine that tests. */
static void test_boot(void **state)
{
	unsigned int s = 0, ms = 0;
	int end = 0;

	(void)state;
	log_setup(LOG_LEVEL_DEBUG, true);
	line(LOG_LEVEL_DEBUG, "x");
	assert_int_equal(sscanf(shown, "[%u.%3u] pinet: x\n%n", &s, &ms, &end), 2);
	assert_int_equal(end, strlen(shown));
	log_setup(LOG_LEVEL_STEP, true);
	line(LOG_LEVEL_DEBUG, "x");
	assert_string_equal(shown, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

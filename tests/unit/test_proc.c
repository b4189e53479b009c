/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/proc: exit statuses, output, deadlines, and what a child gets to see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"

#define LONG_MS 60000 /* until the test itself has failed */

static char out[64];

/* Runs a shell with @script. */
static int sh(const char *script, uint64_t timeout_ms, size_t size)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};

	return proc_run(argv, clock_now_ms() + timeout_ms, size ? out : NULL, size);
}

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(sh("exit 0", LONG_MS, 0), 0);
	assert_int_equal(sh("exit 7", LONG_MS, 0), 7);
	assert_int_equal(sh("exit 255", LONG_MS, 0), 255);
	assert_int_equal(sh("kill -TERM $$", LONG_MS, 0), 256 + SIGTERM);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_no_program(void **state)
{
	static const char *const absent[] = {"/nonexistent/program", NULL};
	static const char *const no_program[] = {"/etc/passwd", NULL};
	static const char *const directory[] = {"/", NULL};

	(void)state;
	strcpy(out, "old");
	assert_int_equal(proc_run(absent, CLOCK_FOREVER, out, sizeof(out)), -ENOENT);
	assert_string_equal(out, "");
	assert_int_equal(proc_run(no_program, CLOCK_FOREVER, NULL, 0), -EACCES);
	assert_int_equal(proc_run(directory, CLOCK_FOREVER, NULL, 0), -EACCES);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_output(void **state)
{
	(void)state;
	assert_int_equal(sh(":", LONG_MS, sizeof(out)), 0);
	assert_string_equal(out, "");
	assert_int_equal(sh("echo a; echo b >&2; echo c", LONG_MS, sizeof(out)), 0);
	assert_string_equal(out, "a\nb\nc\n");
	assert_int_equal(sh("printf 1234567", LONG_MS, 8), 0);
	assert_string_equal(out, "1234567");
	assert_int_equal(sh("printf 12345678", LONG_MS, 8), 0);
	assert_string_equal(out, "1234567");
	assert_int_equal(sh("printf 1", LONG_MS, 1), 0);
	assert_string_equal(out, "");
}

/* More than a pipe holds: the child must not wait for a reader that has no room. */
static void test_much_output(void **state)
{
	(void)state;
	assert_int_equal(sh("head -c 300000 /dev/zero | tr '\\0' x; exit 3", LONG_MS, 8), 3);
	assert_string_equal(out, "xxxxxxx");
	assert_int_equal(sh("head -c 300000 /dev/zero; exit 3", LONG_MS, 0), 3);
}

static void test_output_closed(void **state)
{
	(void)state;
	assert_int_equal(sh("echo a; exec >&- 2>&-; exit 4", LONG_MS, sizeof(out)), 4);
	assert_string_equal(out, "a\n");
}

static void test_surroundings(void **state)
{
	static const char *const env[] = {"/usr/bin/env", NULL};
	static const char *const cat[] = {"/bin/cat", NULL};

	(void)state;
	assert_int_equal(setenv("PINET_TEST_SECRET", "x", 1), 0);
	assert_int_equal(proc_run(env, CLOCK_FOREVER, out, sizeof(out)), 0);
	assert_string_equal(out, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C\n");
	assert_int_equal(proc_run(cat, CLOCK_FOREVER, out, sizeof(out)), 0);
	assert_string_equal(out, "");
}

/* True if everyone else who had @fd[1] is gone, in time. */
static bool all_gone(int fd[2])
{
	struct pollfd p = {fd[0], POLLIN, 0};

	assert_int_equal(close(fd[1]), 0);
	return poll(&p, 1, 10000) == 1 && (p.revents & POLLHUP);
}

static void test_deadline(void **state)
{
	int fd[2];

	(void)state;
	/* The grandchild inherits the pipe: its end shows that all of the group has died. */
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(sh("echo a; sleep 1000 & sleep 1000", 2000, sizeof(out)), -ETIMEDOUT);
	assert_string_equal(out, "a\n");
	assert_true(all_gone(fd));
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);

	assert_int_equal(sh("trap '' TERM INT HUP; sleep 1000", 200, 0), -ETIMEDOUT);
	assert_int_equal(sh("exec >&- 2>&-; sleep 1000", 200, 0), -ETIMEDOUT);
	assert_int_equal(sh("while :; do echo x; done", 200, 0), -ETIMEDOUT);
	assert_int_equal(sh("exec cat /dev/zero", 200, 0), -ETIMEDOUT);
	assert_int_equal(sh("sleep 1000", 0, 0), -ETIMEDOUT);
}

/* A program that leaves a daemon behind has ended all the same. */
static void test_daemon(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(sh("sleep 1000 & echo $!", LONG_MS, sizeof(out)), 0);
	assert_int_equal(kill(atoi(out), SIGKILL), 0);
	assert_true(all_gone(fd));
	assert_int_equal(close(fd[0]), 0);
}

/* What a stream has brought. */
struct stream {
	size_t bytes, stop_at;
	int stop_with;
	char first[16];
};

static int take(void *ctx, struct span piece)
{
	struct stream *s = ctx;

	for (size_t i = 0; s->bytes + i < sizeof(s->first) - 1 && i < piece.len; i++)
		s->first[s->bytes + i] = (char)piece.p[i];
	s->bytes += piece.len;
	return s->stop_at && s->bytes >= s->stop_at ? s->stop_with : 0;
}

static int stream(const char *script, int in_fd, uint64_t timeout_ms, struct stream *s)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};

	return proc_stream(argv, in_fd, clock_now_ms() + timeout_ms, take, s);
}

static void test_stream(void **state)
{
	struct stream s = {.bytes = 0};
	int in_fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(in_fd >= 0);
	assert_int_equal(stream("printf ab; echo no >&2; exit 3", -1, LONG_MS, &s), 3);
	assert_int_equal(s.bytes, 2);
	assert_string_equal(s.first, "ab");
	s = (struct stream){.bytes = 0};
	assert_int_equal(stream("cat", in_fd, LONG_MS, &s), 0);
	assert_memory_equal(s.first, "root:", 5);
	assert_int_equal(close(in_fd), 0);
	s = (struct stream){.bytes = 0};
	assert_int_equal(stream("cat", -1, LONG_MS, &s), 0);
	assert_int_equal(s.bytes, 0);
	s = (struct stream){.bytes = 0};
	assert_int_equal(stream("head -c 1000000 /dev/zero", -1, LONG_MS, &s), 0);
	assert_int_equal(s.bytes, 1000000);
}

/* An endless child ends when its output was enough. */
static void test_stream_stopped(void **state)
{
	struct stream s = {.stop_at = 100000, .stop_with = 1};
	static const char *const absent[] = {"/nonexistent/program", NULL};

	(void)state;
	assert_int_equal(stream("exec cat /dev/zero", -1, LONG_MS, &s), PROC_STOPPED);
	assert_in_range(s.bytes, 100000, 200000);
	s = (struct stream){.stop_at = 1, .stop_with = -EBADMSG};
	assert_int_equal(stream("exec cat /dev/zero", -1, LONG_MS, &s), -EBADMSG);
	assert_int_equal(stream("exec cat /dev/zero >/dev/null", -1, 50, &s), -ETIMEDOUT);
	assert_int_equal(proc_stream(absent, -1, CLOCK_FOREVER, take, &s), -ENOENT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_much_output),
		cmocka_unit_test(test_output_closed),
		cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_daemon),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

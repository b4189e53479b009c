/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/notify: what the service manager gets.
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
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/notify.h"

static void test_nobody(void **state)
{
	char path[200];

	(void)state;
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_int_equal(notify_send("READY=1"), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", "", 1), 0);
	assert_int_equal(notify_send("READY=1"), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1), 0);
	assert_int_equal(notify_send("READY=1"), -ENOENT);
	assert_int_equal(setenv("NOTIFY_SOCKET", "vsock:2:1234", 1), 0);
	assert_int_equal(notify_send("READY=1"), -EINVAL);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	assert_int_equal(notify_send("READY=1"), -EINVAL);
}

static void check_arrives(struct sockaddr_un *at, socklen_t len, const char *path)
{
	char buf[64];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)at, len), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	assert_int_equal(notify_send("READY=1\nSTATUS=fine"), 1);
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 19);
	assert_memory_equal(buf, "READY=1\nSTATUS=fine", 19);
	for (unsigned int i = 0; i < 10000; i++) /* nobody reads: it does not wait */
		if (notify_send("READY=1") < 0)
			break;
	assert_int_equal(notify_send("READY=1"), -EAGAIN);
	assert_int_equal(close(fd), 0);
}

static void test_path(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	(void)state;
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "/tmp/test-notify-%d", getpid());
	check_arrives(&at, sizeof(at), at.sun_path);
	assert_int_equal(unlink(at.sun_path), 0);
}

static void test_abstract(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char path[64];
	int n = snprintf(path, sizeof(path), "@test-notify-%d", getpid());

	(void)state;
	memcpy(at.sun_path + 1, path + 1, (size_t)n - 1);
	check_arrives(&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n), path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_abstract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

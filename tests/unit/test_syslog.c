/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/syslog: the form of the lines, and what is kept until it is known where to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "step/syslog.h"

static void format_is(int64_t wall_ms, const char *id, const char *text, const char *wanted)
{
	char out[SYSLOG_LINE_SIZE];

	assert_int_equal(
		syslog_format(out, SYSLOG_WARNING, wall_ms, 5833, id, text), strlen(wanted));
	assert_string_equal(out, wanted);
}

static void test_format(void **state)
{
	char text[2 * SYSLOG_LINE_SIZE], out[SYSLOG_LINE_SIZE];

	(void)state;
	format_is(1795266307042, "pi4", "no carrier",
		"<28>1 2026-11-21T13:05:07.042Z pi4 pinet - - - [    5.833] no carrier");
	format_is(12345, "", "", "<28>1 - - pinet - - - [    5.833] "); /* no clock, no name */
	format_is(-1, "x", "y", "<28>1 - x pinet - - - [    5.833] y");
	format_is(1735689599999, "x", "y", "<28>1 - x pinet - - - [    5.833] y");
	format_is(1735689600000, "x", "y",
		"<28>1 2025-01-01T00:00:00.000Z x pinet - - - [    5.833] y");
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(
		syslog_format(out, SYSLOG_ERROR, 0, UINT64_MAX, "x", text), SYSLOG_LINE_SIZE - 1);
	assert_memory_equal(out, "<27>1 - x pinet - - - [18446744073709551.615] aaa", 49);
}

/* A server on a port of its own. Returns its socket, and HOST:PORT in @target. */
static int serve(char target[32])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	(void)snprintf(target, 32, "127.0.0.1:%u", ntohs(a.sin_port));
	return fd;
}

/* The next line that came, without its time; "" if there is none. */
static const char *heard(int fd)
{
	static char line[2048];
	ssize_t n = recv(fd, line, sizeof(line) - 1, 0);
	char *id;

	line[n > 0 ? n : 0] = '\0';
	id = n > 0 ? strchr(line + 6, ' ') : NULL;
	return id ? id + 1 : line;
}

static void test_kept_and_sent(void **state)
{
	struct syslog s;
	struct err err = {.code = 0};
	char target[32];
	int fd = serve(target);

	(void)state;
	syslog_init(&s);
	syslog_line(&s, SYSLOG_INFO, 1, "first");
	syslog_line(&s, SYSLOG_ERROR, 1002, "second, 100%");
	assert_int_equal(syslog_open(&s, target, "pi 4\n\x80", 0, CLOCK_FOREVER, &err), 0);
	assert_string_equal(heard(fd), "pi4 pinet - - - [    0.001] first");
	assert_string_equal(heard(fd), "pi4 pinet - - - [    1.002] second, 100%");
	syslog_line(&s, SYSLOG_WARNING, 2000, "third");
	assert_string_equal(heard(fd), "pi4 pinet - - - [    2.000] third");
	assert_string_equal(heard(fd), "");
	assert_int_equal(syslog_open(&s, target, "again", 0, CLOCK_FOREVER, &err), 0);
	assert_string_equal(heard(fd), ""); /* nothing twice */
	syslog_close(&s);
	assert_int_equal(close(fd), 0);
}

/* The first lines are the ones that stay, and what is lost is told. */
static void test_bounded(void **state)
{
	struct syslog s;
	struct err err = {.code = 0};
	char target[32], text[100], wanted[140];
	unsigned int n = 0;
	const char *line;
	int fd = serve(target);

	(void)state;
	syslog_init(&s);
	for (unsigned int i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text), "line %u of very many lines, which are long", i);
		syslog_line(&s, SYSLOG_INFO, i, text);
	}
	assert_true(s.early_len <= sizeof(s.early));
	assert_int_equal(syslog_open(&s, target, "x", 0, CLOCK_FOREVER, &err), 0);
	for (line = heard(fd); strstr(line, " line "); line = heard(fd)) {
		(void)snprintf(wanted, sizeof(wanted),
			"x pinet - - - [    0.%03u] line %u of very many lines, which are long", n,
			n);
		assert_string_equal(line, wanted);
		n++;
	}
	assert_in_range(n, 60, 100);
	(void)snprintf(wanted, sizeof(wanted), "%u earlier lines were lost", 1000 - n);
	assert_non_null(strstr(line, wanted));
	syslog_close(&s);
	assert_int_equal(close(fd), 0);
}

/* Nobody listens: the port answers with ICMP, and nothing stops. */
static void test_nobody(void **state)
{
	struct syslog s;
	struct err err = {.code = 0};
	char target[32];
	int fd = serve(target);

	(void)state;
	assert_int_equal(close(fd), 0);
	syslog_init(&s);
	assert_int_equal(syslog_open(&s, target, "x", 0, CLOCK_FOREVER, &err), 0);
	for (unsigned int i = 0; i < 1000; i++)
		syslog_line(&s, SYSLOG_INFO, i, "to nobody");
	assert_true(s.fd >= 0);
	syslog_close(&s);
}

static void refused(const char *target, int code, const char *words)
{
	struct syslog s;
	struct err err = {.code = 0};

	syslog_init(&s);
	syslog_line(&s, SYSLOG_INFO, 1, "kept");
	assert_int_equal(syslog_open(&s, target, "x", 0, 0, &err), code);
	assert_non_null(strstr(err.text, words));
	assert_int_equal(s.fd, -1);
	assert_true(s.early_len > 0);
}

static void test_refused(void **state)
{
	(void)state;
	refused("", -EINVAL, "is not HOST[:PORT]");
	refused(":514", -EINVAL, "is not HOST[:PORT]");
	refused("192.168.77.1:70000", -ERANGE, "is not HOST[:PORT]");
}

/* base/log gives the sink everything but lines for debugging. */
static void sink(void *ctx, enum log_level level, uint64_t now_ms, const char *text)
{
	char *all = ctx;
	size_t at = strlen(all);

	assert_true(now_ms > 0);
	(void)snprintf(all + at, 256 - at, "%d:%s;", (int)level, text);
}

static void test_sink(void **state)
{
	char all[256] = "";

	(void)state;
	log_setup(LOG_LEVEL_ERROR, false);
	log_set_sink(sink, all);
	log_step("a step\n");
	log_warning("a warning");
	log_debug("a detail");
	log_set_sink(NULL, NULL);
	log_warning("unheard");
	assert_string_equal(all, "2:a step ;1:a warning;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_kept_and_sent),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

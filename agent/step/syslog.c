/* SPDX-License-Identifier: GPL-2.0-or-later
 * Lines for a syslog server: RFC 5424 over UDP (RFC 5426).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/num.h"
#include "step/names.h"
#include "step/syslog.h"

#define FACILITY  3 /* daemons (RFC 5424 section 6.2.1) */
#define CLOCK_SET 1735689600 /* 2025: this program did not exist before */
#define HOST_SIZE 256

size_t syslog_format(char out[SYSLOG_LINE_SIZE], enum syslog_severity severity, int64_t wall_ms,
	uint64_t at_ms, const char *id, const char *text)
{
	char when[40] = "-";
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;
	int n;

	if (t >= CLOCK_SET && gmtime_r(&t, &tm)) {
		size_t len = strftime(when, sizeof(when) - 8, "%Y-%m-%dT%H:%M:%S", &tm); /* fits */

		(void)snprintf(when + len, sizeof(when) - len, ".%03uZ",
			(unsigned int)(wall_ms % 1000) % 1000);
	}
	/* <PRI>VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG */
	n = snprintf(out, SYSLOG_LINE_SIZE, "<%d>1 %s %s pinet - - - [%5llu.%03u] %s",
		FACILITY * 8 + (int)severity, when, id[0] ? id : "-",
		(unsigned long long)(at_ms / 1000), (unsigned int)(at_ms % 1000), text);
	return n < SYSLOG_LINE_SIZE ? (size_t)n : SYSLOG_LINE_SIZE - 1;
}

void syslog_init(struct syslog *s)
{
	s->fd = -1;
	s->id[0] = '\0';
	s->early_len = s->lost = 0;
}

void syslog_close(struct syslog *s)
{
	cleanup_fd(&s->fd);
	s->fd = -1;
}

static void send_line(
	const struct syslog *s, enum syslog_severity severity, uint64_t at_ms, const char *text)
{
	uint64_t ago_ms = clock_now_ms() - at_ms;
	char line[SYSLOG_LINE_SIZE];
	struct timespec now = {.tv_sec = 0};
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* always there */
	n = syslog_format(line, severity,
		(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - (int64_t)ago_ms, at_ms, s->id,
		text);
	/* What a server without a listener answered to the last one stands in the way of one send. */
	for (unsigned int i = 0; i < 2; i++)
		if (send(s->fd, line, n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return;
}

void syslog_line(struct syslog *s, enum syslog_severity severity, uint64_t at_ms, const char *text)
{
	int n;

	if (s->fd >= 0) {
		send_line(s, severity, at_ms, text);
		return;
	}
	n = snprintf(s->early + s->early_len, sizeof(s->early) - s->early_len, "%d %llu %s",
		(int)severity, (unsigned long long)at_ms, text);
	if ((size_t)n < sizeof(s->early) - s->early_len)
		s->early_len += (size_t)n + 1;
	else
		s->lost++;
}

static void send_early(struct syslog *s)
{
	char text[64];

	for (size_t at = 0; at < s->early_len; at += strlen(s->early + at) + 1) {
		char *end;
		unsigned long severity = strtoul(s->early + at, &end, 10);
		uint64_t at_ms = strtoull(end, &end, 10);

		send_line(s, (enum syslog_severity)severity, at_ms, end + 1);
	}
	if (s->lost) {
		(void)snprintf(text, sizeof(text), "%u earlier lines were lost", s->lost);
		send_line(s, SYSLOG_WARNING, clock_now_ms(), text);
	}
	s->early_len = s->lost = 0;
}

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT: the plan has checked it. */
static int split(const char *target, char host[HOST_SIZE], uint32_t *ret_port)
{
	struct span rest = span_str(target), name;

	*ret_port = SYSLOG_PORT;
	if (span_starts(rest, "[")) {
		rest = span_sub(rest, 1, rest.len);
		name = span_cut(&rest, ']');
		if (rest.len)
			rest = span_sub(rest, 1, rest.len);
	} else {
		name = span_cut(&rest, ':');
	}
	if (!name.len || span_copy(name, host, HOST_SIZE) < 0)
		return -EINVAL;
	return rest.len ? num_parse_u32(rest, UINT16_MAX, ret_port) : 0;
}

static int open_socket(const char *address, uint16_t port, uint16_t source_port)
{
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(source_port)};
	bool v6 = num_parse_ip6(span_str(address), &to6.sin6_addr) == 0;
	_cleanup_fd_ int fd = -1;
	int one = 1;

	if (!v6 && num_parse_ip4(span_str(address), &to.sin_addr) < 0)
		return -EINVAL;
	fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Of one boot all lines come from one port: nc -ul hears only the first that it heard. */
	if (!v6 && source_port && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0)
		(void)!bind(fd, (struct sockaddr *)&from, sizeof(from));
	if (connect(fd, v6 ? (struct sockaddr *)&to6 : (struct sockaddr *)&to,
		    v6 ? sizeof(to6) : sizeof(to)) < 0)
		return -errno;
	return take_fd(&fd);
}

static void set_id(struct syslog *s, const char *id)
{
	size_t n = 0;

	for (; *id && n + 1 < sizeof(s->id); id++)
		if (*id > ' ' && *id < 0x7f)
			s->id[n++] = *id;
	s->id[n] = '\0';
}

int syslog_open(struct syslog *s, const char *target, const char *id, uint16_t source_port,
	uint64_t deadline_ms, struct err *reterr)
{
	struct names found;
	char host[HOST_SIZE];
	uint32_t port;
	int r = split(target, host, &port);

	if (r < 0)
		return err_set(reterr, r, "log: %.100s is not HOST[:PORT]", target);
	r = names_find(host, deadline_ms, &found, reterr);
	if (r < 0) {
		err_prefix(reterr, "log");
		return r;
	}
	r = open_socket(found.address[0], (uint16_t)port, source_port);
	if (r < 0)
		return err_sys(reterr, r, "cannot send the log to %.100s", target);
	syslog_close(s);
	s->fd = r;
	set_id(s, id);
	send_early(s);
	return 0;
}

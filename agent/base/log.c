/* SPDX-License-Identifier: GPL-2.0-or-later
 * Lines for the owner of the machine: console (or stderr) and kernel log. Only cmd/ calls this.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

#define LOG_TEXT_SIZE 900 /* one /dev/kmsg record holds about 1000 bytes */

static enum log_level shown_max = LOG_LEVEL_STEP;
static bool boot_lines;
static void (*line_sink)(void *ctx, enum log_level level, uint64_t now_ms, const char *text);
static void *line_sink_ctx;

void log_setup(enum log_level max, bool boot)
{
	shown_max = max;
	boot_lines = boot;
}

void log_set_sink(
	void (*sink)(void *ctx, enum log_level level, uint64_t now_ms, const char *text), void *ctx)
{
	line_sink = sink;
	line_sink_ctx = ctx;
}

/*
 * The log of the kernel keeps what a quiet console did not show. Debug priority, so that the kernel
 * does not put on the console a second time what stderr has put there.
 */
static void write_kmsg(const char *text)
{
	_cleanup_fd_ int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY);
	char line[LOG_TEXT_SIZE + 16];
	/* Facility daemon, priority debug. */
	int n = snprintf(line, sizeof(line), "<31>pinet: %s\n", text);

	/* dprintf(3) asks for a position in the file first, which this one has not. */
	if (fd >= 0)
		(void)!write(fd, line, (size_t)n); /* nothing can be said about it */
}

void log_line(enum log_level level, const char *format, ...)
{
	char text[LOG_TEXT_SIZE];
	uint64_t now_ms = clock_now_ms();
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap); /* a cut line is still useful */
	va_end(ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e) /* C1 controls too */
			*p = ' ';
	if (boot_lines && level < LOG_LEVEL_DEBUG)
		write_kmsg(text);
	if (line_sink && level < LOG_LEVEL_DEBUG)
		line_sink(line_sink_ctx, level, now_ms, text);
	if (level > shown_max)
		return;
	if (boot_lines)
		fprintf(stderr, "[%5llu.%03llu] pinet: %s\n", (unsigned long long)(now_ms / 1000),
			(unsigned long long)(now_ms % 1000), text);
	else
		fprintf(stderr, "pinet: %s\n", text);
}

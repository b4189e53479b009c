/* SPDX-License-Identifier: GPL-2.0-or-later
 * Lines for the owner of the machine: console (or stderr) and kernel log. Only cmd/ calls this.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR, /* always shown */
	LOG_LEVEL_WARNING, /* always shown */
	LOG_LEVEL_STEP, /* what happened; not shown under quiet */
	LOG_LEVEL_DEBUG, /* with debug=1 only */
};

/* Shows lines up to @max. With @boot each has the time since boot and goes to /dev/kmsg as well. */
void log_setup(enum log_level max, bool boot);

/*
 * Gives each line but those for debugging to @sink as well, whatever is shown; @now_ms is of
 * base/clock. It must not log. NULL: to nobody.
 */
void log_set_sink(void (*sink)(void *ctx, enum log_level level, uint64_t now_ms, const char *text),
	void *ctx);

/* One line "pinet: ..." without the newline; what is no printable ASCII in it is replaced. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_step(...)    log_line(LOG_LEVEL_STEP, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif

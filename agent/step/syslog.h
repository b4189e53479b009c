/* SPDX-License-Identifier: GPL-2.0-or-later
 * Lines for a syslog server: RFC 5424 over UDP (RFC 5426). A line that is lost is no failure.
 */
#ifndef STEP_SYSLOG_H
#define STEP_SYSLOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SYSLOG_EARLY_SIZE 4096
#define SYSLOG_LINE_SIZE  1200 /* one datagram: no fragment of a frame of 1500 bytes */
#define SYSLOG_ID_SIZE    64
#define SYSLOG_PORT       514

enum syslog_severity { SYSLOG_ERROR = 3, SYSLOG_WARNING = 4, SYSLOG_INFO = 6 }; /* RFC 5424 6.2.1 */

struct syslog {
	int fd; /* -1 until it is known where to */
	char id[SYSLOG_ID_SIZE]; /* HOSTNAME of each line */
	size_t early_len;
	unsigned int lost; /* early lines that found no room */
	char early[SYSLOG_EARLY_SIZE]; /* "SEVERITY MILLISECONDS TEXT", each with its NUL */
};

/* Nothing is sent yet: lines are kept, the first ones if there is no room for all. */
void syslog_init(struct syslog *s);

/*
 * Opens the way to @target, HOST[:PORT], and sends what was kept, with @id (of which only printable
 * ASCII stays) as the name of this machine. With @source_port not 0 lines come from that port, if it
 * is free. The lookup of a name ends at @deadline_ms; an address needs none.
 *
 * Returns 0, or a negative errno with @reterr; lines are then kept on.
 */
int syslog_open(struct syslog *s, const char *target, const char *id, uint16_t source_port,
	uint64_t deadline_ms, struct err *reterr) __attribute__((warn_unused_result));
void syslog_close(struct syslog *s);

/* Sends or keeps a line that was written at @at_ms (base/clock). Never waits. */
void syslog_line(struct syslog *s, enum syslog_severity severity, uint64_t at_ms, const char *text);

/*
 * The line as it is sent. @wall_ms is its time in milliseconds since 1970; a clock that was never set
 * (before 2025) makes it "-". @at_ms goes in front of the text, as on the console.
 */
size_t syslog_format(char out[SYSLOG_LINE_SIZE], enum syslog_severity severity, int64_t wall_ms,
	uint64_t at_ms, const char *id, const char *text);

#endif

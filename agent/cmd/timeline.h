/* SPDX-License-Identifier: GPL-2.0-or-later
 * Where a boot spends its time: bars from one moment since the start of the kernel to another.
 */
#ifndef CMD_TIMELINE_H
#define CMD_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/span.h"
#include "state/state.h"

#define TIMELINE_BARS      16
#define TIMELINE_NAME_SIZE 24

enum timeline_kind { TIMELINE_KERNEL, TIMELINE_PINET, TIMELINE_SYSTEM };

struct timeline_bar {
	char name[TIMELINE_NAME_SIZE]; /* printable ASCII without <, > and & */
	enum timeline_kind kind;
	uint64_t from_ms, to_ms; /* since the kernel started */
};

struct timeline {
	unsigned int n;
	struct timeline_bar bar[TIMELINE_BARS]; /* in the order of their beginnings */
};

/* What is known besides the states: 0 where it is not. */
struct timeline_times {
	uint64_t init_ms; /* the kernel started the initramfs */
	uint64_t system_ms; /* systemd started */
	unsigned int n;
	struct {
		char name[TIMELINE_NAME_SIZE];
		uint64_t at_ms;
	} reached[8]; /* units */
};

/*
 * The time in a record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg) that tells of the start of the
 * initramfs; true with @ret_ms if it is that one.
 */
bool timeline_parse_kmsg(struct span record, uint64_t *ret_ms);

/*
 * Reads what `systemctl show` says of the manager and of units, blocks of NAME=VALUE lines with empty
 * lines between: UserspaceTimestampMonotonic, Id and ActiveEnterTimestampMonotonic.
 */
void timeline_parse_systemctl(struct span text, struct timeline_times *ret);

/* Reads both from this machine; what cannot be had is 0. */
void timeline_read(struct timeline_times *ret);

/* Makes the bars of this boot; parts that took no time that is known are left out. */
void timeline_make(const struct state *boot, const struct state *firmware,
	const struct timeline_times *times, struct timeline *ret);

/* The end of the last bar. */
uint64_t timeline_end_ms(const struct timeline *t);

/* As lines of at most 79 columns. */
void timeline_print(const struct timeline *t, FILE *to);

/* As a picture with @title (a host name) above it. */
void timeline_svg(const struct timeline *t, const char *title, FILE *to);

#endif

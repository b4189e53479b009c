/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: work that a child process does beside, with a result of fixed size.
 */
#ifndef STEP_SYNC_CHILD_H
#define STEP_SYNC_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Starts as {0}. */
struct sync_child {
	pid_t pid; /* 0 if there is none */
	int fd; /* its result comes from here */
};

/*
 * Starts a child that calls @work, which fills its result of @size bytes (all 0 before). It sees
 * everything as it is now, and changes nothing here. Returns 0 or a negative errno.
 */
int sync_child_start(struct sync_child *child, void (*work)(const void *ctx, void *result),
	const void *ctx, size_t size) __attribute__((warn_unused_result));

/* Waits for the child and takes its result of @size bytes. Returns 0, or -EIO if it died. */
int sync_child_finish(struct sync_child *child, void *result, size_t size)
	__attribute__((warn_unused_result));

/* Ends the child, if there is one. */
void sync_child_stop(struct sync_child *child);

#endif

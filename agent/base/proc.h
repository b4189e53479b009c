/* SPDX-License-Identifier: GPL-2.0-or-later
 * Child processes: argv, a deadline, a clean environment, bounded output.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define PROC_STOPPED 1024 /* the child was killed because its output was enough */

/*
 * Runs argv[0] (an absolute path) with @argv and waits for it until @deadline_ms (base/clock); then
 * it is killed with everything in its process group. Standard output and error end in @out, a
 * string of at most @size bytes (the rest is read and dropped); @out may be NULL with size 0.
 *
 * Returns the exit status 0..255, 256 + N if it died of signal N, -ETIMEDOUT, or the errno of
 * starting it (-ENOENT when there is no such program).
 */
int proc_run(const char *const argv[], uint64_t deadline_ms, char *out, size_t size)
	__attribute__((warn_unused_result));

/*
 * As proc_run(), but the child reads @in_fd (with -1 nothing), its standard error goes nowhere, and
 * its output is given to @feed piece by piece as it comes. Any return of @feed but 0 kills the
 * child.
 *
 * Returns as proc_run(), or PROC_STOPPED if @feed returned something positive, or the negative
 * errno that it returned.
 */
int proc_stream(const char *const argv[], int in_fd, uint64_t deadline_ms,
	int (*feed)(void *ctx, struct span piece), void *ctx) __attribute__((warn_unused_result));

#endif

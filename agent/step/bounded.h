/* SPDX-License-Identifier: GPL-2.0-or-later
 * A system call that may block for minutes, bounded: it is made in a child that can be left behind.
 */
#ifndef STEP_BOUNDED_H
#define STEP_BOUNDED_H

#include <stdint.h>

/*
 * Calls @job(@arg) in a child process and waits for it until @deadline_ms; then the child is killed.
 * One that the kernel does not let die is left to init. @job changes nothing in this process.
 *
 * Returns what @job returned (0 or a negative errno above -256), -ETIMEDOUT, -EINTR if it died, or
 * the errno of starting it.
 */
int bounded_run(int (*job)(const void *arg), const void *arg, uint64_t deadline_ms)
	__attribute__((warn_unused_result));

#endif

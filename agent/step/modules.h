/* SPDX-License-Identifier: GPL-2.0-or-later
 * Kernel modules that the steps need.
 */
#ifndef STEP_MODULES_H
#define STEP_MODULES_H

#include "base/err.h"

#define MODULES_MAX 8

/*
 * Loads the modules of the list @names, which a NULL ends, in this order, and before each what
 * modules.dep says that it needs. modprobe does it where an administrator has a word for one of them
 * (modprobe.d(5), a parameter on the kernel command line), or where this fails. A module that does not
 * exist is no error: it may be built in, or the step that needs it says what is missing.
 *
 * Returns 0, or a negative errno with @reterr if modprobe cannot run or does not end.
 */
int modules_load(const char *const names[], struct err *reterr) __attribute__((warn_unused_result));

/*
 * Does the same in a process of its own, while the caller has to wait for something else. Of what
 * fails the caller hears when it needs the module.
 *
 * Returns what modules_wait() is to get, or the negative errno of starting it.
 */
int modules_start(const char *const names[]) __attribute__((warn_unused_result));

/* Waits for the end of what modules_start() has started, 30 s at most; with a negative @pid not at all. */
void modules_wait(int pid);

#endif

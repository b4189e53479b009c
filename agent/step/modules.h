/* SPDX-License-Identifier: GPL-2.0-or-later
 * Kernel modules that the steps need, by modprobe.
 */
#ifndef STEP_MODULES_H
#define STEP_MODULES_H

#include "base/err.h"

#define MODULES_MAX 8

/*
 * Loads the modules of the list @names, which a NULL ends. A module that does not exist is no
 * error: it may be built in, or the step that needs it says what is missing.
 *
 * Returns 0, or a negative errno with @reterr if modprobe cannot run or does not end.
 */
int modules_load(const char *const names[], struct err *reterr) __attribute__((warn_unused_result));

#endif

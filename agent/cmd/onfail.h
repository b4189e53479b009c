/* SPDX-License-Identifier: GPL-2.0-or-later
 * What happens when the boot cannot go on: shell, reboot, poweroff or a local root.
 */
#ifndef CMD_ONFAIL_H
#define CMD_ONFAIL_H

#include "plan/plan.h"

/*
 * Acts as onfail= says. Returns 0 to go on without us (local), -ECANCELED when the caller is to ask
 * for the shell; reboot and poweroff do not return unless the kernel refuses.
 */
int onfail_act(enum plan_onfail what) __attribute__((warn_unused_result));

/* Restarts the machine after a pause for the reader; returns only if that failed, which it tells. */
void onfail_reboot(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is kept of the mount of the boot files: the plan for it, how it went, its unit.
 */
#ifndef CMD_FIRMWARE_FILES_H
#define CMD_FIRMWARE_FILES_H

#include "state/state.h"
#include "step/step.h"

/* The part of the plan that the mount needs, as `pinet boot` left it; the rest is zero. */
void firmware_files_plan(const struct state *st, struct plan *plan);

#define FIRMWARE_UNIT_DIR "/run/systemd/system"

/*
 * Writes to @dir, made if it is not there, the unit that keeps systemd from mounting what fstab says over it, and has
 * remote-fs.target want it. Returns 0 or a negative errno with @reterr.
 */
int firmware_files_unit(const char *dir, const struct firmware_report *report, struct err *reterr)
	__attribute__((warn_unused_result));

/* Writes STATE_FIRMWARE; @why it is not mounted, if its code is not 0. What fails is told. */
void firmware_files_save(const struct firmware_report *report, const struct err *why);

#endif

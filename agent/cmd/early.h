/* SPDX-License-Identifier: GPL-2.0-or-later
 * The boot files, mounted while the login goes on: a generation that cannot even find its root is
 * counted, too, and whoever can has nothing to wait for.
 */
#ifndef CMD_EARLY_H
#define CMD_EARLY_H

#include "plan/plan.h"
#include "state/state.h"
#include "step/step.h"

#define EARLY_DIR STATE_DIR "/tftp" /* where they are mounted until the root is */

/*
 * Starts a process that mounts the boot files of @plan at EARLY_DIR and counts this boot in the
 * trial of its generation (step/trial). If that says so it restarts the machine. Does nothing when
 * called again in the same boot.
 *
 * @generation is what was loaded, or "".
 */
void early_start(const struct plan *plan, const char *generation);

/*
 * Counts this boot in the trial of its generation, for boot files that are mounted at @dir and were not when early_start()
 * tried. May restart the machine.
 */
void early_count(const char *dir, const char *generation);

/* Waits for it until @deadline_ms. True with @report filled if EARLY_DIR is mounted. */
bool early_wait(uint64_t deadline_ms, struct firmware_report *report);

/* Keeps a sentence, of at most 255 bytes, for status and login: what does not fit of what was booted. */
void early_note_drift(const char *text);

/* Ends it, and unmounts what it has mounted: this boot is none of ours after all. */
void early_stop(void);

#endif

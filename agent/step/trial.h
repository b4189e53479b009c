/* SPDX-License-Identifier: GPL-2.0-or-later
 * A generation on trial: each boot with it is counted on the boot server, and after three that did
 * not end as a running system the last good one is active again.
 */
#ifndef STEP_TRIAL_H
#define STEP_TRIAL_H

#include <stdint.h>

#include "base/err.h"
#include "store/name.h"

#define TRIAL_ATTEMPTS 3

enum trial_verdict {
	TRIAL_NONE, /* no generation is active: the firmware loads what lies at the top level */
	TRIAL_GOOD, /* the active one is known to come up */
	TRIAL_COUNTED, /* this is boot number @attempts of one that is not known to */
	TRIAL_OTHER, /* the firmware has loaded @running, not the active one: nothing to count */
	TRIAL_STUCK, /* @attempts boots did not end well, but there is no good one to go back to */
	TRIAL_BACK, /* they did not, and @back is active now: the machine is to be restarted */
};

struct trial_report {
	enum trial_verdict verdict;
	unsigned int attempts;
	char active[NAME_SIZE]; /* when the boot began, "" if none */
	char running[NAME_SIZE]; /* "" if unknown */
	char back[NAME_SIZE];
};

/* This boot, as far as it is known. */
struct trial_boot {
	const char *generation; /* what the kernel command line says was loaded, or "" */
	const char *kernel; /* its version: uname -r */
	uint32_t now_s; /* since 1970; may be wrong on a board without a clock */
};

/*
 * Counts this boot in pinet/states, or goes back to the last good generation.
 *
 * Nobody else writes there now: the lock's holder would be this machine before its restart. What is
 * not known (the boot loader passed no pinet.generation=) is judged by the kernel version.
 *
 * Returns 0, or a negative errno with @reterr; the active generation is as it was then.
 */
int trial_count(int boot_dirfd, const struct trial_boot *boot, struct trial_report *report,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * For a root without /lib/modules of this kernel: makes the newest generation active that is not
 * bad and whose kernel has modules below @rootmnt. Only if the boot loader is known to load what is
 * active (@boot->generation is the active one): otherwise a restart would change nothing.
 *
 * Returns 1 with @ret_name, which is active now; 0 if the root has the modules, or nothing fits; or
 * a negative errno with @reterr.
 */
int trial_mend(int boot_dirfd, const char *rootmnt, const struct trial_boot *boot,
	char ret_name[NAME_SIZE], struct err *reterr) __attribute__((warn_unused_result));

/* True if the root at @rootmnt has modules for @kernel, or none for any (a kernel without). */
bool trial_has_modules(const char *rootmnt, const char *kernel);

#endif

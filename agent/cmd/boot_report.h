/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a boot tells: lines on the console, and files for other packages and later commands.
 */
#ifndef CMD_BOOT_REPORT_H
#define CMD_BOOT_REPORT_H

#include "step/step.h"

struct boot_report {
	uint64_t started_ms, login_started_ms, root_started_ms;
	bool notes_shown;
	struct network_report network;
	struct login_report login;
	struct root_report root;
	uint64_t network_done_ms, login_done_ms, root_done_ms;
};

/* Each prints the line of its step; the network also writes the files that others read. */
void boot_report_network(struct boot_report *r, const struct plan *plan);
void boot_report_login(struct boot_report *r);
void boot_report_root(struct boot_report *r, const struct plan *plan);

/* For debug=1: the plan as it is after DHCP, a line for each field. */
void boot_report_plan(
	const struct boot_report *r, const struct plan *plan, const struct notes *notes);

/* Prints why the boot failed and leaves it in /run/pinet, with the plan unless there is none yet. */
void boot_report_failure(const struct boot_report *r, const struct plan *plan,
	const struct notes *notes, const struct err *why);

/* Removes the files that boot_report_network() wrote of a network that is there no more. */
void boot_report_forget_network(const struct boot_report *r);

/* Writes /run/pinet. Returns 0 or a negative errno with @reterr. */
int boot_report_save(const struct boot_report *r, const struct plan *plan,
	const struct notes *notes, struct err *reterr) __attribute__((warn_unused_result));

#endif

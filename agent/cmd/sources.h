/* SPDX-License-Identifier: GPL-2.0-or-later
 * The sources that are there before the network is: read together, as boot and plan need them.
 */
#ifndef CMD_SOURCES_H
#define CMD_SOURCES_H

#include "plan/offer.h"

struct sources {
	char text[CMDLINE_SIZE]; /* of the command line, as far as it was read */
	bool cmdline_failed; /* it could not be read; else what failed are the files */
	struct cmdline cmdline;
	struct conf conf;
	bool has_ibft;
	struct ibft ibft;
	struct machine machine;
};

/*
 * Reads the command line (@cmdline_path, or /proc/cmdline when NULL), the administrator's files
 * (@conf_path alone, or all of them when NULL) and what the machine knows of itself.
 * Returns 0, or a negative errno with @reterr: the first that failed; what else could be read is in
 * @ret.
 */
int sources_read(struct sources *ret, const char *cmdline_path, const char *conf_path,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * True if a table that the firmware left may have a say: the command line has iscsi_auto, or a word for
 * us while neither it nor pinet.conf says where the root is.
 */
bool sources_want_ibft(const struct sources *s);

/* Reads that table from the directory @path, if there is one: an iBFT, as sysfs shows it. */
void sources_read_ibft(struct sources *s, const char *path);

/* After an error: true if pinet is wanted on this machine, as far as can be told. */
bool sources_are_for_us(const struct sources *s);

/* After an error: what onfail= says, the default if nothing does. */
enum plan_onfail sources_onfail(const struct sources *s);

/* Adds the remarks of the sources to @notes. */
void sources_notes(const struct sources *s, struct notes *notes);

/* The sources as plan_merge() takes them. */
struct plan_sources sources_for_plan(
	const struct sources *s, const struct lease *lease, bool final);

/* Who tells what an offer of DHCP is worth. @s must outlive it. */
struct dhcp_judge sources_judge(struct sources *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The kernel command line as a source.
 */
#ifndef SOURCE_CMDLINE_H
#define SOURCE_CMDLINE_H

#include "base/notes.h"
#include "source/ip_param.h"
#include "source/nfs_root.h"
#include "source/settings.h"

#define CMDLINE_SIZE 4096 /* COMMAND_LINE_SIZE is 2048 on x86 and arm64 */

#define CMDLINE_GENERATION_SIZE 96

struct cmdline {
	bool off; /* pinet=off */
	bool pinet_words; /* at least one pinet.NAME= */
	bool iscsi_words; /* at least one of open-iscsi's words or root=iscsi: */
	bool iscsi_auto;
	bool nfs_root; /* root=/dev/nfs */
	struct nfs_root nfs; /* nfsroot=, unless it is "auto" or nothing */
	bool read_write; /* rw, and no ro behind it */
	bool quiet;
	/* What was loaded, as pinet sync wrote it into the command line of a generation, or "". */
	char generation[CMDLINE_GENERATION_SIZE];

	struct settings set;
	struct chap chap;
	char root[SETTING_VALUE_SIZE]; /* the last root= that is no root=iscsi:, "" if none */
	bool root_on_lun; /* root=iscsi: and no other root= */
	bool has_rootfstype;
	char rootfstype[32]; /* "" if there is none, or a list */

	bool has_ip;
	struct ip_param ip;
	struct vlan_param vlan;
	bool has_bootif;
	uint8_t bootif[MAC_LEN];
	unsigned int rootdelay_s;

	struct notes notes; /* unknown words of ours, secrets in sight */
};

/*
 * Reads the text of /proc/cmdline. Words are separated by blanks; double quotes keep blanks
 * together as in the kernel; everything behind "--" belongs to init.
 *
 * Returns 0, or -EINVAL with @reterr naming the word and its column (from 1); @ret is then left
 * alone.
 */
int cmdline_parse(struct span text, struct cmdline *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * True if a word asks for what pinet does: one of ours, of open-iscsi's, an iSCSI or NFS root. Never
 * fails, for use after an error.
 */
bool cmdline_is_for_us(struct span text);

/* The value of the last word @name=..., or SPAN_NONE; never fails, for use after an error. */
struct span cmdline_peek(struct span text, const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: what distribution and owner left for the firmware becomes a generation, is checked
 * on the boot server, and activated.
 */
#ifndef STEP_SYNC_H
#define STEP_SYNC_H

#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "store/name.h"

#define SYNC_KEEP       3 /* generations that stay, unless more are needed */
#define SYNC_NAMES_SIZE 240

enum sync_verify {
	SYNC_VERIFY_READ, /* read back what the boot server has stored */
	SYNC_VERIFY_TFTP, /* that, and fetch it by TFTP as the firmware will */
	SYNC_VERIFY_NONE, /* only the sizes */
};

struct sync_wish {
	int boot_dirfd; /* the boot directory, as it was seen mounted */
	const char *root; /* "" for the running system */
	const char *kernel; /* version of the running one, or "" */
	const char *interface; /* that carries the root, or "" */
	struct span booted; /* text of /proc/cmdline */
	bool drifted; /* the boot loader did not load what was active: look whether that is whole */
	bool iscsi; /* the root came by it */
	const char *
		tried; /* the generation that tryboot.txt was made for and nobody activated, or "" */
	bool force; /* look at everything again; checks of the initramfs are remarks */
	bool adopt; /* take over the directory of another machine */
	bool once; /* for one boot only, by tryboot.txt */
	bool careful; /* the last one failed: what may be refused is checked before it is copied */
	enum sync_verify verify;
	const char *tftp_host; /* for SYNC_VERIFY_TFTP: the boot server */
	const char *tftp_path; /* the boot directory as the NFS server calls it, or "" */
	const char *tftp_prefix; /* as the TFTP server calls it, or NULL: guessed of tftp_path */
	unsigned int keep; /* generations, at least 1 */
	uint32_t now_s; /* since 1970 */
};

enum sync_verdict {
	SYNC_NOTHING, /* to do: @generation is active and what it should be */
	SYNC_HELD, /* nothing is new, but @generation is active, not @newest: somebody chose so */
	SYNC_ACTIVE, /* @generation was activated */
	SYNC_ONCE, /* @generation will be tried */
};

struct sync_report {
	enum sync_verdict verdict;
	char generation[NAME_SIZE]; /* see verdict */
	char previous[NAME_SIZE]; /* what was active, or "" */
	char newest[NAME_SIZE]; /* what was made of the files as they are now */
	bool made; /* the generation is new, and was not there already */
	unsigned int n_files, n_written;
	uint64_t bytes_written;
	unsigned int n_removed; /* older generations */
	char put_back[SYNC_NAMES_SIZE]; /* words that cmdline.txt got back, or "" */
	struct notes notes;
};

/*
 * Synchronizes. @report is filled as far as it got, also on failure.
 *
 * Returns 0, or a negative errno with @reterr, and the generation that was active still is:
 * -EBUSY if another sync is running; -ESTALE if the files do not belong together (yet);
 * -ECANCELED if they are those of a generation that did not come up; -EINVAL if they cannot boot
 * this machine; -EPERM if the directory is another machine's; -EBADMSG if the boot server does not
 * have what it was sent; and what a file server may say (store/files).
 */
int sync_run(const struct sync_wish *wish, struct sync_report *report, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

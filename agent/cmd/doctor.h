/* SPDX-License-Identifier: GPL-2.0-or-later
 * The checks of pinet doctor: a function each, which looks at one thing and says how to mend it.
 */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "source/cmdline.h"
#include "source/conf.h"
#include "state/state.h"
#include "store/active.h"
#include "store/manifest.h"

#define DOCTOR_TEXT_SIZE 900
#define DOCTOR_FILE_SIZE 65536

enum doctor_verdict {
	DOCTOR_FINE,
	DOCTOR_NOTHING, /* the check has nothing to look at on this machine */
	DOCTOR_FINDING,
};

struct doctor_finding {
	char what[DOCTOR_TEXT_SIZE]; /* a sentence */
	char remedy[DOCTOR_TEXT_SIZE];
};

/* What is known of the machine; read once by doctor_look(). */
struct doctor {
	char root[PATH_MAX]; /* "" for the running system */
	bool offline; /* no server is asked */
	uint64_t now_s; /* since 1970 */
	uint64_t room_bytes; /* that the boot server should have to spare */
	char kernel[65]; /* the running one; "" if not known */
	char cmdline[CMDLINE_SIZE]; /* of the running kernel */
	bool booted; /* by pinet, with its root */
	struct state boot, lease, renewal, firmware, sync;
	bool has_lease, has_renewal, has_firmware, has_sync;
	bool has_conf;
	struct conf conf; /* pinet.conf, if it can be read */
	struct err conf_err;
	int nfs_answers; /* 1, 0 if the boot files are not mounted, or negative: why not, in nfs_err */
	struct err nfs_err;
	int boot_fd; /* the boot directory, or -1 */
	int ours_fd; /* pinet/ in it, or negative */
	enum manifest_layout layout;
	char active[NAME_SIZE]; /* the generation of the next boot, or "" */
	struct manifest manifest; /* of it; n == 0 if it cannot be read */
	struct err manifest_err;
};

struct doctor_check {
	const char *name; /* one word, for --json and for tests; NULL ends a table */
	const char *title; /* what is fine if nothing is found */
	enum doctor_verdict (*run)(const struct doctor *d, struct doctor_finding *f);
};

extern const struct doctor_check doctor_settings[]; /* doctor_settings.c */
extern const struct doctor_check doctor_system[]; /* doctor_system.c */
extern const struct doctor_check doctor_network[]; /* doctor_network.c */
extern const struct doctor_check doctor_boot[]; /* doctor_boot.c */
extern const struct doctor_check doctor_server[]; /* doctor_server.c: they ask a server */

/*
 * Reads what the checks need below @root ("" or "/": the running system). What is missing is not known;
 * that is for the checks to find. Returns 0 or -ENAMETOOLONG with @reterr.
 */
int doctor_look(struct doctor *d, const char *root, struct err *reterr)
	__attribute__((warn_unused_result));
void doctor_done(struct doctor *d);

/* Fills @f. Returns DOCTOR_FINDING. */
enum doctor_verdict doctor_found(struct doctor_finding *f, const char *remedy, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* @name, relative to the root, as a path; what does not fit is cut, and so does not exist. */
const char *doctor_path(const struct doctor *d, const char *name, char out[PATH_MAX]);
bool doctor_has(const struct doctor *d, const char *name);

/* Reads the file @name below the root. Returns its length, or a negative errno with @buf empty. */
ssize_t doctor_read(const struct doctor *d, const char *name, char *buf, size_t size);

/* The interface that carries the root, or "". */
const char *doctor_interface(const struct doctor *d);

#endif

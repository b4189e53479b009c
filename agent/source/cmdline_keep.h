/* SPDX-License-Identifier: GPL-2.0-or-later
 * Words that a boot needs and that cmdline.txt has lost: a package that makes the file anew, as
 * Debian's raspi-firmware does for each kernel, knows nothing of them.
 */
#ifndef SOURCE_CMDLINE_KEEP_H
#define SOURCE_CMDLINE_KEEP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

#define CMDLINE_KEEP_NAMES_SIZE 240

/* What else is known of this machine; either function may be NULL. */
struct cmdline_keep_facts {
	/* True if pinet.conf sets pinet.NAME, which then is not missed in cmdline.txt. */
	bool (*is_elsewhere)(const void *ctx, struct span name);
	/* False if nothing of this machine can be meant by root=VALUE. */
	bool (*has_root)(const void *ctx, struct span value);
	const void *ctx;
};

/*
 * Compares the words that this machine was booted with, @booted (text of /proc/cmdline), with
 * @file, the text of cmdline.txt.
 *
 * A file that has none of the words by which a client finds its root any more was made anew: it gets
 * back these and root=, ip= and what goes with them. So does one without such words where the boot
 * had none either (pinet.conf or DHCP have them all), if its root= is missing or cannot be meant. A
 * file that still has one is as its owner wants it; so is one with pinet=off.
 *
 * Returns 0 if nothing is missing; 1 with the text for the file in @out and the names of the words
 * in @ret_names; -EFBIG with @reterr if that does not fit into @size.
 */
int cmdline_keep(struct span booted, struct span file, const struct cmdline_keep_facts *facts,
	char *out, size_t size, char ret_names[CMDLINE_KEEP_NAMES_SIZE], struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * The command line of generation @name: that of @file, its first line, without what another sync
 * put there, and with pinet.generation=@name. Returns 0, or -EFBIG or (for what is no text) -EINVAL
 * with @reterr.
 */
int cmdline_for_generation(struct span file, const char *name, char *out, size_t size,
	struct err *reterr) __attribute__((warn_unused_result));

#endif

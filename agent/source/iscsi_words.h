/* SPDX-License-Identifier: GPL-2.0-or-later
 * open-iscsi's own words: iscsi_* on the kernel command line, ISCSI_* in iscsi.initramfs.
 */
#ifndef SOURCE_ISCSI_WORDS_H
#define SOURCE_ISCSI_WORDS_H

#include "source/settings.h"

/* The values as collected; they become settings together, at the end of their source. */
struct iscsi_words {
	bool any;
	bool automatic; /* iscsi_auto: the firmware's table decides */
	struct span initiator, target, addresses, port, group;
	struct span user, secret, user_in, secret_in;
};

/*
 * Takes the word @name (in lower or upper case throughout) with @value, which must outlive @words.
 * Returns 0, or -ENOENT if it is none of open-iscsi's words.
 */
int iscsi_words_put(struct iscsi_words *words, struct span name, struct span value)
	__attribute__((warn_unused_result));

/*
 * Turns what was collected into settings and CHAP names; addresses may be several, separated by
 * blanks. @set keeps what it had where a word was not given, and a portal that it had wins.
 * Returns 0, or -EINVAL with @reterr naming the word.
 */
int iscsi_words_finish(const struct iscsi_words *words, struct settings *set, struct chap *chap,
	struct err *reterr) __attribute__((warn_unused_result));

#endif

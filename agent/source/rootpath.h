/* SPDX-License-Identifier: GPL-2.0-or-later
 * The iSCSI root path of RFC 4173: iscsi:SERVER:PROTOCOL:PORT:LUN:TARGET.
 */
#ifndef SOURCE_ROOTPATH_H
#define SOURCE_ROOTPATH_H

#include "source/settings.h"

/* What of it is present; an empty field leaves its flag false. */
struct rootpath {
	bool has_portal; /* a server was named */
	bool has_lun;
	bool has_target;
	char portal[SETTING_VALUE_SIZE]; /* HOST:PORT or [v6]:PORT */
	uint64_t lun; /* SAM LUN number; only single-level ones are accepted */
	char target[SETTING_VALUE_SIZE];
	struct chap chap; /* from a USER:PASSWORD[:USER:PASSWORD]@ in front of the server */
};

/*
 * Reads @text, which begins with "iscsi:" (RFC 4173 section 5). The LUN is hexadecimal, up to four
 * groups of four digits joined by '-'; an IPv6 server stands in brackets; the target is the rest,
 * colons included.
 *
 * Returns 0, or -EINVAL with @reterr naming the field; @ret is then left alone.
 */
int rootpath_parse(struct span text, struct rootpath *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/* Puts what @rp has into @set as portal, lun and target, each with the word @word. */
int rootpath_settings(const struct rootpath *rp, const char *word, struct settings *set,
	struct err *reterr) __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The files of the administrator: pinet.conf, chap.conf and open-iscsi's iscsi.initramfs.
 */
#ifndef SOURCE_CONF_H
#define SOURCE_CONF_H

#include "base/notes.h"
#include "source/settings.h"

#define CONF_SIZE 16384

struct conf {
	struct settings set;
	struct chap chap;
	struct notes notes;
};

/*
 * Reads the text of pinet.conf: lines "NAME = VALUE", "#" begins a comment, blank lines.
 * @name is the file's name for messages.
 *
 * Returns 0, or -EINVAL with @reterr "NAME:LINE:COLUMN: ..."; @conf is then left alone.
 */
int conf_parse(struct span text, const char *name, struct conf *conf, struct err *reterr)
	__attribute__((warn_unused_result));

/* As conf_parse() for chap.conf: username, password, username_in, password_in. */
int conf_parse_chap(struct span text, const char *name, struct conf *conf, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * As conf_parse() for iscsi.initramfs, a shell fragment of which only plain assignments are
 * understood: ISCSI_NAME=VALUE, VALUE in single or double quotes or without. Other lines are
 * remarks, for a shell would have run them.
 */
int conf_parse_initramfs(struct span text, const char *name, struct conf *conf, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * The value of the last line "@name = VALUE" of pinet.conf, or of @path when given, as a string of at
 * most @size bytes; whatever else is wrong with the file, for use after an error. Returns 0, or -ENOENT
 * if there is none or it does not fit.
 */
int conf_peek(const char *path, const char *name, char *out, size_t size)
	__attribute__((warn_unused_result));

/*
 * Reads the files. One that does not exist is no error, one that cannot be read is. A chap.conf
 * that others than its owner may read is refused. @path, when given, has to exist and is the only
 * file that is read.
 */
int conf_load(const char *path, struct conf *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

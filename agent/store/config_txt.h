/* SPDX-License-Identifier: GPL-2.0-or-later
 * config.txt of the Raspberry Pi: the marked block in it that names the active generation.
 *
 *     # pinet: begin (made by "pinet sync"; do not edit this block)
 *     [all]
 *     os_prefix=pinet/NAME/
 *     kernel=FILE                    these three only for a generation with one kernel
 *     auto_initramfs=0
 *     initramfs FILE followkernel
 *     # pinet: end
 *
 * Every byte outside of it is the user's and stays, except that a last line without its newline
 * gets one when the block follows; so does every line inside it that is none of these. A block
 * without its end goes as far as its lines look like these.
 *
 * The block stands at the end. When something was appended behind it (by raspi-config, say) that
 * would now fall into a section before it, [pi4] for example, then what remains in the old place is
 * begin, [all], end.
 */
#ifndef STORE_CONFIG_TXT_H
#define STORE_CONFIG_TXT_H

#include "base/err.h"
#include "store/name.h"

#define CONFIG_TXT_NAME "config.txt"
#define CONFIG_TXT_MAX  (128u << 10) /* bytes of the whole file */
#define CONFIG_TXT_LINE 98 /* the firmware reads no more of a line (config_txt.adoc) */

/* What the block says. */
struct config_txt {
	char generation[NAME_SIZE]; /* "" if there is none */
	char kernel[NAME_PATH_SIZE]; /* "" if there is none */
	char initramfs[NAME_PATH_SIZE]; /* "" if there is none */
};

/*
 * Finds the last of our blocks that names a generation; os_prefix lines of the user are not ours.
 * Returns 1 with @ret set, or 0 with @ret empty if there is none (or its name is no generation's).
 */
int config_txt_parse(struct span text, struct config_txt *ret);

/*
 * Writes @text with a block that says @block to @out (with NULL: without our blocks). A text whose
 * lines end in CRLF gets such a block. Putting the same again changes nothing.
 *
 * Returns 0 with @ret_len set, -EINVAL if a name in @block cannot stand in config.txt (blanks, or
 * a line above CONFIG_TXT_LINE), -EFBIG if the text does not fit into @size, with @reterr; @ret_len
 * is then left alone.
 */
int config_txt_put(struct span text, const struct config_txt *block, char *out, size_t size,
	size_t *ret_len, struct err *reterr) __attribute__((warn_unused_result));

#endif

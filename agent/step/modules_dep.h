/* SPDX-License-Identifier: GPL-2.0-or-later
 * What modules.dep says of a kernel module, and what the administrator says.
 */
#ifndef STEP_MODULES_DEP_H
#define STEP_MODULES_DEP_H

#include "base/span.h"

#define MODULES_NAME_SIZE 64

/*
 * The name as the kernel has it of the module in @file (kernel/lib/crc-t10dif.ko.xz: crc_t10dif), or
 * of one that is called by its @file alone.
 *
 * Returns 0, or -ENAMETOOLONG with @out left alone.
 */
int modules_dep_name(struct span file, char out[MODULES_NAME_SIZE])
	__attribute__((warn_unused_result));

/*
 * The files of module @name, as the kernel has its name, in @table, the text of modules.dep (modules.dep(5)): its own, and in
 * @ret_needs those of the modules that it needs, blanks between, the last one first to load.
 *
 * Returns true and sets both, or false if there is no such module.
 */
bool modules_dep_find(
	struct span table, const char *name, struct span *ret_file, struct span *ret_needs);

/*
 * Cuts the last word off @words. Returns it, or nothing at the end.
 */
struct span modules_dep_last(struct span *words);

/*
 * True if @text, of modprobe.d(5) or a kernel command line, has @name as a word of its own or with a
 * parameter behind it (NAME.PARAMETER=).
 */
bool modules_dep_is_named(struct span text, const char *name);

#endif

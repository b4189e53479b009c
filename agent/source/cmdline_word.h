/* SPDX-License-Identifier: GPL-2.0-or-later
 * Words of a kernel command line.
 *
 *   cmdline = word *(1*blank word) [1*blank "--" ...]
 *   word    = name ["=" value]          (a double quote hides blanks and is dropped around a value)
 */
#ifndef SOURCE_CMDLINE_WORD_H
#define SOURCE_CMDLINE_WORD_H

#include "base/span.h"

struct cmdline_word {
	struct span whole; /* as it is written, with its quotes */
	struct span name;
	struct span value; /* p == NULL when there is no "=" */
};

/* Cuts the next word off @in; false at the end, or at "--", behind which words are for init. */
bool cmdline_next(struct span *in, struct cmdline_word *ret);

#endif

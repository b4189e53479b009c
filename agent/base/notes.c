/* SPDX-License-Identifier: GPL-2.0-or-later
 * A bounded list of remarks for the owner: what was ignored or is doubtful, and why.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/notes.h"

void notes_add(struct notes *notes, const char *format, ...)
{
	va_list ap;

	if (notes->n == NOTES_MAX) {
		notes->dropped++;
		return;
	}
	va_start(ap, format);
	(void)vsnprintf(notes->text[notes->n++], NOTES_TEXT_SIZE, format, ap); /* may be cut */
	va_end(ap);
}

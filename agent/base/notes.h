/* SPDX-License-Identifier: GPL-2.0-or-later
 * A bounded list of remarks for the owner: what was ignored or is doubtful, and why.
 */
#ifndef BASE_NOTES_H
#define BASE_NOTES_H

#define NOTES_MAX       24
#define NOTES_TEXT_SIZE 240

struct notes {
	unsigned int n;
	unsigned int dropped; /* remarks that found no room */
	char text[NOTES_MAX][NOTES_TEXT_SIZE];
};

/* Adds a remark. Foreign bytes in it were escaped by the caller (span_escape()). */
void notes_add(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Archives for the tests of what reads them, made after buffer-format.rst of the kernel.
 */
#ifndef CPIO_ARCHIVE_H
#define CPIO_ARCHIVE_H

#include <stdio.h>
#include <string.h>

/* Writes an entry of @size bytes, each an "x", to @out. Returns its length. */
static inline size_t archive_entry(char *out, const char *name, size_t size)
{
	size_t at = (size_t)sprintf(out,
		"070701%08x%08x%08x%08x%08x%08x%08zX%08x%08x%08x%08x%08zx%08x%s", 1, 0100644, 0, 0,
		1, 0, size, 0, 0, 0, 0, strlen(name) + 1, 0, name);

	do
		out[at++] = '\0'; /* ends the name */
	while (at % 4);
	memset(out + at, 'x', size);
	for (at += size; at % 4; at++)
		out[at] = '\0';
	return at;
}

/* Writes an archive of the names, one a line, the first without data and each with one byte more. */
static inline size_t archive_of(char *out, const char *names)
{
	size_t at = 0, data = 0;

	while (*names) {
		size_t n = strcspn(names, "\n");
		char name[1024];

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, names);
		at += archive_entry(out + at, name, data++);
		names += n + (names[n] == '\n');
	}
	return at + archive_entry(out + at, "TRAILER!!!", 0);
}

#endif

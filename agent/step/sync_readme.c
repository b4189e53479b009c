/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: the README that a generation's overlays need. The firmware looks for it, and without one takes the
 * overlays that all generations share, os_prefix= or not (config.txt's documentation, os_prefix).
 */
#include <stdio.h>
#include <string.h>

#include "step/sync_parts.h"

bool sync_readme(const struct sync *s, char ret[BOOT_PATH_SIZE])
{
	bool is_needed = false;

	for (size_t i = 0; i < s->set.n && s->layout == MANIFEST_RASPI; i++) {
		const struct boot_file *f = &s->set.file[i];
		const char *slash = strrchr(f->path, '/');

		if (f->role != BOOT_OVERLAY || !f->chosen || !slash)
			continue;
		if (strcmp(slash, "/README") == 0)
			return false;
		/* They are all in one directory, and a longer name is no file's. */
		is_needed = snprintf(ret, BOOT_PATH_SIZE, "%.*s/README", (int)(slash - f->path),
				    f->path) < BOOT_PATH_SIZE;
	}
	return is_needed;
}

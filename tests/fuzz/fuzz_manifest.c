/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as a manifest: what is accepted is printed and read as the same, and has no path that
 * leads elsewhere.
 */
#include <stdlib.h>
#include <string.h>

#include "store/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_manifest_ struct manifest a = {.n = 0}, b = {.n = 0};
	struct err err = {.code = 0};
	char *text;
	size_t len;

	if (manifest_parse(span_of(data, size), &a, &err) < 0) {
		if (err.code >= 0 || a.file)
			__builtin_trap(); /* a refusal has a reason, and leaves nothing */
		return 0;
	}
	for (size_t i = 0; i < a.n; i++) {
		const char *path = a.file[i].path;

		if (path[0] == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 ||
			strstr(path, "/../") || strchr(path, '\n') ||
			manifest_find(&a, path) != &a.file[i])
			__builtin_trap();
	}
	if (manifest_print(&a, &text, &len) < 0)
		return 0; /* no memory */
	if (manifest_parse(span_of(text, len), &b, &err) < 0 || !manifest_same_files(&a, &b) ||
		strcmp(a.generation, b.generation) != 0)
		__builtin_trap();
	free(text);
	return 0;
}

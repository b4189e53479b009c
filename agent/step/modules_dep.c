/* SPDX-License-Identifier: GPL-2.0-or-later
 * What modules.dep says of a kernel module, and what the administrator says.
 */
#include <errno.h>
#include <string.h>

#include "step/modules_dep.h"

/* In names of modules both are the same. */
static char fold(uint8_t c)
{
	return (char)(c == '-' ? '_' : c);
}

static bool is_name(struct span s, const char *name)
{
	if (s.len != strlen(name))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (fold(s.p[i]) != name[i])
			return false;
	return true;
}

/* kernel/fs/ext4/ext4.ko.xz: ext4 */
static struct span stem(struct span file)
{
	struct span name = file;

	while (file.len)
		name = span_cut(&file, '/');
	return span_sub(name, 0, span_find(name, '.'));
}

int modules_dep_name(struct span file, char out[MODULES_NAME_SIZE])
{
	struct span name = stem(file);

	if (name.len >= MODULES_NAME_SIZE)
		return -ENAMETOOLONG;
	for (size_t i = 0; i < name.len; i++)
		out[i] = fold(name.p[i]);
	out[name.len] = '\0';
	return 0;
}

bool modules_dep_find(
	struct span table, const char *name, struct span *ret_file, struct span *ret_needs)
{
	while (table.len) {
		struct span needs = span_cut(&table, '\n'), file = span_cut(&needs, ':');

		if (!is_name(stem(file), name))
			continue;
		*ret_file = file;
		*ret_needs = needs;
		return true;
	}
	return false;
}

struct span modules_dep_last(struct span *words)
{
	struct span s = span_trim(*words);
	size_t at = s.len;

	while (at && s.p[at - 1] != ' ')
		at--;
	*words = span_sub(s, 0, at);
	return span_sub(s, at, s.len);
}

bool modules_dep_is_named(struct span text, const char *name)
{
	size_t len = strlen(name);

	for (size_t at = 0; at < text.len;) {
		struct span rest = span_sub(text, at, text.len);
		size_t end = 0;

		while (end < rest.len && !strchr(" \t\n.", rest.p[end]))
			end++;
		if (end == len && is_name(span_sub(rest, 0, end), name))
			return true;
		/* What follows a point is a parameter. */
		while (end < rest.len && !strchr(" \t\n", rest.p[end]))
			end++;
		at += end + 1;
	}
	return false;
}

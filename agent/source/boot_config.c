/* SPDX-License-Identifier: GPL-2.0-or-later
 * What config.txt of the Raspberry Pi says about the files that are loaded.
 */
#include <string.h>

#include "source/boot_config.h"

#define SHOWN_SIZE 80

/* True if each component of @path is a name below a directory. */
static bool path_ok(struct span path)
{
	if (!path.len || !span_is_graph(path))
		return false;
	while (path.p) {
		struct span part = span_cut(&path, '/');

		if ((!part.len && path.p) || span_eq_str(part, ".") || span_eq_str(part, ".."))
			return false;
	}
	return true;
}

/* A leading "/" only keeps os_prefix away from the name. */
static struct span without_slash(struct span value)
{
	while (value.len && value.p[0] == '/')
		value = span_sub(value, 1, value.len);
	return value;
}

static void refuse(struct notes *notes, const char *name, struct span value)
{
	char shown[SHOWN_SIZE];

	notes_add(notes,
		"config.txt: %s names \"%s\", which cannot be a file of the boot directory", name,
		span_escape(value, shown, sizeof(shown)));
}

/* Sets the line of @section, or adds one for it; with "" always adds one. */
static void put_line(struct boot_config_lines *lines, const char *section, const char *name,
	struct span value, struct notes *notes)
{
	struct boot_config_line line = {.section = ""};
	unsigned int i = 0;

	strcpy(line.section, section);
	if (span_copy(value, line.value, sizeof(line.value)) < 0) {
		refuse(notes, name, value);
		return;
	}
	while (i < lines->n && (!section[0] || strcmp(lines->at[i].section, section) != 0))
		i++;
	if (i == BOOT_CONFIG_LINES) {
		notes_add(notes, "config.txt: more than %d lines with %s: the rest is ignored",
			BOOT_CONFIG_LINES, name);
		return;
	}
	lines->at[i] = line;
	if (i == lines->n)
		lines->n++;
}

static void put_path(struct boot_config_lines *lines, const char *section, const char *name,
	struct span value, struct notes *notes)
{
	value = without_slash(value);
	if (path_ok(value) && value.p[value.len - 1] != '/')
		put_line(lines, section, name, value, notes);
	else
		refuse(notes, name, value);
}

static void put_prefix(char *to, const char *name, struct span value, struct notes *notes)
{
	value = without_slash(value);
	if (!value.len)
		to[0] = '\0';
	else if (!path_ok(value) || value.p[value.len - 1] != '/' ||
		 span_copy(value, to, BOOT_CONFIG_NAME_SIZE) < 0)
		refuse(notes, name, value);
}

/* Each of the names, which are separated by commas, must be one. */
static void put_initramfs(
	struct boot_config *config, const char *section, struct span names, struct notes *notes)
{
	struct span rest = names;

	while (rest.p) {
		struct span name = span_cut(&rest, ',');

		if (!path_ok(without_slash(name)) || name.p[name.len - 1] == '/') {
			refuse(notes, "initramfs", name);
			return;
		}
	}
	put_line(&config->initramfs, section, "initramfs", names, notes);
}

static void put_value(struct boot_config *config, const char *section, struct span name,
	struct span value, struct notes *notes)
{
	if (span_eq_str(name, "kernel"))
		put_path(&config->kernel, section, "kernel", value, notes);
	else if (span_eq_str(name, "cmdline"))
		put_path(&config->cmdline, section, "cmdline", value, notes);
	else if (span_eq_str(name, "ramfsfile"))
		put_initramfs(config, section, value, notes);
	else if (span_eq_str(name, "auto_initramfs"))
		config->auto_initramfs = span_eq_str(value, "1");
	else if (span_eq_str(name, "os_prefix"))
		put_prefix(config->prefix, "os_prefix", value, notes);
	else if (span_eq_str(name, "overlay_prefix"))
		put_prefix(config->overlay_prefix, "overlay_prefix", value, notes);
}

/* Cuts the first word off @in. */
static struct span word(struct span *in)
{
	struct span w = *in;

	w.len = 0;
	while (w.len < in->len && in->p[w.len] != ' ' && in->p[w.len] != '\t')
		w.len++;
	*in = span_trim(span_sub(*in, w.len, in->len));
	return w;
}

static void put_command(struct boot_config *config, const char *section, struct span name,
	struct span rest, struct notes *notes)
{
	struct span value = word(&rest);

	if (!value.len)
		return;
	if (span_eq_str(name, "initramfs"))
		put_initramfs(config, section, value, notes);
	else if (span_eq_str(name, "include"))
		put_path(&config->include, "", "include", value, notes);
}

/* "[pi4]": its name to @section. */
static void enter(struct span line, char section[BOOT_SECTION_SIZE])
{
	struct span name = span_sub(line, 1, span_find(line, ']') - 1);

	/* One without a name, or with a long one, is a filter, too, whatever it says. */
	if (!name.len || span_copy(name, section, BOOT_SECTION_SIZE) < 0)
		strcpy(section, "?");
}

void boot_config_parse(struct span text, struct boot_config *config, struct notes *notes)
{
	char section[BOOT_SECTION_SIZE] = "all";

	while (text.p) {
		struct span line = span_cut(&text, '\n'), name;

		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		line = span_trim(line);
		if (!line.len || line.p[0] == '#')
			continue;
		if (line.p[0] == '[') {
			enter(line, section);
			continue;
		}
		if (strcmp(section, "none") == 0 || strcmp(section, "tryboot") == 0)
			continue;
		if (span_find(line, '=') == line.len) {
			name = word(&line);
			put_command(config, section, name, line, notes);
			continue;
		}
		name = span_trim(span_cut(&line, '='));
		put_value(config, section, name, span_trim(line), notes);
	}
}

const char *boot_config_value(const struct boot_config_lines *lines, const char *section)
{
	const char *all = NULL;

	for (unsigned int i = 0; i < lines->n; i++) {
		if (strcmp(lines->at[i].section, section) == 0)
			return lines->at[i].value;
		if (strcmp(lines->at[i].section, "all") == 0)
			all = lines->at[i].value;
	}
	return all;
}

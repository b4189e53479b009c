/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: a script in each generation that iPXE can boot it by. It names the files by the
 * name of the generation: what iPXE loads belongs together even if another one is activated while
 * it loads.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "step/sync_parts.h"

#define KERNEL    "vmlinuz"
#define INITRAMFS "initrd.img"

static bool has_file(const struct sync *s, const char *path)
{
	for (size_t i = 0; i < s->set.n; i++)
		if (s->set.file[i].chosen && strcmp(s->set.file[i].path, path) == 0)
			return true;
	return false;
}

/* True if iPXE ends its command at @word (command_terminator() in its core/exec.c). */
static bool ends_command(struct span word)
{
	return span_eq_str(word, "||") || span_eq_str(word, "&&") || span_eq_str(word, ";") ||
	       span_starts(word, "#");
}

/* True if @line is for iPXE what it is for the kernel. */
static bool is_plain(struct span line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] < 0x20 || line.p[i] > 0x7e || strchr("\"'\\", line.p[i]) ||
			(line.p[i] == '$' && i + 1 < line.len && line.p[i + 1] == '{'))
			return false;
	while (line.p)
		if (ends_command(span_cut(&line, ' ')))
			return false;
	return true;
}

int sync_ipxe(const struct sync *s, const char *name, char out[SYNC_IPXE_SIZE], struct err *reterr)
{
	char text[SYNC_CMDLINE_SIZE];
	struct span line;
	int r;

	if (s->layout != MANIFEST_LINK || !s->n_cmdlines || !has_file(s, KERNEL) ||
		!has_file(s, INITRAMFS))
		return 0;
	r = sync_text(s, s->cmdline[0].file, name, text, reterr);
	if (r < 0)
		return r;
	line = span_str(text);
	line = span_trim(span_cut(&line, '\n'));
	if (!is_plain(line))
		return 0;
	r = snprintf(out, SYNC_IPXE_SIZE,
		"#!ipxe\n"
		"kernel ../%s/" KERNEL " initrd=" INITRAMFS " %.*s\n"
		"initrd ../%s/" INITRAMFS "\n"
		"boot\n",
		name, (int)line.len, (const char *)line.p, name);
	return r < 0 || r >= SYNC_IPXE_SIZE
		       ? err_set(reterr, -EFBIG, "cmdline.txt is too long for a script of iPXE")
		       : 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What config.txt of the Raspberry Pi says about the files that are loaded.
 *
 *   config = *(line LF)
 *   line   = "[" filter "]" / "#" comment / name "=" value / "initramfs" 1*blank name [1*blank address]
 *
 * Of the lines of conditional sections all count, since which board will read them is not known;
 * only those of [none] and [tryboot] do not.
 */
#ifndef SOURCE_BOOT_CONFIG_H
#define SOURCE_BOOT_CONFIG_H

#include "base/notes.h"
#include "base/span.h"

#define BOOT_CONFIG_LINES     8 /* that name a kernel, an initramfs, another file */
#define BOOT_CONFIG_NAME_SIZE 128
#define BOOT_SECTION_SIZE     32

/* A line and the section that it stands in, "all" for none. */
struct boot_config_line {
	char section[BOOT_SECTION_SIZE];
	char value[BOOT_CONFIG_NAME_SIZE];
};

struct boot_config_lines {
	unsigned int n;
	struct boot_config_line at[BOOT_CONFIG_LINES];
};

/* Starts as {0}. */
struct boot_config {
	struct boot_config_lines kernel; /* one for a section; the last counts */
	struct boot_config_lines initramfs; /* value: names separated by commas */
	struct boot_config_lines cmdline;
	struct boot_config_lines include;
	bool auto_initramfs; /* the kernel's mate by name is loaded */
	char prefix[BOOT_CONFIG_NAME_SIZE]; /* os_prefix= of the owner, or "" */
	char overlay_prefix[BOOT_CONFIG_NAME_SIZE]; /* or "": overlays/ */
};

/*
 * Adds what the lines of @text say to @config; names that are no paths below the boot directory are
 * passed over with a note.
 */
void boot_config_parse(struct span text, struct boot_config *config, struct notes *notes);

/* The line of @section, else the one of section "all", or NULL. */
const char *boot_config_value(const struct boot_config_lines *lines, const char *section);

#endif

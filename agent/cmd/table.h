/* SPDX-License-Identifier: GPL-2.0-or-later
 * The subcommands, in two tables: the agent in an initramfs is linked with an empty second one, and so
 * is free of all that only a running system needs.
 */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

struct command {
	const char *name; /* NULL ends a table */
	int (*run)(int argc, char **argv);
	const char *args, *summary;
};

extern const struct command table_boot[]; /* table_boot.c */
extern const struct command table_system[]; /* table_system.c, or table_none.c for the initramfs */

#endif

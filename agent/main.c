/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table of subcommands.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args, *summary;
} table[] = {
	{"boot", cmd_boot, "[--handover FILE]",
		"bring up network, iSCSI session and root (initramfs)"},
	{"discover", cmd_discover,
		"[--cmdline FILE] [--conf FILE] [--initiator NAME] [--mac MAC] [PORTAL]",
		"show the targets of a boot server"},
	{"firmware", cmd_firmware, "[--root DIR]", "mount the TFTP copy of the boot files"},
	{"generations", cmd_generations, "[--json] [--needs VERSION] [--dir DIR] [--root DIR]",
		"list what the boot server has for this machine"},
	{"handover", cmd_handover, "[--root DIR]", "leave iscsid what it needs (initramfs)"},
	{"mark-good", cmd_mark_good, "[--dir DIR] [--root DIR]",
		"keep the generation of this boot as one to go back to"},
	{"plan", cmd_plan, "[--cmdline FILE] [--conf FILE] [--lease FILE] [--mac MAC]",
		"show what a boot would do, and why"},
	{"rollback", cmd_rollback, "[--dir DIR] [--root DIR] [GENERATION]",
		"make another generation the active one"},
	{"status", cmd_status, "[--pending]", "show how this machine booted"},
	{"sync", cmd_sync,
		"[--dir DIR] [--root DIR] [--defer] [--retry] [--force] [--adopt] [--try]"
		" [--verify=read|tftp|none] [--tftp-prefix PATH] [--keep N] [--quiet]",
		"make a generation of the boot files and activate it"},
};

static void print_help(FILE *to)
{
	fprintf(to, "Usage: pinet COMMAND [OPTION...]\n\n");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		fprintf(to, "  %-11s %s\n", table[i].name, table[i].summary);
	fprintf(to, "\n`pinet COMMAND --help` shows the options; see pinet(8).\n");
}

static void print_usage(FILE *to, size_t i)
{
	fprintf(to, "Usage: pinet %s%s%s\n", table[i].name, table[i].args[0] ? " " : "",
		table[i].args);
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/* Runs a command, whose argv[0] is its name, and sees to it that what it prints arrives. */
static int run(size_t i, int argc, char **argv)
{
	int status = EXIT_OK;

	if (asks_for_help(argc, argv)) {
		print_usage(stdout, i);
		printf("%s\n", table[i].summary);
	} else {
		status = table[i].run(argc, argv);
	}
	if (status == EXIT_USAGE)
		print_usage(stderr, i);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	perror("pinet: cannot write the output");
	return status == EXIT_OK ? EXIT_FAILED : status;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "help") == 0 || strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (strcmp(verb, "--version") == 0 || strcmp(verb, "version") == 0) {
		printf("pinet %s\n", PINET_VERSION);
		return EXIT_OK;
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(verb, table[i].name) == 0)
			return run(i, argc - 1, argv + 1);
	}
	if (verb[0])
		fprintf(stderr, "pinet: there is no command \"%.40s\"\n", verb);
	print_help(stderr);
	return EXIT_USAGE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Finds the subcommand and runs it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/remote_log.h"
#include "cmd/table.h"

static const struct command *find(const struct command *table, const char *name)
{
	while (table->name && strcmp(table->name, name) != 0)
		table++;
	return table->name ? table : NULL;
}

/* Of a command that is in both tables, the one of the running system is meant. */
static void print_table(FILE *to, const struct command *table, const struct command *other)
{
	for (; table->name; table++)
		if (!other || !find(other, table->name))
			fprintf(to, "  %-11s %s\n", table->name, table->summary);
}

static void print_help(FILE *to)
{
	fprintf(to, "Usage: pinet COMMAND [OPTION...]\n\n");
	print_table(to, table_boot, table_system);
	print_table(to, table_system, NULL);
	fprintf(to, "\n`pinet COMMAND --help` shows the options; see pinet(8).\n");
}

static void print_usage(FILE *to, const struct command *c)
{
	fprintf(to, "Usage: pinet %s%s%s\n", c->name, c->args[0] ? " " : "", c->args);
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/* Runs a command, whose argv[0] is its name, and sees to it that what it prints arrives. */
static int run(const struct command *c, int argc, char **argv)
{
	int status = EXIT_OK;

	if (asks_for_help(argc, argv)) {
		print_usage(stdout, c);
		printf("%s\n", c->summary);
	} else {
		status = c->run(argc, argv);
	}
	if (status == EXIT_USAGE)
		print_usage(stderr, c);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	perror("pinet: cannot write the output");
	return status == EXIT_OK ? EXIT_FAILED : status;
}

/* What a service of ours warns of goes where the setting log says, too. */
static void follow_log(struct syslog *log)
{
	struct state boot;

	if (getenv("INVOCATION_ID") && state_load(STATE_BOOT, &boot, NULL) == 0)
		remote_log_resume(log, &boot, false);
}

int main(int argc, char **argv)
{
	struct syslog log;
	const char *verb = argc > 1 ? argv[1] : "";
	const struct command *command;

	if (strcmp(verb, "help") == 0 || strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (strcmp(verb, "--version") == 0 || strcmp(verb, "version") == 0) {
		printf("pinet %s\n", PINET_VERSION);
		return EXIT_OK;
	}
	command = find(table_system, verb);
	if (command)
		follow_log(&log);
	else
		command = find(table_boot, verb);
	if (command)
		return run(command, argc - 1, argv + 1);
	if (verb[0])
		fprintf(stderr, "pinet: there is no command \"%.40s\"\n", verb);
	print_help(stderr);
	return EXIT_USAGE;
}

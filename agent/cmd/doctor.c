/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet doctor: what is wrong with this machine as a diskless client, and how to mend it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/doctor.h"

#define EXIT_FINDINGS 3
#define COLUMNS       80

struct options {
	bool json, offline, colour;
	const char *root;
};

struct tally {
	unsigned int fine, nothing, findings;
};

static const struct doctor_check *const tables[] = {
	doctor_settings, doctor_system, doctor_network, doctor_boot, doctor_server};

/* @text with @indent blanks in front of each line, none beyond the last column. */
static void print_wrapped(const char *text, unsigned int indent)
{
	struct span rest = span_str(text);
	size_t at = COLUMNS;

	while (rest.len) {
		struct span word = span_cut(&rest, ' ');

		if (at + 1 + word.len > COLUMNS - 1) {
			printf("%s%*s", at == COLUMNS ? "" : "\n", (int)indent, "");
			at = indent;
		} else {
			putchar(' ');
			at++;
		}
		printf("%.*s", (int)word.len, (const char *)word.p);
		at += word.len;
	}
	putchar('\n');
}

static void show(const struct options *opt, const struct doctor_check *c,
	enum doctor_verdict verdict, const struct doctor_finding *f)
{
	static const char *const mark[] = {
		[DOCTOR_FINE] = "ok", [DOCTOR_NOTHING] = "-", [DOCTOR_FINDING] = "FAIL"};
	static const char *const colour[] = {[DOCTOR_FINE] = "\033[32m",
		[DOCTOR_NOTHING] = "\033[2m",
		[DOCTOR_FINDING] = "\033[1;31m"};

	printf("%s%-4s%s  %-13s  %s\n", opt->colour ? colour[verdict] : "", mark[verdict],
		opt->colour ? "\033[0m" : "", c->name, c->title);
	if (verdict != DOCTOR_FINDING)
		return;
	print_wrapped(f->what, 6);
	print_wrapped(f->remedy, 8);
}

static void show_json(bool first, const struct doctor_check *c, enum doctor_verdict verdict,
	const struct doctor_finding *f)
{
	static const char *const word[] = {
		[DOCTOR_FINE] = "fine", [DOCTOR_NOTHING] = "nothing", [DOCTOR_FINDING] = "finding"};

	printf("%s\n  {\"check\": ", first ? "" : ",");
	json_string(stdout, c->name);
	printf(", \"verdict\": ");
	json_string(stdout, word[verdict]);
	if (verdict == DOCTOR_FINDING) {
		printf(",\n   \"finding\": ");
		json_string(stdout, f->what);
		printf(",\n   \"remedy\": ");
		json_string(stdout, f->remedy);
	}
	putchar('}');
}

static void run(const struct doctor *d, const struct options *opt, struct tally *tally)
{
	bool first = true;

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct doctor_check *c = tables[t]; c->name; c++) {
			struct doctor_finding f = {.what = ""};
			enum doctor_verdict verdict = c->run(d, &f);

			tally->fine += verdict == DOCTOR_FINE;
			tally->nothing += verdict == DOCTOR_NOTHING;
			tally->findings += verdict == DOCTOR_FINDING;
			if (opt->json)
				show_json(first, c, verdict, &f);
			else
				show(opt, c, verdict, &f);
			(void)fflush(stdout); /* a server may take its time; main() tells errors */
			first = false;
		}
	}
}

static int parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, 'j'},
		{"offline", no_argument, NULL, 'o'},
		{"root", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'j')
			opt->json = true;
		else if (c == 'o')
			opt->offline = true;
		else if (c == 'r')
			opt->root = optarg;
		else
			return -EINVAL;
	}
	if (optind < argc) {
		log_error("doctor: unexpected argument \"%.40s\"", argv[optind]);
		return -EINVAL;
	}
	opt->colour = isatty(STDOUT_FILENO) == 1 && !getenv("NO_COLOR");
	return 0;
}

int cmd_doctor(int argc, char **argv)
{
	_cleanup_free_ struct doctor *d = calloc(1, sizeof(*d));
	struct options opt = {.root = "/"};
	struct tally tally = {.fine = 0};
	struct err err = {.code = 0};
	int r;

	if (parse_options(argc, argv, &opt) < 0)
		return EXIT_USAGE;
	r = d ? doctor_look(d, opt.root, &err) : err_set(&err, -ENOMEM, "no memory");
	if (r < 0) {
		log_error("doctor: %s", err.text);
		return EXIT_FAILED;
	}
	d->offline = opt.offline;
	if (opt.json)
		printf("{\"checks\": [");
	run(d, &opt, &tally);
	doctor_done(d);
	if (opt.json)
		printf("\n],\n \"findings\": %u}\n", tally.findings);
	else
		printf("\n%u fine, %u to mend, %u of no concern here.\n", tally.fine,
			tally.findings, tally.nothing);
	return tally.findings ? EXIT_FINDINGS : EXIT_OK;
}

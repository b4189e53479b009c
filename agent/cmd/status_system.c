/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet status in a running system: besides how the machine booted, the lease as it is now, all of it
 * for programs, and where the boot spent its time.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/timeline.h"
#include "source/dhcp_lease.h"
#include "step/nfs_mounted.h"
#include "step/session.h"

struct options {
	bool json, timeline, pending;
	const char *svg;
};

/* What is known; a state that there is none of is empty. */
struct known {
	struct state boot, lease, renewal, firmware, sync;
};

static void load(struct known *k)
{
	if (state_load(STATE_BOOT, &k->boot, NULL) < 0)
		k->boot.n = 0;
	if (state_load(STATE_LEASE, &k->lease, NULL) < 0)
		k->lease.n = 0;
	if (state_load(STATE_RENEWAL, &k->renewal, NULL) < 0)
		k->renewal.n = 0;
	if (state_load(STATE_FIRMWARE, &k->firmware, NULL) < 0)
		k->firmware.n = 0;
	if (state_load(STATE_SYNC, &k->sync, NULL) < 0)
		k->sync.n = 0;
}

static void show_lease(const struct known *k)
{
	uint64_t lease_s = state_get_u64(&k->lease, "lease_s", LEASE_FOREVER);
	uint64_t end_ms = state_get_u64(&k->lease, "obtained_ms", 0) + lease_s * 1000;
	uint64_t now_ms = clock_now_ms();

	if (!k->lease.n)
		return;
	printf("%-10s %s from %s, ", "lease", state_get(&k->lease, "address"),
		state_get(&k->lease, "server"));
	if (lease_s == LEASE_FOREVER)
		printf("for ever\n");
	else if (now_ms < end_ms)
		printf("for %llu s more, renewed %llu times\n",
			(unsigned long long)((end_ms - now_ms) / 1000),
			(unsigned long long)state_get_u64(&k->renewal, "renewals", 0));
	else
		printf("ENDED %llu s ago\n", (unsigned long long)((now_ms - end_ms) / 1000));
	if (!k->renewal.n && lease_s != LEASE_FOREVER)
		printf("%-10s pinet-lease.service is not running\n", "WARNING");
	if (state_get(&k->renewal, "problem")[0])
		printf("%-10s %s\n", "WARNING", state_get(&k->renewal, "problem"));
}

/* Nobody should have to find out by a command that waits. */
static void show_nfs(const struct known *k)
{
	struct err err = {.code = 0};

	if (nfs_mounted_answers("/proc/self/mounts", state_get(&k->firmware, "where"), &err) < 0)
		printf("%-10s the boot files' server is away: %s\n", "WARNING", err.text);
}

static void show_state(const char *before, const char *name, const struct state *st)
{
	printf("%s\n \"%s\": {", before, name);
	for (unsigned int i = 0; i < st->n; i++) {
		printf("%s\n  ", i ? "," : "");
		json_string(stdout, st->at[i].key);
		printf(": ");
		json_string(stdout, st->at[i].value);
	}
	printf("\n }");
}

static const char *session_word(const struct known *k)
{
	const char *target = state_get(&k->boot, "session.target");
	struct login_report now;
	int r = target[0] ? session_find(target, &now, NULL) : -ENOENT;

	return r > 0 ? "logged in" : r == 0 ? "not there" : r == -ENOENT ? "none" : "not logged in";
}

static void show_json(const struct known *k, const struct timeline *t)
{
	printf("{");
	show_state("", "boot", &k->boot);
	show_state(",", "lease", &k->lease);
	show_state(",", "renewal", &k->renewal);
	show_state(",", "firmware", &k->firmware);
	show_state(",", "sync", &k->sync);
	printf(",\n \"session\": \"%s\",\n \"timeline\": [", session_word(k));
	for (unsigned int i = 0; i < t->n; i++) {
		printf("%s\n  {\"name\": ", i ? "," : "");
		json_string(stdout, t->bar[i].name);
		printf(", \"from_ms\": %llu, \"to_ms\": %llu}",
			(unsigned long long)t->bar[i].from_ms, (unsigned long long)t->bar[i].to_ms);
	}
	printf("\n ]\n}\n");
}

static int write_svg(const struct timeline *t, const char *path, struct err *reterr)
{
	_cleanup_free_ char *text = NULL;
	char host[65] = "";
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int r;

	if (!f)
		return err_set(reterr, -ENOMEM, "no memory for the picture");
	if (gethostname(host, sizeof(host) - 1) < 0)
		strcpy(host, "this machine");
	timeline_svg(t, host, f);
	if (fclose(f) != 0)
		return err_set(reterr, -ENOMEM, "no memory for the picture");
	r = fs_replace(path, text, 0644);
	return r < 0 ? err_sys(reterr, r, "cannot write %s", path) : 0;
}

static int parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, 'j'},
		{"pending", no_argument, NULL, 'p'},
		{"svg", required_argument, NULL, 's'},
		{"timeline", no_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'j')
			opt->json = true;
		else if (c == 'p')
			opt->pending = true;
		else if (c == 's')
			opt->svg = optarg;
		else if (c == 't')
			opt->timeline = true;
		else
			return -EINVAL;
	}
	if (optind < argc) {
		log_error("status: unexpected argument \"%.40s\"", argv[optind]);
		return -EINVAL;
	}
	optind = 1; /* cmd_status() reads them again */
	return 0;
}

static int show_timeline(const struct options *opt, const struct known *k, const struct timeline *t)
{
	struct err err = {.code = 0};

	if (!t->n) {
		log_error("status: pinet did not bring up this machine's root: nothing is known");
		return EXIT_FAILED;
	}
	if (opt->json)
		show_json(k, t);
	else if (opt->timeline)
		timeline_print(t, stdout);
	if (opt->svg && write_svg(t, opt->svg, &err) < 0) {
		log_error("status: %s", err.text);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

int cmd_status_system(int argc, char **argv)
{
	_cleanup_free_ struct known *k = calloc(1, sizeof(*k));
	struct options opt = {.svg = NULL};
	struct timeline_times times;
	struct timeline t;
	char *plain[] = {argv[0], NULL};

	if (parse_options(argc, argv, &opt) < 0)
		return EXIT_USAGE;
	if (!k) {
		log_error("status: no memory");
		return EXIT_FAILED;
	}
	load(k);
	if (opt.pending) {
		if (state_get(&k->renewal, "problem")[0])
			printf("pinet: %s\n", state_get(&k->renewal, "problem"));
		return cmd_status(argc, argv);
	}
	if (opt.json || opt.timeline || opt.svg) {
		timeline_read(&times);
		if (k->boot.n)
			timeline_make(&k->boot, &k->firmware, &times, &t);
		else
			t.n = 0;
		if (opt.json && !t.n) {
			show_json(k, &t);
			return EXIT_OK;
		}
		return show_timeline(&opt, k, &t);
	}
	show_lease(k);
	show_nfs(k);
	return cmd_status(1, plain);
}

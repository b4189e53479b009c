/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet generations: which there are on the boot server, and how they have fared.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/boot_dir.h"
#include "cmd/cmd.h"
#include "store/active.h"
#include "store/states.h"

#define EXIT_NOT_NEEDED 3
#define DATE_SIZE       32

/* What the boot server has. */
struct view {
	struct generation_list list;
	struct states states;
	char active[NAME_SIZE]; /* or "" */
	const struct generation *last_good; /* that is not active, or NULL */
};

/* A generation, for a line. */
struct row {
	const struct generation *g;
	enum states_mark mark;
	uint32_t attempts;
	bool active, last_good, running, damaged;
	struct manifest manifest;
};

static int look(struct boot_dir *d, struct view *v, struct err *reterr)
{
	enum manifest_layout layout;
	int r = boot_dir_ours(d, reterr);

	if (r == 0)
		r = active_layout(d->fd, &layout, reterr);
	if (r == 0)
		r = active_read(d->fd, d->ours_fd, layout, v->active, reterr);
	if (r >= 0)
		r = generation_list(d->ours_fd, &v->list, reterr);
	if (r == 0)
		r = states_load(d->ours_fd, &v->states, reterr);
	v->last_good = r < 0 ? NULL : states_last_good(&v->states, &v->list, v->active);
	return r;
}

/* "active, running" and so on; "" for none. */
static const char *marks(const struct row *row, char *out, size_t size)
{
	const struct {
		bool is;
		const char *name;
	} all[] = {
		{row->active, "active"},
		{row->running, "running"},
		{row->last_good, "last good"},
		{row->damaged, "damaged"},
	};
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].is)
			n += (size_t)snprintf(
				out + n, size - n, "%s%s", n ? ", " : "", all[i].name);
	return out;
}

static void show_line(const struct row *row)
{
	time_t t = row->manifest.created_s;
	char size[24] = "?", date[DATE_SIZE] = "?", what[64];
	struct tm tm;

	if (!row->damaged) {
		boot_dir_size(manifest_bytes(&row->manifest), size, sizeof(size));
		if (!localtime_r(&t, &tm) || !strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &tm))
			strcpy(date, "?");
	}
	printf("%-36s %-6s %u  %12s  %-16s  %s\n", row->g->name, states_mark_name(row->mark),
		row->attempts, size, date, marks(row, what, sizeof(what)));
}

static const char *json_bool(bool b)
{
	return b ? "true" : "false";
}

/* Names and versions have no character that JSON would want to be escaped (store/name). */
static void show_json(const struct row *row, bool first)
{
	struct span version = SPAN_NONE;
	uint32_t number;

	if (name_parse(span_str(row->g->name), &number, &version) < 0)
		version = SPAN_NONE; /* the list has none like that */
	printf("%s\n  {\"name\": \"%s\", \"kernel\": \"%.*s\", \"state\": \"%s\", \"attempts\": "
	       "%u, "
	       "\"active\": %s, \"running\": %s, \"last_good\": %s, \"damaged\": %s, "
	       "\"files\": %zu, \"bytes\": %llu, \"created\": %u}",
		first ? "" : ",", row->g->name, (int)version.len,
		version.p ? (const char *)version.p : "", states_mark_name(row->mark),
		row->attempts, json_bool(row->active), json_bool(row->running),
		json_bool(row->last_good), json_bool(row->damaged), row->manifest.n,
		(unsigned long long)manifest_bytes(&row->manifest), row->manifest.created_s);
}

static void show(const struct boot_dir *d, const struct view *v, bool json)
{
	if (json)
		printf("[");
	for (unsigned int i = 0; i < v->list.n; i++) {
		const struct generation *g = &v->list.at[i];
		const struct states_entry *e = states_find(&v->states, g->name);
		struct row row = {
			.g = g,
			.mark = e ? e->mark : STATES_NEW,
			.attempts = e ? e->attempts : 0,
			.active = strcmp(g->name, v->active) == 0,
			.running = strcmp(g->name, d->running) == 0,
			.last_good = g == v->last_good,
		};

		row.damaged = generation_load(d->ours_fd, g->name, &row.manifest, NULL) < 0;
		if (json)
			show_json(&row, i == 0);
		else
			show_line(&row);
		manifest_done(&row.manifest);
	}
	if (json)
		printf("%s]\n", v->list.n ? "\n" : "");
	else if (!v->list.n)
		printf("There are no generations yet: pinet sync makes the first.\n");
}

static bool has_version(const char *name, const char *version)
{
	struct span own;
	uint32_t number;

	return name_parse(span_str(name), &number, &own) == 0 && span_eq_str(own, version);
}

/*
 * For the hook that removes a kernel: is it one that the next boots may need? One that came up once
 * needs no way back; while no generation is active, they get what this one got.
 */
static int needs(const struct view *v, const char *running, const char *version)
{
	const struct states_entry *e = states_find(&v->states, v->active);

	if (v->active[0] ? has_version(v->active, version) : strcmp(running, version) == 0)
		return EXIT_OK;
	if (e && e->mark == STATES_GOOD)
		return EXIT_NOT_NEEDED;
	return v->last_good && has_version(v->last_good->name, version) ? EXIT_OK : EXIT_NOT_NEEDED;
}

int cmd_generations(int argc, char **argv)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, 'j'},
		{"dir", required_argument, NULL, 'd'},
		{"root", required_argument, NULL, 'r'},
		{"needs", required_argument, NULL, 'n'},
		{NULL, 0, NULL, 0},
	};
	_cleanup_boot_dir_ struct boot_dir d = {.fd = -1, .ours_fd = -1, .claim_fd = -1};
	_cleanup_free_ struct view *v = calloc(1, sizeof(*v));
	const char *dir = NULL, *root = "/", *version = NULL;
	struct err err = {.code = 0};
	bool json = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'j')
			json = true;
		else if (c == 'd')
			dir = optarg;
		else if (c == 'r')
			root = optarg;
		else if (c == 'n')
			version = optarg;
		else
			return EXIT_USAGE;
	}
	if (optind < argc) {
		log_error("generations: unexpected argument \"%.40s\"", argv[optind]);
		return EXIT_USAGE;
	}
	r = v ? boot_dir_look(&d, root, &err) : err_set(&err, -ENOMEM, "no memory");
	if (r == 0)
		r = boot_dir_open(&d, dir, &err);
	if (r == 0 && d.not_ours) {
		if (!version)
			log_step("generations: this machine does not boot from a boot server");
		return version ? EXIT_NOT_NEEDED : EXIT_OK;
	}
	if (r == 0)
		r = look(&d, v, &err);
	if (r < 0) {
		log_error("generations: %s", err.text);
		return EXIT_FAILED;
	}
	if (version)
		return needs(v, d.kernel, version);
	show(&d, v, json);
	return EXIT_OK;
}

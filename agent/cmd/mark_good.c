/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet mark-good: this boot came up, so its generation is one to go back to.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/boot_dir.h"
#include "cmd/cmd.h"
#include "store/active.h"
#include "store/generation.h"
#include "store/lock.h"
#include "store/states.h"

/* What the boot server has. */
struct view {
	enum manifest_layout layout;
	char active[NAME_SIZE];
	struct generation_list list;
	struct states states;
};

static int look(const struct boot_dir *d, struct view *v, struct err *reterr)
{
	int r = active_layout(d->fd, &v->layout, reterr);

	if (r == 0)
		r = active_read(d->fd, d->ours_fd, v->layout, v->active, reterr);
	if (r >= 0)
		r = generation_list(d->ours_fd, &v->list, reterr);
	return r < 0 ? r : states_load(d->ours_fd, &v->states, reterr);
}

/* The generation of this boot: what the command line says, else the active one if it can be. */
static const char *find_running(const struct boot_dir *d, const struct view *v)
{
	struct span version;
	uint32_t number;

	if (d->running[0])
		return d->running;
	return name_parse(span_str(v->active), &number, &version) == 0 &&
			       span_eq_str(version, d->kernel)
		       ? v->active
		       : "";
}

/* True if tryboot.txt is what made the firmware load @name. */
static bool was_tried(const struct boot_dir *d, const struct view *v, const char *name)
{
	char tried[NAME_SIZE];

	return strcmp(name, v->active) != 0 && active_tried(d->fd, v->layout, tried, NULL) > 0 &&
	       strcmp(tried, name) == 0;
}

/* The boot for which it was made went well: it is for all. */
static int activate(const struct boot_dir *d, const char *name, struct err *reterr)
{
	_cleanup_manifest_ struct manifest m = {.n = 0};
	int r = generation_load(d->ours_fd, name, &m, reterr);

	if (r == 0)
		r = generation_check(d->ours_fd, &m, false, reterr);
	if (r == 0)
		r = active_set(d->fd, d->ours_fd, &m, reterr);
	if (r > 0)
		log_step("mark-good: %s is active", name);
	if (r >= 0)
		boot_dir_note_active(d, name);
	return r < 0 ? r : 0;
}

/* Returns 1 if it was marked, 0 if it was before, or a negative errno. */
static int mark(const struct boot_dir *d, struct view *v, const char *name, struct err *reterr)
{
	const struct states_entry *e = states_find(&v->states, name);
	const struct generation *last = states_last_good(&v->states, &v->list, NULL);
	uint32_t now_s = (uint32_t)time(NULL);
	int r;

	if (e && e->mark == STATES_GOOD && e->attempts == 0 && last &&
		strcmp(last->name, name) == 0)
		return 0;
	/* It is the last one, also if the clock was wrong when another was. */
	e = last ? states_find(&v->states, last->name) : NULL;
	if (e && e->time_s >= now_s)
		now_s = e->time_s < UINT32_MAX ? e->time_s + 1 : e->time_s;
	states_keep(&v->states, &v->list);
	r = states_put(&v->states, name, STATES_GOOD, 0, now_s);
	if (r < 0)
		return err_sys(reterr, r, "cannot note the state of %s", name);
	r = states_save(d->ours_fd, &v->states, reterr);
	return r < 0 ? r : 1;
}

/* Whose directory it is does not matter: who is counted by each boot, whoever boots, is good by each that came up. */
static int mark_good(const struct boot_dir *d, struct view *v, struct err *reterr)
{
	_cleanup_lock_ struct lock held = {.ours_fd = -1};
	struct lock_holder self;
	const char *name;
	int r = look(d, v, reterr);

	if (r < 0)
		return r;
	name = find_running(d, v);
	if (!name[0] || !generation_find(&v->list, name)) {
		log_step("mark-good: this boot is of no generation%s%s: nothing to mark",
			name[0] ? " that is still there, but of " : "", name);
		return 0;
	}
	r = lock_self(d->root, &self, reterr);
	if (r == 0)
		r = lock_take(d->ours_fd, &self, &held, NULL, reterr);
	if (r == 0)
		r = states_load(
			d->ours_fd, &v->states, reterr); /* it may have changed before the lock */
	if (r == 0)
		r = mark(d, v, name, reterr);
	if (r < 0)
		return r;
	(void)!generation_clean(
		d->ours_fd, NULL); /* what an interrupted run left is in nobody's way */
	log_step("mark-good: %s is%s good", name, r ? "" : " known to be");
	if (!was_tried(d, v, name))
		return 0;
	r = lock_owner(d->ours_fd, &self, false, reterr);
	return r < 0 ? r : activate(d, name, reterr);
}

int cmd_mark_good(int argc, char **argv)
{
	static const struct option longs[] = {
		{"dir", required_argument, NULL, 'd'},
		{"root", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	_cleanup_boot_dir_ struct boot_dir d = {.fd = -1, .ours_fd = -1, .claim_fd = -1};
	_cleanup_free_ struct view *v = calloc(1, sizeof(*v));
	const char *dir = NULL, *root = "/";
	struct err err = {.code = 0};
	int c, r;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'd')
			dir = optarg;
		else if (c == 'r')
			root = optarg;
		else
			return EXIT_USAGE;
	}
	if (optind < argc) {
		log_error("mark-good: unexpected argument \"%.40s\"", argv[optind]);
		return EXIT_USAGE;
	}
	r = v ? boot_dir_look(&d, root, &err) : err_set(&err, -ENOMEM, "no memory");
	if (r == 0)
		r = boot_dir_open(&d, dir, &err);
	if (r == 0 && d.not_ours)
		return EXIT_OK;
	if (r == 0)
		r = boot_dir_claim(&d, &err);
	if (r == 0)
		r = boot_dir_ours(&d, &err);
	if (r == 0)
		r = mark_good(&d, v, &err);
	if (r == 0)
		return EXIT_OK;
	log_error("mark-good: %s", err.text);
	return EXIT_FAILED;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet rollback: another generation becomes the active one.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/log.h"
#include "cmd/boot_dir.h"
#include "cmd/cmd.h"
#include "store/active.h"
#include "store/generation.h"
#include "store/lock.h"
#include "store/states.h"

/* A kernel without its modules would find no root again. */
static bool has_modules(const struct boot_dir *d, const char *kernel)
{
	char name[NAME_SIZE + 32], path[PATH_MAX];

	if (boot_dir_path(d, "lib/modules", path, sizeof(path)) < 0 || !fs_exists(path))
		return true;
	(void)snprintf(name, sizeof(name), "lib/modules/%s/modules.dep", kernel); /* fits */
	return boot_dir_path(d, name, path, sizeof(path)) == 0 && fs_exists(path);
}

/* The last good one that is not active. */
static int choose(const struct states *states, const struct generation_list *list,
	const char *active, char ret[NAME_SIZE], struct err *reterr)
{
	const struct generation *good = states_last_good(states, list, active);

	if (!good)
		return err_set(reterr, -ENOENT,
			"there is no other good generation to go back to; \"pinet generations\" "
			"shows "
			"which there are");
	strcpy(ret, good->name);
	return 0;
}

/* One that did not come up, and is wanted nevertheless, has all its attempts again. */
static int forgive(int ours_fd, struct states *states, const char *name, struct err *reterr)
{
	const struct states_entry *e = states_find(states, name);
	int r;

	if (!e || e->mark != STATES_BAD)
		return 0;
	r = states_put(states, name, STATES_NEW, 0, (uint32_t)time(NULL));
	return r < 0 ? err_sys(reterr, r, "cannot note the state of %s", name)
		     : states_save(ours_fd, states, reterr);
}

static int activate(
	const struct boot_dir *d, const char *name, struct states *states, struct err *reterr)
{
	_cleanup_manifest_ struct manifest m = {.n = 0};
	int r = generation_load(d->ours_fd, name, &m, reterr);

	if (r == 0)
		r = generation_check(d->ours_fd, &m, true, reterr);
	if (r == 0 && !has_modules(d, m.kernel))
		r = err_set(reterr, -EINVAL,
			"the root has no modules for the kernel of %s: install linux-image-%s "
			"first",
			name, m.kernel);
	if (r == 0)
		r = forgive(d->ours_fd, states, name, reterr);
	return r < 0 ? r : active_set(d->fd, d->ours_fd, &m, reterr);
}

static int lock(const struct boot_dir *d, struct lock *ret, struct err *reterr)
{
	struct lock_holder self;
	int r = lock_self(d->root, &self, reterr);

	if (r == 0)
		r = lock_take(d->ours_fd, &self, ret, NULL, reterr);
	if (r == 0)
		r = lock_owner(d->ours_fd, &self, false, reterr);
	return r;
}

static int roll_back(const struct boot_dir *d, const char *wanted, struct err *reterr)
{
	_cleanup_lock_ struct lock held = {.ours_fd = -1};
	_cleanup_free_ struct generation_list *list = calloc(1, sizeof(*list));
	_cleanup_free_ struct states *states = calloc(1, sizeof(*states));
	char active[NAME_SIZE] = "", name[NAME_SIZE];
	enum manifest_layout layout;
	int r;

	if (!list || !states)
		return err_set(reterr, -ENOMEM, "no memory for the generations");
	r = lock(d, &held, reterr);
	if (r == 0)
		r = active_layout(d->fd, &layout, reterr);
	if (r == 0)
		r = active_read(d->fd, d->ours_fd, layout, active, reterr);
	if (r >= 0)
		r = generation_list(d->ours_fd, list, reterr);
	if (r == 0)
		r = states_load(d->ours_fd, states, reterr);
	if (r < 0)
		return r;
	(void)!generation_clean(
		d->ours_fd, NULL); /* what an interrupted run left is in nobody's way */
	if (!wanted)
		r = choose(states, list, active, name, reterr);
	else if (generation_find(list, wanted))
		strcpy(name, wanted);
	else
		r = err_set(reterr, -ENOENT, "there is no generation %.80s", wanted);
	if (r == 0)
		r = activate(d, name, states, reterr);
	if (r < 0)
		return r;
	boot_dir_note_active(d, name);
	if (strcmp(active, name) == 0)
		log_step("rollback: %s is active already", name);
	else
		log_step("rollback: %s is active (was %s); restart to boot it", name,
			active[0] ? active : "none");
	return 0;
}

int cmd_rollback(int argc, char **argv)
{
	static const struct option longs[] = {
		{"dir", required_argument, NULL, 'd'},
		{"root", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	_cleanup_boot_dir_ struct boot_dir d = {.fd = -1, .ours_fd = -1, .claim_fd = -1};
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
	if (argc - optind > 1) {
		log_error("rollback: unexpected argument \"%.40s\"", argv[optind + 1]);
		return EXIT_USAGE;
	}
	r = boot_dir_look(&d, root, &err);
	if (r == 0)
		r = boot_dir_open(&d, dir, &err);
	if (r == 0 && d.not_ours)
		r = err_set(&err, -ENODEV, "this machine does not boot from a boot server");
	if (r == 0)
		r = boot_dir_claim(&d, &err);
	if (r == 0)
		r = boot_dir_ours(&d, &err);
	if (r == 0 && d.ours_fd < 0)
		r = err_set(&err, -ENOENT, "there are no generations in the boot directory");
	if (r == 0)
		r = roll_back(&d, optind < argc ? argv[optind] : NULL, &err);
	if (r == 0)
		return EXIT_OK;
	log_error("rollback: %s", err.text);
	return EXIT_FAILED;
}

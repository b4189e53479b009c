/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step trial: boots of a new generation are counted, the last good one is the way back.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "step/trial.h"
#include "store/active.h"
#include "store/files.h"
#include "store/generation.h"
#include "store/manifest.h"
#include "store/states.h"

/* What the server says of its generations. */
struct view {
	int boot_dirfd, ours_fd; /* the caller's; ours */
	enum manifest_layout layout;
	char active[NAME_SIZE];
	struct states states;
	struct generation_list list;
};

static void free_view(struct view **v)
{
	if (*v)
		cleanup_fd(&(*v)->ours_fd);
	free(*v);
}

static struct view *new_view(int boot_dirfd)
{
	struct view *v = calloc(1, sizeof(*v));

	if (v) {
		v->boot_dirfd = boot_dirfd;
		v->ours_fd = -1;
	}
	return v;
}

/* Returns 1, 0 if no generation is active, or a negative errno. */
static int look(struct view *v, struct err *reterr)
{
	int r = active_layout(v->boot_dirfd, &v->layout, reterr);

	if (r < 0)
		return r;
	v->ours_fd = files_open_ours(v->boot_dirfd, false, reterr);
	if (v->ours_fd < 0 && v->ours_fd != -ENOENT)
		return v->ours_fd;
	r = active_read(v->boot_dirfd, v->ours_fd, v->layout, v->active, reterr);
	if (r <= 0)
		return r;
	r = states_load(v->ours_fd, &v->states, reterr);
	if (r == 0)
		r = generation_list(v->ours_fd, &v->list, reterr);
	return r < 0 ? r : 1;
}

/* True if the firmware has loaded the generation @name, as far as that can be told. */
static bool is_running(const struct trial_boot *boot, const char *name)
{
	struct span version;
	uint32_t number;

	if (boot->generation[0])
		return strcmp(boot->generation, name) == 0;
	return name_parse(span_str(name), &number, &version) == 0 &&
	       span_eq_str(version, boot->kernel);
}

/* Makes @name active if it is whole. */
static int go_to(const struct view *v, const char *name, struct err *reterr)
{
	struct manifest m = {.n = 0};
	int r = generation_load(v->ours_fd, name, &m, reterr);

	if (r == 0)
		r = generation_check(v->ours_fd, &m, false, reterr);
	if (r == 0)
		r = active_set(v->boot_dirfd, v->ours_fd, &m, reterr);
	manifest_done(&m);
	return r < 0 ? r : 0;
}

/* True if go_to() said @r for a reason that another generation may not have: it is forgotten. */
static bool is_no_choice(struct view *v, const char *name, int r)
{
	if (r != -EBADMSG && r != -ENOENT && r != -EOPNOTSUPP)
		return false;
	generation_gone(&v->list, name);
	return true;
}

/* The active one had its attempts. @now_s goes to its entry. */
static int go_back(struct view *v, uint32_t now_s, struct trial_report *out, struct err *reterr)
{
	const struct generation *good;
	int r = 0;

	out->verdict = TRIAL_STUCK;
	/* First the way back, then the verdict: a crash between the two only repeats it. */
	while ((good = states_last_good(&v->states, &v->list, v->active))) {
		strcpy(out->back, good->name);
		r = go_to(v, out->back, reterr);
		if (!is_no_choice(v, out->back, r))
			break;
	}
	if (!good || r < 0)
		return r;
	out->verdict = TRIAL_BACK;
	if (states_put(&v->states, v->active, STATES_BAD, out->attempts, now_s) < 0)
		return err_set(reterr, -ENOSPC, "too many generations in pinet/states");
	return states_save(v->ours_fd, &v->states, reterr);
}

/* Counts, or goes back; @out has the names. */
static int judge(
	struct view *v, const struct trial_boot *boot, struct trial_report *out, struct err *reterr)
{
	const struct states_entry *entry;

	states_keep(&v->states, &v->list); /* those that are gone */
	entry = states_find(&v->states, v->active);
	out->attempts = entry ? entry->attempts : 0;
	out->verdict = TRIAL_OTHER;
	if (!is_running(boot, v->active))
		return 0;
	out->verdict = TRIAL_GOOD;
	if (entry && entry->mark == STATES_GOOD)
		return 0;
	if (out->attempts >= TRIAL_ATTEMPTS)
		return go_back(v, boot->now_s, out, reterr);
	out->verdict = TRIAL_COUNTED;
	out->attempts++;
	if (states_put(&v->states, v->active, STATES_TRYING, out->attempts, boot->now_s) < 0)
		return err_set(reterr, -ENOSPC, "too many generations in pinet/states");
	return states_save(v->ours_fd, &v->states, reterr);
}

int trial_count(int boot_dirfd, const struct trial_boot *boot, struct trial_report *report,
	struct err *reterr)
{
	struct view *v __attribute__((cleanup(free_view))) = new_view(boot_dirfd);
	struct trial_report out = {.verdict = TRIAL_NONE};
	int r;

	if (!v)
		return err_set(reterr, -ENOMEM, "no memory for the generations");
	(void)snprintf(out.running, sizeof(out.running), "%s", boot->generation); /* it is a name */
	r = look(v, reterr);
	if (r > 0) {
		strcpy(out.active, v->active);
		r = judge(v, boot, &out, reterr);
	}
	if (r < 0)
		return r;
	*report = out;
	return 0;
}

bool trial_has_modules(const char *rootmnt, const char *kernel)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/lib/modules", rootmnt) >= sizeof(path))
		return false;
	if (!fs_exists(path))
		return true;
	return (size_t)snprintf(path, sizeof(path), "%s/lib/modules/%s/modules.dep", rootmnt,
		       kernel) < sizeof(path) &&
	       fs_exists(path);
}

/* The newest generation that is not @active, not bad, and has a kernel that this root knows. */
static const struct generation *find_fitting(const struct view *v, const char *rootmnt)
{
	for (unsigned int i = v->list.n; i-- > 0;) {
		const struct generation *g = &v->list.at[i];
		const struct states_entry *entry = states_find(&v->states, g->name);
		char kernel[NAME_SIZE];
		struct span version;
		uint32_t number;

		if (strcmp(g->name, v->active) == 0 || (entry && entry->mark == STATES_BAD))
			continue;
		if (name_parse(span_str(g->name), &number, &version) == 0 &&
			span_copy(version, kernel, sizeof(kernel)) == 0 &&
			trial_has_modules(rootmnt, kernel))
			return g;
	}
	return NULL;
}

int trial_mend(int boot_dirfd, const char *rootmnt, const struct trial_boot *boot,
	char ret_name[NAME_SIZE], struct err *reterr)
{
	struct view *v __attribute__((cleanup(free_view))) = NULL;
	const struct generation *fitting;
	char name[NAME_SIZE];
	int r;

	if (trial_has_modules(rootmnt, boot->kernel))
		return 0;
	v = new_view(boot_dirfd);
	if (!v)
		return err_set(reterr, -ENOMEM, "no memory for the generations");
	r = look(v, reterr);
	if (r <= 0)
		return r;
	if (strcmp(boot->generation, v->active) != 0)
		return 0;
	for (r = 0; (fitting = find_fitting(v, rootmnt));) {
		strcpy(name, fitting->name);
		r = go_to(v, name, reterr);
		if (!is_no_choice(v, name, r))
			break;
	}
	if (!fitting || r < 0)
		return r;
	strcpy(ret_name, name);
	return 1;
}

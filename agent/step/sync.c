/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync, in its order.
 *
 *     look -> unchanged? done
 *     lock -> load -> command line -> choose -> room -> stage -> checked? -> same as one that is there? -> settle ->
 *     commit -> activate -> stamp
 *     From settle to activate older generations are pruned, beside.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "step/sync_parts.h"
#include "store/active.h"
#include "store/files.h"
#include "store/generation.h"

#define ATTEMPTS 3 /* a file that changes while it is read */

static enum states_mark mark_of(const struct sync *s, const char *name)
{
	const struct states_entry *e = states_find(&s->states, name);

	return e ? e->mark : STATES_NEW;
}

static int refuse_bad(const struct sync *s, const char *name, struct err *reterr)
{
	return err_set(reterr, -ECANCELED,
		"these boot files are generation %s, which did not come up; %s stays active until "
		"there are others (or: pinet sync --force)",
		name, s->active);
}

/* Nothing is new. That may be because of a rollback, which is to last. */
static int nothing_new(struct sync *s, struct err *reterr)
{
	strcpy(s->report->newest, s->stamp.generation);
	strcpy(s->report->generation, s->active);
	if (strcmp(s->stamp.generation, s->active) == 0) {
		s->report->verdict = SYNC_NOTHING;
		return 0;
	}
	if (states_load(s->ours_fd, &s->states, reterr) < 0)
		return reterr->code;
	if (mark_of(s, s->stamp.generation) == STATES_BAD)
		return refuse_bad(s, s->stamp.generation, reterr);
	s->report->verdict = SYNC_HELD;
	return 0;
}

/* Makes @m the active generation, or the one of the next boot. @fresh: it was made just now. */
static int activate(
	struct sync *s, struct lock *lock, const struct manifest *m, bool fresh, struct err *reterr)
{
	const struct sync_wish *w = s->wish;
	int r;

	if (!lock_held(lock))
		return err_set(
			reterr, -EBUSY, "another machine has taken the lock of the boot directory");
	/*
	 * One without a state is new. First the state: a boot in between finds a generation that is new, also if there was
	 * another one of that name.
	 */
	if (fresh ? states_find(&s->states, m->generation) != NULL
		  : mark_of(s, m->generation) == STATES_BAD) {
		states_keep(&s->states, &s->list);
		r = states_put(&s->states, m->generation, STATES_NEW, 0, w->now_s);
		if (r < 0)
			return err_sys(reterr, r, "cannot note the state of %s", m->generation);
		r = states_save(s->ours_fd, &s->states, reterr);
		if (r < 0)
			return r;
	}
	r = w->once ? active_try(w->boot_dirfd, s->ours_fd, m, reterr)
		    : active_set(w->boot_dirfd, s->ours_fd, m, reterr);
	if (r < 0)
		return r;
	if (s->layout == MANIFEST_RASPI && !w->once && !s->active[0] && s->stamp.generation[0])
		notes_add(&s->report->notes,
			"config.txt had lost the block by which the firmware finds a generation, "
			"and has it again");
	s->report->verdict = w->once ? SYNC_ONCE : SYNC_ACTIVE;
	strcpy(s->report->generation, m->generation);
	strcpy(s->report->newest, m->generation);
	strcpy(w->once ? s->tryboot : s->active, m->generation);
	return 0;
}

/* The active generation is whole by TFTP; a server that shows another one as active boots that. */
static void look_by_tftp(struct sync *s, const struct manifest *m)
{
	struct err err = {.code = 0};

	if (s->wish->verify == SYNC_VERIFY_TFTP && strcmp(s->active, m->generation) == 0 &&
		sync_tftp_active(s, m, &err) < 0)
		notes_add(&s->report->notes, "%.230s", err.text);
}

/*
 * True if @m was made of these files by the run of the stamp: then somebody who made another one
 * active since, or wanted it for one boot only, knew of it. That none is active nobody wanted: a
 * package that makes config.txt anew leaves it so.
 */
static bool is_held(const struct sync *s, const struct manifest *m)
{
	return !s->wish->force && !s->wish->once && generation_find(&s->list, s->active) &&
	       strcmp(m->generation, s->stamp.generation) == 0 &&
	       strcmp(m->generation, s->wish->tried) != 0;
}

/*
 * A trial that is over goes with the active generation @m from now on: of what is gone, of what was active before, or
 * with --try of other files.
 */
static void mend_tryboot(struct sync *s, const struct manifest *m)
{
	struct err err = {.code = 0};
	bool over = strcmp(s->tryboot, s->report->previous) == 0 ||
		    !generation_find(&s->list, s->tryboot);
	int r;

	if (s->layout != MANIFEST_RASPI || strcmp(m->generation, s->active) != 0 ||
		(!s->wish->once && (!s->tryboot[0] || !over)))
		return;
	r = active_try(s->wish->boot_dirfd, s->ours_fd, m, &err);
	if (r < 0)
		notes_add(&s->report->notes, "%.230s", err.text);
	else
		strcpy(s->tryboot, m->generation);
}

/* What follows an activation, or one that was interrupted; the generation boots without it. */
static void tidy_up(struct sync *s)
{
	struct err err = {.code = 0};

	if (sync_prune_end(s, &err) < 0 || sync_prune(s, s->wish->keep, &err) < 0)
		notes_add(&s->report->notes, "%.230s", err.text);
}

/* The files are those of a generation that is there, and whole. */
static int take_same(
	struct sync *s, struct lock *lock, const struct manifest *m, struct err *reterr)
{
	struct sync_report *rep = s->report;
	char name[NAME_SIZE];
	int r = s->wish->verify == SYNC_VERIFY_TFTP ? sync_tftp(s, m, reterr) : 0;

	if (r < 0)
		return r;
	rep->n_files = (unsigned int)m->n;
	strcpy(rep->newest, m->generation);
	strcpy(rep->generation, s->active);
	if (strcmp(m->generation, s->active) == 0) {
		rep->verdict = SYNC_NOTHING;
	} else if (!s->wish->force && mark_of(s, m->generation) == STATES_BAD) {
		r = refuse_bad(s, m->generation, reterr);
	} else if (is_held(s, m)) {
		rep->verdict = SYNC_HELD;
	} else {
		r = activate(s, lock, m, false, reterr);
		if (r < 0)
			return r;
	}
	strcpy(name, m->generation);
	look_by_tftp(s, m);
	mend_tryboot(s, m);
	if (r == 0)
		tidy_up(s); /* @m may be elsewhere after this */
	sync_save_stamp(s, name, NULL);
	return r;
}

/* As sync_find_same(), but passes over generations that are damaged. The active one was read before. */
static int find_whole(struct sync *s, const struct manifest **ret, struct err *reterr)
{
	int r;

	while ((r = sync_find_same(s, ret, reterr)) > 0) {
		struct err err = {.code = 0};
		bool read = s->wish->verify != SYNC_VERIFY_NONE &&
			    (s->wish->force || s->wish->drifted ||
				    strcmp((*ret)->generation, s->active) != 0);

		r = generation_check(s->ours_fd, *ret, read, &err);
		if (r == 0)
			return 1;
		if (r != -EBADMSG)
			return err_set(reterr, r, "%s", err.text);
		notes_add(&s->report->notes, "%.200s: it is made again", err.text);
		sync_forget_known(s, (*ret)->generation);
	}
	return r;
}

/* What no generation seems to have yet. */
static struct generation_size count_new(const struct sync *s)
{
	struct generation_size new = {0};

	for (size_t i = 0; i < s->set.n; i++) {
		const struct boot_file *f = &s->set.file[i];
		bool there = false;

		for (unsigned int k = 0; k < s->n_known && f->chosen; k++) {
			const struct manifest_file *old =
				manifest_find(&s->known[k].manifest, f->path);

			there |= old && old->size == (uint64_t)f->st.st_size;
		}
		if (!f->chosen || there)
			continue;
		new.bytes += (uint64_t)f->st.st_size;
		new.files++;
	}
	return new;
}

static int make_name(const struct sync *s, char ret[NAME_SIZE], struct err *reterr)
{
	int r;

	if (s->list.next > NAME_NUMBER_MAX)
		return err_set(reterr, -ERANGE, "the numbers of generations are used up");
	r = name_make(s->list.next, s->set.version, ret);
	return r < 0 ? err_set(reterr, r, "\"%.64s\" cannot be the version of a kernel",
			       s->set.version)
		     : 0;
}

static int commit(struct sync *s, struct lock *lock, struct stage *stage, struct err *reterr)
{
	char name[NAME_SIZE];
	struct stat manifest;
	int r = stage_commit(stage, reterr);

	if (r == 0 && generation_add(&s->list, stage->manifest.generation) < 0)
		r = err_set(reterr, -E2BIG, "there are more than %d generations", GENERATIONS);
	if (r == 0 && s->wish->verify == SYNC_VERIFY_TFTP) {
		r = sync_tftp(s, &stage->manifest, reterr);
		if (r < 0)
			(void)!generation_remove(s->ours_fd, stage->manifest.generation, NULL);
	}
	if (r == 0)
		r = activate(s, lock, &stage->manifest, true, reterr);
	if (r < 0)
		return r;
	look_by_tftp(s, &stage->manifest);
	mend_tryboot(s, &stage->manifest);
	s->report->made = true;
	s->report->n_files = (unsigned int)stage->manifest.n;
	s->report->n_written = stage->n_written;
	s->report->bytes_written = stage->bytes_written;
	manifest = stage->manifest_st;
	strcpy(name, stage->manifest.generation);
	stage_end(stage); /* it takes its time, and so does what goes beside */
	tidy_up(s);
	sync_save_stamp(s, name, &manifest);
	return 0;
}

/* True if another attempt is worth while: there was less room than it seemed, or a way that does not work. */
static bool can_mend(struct sync *s, const struct stage *stage, const struct err *why)
{
	unsigned int before = s->report->n_removed;
	bool *way = why->code == -EPROTONOSUPPORT ? &s->buffered : &s->copy_all;
	struct err err = {.code = 0};

	sync_prune_drop(s); /* it works on what is used again now */
	if (files_cause(why->code) == FILES_FULL)
		return sync_prune(s, 0, &err) == 0 && s->report->n_removed > before;
	if (*way || (why->code != -EPROTONOSUPPORT && (why->code != -EBADMSG || !stage->n_linked)))
		return false;
	*way = true;
	if (way == &s->copy_all)
		notes_add(&s->report->notes, "%.180s: all files are copied", why->text);
	return true;
}

enum decision {
	TAKE,
	SAME, /* as a generation that is there */
	AGAIN, /* some kernels were left out */
};

/* What is to become of the files, all of which are known now: one of these, with SAME and @ret_same, or a negative errno. */
static int decide(struct sync *s, const struct manifest **ret_same, struct err *reterr)
{
	int r = sync_check_finish(s, reterr);

	if (r != 0)
		return r < 0 ? r : AGAIN;
	r = find_whole(s, ret_same, reterr);
	return r <= 0 ? r : SAME;
}

/*
 * While the last files come back older generations go that are not needed when this is the active one; by TFTP it may turn
 * out later that it will not be.
 */
static int settle(struct sync *s, struct stage *stage, struct err *reterr)
{
	if (s->wish->verify != SYNC_VERIFY_TFTP)
		sync_prune_begin(s, stage->manifest.generation);
	return stage_settle(stage, reterr);
}

/* Stages, as often as kernels are left out or what fails can be mended. Returns TAKE, SAME or a negative errno. */
static int stage_all(struct sync *s, struct lock *lock, const char *name, struct stage *stage,
	const struct manifest **ret_same, struct err *reterr)
{
	for (;;) {
		int r = sync_stage(s, lock, name, stage, reterr);
		int what = r == 0 ? decide(s, ret_same, reterr) : TAKE;

		if (what < 0 || what == SAME)
			return what;
		if (r == 0 && what == TAKE)
			r = settle(s, stage, reterr);
		if (what == TAKE && (r == 0 || !can_mend(s, stage, reterr)))
			return r;
		stage_end(stage);
		memset(stage, 0, sizeof(*stage));
	}
}

static int make_generation(struct sync *s, struct lock *lock, struct err *reterr)
{
	_cleanup_free_ struct stage *stage = calloc(1, sizeof(*stage));
	const struct manifest *same = NULL;
	char name[NAME_SIZE];
	struct generation_size need;
	int r;

	if (!stage)
		return err_set(reterr, -ENOMEM, "no memory for a generation");
	r = find_whole(s, &same, reterr);
	if (r != 0)
		return r < 0 ? r : take_same(s, lock, same, reterr);
	need = count_new(s);
	r = sync_make_room(s, &need, reterr);
	if (r == 0)
		r = make_name(s, name, reterr);
	if (r < 0)
		return r;
	r = stage_all(s, lock, name, stage, &same, reterr);
	if (r == TAKE)
		r = commit(s, lock, stage, reterr);
	if (r < 0)
		sync_prune_drop(s); /* as long as the lock is ours */
	stage_end(stage);
	return r == SAME ? take_same(s, lock, same, reterr) : r;
}

/* What is done under the lock. */
static int synchronize(struct sync *s, struct lock *lock, struct err *reterr)
{
	int r = sync_load(s, reterr);

	if (r == 0)
		r = sync_mend_cmdlines(s, reterr);
	if (r == 0)
		r = sync_choose(s, reterr);
	if (r == 0)
		r = make_generation(s, lock, reterr);
	return r;
}

static int take_lock(struct sync *s, struct lock *ret, struct err *reterr)
{
	int r = lock_self(s->wish->root, &s->self, reterr);

	if (r == 0 && s->ours_fd < 0) {
		s->ours_fd = files_open_ours(s->wish->boot_dirfd, true, reterr);
		r = s->ours_fd < 0 ? s->ours_fd : 0;
	}
	return r < 0 ? r : lock_take(s->ours_fd, &s->self, ret, NULL, reterr);
}

static int attempt(struct sync *s, struct err *reterr)
{
	_cleanup_lock_ struct lock lock = {.ours_fd = -1};
	const char *newest;
	int r = sync_look(s, reterr);

	if (r < 0)
		return r;
	strcpy(s->report->previous, s->active);
	newest = s->stamp.generation;
	/* What tryboot.txt was made for is activated by a plain sync. */
	if (sync_is_unchanged(s) && !s->wish->force && !s->wish->adopt && !s->wish->once &&
		!s->wish->drifted && s->wish->verify != SYNC_VERIFY_TFTP &&
		(!s->wish->tried[0] || strcmp(newest, s->wish->tried) != 0))
		return nothing_new(s, reterr);
	r = take_lock(s, &lock, reterr);
	return r < 0 ? r : synchronize(s, &lock, reterr);
}

int sync_run(const struct sync_wish *wish, struct sync_report *report, struct err *reterr)
{
	struct sync *s = calloc(1, sizeof(*s));
	int r = -EAGAIN;

	memset(report, 0, sizeof(*report));
	if (!s)
		return err_set(reterr, -ENOMEM, "no memory to synchronize");
	s->wish = wish;
	s->report = report;
	s->ours_fd = -1;
	for (int i = 0; i < ATTEMPTS && r == -EAGAIN; i++) {
		report->notes.n = report->notes.dropped = 0;
		memset(&s->set, 0, sizeof(s->set));
		r = attempt(s, reterr);
		for (unsigned int n = 0; n < s->set.notes.n; n++)
			notes_add(&report->notes, "%s", s->set.notes.text[n]);
		sync_forget(s);
	}
	free(s);
	return r;
}

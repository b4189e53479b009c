/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: the generations that there are, what they have in common with the new one, and
 * which of them may go.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "source/cmdline.h"
#include "step/sync_parts.h"
#include "store/active.h"
#include "store/config_txt.h"
#include "store/files.h"
#include "store/generation.h"

/* What interrupted runs left is in nobody's way: what cannot be removed stays. */
static int clean(struct sync *s, struct err *reterr)
{
	struct err err = {.code = 0};

	if (generation_clean(s->ours_fd, &err) < 0)
		notes_add(&s->report->notes, "%.200s: it stays", err.text);
	return generation_list(s->ours_fd, &s->list, reterr);
}

int sync_load(struct sync *s, struct err *reterr)
{
	/* One after the other: asked at once, the parts that are sent next fall in step, and the line is idle in turns. */
	int r = lock_owner(s->ours_fd, &s->self, s->wish->adopt, reterr);

	if (r == 0)
		r = generation_list(s->ours_fd, &s->list, reterr);
	if (r == 0)
		r = states_load(s->ours_fd, &s->states, reterr);
	if (r == 0)
		r = active_tried(s->wish->boot_dirfd, s->layout, s->tryboot, reterr);
	if (r < 0)
		return r;
	s->n_known = stage_load_older(s->ours_fd, &s->list, s->known);
	r = sync_read_cmdlines(s, reterr);
	return r < 0 || !s->list.leftovers ? r : clean(s, reterr);
}

enum manifest_role sync_role(enum boot_role role)
{
	static const enum manifest_role roles[] = {
		[BOOT_KERNEL] = MANIFEST_KERNEL,
		[BOOT_INITRAMFS] = MANIFEST_INITRAMFS,
		[BOOT_DTB] = MANIFEST_DTB,
		[BOOT_OVERLAY] = MANIFEST_OVERLAY,
		[BOOT_CMDLINE] = MANIFEST_CMDLINE,
		[BOOT_OTHER] = MANIFEST_OTHER,
		[BOOT_INPUT] = MANIFEST_OTHER,
	};

	return roles[role];
}

bool sync_knows(const struct sync *s, enum manifest_role role, const struct sha256 *digest,
	const struct manifest **ret_manifest)
{
	for (unsigned int i = 0; i < s->n_known; i++) {
		const struct manifest *m = &s->known[i].manifest;

		for (size_t j = 0; j < m->n; j++) {
			if (m->file[j].role != role || !sha256_eq(&m->file[j].digest, digest))
				continue;
			*ret_manifest = m;
			return true;
		}
	}
	return false;
}

static int add(struct manifest *m, enum manifest_role role, const char *path,
	const struct sha256 *digest, uint64_t size)
{
	struct manifest_file f = {.role = role, .size = (uint32_t)size, .digest = *digest};

	if (size > MANIFEST_FILE_MAX || strlen(path) >= sizeof(f.path))
		return -EINVAL;
	strcpy(f.path, path);
	return manifest_add_file(m, &f);
}

/* Adds file @i of the set as generation @name would have it. 1, or 0 if its digest is not known. */
static int add_file(
	const struct sync *s, size_t i, const char *name, struct manifest *m, struct err *reterr)
{
	const struct boot_file *f = &s->set.file[i];
	char text[SYNC_CMDLINE_SIZE];
	struct sha256 digest = s->digest[i];
	uint64_t size = (uint64_t)f->st.st_size;
	int r = sync_text(s, i, name, text, reterr);

	if (r < 0)
		return r;
	if (r > 0) {
		size = strlen(text);
		sha256_of(span_of(text, size), &digest);
	} else if (!sync_digest_known(&digest)) {
		return 0;
	}
	r = add(m, sync_role(f->role), f->path, &digest, size);
	return r < 0 ? err_set(reterr, r, "%s cannot be a file of a generation", f->source) : 1;
}

/* Adds the script of iPXE. 1, or a negative errno. */
static int add_ipxe(const struct sync *s, const char *name, struct manifest *m, struct err *reterr)
{
	char text[SYNC_IPXE_SIZE];
	struct sha256 digest;
	int r = sync_ipxe(s, name, text, reterr);

	if (r <= 0)
		return r < 0 ? r : 1;
	sha256_of(span_str(text), &digest);
	if (add(m, MANIFEST_OTHER, SYNC_IPXE_NAME, &digest, strlen(text)) < 0)
		return err_set(reterr, -ENOMEM, "no memory for the list of boot files");
	return 1;
}

/* Adds the README of the overlays. As add_ipxe(). */
static int add_readme(const struct sync *s, struct manifest *m, struct err *reterr)
{
	struct span text = span_str(SYNC_README_TEXT);
	char path[BOOT_PATH_SIZE];
	struct sha256 digest;

	if (!sync_readme(s, path))
		return 1;
	sha256_of(text, &digest);
	if (add(m, sync_role(BOOT_OVERLAY), path, &digest, text.len) < 0)
		return err_set(reterr, -ENOMEM, "no memory for the list of boot files");
	return 1;
}

int sync_manifest(const struct sync *s, const char *name, struct manifest *ret, struct err *reterr)
{
	_cleanup_manifest_ struct manifest m = {.layout = s->layout};
	int r = 1;

	strcpy(m.generation, name);
	strcpy(m.kernel, s->set.version);
	for (size_t i = 0; i < s->set.n && r > 0; i++)
		if (s->set.file[i].chosen)
			r = add_file(s, i, name, &m, reterr);
	if (r > 0)
		r = add_ipxe(s, name, &m, reterr);
	if (r > 0)
		r = add_readme(s, &m, reterr);
	if (r <= 0)
		return r;
	if (s->config && add(&m, MANIFEST_OTHER, CONFIG_TXT_NAME, &s->config_digest,
				 s->place.config.len) < 0)
		return err_set(reterr, -ENOMEM, "no memory for the list of boot files");
	r = manifest_sort(&m, reterr);
	if (r < 0)
		return r;
	*ret = m;
	m = (struct manifest){.n = 0};
	return 1;
}

int sync_find_same(const struct sync *s, const struct manifest **ret, struct err *reterr)
{
	for (unsigned int i = 0; i < s->n_known; i++) {
		_cleanup_manifest_ struct manifest m = {.n = 0};
		const struct manifest *known = &s->known[i].manifest;
		int r = sync_manifest(s, known->generation, &m, reterr);

		if (r <= 0)
			return r;
		if (!manifest_same_files(&m, known))
			continue;
		*ret = known;
		return 1;
	}
	return 0;
}

void sync_forget_known(struct sync *s, const char *name)
{
	for (unsigned int i = 0; i < s->n_known; i++) {
		if (strcmp(s->known[i].manifest.generation, name) != 0)
			continue;
		stage_older_done(&s->known[i]);
		memmove(&s->known[i], &s->known[i + 1], (s->n_known - i - 1) * sizeof(s->known[0]));
		s->n_known--;
	}
}

/* Which of those that are newer than @active stay with --try, at @needed: all but what never booted. Returns how many. */
static unsigned int add_newer(const struct sync *s, const char *active, const char **needed)
{
	const struct generation *g = generation_find(&s->list, active);
	unsigned int n = 0;

	for (g = g ? g + 1 : s->list.at; g < s->list.at + s->list.n; g++) {
		const struct states_entry *e = states_find(&s->states, g->name);

		if (e && e->mark != STATES_NEW)
			needed[n++] = g->name;
	}
	return n;
}

/* What was active before @active, as its manifest says; "" if that is not known. */
static const char *before(const struct sync *s, const char *active)
{
	for (unsigned int i = 0; i < s->n_known; i++)
		if (strcmp(s->known[i].manifest.generation, active) == 0)
			return s->known[i].manifest.previous;
	return "";
}

/*
 * Which may go when @active is, and @made is complete, the oldest first; see generation_surplus(). Never what was active
 * when the run began: it is until another one is, and some client may just be loading it; nor what runs, which came up;
 * nor what tryboot.txt names, for without it the firmware would load what lies about. With @keep 0, to make room, the
 * one before @active goes, too.
 */
static unsigned int surplus(const struct sync *s, const char *active, const char *made,
	unsigned int keep, unsigned int ret[GENERATIONS])
{
	const struct generation *good = states_last_good(&s->states, &s->list, active);
	bool once = s->wish->once;
	char runs[NAME_SIZE] = "";
	/* The first spares all that are newer. */
	const char *needed[9 + GENERATIONS] = {once ? "" : active, active, made,
		good ? good->name : "", s->report->generation, s->report->previous, s->tryboot,
		runs, keep ? before(s, active) : ""};

	(void)!span_copy(cmdline_peek(s->wish->booted, "pinet.generation"), runs,
		sizeof(runs)); /* else it is none */
	return generation_surplus(&s->list, keep ? keep : 1, needed,
		9 + (once ? add_newer(s, active, &needed[9]) : 0), ret);
}

/* The generation @name is gone. */
static void forget(struct sync *s, const char *name)
{
	sync_forget_known(s, name);
	generation_gone(&s->list, name);
	s->report->n_removed++;
}

static int remove_one(struct sync *s, const char *name, struct err *reterr)
{
	int r = generation_remove(s->ours_fd, name, reterr);

	if (r == 0)
		forget(s, name);
	return r;
}

int sync_prune(struct sync *s, unsigned int keep, struct err *reterr)
{
	unsigned int which[GENERATIONS], n = surplus(s, s->active, "", keep, which);
	int r = 0;

	for (unsigned int i = 0; i < n && r == 0; i++)
		r = remove_one(s, s->list.at[which[i] - i].name, reterr);
	return r;
}

static int prune_beside(void *ctx, struct err *reterr)
{
	struct sync_pruner *p = ctx;
	int r = 0;

	for (; p->n_gone < p->n && r == 0; p->n_gone += r == 0)
		r = generation_remove(p->ours_fd, p->name[p->n_gone], reterr);
	return r;
}

void sync_prune_begin(struct sync *s, const char *name)
{
	struct sync_pruner *p = &s->pruner;
	unsigned int which[GENERATIONS];

	if (generation_add(&s->list, name) < 0)
		return; /* there is one too many, which will be said */
	p->ours_fd = s->ours_fd;
	p->n = surplus(s, s->wish->once ? s->active : name, name, s->wish->keep, which);
	for (unsigned int i = 0; i < p->n; i++)
		strcpy(p->name[i], s->list.at[which[i]].name);
	generation_gone(&s->list, name);
	if (p->n)
		beside_begin(&p->beside, prune_beside, p);
}

/* What it did shows. */
static void take_pruned(struct sync *s)
{
	struct sync_pruner *p = &s->pruner;

	for (unsigned int i = 0; i < p->n_gone; i++)
		forget(s, p->name[i]);
	memset(p, 0, sizeof(*p));
}

int sync_prune_end(struct sync *s, struct err *reterr)
{
	int r = beside_end(&s->pruner.beside, reterr);

	take_pruned(s);
	return r;
}

void sync_prune_drop(struct sync *s)
{
	beside_drop(&s->pruner.beside);
	take_pruned(s);
}

int sync_make_room(struct sync *s, const struct generation_size *need, struct err *reterr)
{
	static const struct generation_size nothing;
	struct generation_size freed;
	unsigned int which[GENERATIONS];
	int r = generation_room(s->ours_fd, need, &nothing, reterr);

	if (r != -ENOSPC)
		return r;
	/* None goes in vain. */
	r = generation_frees(
		s->ours_fd, &s->list, which, surplus(s, s->active, "", 0, which), &freed, reterr);
	if (r == 0)
		r = generation_room(s->ours_fd, need, &freed, reterr);
	if (r < 0)
		return r;
	while ((r = generation_room(s->ours_fd, need, &nothing, reterr)) == -ENOSPC &&
		surplus(s, s->active, "", 0, which)) {
		r = remove_one(s, s->list.at[which[0]].name, reterr);
		if (r < 0)
			return r;
	}
	return r;
}

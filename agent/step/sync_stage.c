/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: the files go to the boot server.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/beside.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/proc.h"
#include "step/sync_parts.h"
#include "store/config_txt.h"
#include "store/stage_direct.h"

#define PACKAGE_MS   20000
#define PACKAGE_SIZE 4096
#define DPKG_QUERY   "/usr/bin/dpkg-query"

/* What was linked and may have been written to since. */
static int verify(const struct stage *stage, struct err *reterr)
{
	int r = 0;

	for (size_t i = 0; i < stage->manifest.n && r == 0; i++)
		r = stage_verify(stage, i, reterr);
	return r;
}

static int stage_one(struct sync *s, size_t i, struct stage *stage, struct err *reterr)
{
	struct boot_file *f = &s->set.file[i];
	const char *name = stage->manifest.generation;
	char text[SYNC_CMDLINE_SIZE];
	struct stage_result result;
	struct stage_item item = {
		.role = sync_role(f->role),
		.path = f->path,
		.dirfd = s->wish->boot_dirfd,
		.source = f->source,
		.known_digest = sync_digest_known(&s->digest[i]) ? &s->digest[i] : NULL,
		.known_size = (uint32_t)f->st.st_size,
	};
	int r = sync_text(s, i, name, text, reterr);

	if (r < 0)
		return r;
	if (r > 0)
		item.text = text;
	r = stage_file(stage, &item, &result, reterr);
	if (r < 0 || item.text)
		return r;
	s->digest[i] = result.file.digest;
	f->st = result.source;
	return 0;
}

static int stage_config(struct sync *s, struct stage *stage, struct err *reterr)
{
	struct stage_item item = {
		.role = MANIFEST_OTHER, .path = CONFIG_TXT_NAME, .text = s->config};

	return s->config ? stage_file(stage, &item, NULL, reterr) : 0;
}

static int stage_ipxe(struct sync *s, struct stage *stage, struct err *reterr)
{
	char text[SYNC_IPXE_SIZE];
	struct stage_item item = {.role = MANIFEST_OTHER, .path = SYNC_IPXE_NAME, .text = text};
	int r = sync_ipxe(s, stage->manifest.generation, text, reterr);

	return r <= 0 ? r : stage_file(stage, &item, NULL, reterr);
}

static int stage_readme(struct sync *s, struct stage *stage, struct err *reterr)
{
	char path[BOOT_PATH_SIZE];
	struct stage_item item = {
		.role = sync_role(BOOT_OVERLAY), .path = path, .text = SYNC_README_TEXT};

	return sync_readme(s, path) ? stage_file(stage, &item, NULL, reterr) : 0;
}

/* Files of the set, by their numbers. */
struct numbers {
	size_t n;
	size_t *at; /* owned */
};

/* Those that are taken and, with @large, for which stage_direct_add() is worth while; else the others. */
static int choose_files(const struct sync *s, bool large, struct numbers *ret)
{
	ret->n = 0;
	ret->at = calloc(s->set.n + 1, sizeof(*ret->at));
	if (!ret->at)
		return -ENOMEM;
	for (size_t i = 0; i < s->set.n; i++) {
		const struct boot_file *f = &s->set.file[i];

		if (f->chosen && (f->st.st_size >= STAGE_DIRECT_MIN) == large)
			ret->at[ret->n++] = i;
	}
	return 0;
}

static int stage_large(struct sync *s, const struct numbers *files, struct lock *lock,
	struct stage *stage, struct err *reterr)
{
	for (size_t i = 0; i < files->n; i++) {
		int r = stage_one(s, files->at[i], stage, reterr);

		if (r < 0)
			return r;
		if (!lock_keep(lock))
			return err_set(reterr, -EBUSY,
				"another machine has taken the lock of the boot directory");
	}
	return 0;
}

/* All the others, each of which waits for a number of answers. */
static int stage_small(
	struct sync *s, const struct numbers *files, struct stage *stage, struct err *reterr)
{
	int r = 0;

	for (size_t i = 0; i < files->n && r == 0; i++)
		r = stage_one(s, files->at[i], stage, reterr);
	if (r == 0)
		r = stage_config(s, stage, reterr);
	if (r == 0)
		r = stage_ipxe(s, stage, reterr);
	if (r == 0)
		r = stage_readme(s, stage, reterr);
	return r;
}

/* What is done beside the large files. */
struct small {
	struct sync *s;
	const struct numbers *files;
	const struct stage *whole;
	struct stage part;
};

static int stage_beside(void *ctx, struct err *reterr)
{
	struct small *small = ctx;
	int r = stage_fork(small->whole, &small->part, reterr);

	return r < 0 ? r : stage_small(small->s, small->files, &small->part, reterr);
}

/* Large files fill the line, and small ones wait: both at the same time. */
static int stage_both(struct sync *s, const struct numbers *large, const struct numbers *small,
	struct lock *lock, struct stage *stage, struct err *reterr)
{
	_cleanup_free_ struct small *part = calloc(1, sizeof(*part));
	struct beside beside;
	int r;

	if (!part)
		return err_set(reterr, -ENOMEM, "no memory for the small files");
	part->s = s;
	part->files = small;
	part->whole = stage;
	beside_begin(&beside, stage_beside, part);
	r = stage_large(s, large, lock, stage, reterr);
	if (r == 0)
		r = beside_end(&beside, reterr);
	if (r == 0)
		return stage_join(stage, &part->part, reterr);
	beside_drop(&beside);
	stage_end(&part->part);
	return r;
}

/* What dpkg knows: lines of state, name and version. */
struct packages {
	char text[PACKAGE_SIZE];
	size_t n;
};

static int take_lines(void *ctx, struct span piece)
{
	struct packages *p = ctx;

	for (size_t i = 0; i < piece.len && p->n < sizeof(p->text); i++)
		p->text[p->n++] = (char)piece.p[i];
	return 0;
}

/* Asks dpkg where the files came from: nobody depends on it. */
static void ask_packages(const void *ctx, void *result)
{
	const struct sync *s = ctx;
	char root[256], image[BOOT_VERSION_SIZE + 16];
	const char *const argv[] = {DPKG_QUERY, root, "-W", "-f",
		"${db:Status-Abbrev} ${Package} ${Version}\n", image, "raspi-firmware",
		"flash-kernel", "initramfs-tools", "pinet-initramfs", NULL};

	(void)snprintf(image, sizeof(image), "linux-image-%s", s->set.version); /* fits */
	if ((size_t)snprintf(root, sizeof(root), "--root=%s/", s->wish->root) < sizeof(root))
		(void)!proc_stream(argv, -1, clock_now_ms() + PACKAGE_MS, take_lines, result);
}

/* Adds what the child has found out. */
static void add_packages(struct sync_child *child, struct manifest *meta)
{
	struct packages p = {.n = 0};
	struct span rest;

	if (!child->pid || sync_child_finish(child, &p, sizeof(p)) < 0)
		return;
	rest = span_of(p.text, p.n);
	while (rest.len) {
		struct span line = span_cut(&rest, '\n'), status = span_cut(&line, ' ');
		struct span name;

		line = span_trim(line);
		name = span_cut(&line, ' ');
		if (span_starts(status, "ii"))
			(void)!manifest_add_package(meta, name, line); /* malformed: left out */
	}
}

static int stage_files(struct sync *s, struct lock *lock, struct stage *stage,
	struct sync_child *packager, struct err *reterr)
{
	struct numbers large = {.n = 0}, small = {.n = 0};
	int r = choose_files(s, true, &large);

	if (r == 0)
		r = choose_files(s, false, &small);
	if (r < 0)
		err_set(reterr, r, "no memory for a list of files");
	else if (large.n)
		r = stage_both(s, &large, &small, lock, stage, reterr);
	else
		r = stage_small(s, &small, stage, reterr);
	free(large.at);
	free(small.at);
	if (r == 0)
		add_packages(packager, &stage->manifest);
	return r == 0 && s->wish->verify != SYNC_VERIFY_NONE ? verify(stage, reterr) : r;
}

int sync_stage(struct sync *s, struct lock *lock, const char *name, struct stage *stage,
	struct err *reterr)
{
	_cleanup_free_ struct manifest *meta = calloc(1, sizeof(*meta));
	struct sync_child packager = {.pid = 0};
	int r;

	if (!meta)
		return err_set(reterr, -ENOMEM, "no memory for the manifest");
	strcpy(meta->generation, name);
	strcpy(meta->previous, s->active);
	strcpy(meta->kernel, s->set.version);
	meta->layout = s->layout;
	meta->created_s = s->wish->now_s;
	/* Here, for no process is to begin while large files are on their way (open(2), O_DIRECT). */
	(void)!sync_child_start(&packager, ask_packages, s, sizeof(struct packages));
	r = stage_begin(s->ours_fd, meta, s->known, s->n_known, stage, reterr);
	stage->copy_all = s->copy_all;
	stage->buffered = s->buffered;
	if (r == 0)
		r = stage_files(s, lock, stage, &packager, reterr);
	sync_child_stop(&packager);
	return r;
}

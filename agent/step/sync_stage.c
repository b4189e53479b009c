/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: the files go to the boot server, and while they do, what it has stored of those
 * before is read back by a child process. The two directions of a network do not hinder each other.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/proc.h"
#include "step/sync_parts.h"
#include "store/config_txt.h"

#define TOUCH_MS     60000 /* the lock is touched that often */
#define PACKAGE_MS   20000
#define PACKAGE_SIZE 4096
#define DPKG_QUERY   "/usr/bin/dpkg-query"

/* Reads back what is staged, some of it while more is on its way. */
struct verifier {
	struct sync_child child;
	size_t done; /* files before this one are verified, or are being */
};

/* What a child is to read back. */
struct range {
	const struct stage *stage;
	size_t from, to;
};

/* The result is a struct err. */
static void verify(const void *ctx, void *result)
{
	const struct range *range = ctx;

	for (size_t i = range->from; i < range->to; i++)
		if (stage_verify(range->stage, i, result) < 0)
			return;
}

/* Waits for the child. Returns 0 or its error. */
static int finish_verifier(struct verifier *v, struct err *reterr)
{
	struct err err = {.code = 0};

	if (!v->child.pid)
		return 0;
	if (sync_child_finish(&v->child, &err, sizeof(err)) < 0)
		return err_set(reterr, -EIO, "reading back from the boot server was interrupted");
	return err.code ? err_set(reterr, err.code, "%s", err.text) : 0;
}

static void stop_verifier(struct verifier *v)
{
	sync_child_stop(&v->child);
}

/* Goes on with what was staged since. What no child can be started for is verified later. */
static int keep_verifying(struct verifier *v, const struct stage *stage, struct err *reterr)
{
	struct range range = {stage, v->done, stage->manifest.n};

	if (sync_child_is_done(&v->child)) {
		int r = finish_verifier(v, reterr);

		if (r < 0)
			return r;
	}
	if (!v->child.pid && range.from < range.to &&
		sync_child_start(&v->child, verify, &range, sizeof(struct err)) == 0)
		v->done = range.to;
	return 0;
}

static int verify_rest(struct verifier *v, const struct stage *stage, struct err *reterr)
{
	struct range range = {stage, v->done, stage->manifest.n};
	struct err err = {.code = 0};
	int r = finish_verifier(v, reterr);

	if (r < 0)
		return r;
	verify(&range, &err);
	return err.code ? err_set(reterr, err.code, "%s", err.text) : 0;
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

/* One file of @stage_files(), verification and lock kept going. */
static int stage_next(struct sync *s, size_t i, const struct lock *lock, struct stage *stage,
	struct verifier *v, uint64_t *touched_ms, struct err *reterr)
{
	int r = stage_one(s, i, stage, reterr);

	if (r == 0 && s->wish->verify != SYNC_VERIFY_NONE)
		r = keep_verifying(v, stage, reterr);
	if (r < 0 || clock_now_ms() - *touched_ms < TOUCH_MS)
		return r;
	*touched_ms = clock_now_ms();
	return lock_held(lock)
		       ? 0
		       : err_set(reterr, -EBUSY,
				 "another machine has taken the lock of the boot directory");
}

/* The largest file below @below bytes (with the same size: of a higher index than @i), or -1. */
static int next_large(const struct sync *s, off_t below, int i)
{
	int best = -1;

	for (int j = 0; j < (int)s->set.n; j++) {
		const struct boot_file *f = &s->set.file[j];

		if (!f->chosen || (f->role != BOOT_KERNEL && f->role != BOOT_INITRAMFS) ||
			f->st.st_size > below || (f->st.st_size == below && j <= i))
			continue;
		if (best < 0 || f->st.st_size > s->set.file[best].st.st_size)
			best = j;
	}
	return best;
}

/* The largest first: all but the last are read back while others are on their way. */
static int stage_files(
	struct sync *s, const struct lock *lock, struct stage *stage, struct err *reterr)
{
	__attribute__((cleanup(stop_verifier))) struct verifier v = {.done = 0};
	uint64_t touched_ms = clock_now_ms();
	off_t size = INT64_MAX;
	int r = 0, large = -1;

	while (r == 0 && (large = next_large(s, size, large)) >= 0) {
		size = s->set.file[large].st.st_size;
		r = stage_next(s, (size_t)large, lock, stage, &v, &touched_ms, reterr);
	}
	for (size_t i = 0; r == 0 && i < s->set.n; i++) {
		const struct boot_file *f = &s->set.file[i];

		if (f->chosen && f->role != BOOT_KERNEL && f->role != BOOT_INITRAMFS)
			r = stage_next(s, i, lock, stage, &v, &touched_ms, reterr);
	}
	if (r == 0)
		r = stage_config(s, stage, reterr);
	if (r == 0)
		r = stage_ipxe(s, stage, reterr);
	if (r == 0 && s->wish->verify != SYNC_VERIFY_NONE)
		r = verify_rest(&v, stage, reterr);
	return r;
}

/* The lines "NAME VERSION" of a child. */
struct lines {
	char text[PACKAGE_SIZE];
	size_t n;
};

static int take_lines(void *ctx, struct span piece)
{
	struct lines *l = ctx;

	for (size_t i = 0; i < piece.len && l->n < sizeof(l->text); i++)
		l->text[l->n++] = (char)piece.p[i];
	return 0;
}

/* Where the files came from, as far as dpkg knows: nobody depends on it. */
static void add_packages(const struct sync *s, struct manifest *meta)
{
	char root[256], image[BOOT_VERSION_SIZE + 16];
	const char *const argv[] = {DPKG_QUERY, root, "-W", "-f",
		"${db:Status-Abbrev} ${Package} ${Version}\n", image, "raspi-firmware",
		"flash-kernel", "initramfs-tools", "pinet-initramfs", NULL};
	struct lines l = {.n = 0};
	struct span rest;

	(void)snprintf(image, sizeof(image), "linux-image-%s", s->set.version); /* fits */
	if ((size_t)snprintf(root, sizeof(root), "--root=%s/", s->wish->root) >= sizeof(root) ||
		proc_stream(argv, -1, clock_now_ms() + PACKAGE_MS, take_lines, &l) < 0)
		return;
	rest = span_of(l.text, l.n);
	while (rest.len) {
		struct span line = span_cut(&rest, '\n'), status = span_cut(&line, ' ');
		struct span name;

		line = span_trim(line);
		name = span_cut(&line, ' ');
		if (span_starts(status, "ii"))
			(void)!manifest_add_package(meta, name, line); /* malformed: left out */
	}
}

int sync_stage(struct sync *s, const struct lock *lock, const char *name, struct stage *stage,
	struct err *reterr)
{
	_cleanup_free_ struct manifest *meta = calloc(1, sizeof(*meta));
	int r;

	if (!meta)
		return err_set(reterr, -ENOMEM, "no memory for the manifest");
	strcpy(meta->generation, name);
	strcpy(meta->previous, s->active);
	strcpy(meta->kernel, s->set.version);
	meta->layout = s->layout;
	meta->created_s = s->wish->now_s;
	add_packages(s, meta);
	r = stage_begin(s->wish->boot_dirfd, meta, stage, reterr);
	stage->copy_all = s->copy_all;
	if (r == 0)
		r = stage_files(s, lock, stage, reterr);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: the files go to the boot server.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Which of the files a run through them is for. */
enum part {
	PART_FIRST, /* the first that is large */
	PART_SMALL,
	PART_LARGE, /* the others */
};

/* The files of the set that are @part of it, the lock kept going. */
static int stage_part(
	struct sync *s, enum part part, struct lock *lock, struct stage *stage, struct err *reterr)
{
	bool first = true;
	int r = 0;

	for (size_t i = 0; i < s->set.n && r == 0; i++) {
		const struct boot_file *f = &s->set.file[i];
		enum part of = PART_SMALL;

		if (!f->chosen)
			continue;
		if (f->st.st_size >= STAGE_DIRECT_MIN)
			of = first ? PART_FIRST : PART_LARGE;
		first = first && of == PART_SMALL;
		if (of != part)
			continue;
		r = stage_one(s, i, stage, reterr);
		if (r == 0 && !lock_keep(lock))
			r = err_set(reterr, -EBUSY,
				"another machine has taken the lock of the boot directory");
	}
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

/*
 * A large file is on its way for a while after it was read. In the time of the first one those are
 * made that wait for answers and need no room on the line: small files, dpkg.
 */
static int stage_files(struct sync *s, struct lock *lock, struct stage *stage, struct err *reterr)
{
	int r = stage_part(s, PART_FIRST, lock, stage, reterr);

	if (r == 0)
		r = stage_part(s, PART_SMALL, lock, stage, reterr);
	if (r == 0)
		r = stage_config(s, stage, reterr);
	if (r == 0)
		r = stage_ipxe(s, stage, reterr);
	if (r == 0) {
		add_packages(s, &stage->manifest);
		r = stage_part(s, PART_LARGE, lock, stage, reterr);
	}
	if (r == 0 && s->wish->verify != SYNC_VERIFY_NONE)
		r = verify(stage, reterr);
	return r < 0 ? r : stage_settle(stage, reterr);
}

int sync_stage(struct sync *s, struct lock *lock, const char *name, struct stage *stage,
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
	r = stage_begin(s->ours_fd, meta, s->known, s->n_known, stage, reterr);
	stage->copy_all = s->copy_all;
	stage->buffered = s->buffered;
	if (r == 0)
		r = stage_files(s, lock, stage, reterr);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * For the tests of store/: generations on a made-up boot server, which is the working directory.
 */
#ifndef TESTS_STORE_TREE_H
#define TESTS_STORE_TREE_H

#include "store_fault.h"

#include "store/generation.h"
#include "store/stage.h"

/* The manifest of generation @number of kernel 6, without files. */
static inline struct manifest meta_of(uint32_t number)
{
	struct manifest m = {.kernel = "6", .created_s = 1764000000, .layout = MANIFEST_LINK};

	assert_int_equal(name_make(number, m.kernel, m.generation), 0);
	return m;
}

static inline void stage_text(
	struct stage *s, enum manifest_role role, const char *path, const char *text)
{
	struct stage_item item = {.role = role, .path = path, .dirfd = -1, .text = text};
	struct err err;

	if (stage_file(s, &item, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

/* Makes generation @number of a kernel, an initramfs and a device tree, which hold @text. */
static inline void make_generation(uint32_t number, const char *text)
{
	struct manifest meta = meta_of(number);
	_cleanup_stage_ struct stage s = {.begun = false};
	int ours = ours_fd();
	struct err err;

	if (stage_begin(ours, &meta, NULL, 0, &s, &err) < 0)
		fail_msg("%s", err.text);
	stage_text(&s, MANIFEST_KERNEL, "vmlinuz", text);
	stage_text(&s, MANIFEST_INITRAMFS, "initrd.img", "an initramfs");
	stage_text(&s, MANIFEST_DTB, "dtb/broadcom/a.dtb", "a device tree");
	if (stage_commit(&s, &err) < 0)
		fail_msg("%s", err.text);
	stage_end(&s);
	close(ours);
}

/* What the stage of begin_stage() borrows. */
static struct {
	int ours;
	unsigned int n;
	struct stage_older at[STAGE_OLDER];
} lent;

static inline void give_lent(void)
{
	while (lent.n)
		stage_older_done(&lent.at[--lent.n]);
	close(lent.ours);
}

/* Ends what begin_stage() began, also more than once. */
static inline void end_stage(struct stage *s)
{
	if (!s->begun)
		return;
	stage_end(s);
	give_lent();
}

/* Begins generation @meta, the others being the older ones. */
static inline int begin_stage(struct stage *s, const struct manifest *meta, struct err *err)
{
	struct generation_list *list = calloc(1, sizeof(*list));
	int r;

	lent.ours = ours_fd();
	r = generation_list(lent.ours, list, err);
	if (r == 0) {
		lent.n = stage_load_older(lent.ours, list, lent.at);
		r = stage_begin(lent.ours, meta, lent.at, lent.n, s, err);
	}
	free(list);
	if (r < 0)
		give_lent();
	return r;
}

/* Begins generation 2. */
static inline int begin_second(struct stage *s, struct err *err)
{
	struct manifest meta = meta_of(2);

	return begin_stage(s, &meta, err);
}

static inline int stage_source(struct stage *s, const char *path, const char *source,
	struct stage_result *res, struct err *err)
{
	struct stage_item item = {.role = MANIFEST_OTHER, .path = path, .source = source};
	int r;

	item.dirfd = dir_fd(".");
	r = stage_file(s, &item, res, err);
	close(item.dirfd);
	return r;
}

#endif

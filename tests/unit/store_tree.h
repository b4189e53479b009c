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
	int dir = dir_fd(".");
	struct err err;

	if (stage_begin(dir, &meta, &s, &err) < 0)
		fail_msg("%s", err.text);
	stage_text(&s, MANIFEST_KERNEL, "vmlinuz", text);
	stage_text(&s, MANIFEST_INITRAMFS, "initrd.img", "an initramfs");
	stage_text(&s, MANIFEST_DTB, "dtb/broadcom/a.dtb", "a device tree");
	if (stage_commit(&s, &err) < 0)
		fail_msg("%s", err.text);
	close(dir);
}

/* Begins generation 2. */
static inline int begin_second(struct stage *s, struct err *err)
{
	struct manifest meta = meta_of(2);
	int dir = dir_fd("."), r = stage_begin(dir, &meta, s, err);

	close(dir);
	return r;
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

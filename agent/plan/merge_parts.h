/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the files of the merge share; for plan/merge*.c only.
 */
#ifndef PLAN_MERGE_PARTS_H
#define PLAN_MERGE_PARTS_H

#include "plan/merge.h"

/* A value that won, and who gave it. */
struct choice {
	const char *value; /* NULL: nobody and no default */
	struct plan_origin origin;
};

struct merge {
	const struct plan_sources *src;
	struct plan *out;
	struct notes *notes;
	struct err *reterr;
	struct machine machine; /* with its host name */
	/* The table says how its target is reached: to another one that somebody named it has no word. */
	bool ibft_target;
};

/* The value of @id by precedence, or @fallback. */
struct choice merge_choose(const struct merge *m, enum setting_id id, const char *fallback);

/* As merge_choose(), and the origin goes into the plan. */
const char *merge_take(
	const struct merge *m, enum setting_id id, enum plan_field field, const char *fallback);

void merge_set_origin(
	const struct merge *m, enum plan_field field, enum origin from, const char *word);

/* template_expand() with what the plan knows; @what names the setting @field in the error. */
int merge_expand(const struct merge *m, enum plan_field field, const char *what, const char *text,
	char *out, size_t size);

/* @r, or -EAGAIN when @field, which is wrong or missing, is DHCP's to give. */
int merge_failed(const struct merge *m, enum plan_field field, int r);

/* The parts, in the order in which they depend on each other: 0, or a negative errno. */
int merge_portals(const struct merge *m);
void merge_chap(const struct merge *m);
void merge_options(const struct merge *m);
int merge_root(const struct merge *m);
int merge_firmware(const struct merge *m);

#endif

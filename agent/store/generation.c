/* SPDX-License-Identifier: GPL-2.0-or-later
 * Generations on the boot server: which there are, and their removal.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/files.h"
#include "store/generation.h"
#include "store/tree.h"

#define NAMES_MAX     4096 /* in pinet/ */
#define CLEAN_MAX     64 /* names that one look at pinet/ finds to be cleaned away */
#define OLD_NAME_SIZE (NAME_SIZE + sizeof(GENERATION_GONE))

/* pinet/ as a stream, from its start. Returns 0 with @ret, which is NULL if there is no pinet/. */
static int open_names(int ours_fd, DIR **ret, struct err *reterr)
{
	_cleanup_fd_ int fd = -1;
	DIR *d;

	*ret = NULL;
	if (ours_fd < 0)
		return 0;
	fd = fcntl(ours_fd, F_DUPFD_CLOEXEC, 0);
	/* Where it is it shares with @ours_fd. */
	d = fd < 0 || lseek(fd, 0, SEEK_SET) < 0 ? NULL : fdopendir(fd);
	if (!d)
		return files_err(reterr, -errno, "cannot read %s/", FILES_DIR);
	(void)take_fd(&fd); /* the stream has it */
	*ret = d;
	return 0;
}

/*
 * The next name in pinet/, @n counting them.
 * Returns 1 with @ret valid until the next call, 0 at the end, or a negative errno with @reterr.
 */
static int next_name(DIR *d, unsigned int *n, const struct dirent **ret, struct err *reterr)
{
	const struct dirent *e;

	errno = 0;
	e = readdir(d);
	if (!e && errno)
		return files_err(reterr, -errno, "cannot read %s/", FILES_DIR);
	if (e && ++*n > NAMES_MAX)
		return err_set(reterr, -E2BIG, "%s/ has more than %d names", FILES_DIR, NAMES_MAX);
	*ret = e;
	return e != NULL;
}

static bool is_dir(DIR *d, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* The part of @name behind the prefix of something unfinished, or @name if it has none. */
static struct span without_prefix(const char *name, bool *ret_had)
{
	static const char *const prefixes[] = {GENERATION_NEW, GENERATION_GONE, FILES_TEMP};
	struct span s = span_str(name);

	*ret_had = false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (!span_starts(s, prefixes[i]))
			continue;
		*ret_had = true;
		return span_sub(s, strlen(prefixes[i]), s.len);
	}
	return s;
}

static int by_number(const void *a, const void *b)
{
	const struct generation *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->name, y->name);
}

int generation_list(int ours_fd, struct generation_list *ret, struct err *reterr)
{
	_cleanup_dir_ DIR *d = NULL;
	_cleanup_free_ struct generation_list *list = calloc(1, sizeof(*list));
	unsigned int names = 0;
	const struct dirent *e;
	int r;

	if (!list)
		return err_set(reterr, -ENOMEM, "no memory for the list of generations");
	list->next = 1;
	r = open_names(ours_fd, &d, reterr);
	if (r < 0)
		return r;
	while (d && (r = next_name(d, &names, &e, reterr)) > 0) {
		struct generation *g = &list->at[list->n];
		struct span name;
		uint32_t number;
		bool unfinished;

		name = without_prefix(e->d_name, &unfinished);
		list->leftovers += unfinished;
		if (name_parse(name, &number, NULL) < 0)
			continue;
		if (number >= list->next)
			list->next = number + 1;
		if (unfinished || !is_dir(d, e))
			continue;
		if (list->n == GENERATIONS)
			return err_set(reterr, -E2BIG, "%s/ has more than %d generations",
				FILES_DIR, GENERATIONS);
		g->number = number;
		if (span_copy(name, g->name, sizeof(g->name)) == 0)
			list->n++;
	}
	if (r < 0)
		return r;
	qsort(list->at, list->n, sizeof(list->at[0]), by_number);
	*ret = *list;
	return 0;
}

const struct generation *generation_find(const struct generation_list *list, const char *name)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (strcmp(list->at[i].name, name) == 0)
			return &list->at[i];
	return NULL;
}

void generation_gone(struct generation_list *list, const char *name)
{
	unsigned int i = 0;

	while (i < list->n && strcmp(list->at[i].name, name) != 0)
		i++;
	if (i == list->n)
		return;
	memmove(&list->at[i], &list->at[i + 1], (list->n - i - 1) * sizeof(list->at[0]));
	list->n--;
}

int generation_add(struct generation_list *list, const char *name)
{
	struct generation g;

	if (list->n == GENERATIONS || name_parse(span_str(name), &g.number, NULL) < 0 ||
		span_copy(span_str(name), g.name, sizeof(g.name)) < 0)
		return -EINVAL;
	list->at[list->n++] = g;
	qsort(list->at, list->n, sizeof(list->at[0]), by_number);
	if (g.number >= list->next)
		list->next = g.number + 1;
	return 0;
}

int generation_remove(int ours_fd, const char *name, struct err *reterr)
{
	char gone[OLD_NAME_SIZE];
	uint32_t number;
	int r;

	if (name_parse(span_str(name), &number, NULL) < 0)
		return err_set(reterr, -EINVAL, "this is no name of a generation");
	(void)snprintf(gone, sizeof(gone), GENERATION_GONE "%s", name); /* fits by its size */
	r = renameat(ours_fd, name, ours_fd, gone) < 0 ? -errno : 0;
	if (r == -ENOTEMPTY || r == -EEXIST || r == -ENOTDIR) {
		r = tree_remove(ours_fd, gone); /* half of one that had its name */
		if (r == 0 && renameat(ours_fd, name, ours_fd, gone) < 0)
			r = -errno;
	}
	if (r == -ENOENT)
		r = 0;
	if (r == 0 && fsync(ours_fd) < 0)
		r = -errno;
	if (r < 0)
		return files_err(reterr, r, "cannot remove generation %s", name);
	(void)!tree_remove(
		ours_fd, gone); /* nobody sees it; what stays is for generation_clean() */
	return 0;
}

/* Names to be cleaned away, as many as fit. Returns how many, or a negative errno with @reterr. */
static int find_unfinished(int ours_fd, char ret[CLEAN_MAX][NAME_MAX + 1], struct err *reterr)
{
	_cleanup_dir_ DIR *d = NULL;
	unsigned int names = 0;
	const struct dirent *e;
	int n = 0, r = open_names(ours_fd, &d, reterr);

	while (r >= 0 && d && n < CLEAN_MAX && (r = next_name(d, &names, &e, reterr)) > 0) {
		bool unfinished;

		(void)without_prefix(e->d_name, &unfinished);
		if (unfinished)
			(void)snprintf(ret[n++], NAME_MAX + 1, "%s", e->d_name);
	}
	return r < 0 ? r : n;
}

int generation_clean(int ours_fd, struct err *reterr)
{
	char(*names)[NAME_MAX + 1] __attribute__((cleanup(cleanup_free))) =
		calloc(CLEAN_MAX, sizeof(*names));
	int n, removed = 0, first = 0;

	if (!names)
		return err_set(reterr, -ENOMEM, "no memory for the names in %s/", FILES_DIR);
	do {
		n = find_unfinished(ours_fd, names, reterr);
		if (n <= 0)
			return n < 0 ? n : removed;
		for (int i = 0; i < n; i++) {
			int r = tree_remove(ours_fd, names[i]);

			if (r == 0)
				removed++;
			else if (first == 0)
				first = files_err(
					reterr, r, "cannot remove %s/%s", FILES_DIR, names[i]);
		}
	} while (first == 0 && n == CLEAN_MAX && removed < NAMES_MAX);
	return first < 0 ? first : removed;
}

unsigned int generation_surplus(const struct generation_list *list, unsigned int keep,
	const char *const needed[], unsigned int n_needed, unsigned int ret[GENERATIONS])
{
	unsigned int n = 0;
	uint32_t active = NAME_NUMBER_MAX;

	if (n_needed && needed[0])
		(void)!name_parse(span_str(needed[0]), &active, NULL); /* "": none is active */
	for (unsigned int i = 0; i < list->n && list->n - n > keep; i++) {
		bool spared = list->at[i].number > active;

		for (unsigned int j = 0; j < n_needed; j++)
			spared = spared || (needed[j] && strcmp(needed[j], list->at[i].name) == 0);
		if (!spared)
			ret[n++] = i;
	}
	return n;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet/states on the boot server: how each generation has fared.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "store/files.h"
#include "store/states.h"

#define LINE_MAX_SIZE 128 /* a line: a name, a word, two numbers of 10 digits */
#define TEXT_MAX      ((size_t)GENERATIONS * LINE_MAX_SIZE)

static const char *const mark_names[] = {
	[STATES_NEW] = "new",
	[STATES_TRYING] = "trying",
	[STATES_GOOD] = "good",
	[STATES_BAD] = "bad",
};

const char *states_mark_name(enum states_mark mark)
{
	return mark_names[mark];
}

const struct states_entry *states_find(const struct states *st, const char *name)
{
	for (unsigned int i = 0; i < st->n; i++)
		if (strcmp(st->at[i].name, name) == 0)
			return &st->at[i];
	return NULL;
}

int states_put(struct states *st, const char *name, enum states_mark mark, uint32_t attempts,
	uint32_t time_s)
{
	struct states_entry e = {.mark = mark, .attempts = attempts, .time_s = time_s};
	uint32_t number;
	unsigned int i = 0;

	if (name_parse(span_str(name), &number, NULL) < 0 ||
		span_copy(span_str(name), e.name, sizeof(e.name)) < 0)
		return -EINVAL;
	while (i < st->n && strcmp(st->at[i].name, name) != 0)
		i++;
	if (i == GENERATIONS)
		return -ENOSPC;
	st->at[i] = e;
	if (i == st->n)
		st->n++;
	return 0;
}

static void parse_line(struct span line, struct states *st)
{
	struct span name = span_cut(&line, ' '), word = span_cut(&line, ' ');
	struct span attempts = span_cut(&line, ' ');
	uint32_t n, time_s;
	char text[NAME_SIZE];

	if (span_copy(name, text, sizeof(text)) < 0 ||
		num_parse_u32(attempts, UINT32_MAX, &n) < 0 ||
		num_parse_u32(line, UINT32_MAX, &time_s) < 0)
		return;
	for (size_t i = 0; i < sizeof(mark_names) / sizeof(mark_names[0]); i++)
		if (span_eq_str(word, mark_names[i]))
			(void)!states_put(st, text, (enum states_mark)i, n, time_s); /* tolerant */
}

void states_parse(struct span text, struct states *ret)
{
	memset(ret, 0, sizeof(*ret));
	while (text.len)
		parse_line(span_cut(&text, '\n'), ret);
}

int states_load(int ours_fd, struct states *ret, struct err *reterr)
{
	_cleanup_free_ char *text = NULL;
	ssize_t n = -ENOENT;

	if (ours_fd >= 0)
		n = files_read_new(ours_fd, STATES_NAME, TEXT_MAX + 1, &text);
	if (n < 0 && n != -ENOENT && n != -EFBIG)
		return files_err(reterr, (int)n, "cannot read %s/%s", FILES_DIR, STATES_NAME);
	states_parse(n < 0 ? SPAN_NONE : span_of(text, (size_t)n), ret);
	return 0;
}

int states_save(int ours_fd, const struct states *st, struct err *reterr)
{
	_cleanup_free_ char *text = malloc(TEXT_MAX);
	size_t at = 0;
	int r;

	if (!text)
		return err_set(reterr, -ENOMEM, "no memory for %s/%s", FILES_DIR, STATES_NAME);
	for (unsigned int i = 0; i < st->n; i++)
		at += (size_t)snprintf(text + at, TEXT_MAX - at, "%s %s %u %u\n", st->at[i].name,
			mark_names[st->at[i].mark], st->at[i].attempts,
			st->at[i].time_s); /* every line fits: LINE_MAX_SIZE */
	r = files_replace(ours_fd, ours_fd, STATES_NAME, span_of(text, at));
	if (r == -EBADMSG)
		return err_set(reterr, r,
			"the boot server has stored something else as %s/%s than it was sent",
			FILES_DIR, STATES_NAME);
	return r < 0 ? files_err(reterr, r, "cannot write %s/%s", FILES_DIR, STATES_NAME) : 0;
}

void states_keep(struct states *st, const struct generation_list *list)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < st->n; i++)
		if (generation_find(list, st->at[i].name))
			st->at[n++] = st->at[i];
	st->n = n;
}

const struct generation *states_last_good(
	const struct states *st, const struct generation_list *list, const char *except)
{
	const struct generation *found = NULL;
	uint32_t time_s = 0;

	for (unsigned int i = 0; i < list->n; i++) {
		const struct states_entry *e = states_find(st, list->at[i].name);

		if (!e || e->mark != STATES_GOOD || (found && e->time_s < time_s) ||
			(except && strcmp(e->name, except) == 0))
			continue;
		found = &list->at[i]; /* the list is in the order of the numbers */
		time_s = e->time_s;
	}
	return found;
}

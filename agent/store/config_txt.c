/* SPDX-License-Identifier: GPL-2.0-or-later
 * config.txt of the Raspberry Pi: the marked block. Its form is in config_txt.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/config_txt.h"

#define BEGIN "# pinet: begin"
#define END   "# pinet: end"

/* A line of the file, and whose it is. */
enum owner {
	USERS,
	OURS_BEGIN, /* the first of a block */
	OURS,
};

struct lines {
	struct span rest;
	struct span raw; /* the line with its newline */
	struct span line; /* the line without it, and without blanks at its end */
	enum owner owner;
	/* Within a block: */
	bool inside;
	bool ended; /* it has its end */
	unsigned int seen; /* of an endless one: the form of its last line */
};

/* The lines of a block in their order. */
enum form {
	FORM_ALL,
	FORM_PREFIX,
	FORM_KERNEL,
	FORM_AUTO,
	FORM_INITRAMFS,
	FORM_NONE,
};

/* The part of @s between @before and @after, which frame it. */
static bool framed(struct span s, const char *before, const char *after, struct span *ret)
{
	size_t head = strlen(before), tail = strlen(after);

	if (s.len <= head + tail || !span_starts(s, before) ||
		!span_eq_str(span_sub(s, s.len - tail, tail), after))
		return false;
	*ret = span_sub(s, head, s.len - head - tail);
	return true;
}

static enum form form_of(struct span line, struct span *ret_value)
{
	uint32_t number;

	if (span_eq_str(line, "[all]"))
		return FORM_ALL;
	if (framed(line, "os_prefix=pinet/", "/", ret_value) &&
		name_parse(*ret_value, &number, NULL) == 0)
		return FORM_PREFIX;
	if (framed(line, "kernel=", "", ret_value))
		return FORM_KERNEL;
	if (span_eq_str(line, "auto_initramfs=0"))
		return FORM_AUTO;
	if (framed(line, "initramfs ", " followkernel", ret_value))
		return FORM_INITRAMFS;
	return FORM_NONE;
}

/* Cuts a line off @rest, with its newline; returns it without that and blanks at its end. */
static struct span cut_line(struct span *rest, struct span *ret_raw)
{
	size_t n = span_find(*rest, '\n');
	struct span line = span_sub(*rest, 0, n);

	*ret_raw = span_sub(*rest, 0, n + 1);
	*rest = span_sub(*rest, n + 1, rest->len);
	while (line.len && strchr(" \t\r", line.p[line.len - 1]) && line.p[line.len - 1])
		line.len--;
	return line;
}

/* True if @line is @mark, behind which may be a note as put_block() makes it: others' comments may begin like it. */
static bool is_mark(struct span line, const char *mark)
{
	struct span rest = span_sub(line, strlen(mark), line.len);

	return span_starts(line, mark) && (!rest.len || span_starts(rest, " ("));
}

/* Whether the block that begins in front of @rest has an end. */
static bool has_end(struct span rest)
{
	while (rest.len) {
		struct span raw, line = cut_line(&rest, &raw);

		if (is_mark(line, BEGIN))
			return false;
		if (is_mark(line, END))
			return true;
	}
	return false;
}

/*
 * Whether the line belongs to a block without its end. Its lines stand in their order, and kernel=
 * only with the line that always follows it: it may be the user's.
 */
static bool goes_on(struct lines *l)
{
	struct span value, rest = l->rest, raw, next = cut_line(&rest, &raw);
	enum form form = form_of(l->line, &value);

	if (form == FORM_NONE || form < l->seen || (form > FORM_KERNEL && form != l->seen) ||
		(form == FORM_KERNEL && form_of(next, &value) != FORM_AUTO))
		return false;
	l->seen = (unsigned int)form + 1;
	return true;
}

static bool next_line(struct lines *l)
{
	struct span value;

	if (!l->rest.len)
		return false;
	l->line = cut_line(&l->rest, &l->raw);
	l->owner = USERS;
	if (is_mark(l->line, BEGIN)) {
		l->owner = OURS_BEGIN;
		l->inside = true;
		l->ended = has_end(l->rest);
		l->seen = 0;
	} else if (l->inside && l->ended) {
		l->inside = !is_mark(l->line, END);
		if (!l->inside || form_of(l->line, &value) != FORM_NONE)
			l->owner = OURS;
	} else if (l->inside) {
		l->inside = goes_on(l);
		if (l->inside)
			l->owner = OURS;
	}
	return true;
}

int config_txt_parse(struct span text, struct config_txt *ret)
{
	struct lines l = {.rest = text};
	struct config_txt block = {.generation = ""};
	struct span value;

	memset(ret, 0, sizeof(*ret));
	while (next_line(&l)) {
		if (l.owner == OURS_BEGIN)
			memset(&block, 0, sizeof(block));
		if (l.owner != OURS)
			continue;
		switch (form_of(l.line, &value)) {
		case FORM_PREFIX:
			if (span_copy(value, block.generation, sizeof(block.generation)) < 0)
				continue;
			break;
		case FORM_KERNEL:
			if (!name_path_ok(value) ||
				span_copy(value, block.kernel, sizeof(block.kernel)) < 0)
				continue;
			break;
		case FORM_INITRAMFS:
			if (!name_path_ok(value) ||
				span_copy(value, block.initramfs, sizeof(block.initramfs)) < 0)
				continue;
			break;
		case FORM_ALL:
		case FORM_AUTO:
		case FORM_NONE:
			continue;
		}
		if (block.generation[0])
			*ret = block;
	}
	return ret->generation[0] != '\0';
}

/* The text in the making. */
struct output {
	char *p;
	size_t len, size;
	bool full;
	const char *newline;
};

static void put_span(struct output *out, struct span s)
{
	if (out->full || s.len > out->size - out->len) {
		out->full = true;
		return;
	}
	if (s.len)
		memcpy(out->p + out->len, s.p, s.len);
	out->len += s.len;
}

/* A line of a block: BEFORE VALUE AFTER. */
static void put_line(struct output *out, const char *before, const char *value, const char *after)
{
	put_span(out, span_str(before));
	put_span(out, span_str(value));
	put_span(out, span_str(after));
	put_span(out, span_str(out->newline));
}

/* A block; with NULL what remains of one. */
static void put_block(struct output *out, const struct config_txt *block)
{
	put_line(out, BEGIN " (made by \"pinet sync\"; do not edit this block)", "", "");
	put_line(out, "[all]", "", "");
	if (block) {
		put_line(out, "os_prefix=pinet/", block->generation, "/");
		if (block->kernel[0]) {
			put_line(out, "kernel=", block->kernel, "");
			put_line(out, "auto_initramfs=0", "", "");
			if (block->initramfs[0])
				put_line(out, "initramfs ", block->initramfs, " followkernel");
		}
	}
	put_line(out, END, "", "");
}

/* Whether lines of the user follow to which the section in which they stand makes a difference. */
static bool section_matters(struct lines after)
{
	while (next_line(&after)) {
		struct span line = span_trim(after.line);

		if (after.owner == OURS_BEGIN)
			return false;
		if (after.owner == USERS && line.len && line.p[0] != '#')
			return line.p[0] != '[';
	}
	return false;
}

/* What the user's line makes of "everything in this section is for all models". */
static bool still_all(bool all, struct span line)
{
	line = span_trim(line);
	if (line.len && line.p[0] == '[')
		return span_eq_str(line, "[all]");
	return all && !span_starts(line, "include "); /* that file may end in any section */
}

/*
 * How lines end: as the user's first line does; where the user has no whole line, as ours do. The
 * answer is the same when the block has been put.
 */
static const char *newline_of(struct span text)
{
	struct lines l = {.rest = text};
	bool ours_crlf = false;

	while (next_line(&l)) {
		struct span raw = l.raw;
		bool whole = raw.p[raw.len - 1] == '\n', crlf;

		raw.len -= whole;
		crlf = raw.len && raw.p[raw.len - 1] == '\r';
		if (l.owner == USERS && (whole || crlf))
			return crlf ? "\r\n" : "\n";
		ours_crlf = ours_crlf || crlf;
	}
	return ours_crlf ? "\r\n" : "\n";
}

static int check_block(const struct config_txt *block, struct err *reterr)
{
	uint32_t number;

	if (name_parse(span_str(block->generation), &number, NULL) < 0)
		return err_set(reterr, -EINVAL, "this is no name of a generation");
	if (!span_is_graph(span_str(block->kernel)) ||
		strlen("kernel=") + strlen(block->kernel) > CONFIG_TXT_LINE)
		return err_set(
			reterr, -EINVAL, "the name of the kernel cannot stand in config.txt");
	if (!span_is_graph(span_str(block->initramfs)) ||
		strlen("initramfs  followkernel") + strlen(block->initramfs) > CONFIG_TXT_LINE)
		return err_set(
			reterr, -EINVAL, "the name of the initramfs cannot stand in config.txt");
	return 0;
}

int config_txt_put(struct span text, const struct config_txt *block, char *out, size_t size,
	size_t *ret_len, struct err *reterr)
{
	struct lines l = {.rest = text};
	struct output o = {.p = out, .size = size, .newline = newline_of(text)};
	bool all = true;

	if (block && check_block(block, reterr) < 0)
		return -EINVAL;
	while (next_line(&l)) {
		if (l.owner == USERS) {
			put_span(&o, l.raw);
			all = still_all(all, l.line);
		} else if (l.owner == OURS_BEGIN && block && !all && section_matters(l)) {
			put_block(&o, NULL);
			all = true;
		}
	}
	if (block && o.len && !o.full && out[o.len - 1] != '\n')
		put_span(&o, span_str(o.newline));
	if (block)
		put_block(&o, block);
	if (o.full)
		return err_set(reterr, -EFBIG, "config.txt would have more than %zu bytes", size);
	*ret_len = o.len;
	return 0;
}

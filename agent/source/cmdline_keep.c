/* SPDX-License-Identifier: GPL-2.0-or-later
 * Words that a boot needs and that cmdline.txt has lost.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/cmdline_keep.h"
#include "source/cmdline_word.h"
#include "source/iscsi_words.h"

#define GENERATION "pinet.generation"

/* A text in the making. */
struct text {
	char *out;
	size_t size, at;
	bool full;
};

static void put(struct text *t, struct span s)
{
	if (s.len >= t->size - t->at) {
		t->full = true;
		return;
	}
	if (s.len)
		memcpy(t->out + t->at, s.p, s.len);
	t->at += s.len;
	t->out[t->at] = '\0';
}

/* A quote that is open at the end of a line is closed: it would take in what follows. */
static void put_word(struct text *t, struct span word)
{
	bool open = false;

	for (size_t i = 0; i < word.len; i++)
		open ^= word.p[i] == '"';
	if (t->at)
		put(t, span_str(" "));
	put(t, word);
	if (open)
		put(t, span_str("\""));
}

static bool is_one_of(struct span name, const char *const names[])
{
	while (*names && !span_eq_str(name, *names))
		names++;
	return *names != NULL;
}

/* True for a word by which this client finds its root over the network. */
static bool finds_root(const struct cmdline_word *w)
{
	static const char *const not_needed[] = {
		GENERATION, "pinet.debug", "pinet.log", "pinet.timeout", "pinet.onfail", NULL};
	struct iscsi_words ignored = {.any = false};

	if (span_starts(w->name, "pinet."))
		return !is_one_of(w->name, not_needed);
	if (span_eq_str(w->name, "root"))
		return span_starts(w->value, "iscsi:") || span_eq_str(w->value, "/dev/nfs");
	return span_eq_str(w->name, "nfsroot") || iscsi_words_put(&ignored, w->name, w->value) == 0;
}

/* True for a word that goes with those, but that a local root may have, too. */
static bool goes_with_root(const struct cmdline_word *w)
{
	static const char *const names[] = {
		"root", "rootflags", "rootdelay", "ip", "BOOTIF", "boot", NULL};

	return is_one_of(w->name, names);
}

static bool is_missed(const struct cmdline_keep_facts *k, const struct cmdline_word *w)
{
	return finds_root(w) && !(span_starts(w->name, "pinet.") && k->is_elsewhere &&
					k->is_elsewhere(k->ctx, span_sub(w->name, 6, w->name.len)));
}

static bool is_off(const struct cmdline_word *w)
{
	return span_eq_str(w->name, "pinet") && span_eq_str(w->value, "off");
}

/* True if @text has a word by which it finds its root, or pinet=off. */
static bool speaks_for_itself(struct span text)
{
	struct cmdline_word w;

	while (cmdline_next(&text, &w))
		if (finds_root(&w) || is_off(&w))
			return true;
	return false;
}

static bool misses_something(const struct cmdline_keep_facts *k, struct span text)
{
	struct cmdline_word w;

	while (cmdline_next(&text, &w))
		if (is_missed(k, &w))
			return true;
	return false;
}

static bool has_name(struct span text, struct span name)
{
	struct cmdline_word w;

	while (cmdline_next(&text, &w))
		if (span_eq(w.name, name))
			return true;
	return false;
}

/* The last one counts (man bootparam(7)); false if there is none. */
static bool find_root(struct span text, struct span *ret)
{
	struct cmdline_word w;
	bool found = false;

	while (cmdline_next(&text, &w)) {
		if (!span_eq_str(w.name, "root"))
			continue;
		*ret = w.value;
		found = true;
	}
	return found;
}

/*
 * True if the machine was booted with a root= and @line has none, or one that cannot be meant. A
 * value with quotes might not be the same again.
 */
static bool misses_root(const struct cmdline_keep_facts *k, struct span booted, struct span line)
{
	struct span was, is;

	if (!k->has_root || !find_root(booted, &was) || !span_is_graph(was) ||
		span_find(was, '"') < was.len)
		return false;
	if (!find_root(line, &is))
		return true;
	return !span_eq(was, is) && !k->has_root(k->ctx, is);
}

static bool is_text(struct span file)
{
	return span_find(file, '\0') == file.len;
}

/* The first line of @file, without its end; what follows in @ret_rest. */
static struct span first_line(struct span file, struct span *ret_rest)
{
	size_t n = span_find(file, '\n');

	if (n && n < file.len && file.p[n - 1] == '\r')
		n--;
	*ret_rest = span_sub(file, n, file.len);
	return span_sub(file, 0, n);
}

static void add_name(char names[CMDLINE_KEEP_NAMES_SIZE], struct span name)
{
	size_t at = strlen(names);
	char shown[64];

	span_escape(name, shown, sizeof(shown));
	(void)snprintf(names + at, CMDLINE_KEEP_NAMES_SIZE - at, "%s%s=", at ? " " : "",
		shown); /* may be cut */
}

/* The words of @line, but root= only if it is to stay. What is behind "--" stays. */
static void put_line(struct text *t, struct span line, struct span booted)
{
	struct cmdline_word w;
	struct span rest = line;
	bool root = has_name(booted, span_str("root"));

	while (cmdline_next(&rest, &w))
		if (!root || !span_eq_str(w.name, "root"))
			put_word(t, w.whole);
}

/* What stands behind "--" in @line, with it; empty if there is none. */
static struct span for_init(struct span line)
{
	struct cmdline_word w;
	struct span rest = line;

	while (cmdline_next(&rest, &w))
		;
	if (!span_eq_str(w.whole, "--"))
		return SPAN_NONE;
	return span_sub(line, (size_t)(w.whole.p - line.p), line.len);
}

int cmdline_keep(struct span booted, struct span file, const struct cmdline_keep_facts *facts,
	char *out, size_t size, char ret_names[CMDLINE_KEEP_NAMES_SIZE], struct err *reterr)
{
	struct text t = {.out = out, .size = size};
	struct span rest, line = first_line(file, &rest), words = booted;
	char names[CMDLINE_KEEP_NAMES_SIZE] = "";
	struct cmdline_word w;

	if (!is_text(file) || speaks_for_itself(line) ||
		(!misses_something(facts, booted) && !misses_root(facts, booted, line)))
		return 0;
	put_line(&t, line, booted);
	while (cmdline_next(&words, &w)) {
		bool again = span_eq_str(w.name, "root") || !has_name(line, w.name);

		if (!is_missed(facts, &w) && !(goes_with_root(&w) && again))
			continue;
		put_word(&t, w.whole);
		add_name(names, w.name);
	}
	if (for_init(line).len)
		put_word(&t, for_init(line));
	put(&t, rest);
	if (t.full)
		return err_set(reterr, -EFBIG,
			"cmdline.txt has lost the words that this machine needs to boot, and they "
			"do not fit into it");
	strcpy(ret_names, names);
	return 1;
}

int cmdline_for_generation(
	struct span file, const char *name, char *out, size_t size, struct err *reterr)
{
	struct text t = {.out = out, .size = size};
	struct span rest, line = first_line(file, &rest), words = line;
	struct cmdline_word w;

	if (!is_text(file))
		return err_set(reterr, -EINVAL, "cmdline.txt is no text file");
	while (cmdline_next(&words, &w))
		if (!span_eq_str(w.name, GENERATION))
			put_word(&t, w.whole);
	put_word(&t, span_str(GENERATION "="));
	put(&t, span_str(name));
	if (for_init(line).len)
		put_word(&t, for_init(line));
	put(&t, span_str("\n"));
	if (t.full)
		return err_set(reterr, -EFBIG,
			"cmdline.txt is too long: the kernel takes %zu bytes", size - 1);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The kernel command line as a source.
 *
 *   cmdline = word *(1*blank word) [1*blank "--" ...]
 *   word    = name ["=" value]          (a double quote hides blanks and is dropped around a value)
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "source/cmdline.h"
#include "source/iscsi_words.h"
#include "source/rootpath.h"

struct parser {
	struct cmdline *out;
	struct iscsi_words iscsi;
	bool has_rootpath;
	struct rootpath rootpath;
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Cuts the next word off @in; false at the end. A quote hides blanks until the next one. */
static bool next_word(struct span *in, struct span *ret)
{
	bool quoted = false;
	size_t n = 0;

	while (in->len && is_blank(in->p[0]))
		*in = span_sub(*in, 1, in->len);
	while (n < in->len && (quoted || !is_blank(in->p[n]))) {
		if (in->p[n] == '"')
			quoted = !quoted;
		n++;
	}
	*ret = span_sub(*in, 0, n);
	*in = span_sub(*in, n, in->len);
	return n > 0 && !span_eq_str(*ret, "--");
}

/* Splits at the first '='; @ret_value has p == NULL when there is none. */
static void split_word(struct span word, struct span *ret_name, struct span *ret_value)
{
	*ret_value = SPAN_NONE;
	if (word.len >= 2 && word.p[0] == '"' && word.p[word.len - 1] == '"')
		word = span_sub(word, 1, word.len - 2);
	if (span_find(word, '=') == word.len) {
		*ret_name = word;
		return;
	}
	*ret_name = span_cut(&word, '=');
	if (!word.p)
		return;
	if (word.len >= 2 && word.p[0] == '"' && word.p[word.len - 1] == '"')
		word = span_sub(word, 1, word.len - 2);
	*ret_value = word;
}

static int put_pinet(struct parser *p, struct span name, struct span value, struct err *reterr)
{
	char word[SETTING_WORD_SIZE], shown[SETTING_WORD_SIZE];
	enum setting_id id;

	p->out->pinet_words = true;
	if (settings_find(span_sub(name, 6, name.len), &id) < 0) {
		notes_add(&p->out->notes, "kernel command line: there is no setting %s: ignored",
			span_escape(name, shown, sizeof(shown)));
		return 0;
	}
	if (span_copy(name, word, sizeof(word)) < 0)
		return err_set(reterr, -EINVAL, "the word is too long");
	if (!value.p)
		return err_set(reterr, -EINVAL, "%s has no \"=\" and no value", word);
	return settings_put(&p->out->set, id, word, value, reterr);
}

static int put_root(struct parser *p, struct span value, struct err *reterr)
{
	struct cmdline *out = p->out;
	char shown[80];

	if (span_starts(value, "iscsi:")) {
		if (rootpath_parse(value, &p->rootpath, reterr) < 0)
			return -EINVAL;
		p->has_rootpath = true;
		return 0;
	}
	if (span_copy(value, out->root, sizeof(out->root)) < 0)
		return err_set(reterr, -EINVAL, "root=%s is longer than %zu bytes",
			span_escape(value, shown, sizeof(shown)), sizeof(out->root) - 1);
	out->nfs_root = span_eq_str(value, "/dev/nfs");
	return 0;
}

static int put_bootif(struct cmdline *out, struct span value, struct err *reterr)
{
	char shown[40];

	/* pxelinux: the ARP hardware type 01 comes first */
	if (value.len != 20 || !span_starts(value, "01-") ||
		num_parse_mac(span_sub(value, 3, value.len), out->bootif) < 0)
		return err_set(reterr, -EINVAL, "BOOTIF=%s: it must be 01- and a MAC address",
			span_escape(value, shown, sizeof(shown)));
	out->has_bootif = true;
	return 0;
}

/* Written by a program for a program: it makes nobody act, and one that is no name says nothing. */
static void put_generation(struct cmdline *out, struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!isalnum(value.p[i]) && !strchr(".+~_-", value.p[i]))
			return;
	(void)!span_copy(value, out->generation, sizeof(out->generation)); /* too long is no name */
}

static int put_word(struct parser *p, struct span name, struct span value, struct err *reterr)
{
	struct cmdline *out = p->out;
	uint32_t n;

	if (span_eq_str(name, "pinet") && span_eq_str(value, "off"))
		out->off = true;
	else if (span_eq_str(name, "pinet.generation"))
		put_generation(out, value);
	else if (span_starts(name, "pinet."))
		return put_pinet(p, name, value, reterr);
	else if (span_eq_str(name, "root"))
		return put_root(p, value, reterr);
	else if (span_eq_str(name, "ip")) {
		out->has_ip = true;
		return ip_param_parse(value, &out->ip, reterr);
	} else if (span_eq_str(name, "BOOTIF"))
		return put_bootif(out, value, reterr);
	else if (span_eq_str(name, "rootdelay") && num_parse_u32(value, 86400, &n) == 0)
		out->rootdelay_s = n;
	else if (span_eq_str(name, "rootfstype"))
		out->has_rootfstype = value.len > 0;
	else if (span_eq_str(name, "quiet"))
		out->quiet = true;
	else if (iscsi_words_put(&p->iscsi, name, value) == 0)
		out->iscsi_words = true;
	return 0;
}

static int finish(struct parser *p, struct err *reterr)
{
	struct cmdline *out = p->out;

	if (iscsi_words_finish(&p->iscsi, &out->set, &out->chap, reterr) < 0)
		return -EINVAL;
	out->iscsi_auto = p->iscsi.automatic;
	if (p->has_rootpath) {
		if (rootpath_settings(&p->rootpath, "root=iscsi:", &out->set, reterr) < 0)
			return -EINVAL;
		if (p->rootpath.chap.present)
			out->chap = p->rootpath.chap;
		out->iscsi_words = true;
		out->root_on_lun = !out->root[0];
	}
	if (out->chap.present)
		notes_add(&out->notes,
			"kernel command line: every user of this machine can read the "
			"CHAP secret there; /etc/pinet/chap.conf is the place for it");
	return 0;
}

int cmdline_parse(struct span text, struct cmdline *ret, struct err *reterr)
{
	struct cmdline out = {.off = false};
	struct parser p = {.out = &out};
	struct span rest = text, word, name, value;

	if (text.len >= CMDLINE_SIZE)
		return err_set(reterr, -EINVAL, "kernel command line: longer than %d bytes",
			CMDLINE_SIZE - 1);
	while (next_word(&rest, &word)) {
		split_word(word, &name, &value);
		if (put_word(&p, name, value, reterr) < 0) {
			err_prefix(reterr, "kernel command line, column %u",
				(unsigned int)(word.p - text.p) + 1);
			return -EINVAL;
		}
	}
	if (finish(&p, reterr) < 0) {
		err_prefix(reterr, "kernel command line");
		return -EINVAL;
	}
	*ret = out;
	return 0;
}

struct span cmdline_peek(struct span text, const char *wanted)
{
	struct span word, name, value, hit = SPAN_NONE;

	while (next_word(&text, &word)) {
		split_word(word, &name, &value);
		if (span_eq_str(name, wanted) && value.p)
			hit = value;
	}
	return hit;
}

bool cmdline_is_for_us(struct span text)
{
	struct iscsi_words iscsi = {.any = false};
	struct span word, name, value;
	bool hit = false;

	while (next_word(&text, &word)) {
		split_word(word, &name, &value);
		if (span_eq_str(name, "pinet") && span_eq_str(value, "off"))
			return false;
		if (span_starts(name, "pinet."))
			hit = hit || !span_eq_str(name, "pinet.generation"); /* see put_word() */
		else if (span_eq_str(name, "root"))
			hit = hit || span_starts(value, "iscsi:") || span_eq_str(value, "/dev/nfs");
		else if (iscsi_words_put(&iscsi, name, value) == 0)
			hit = hit || !span_eq_str_nocase(name, "iscsi_auto");
	}
	return hit;
}

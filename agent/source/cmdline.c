/* SPDX-License-Identifier: GPL-2.0-or-later
 * The kernel command line as a source. Its grammar is in cmdline_word.h.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "source/cmdline.h"
#include "source/cmdline_word.h"
#include "source/iscsi_words.h"
#include "source/rootpath.h"

struct parser {
	struct cmdline *out;
	struct iscsi_words iscsi;
	bool has_rootpath;
	struct rootpath rootpath;
};

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

static int put_nfsroot(struct cmdline *out, struct span value, struct err *reterr)
{
	out->nfs.present = false;
	if (!value.len || span_eq_str(value, "auto"))
		return 0; /* DHCP is to say it */
	if (nfs_root_parse(value, &out->nfs, reterr) == 0)
		return 0;
	err_prefix(reterr, "nfsroot=");
	return -EINVAL;
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
	else if (span_eq_str(name, "nfsroot"))
		return put_nfsroot(out, value, reterr);
	else if (span_eq_str(name, "ro") || span_eq_str(name, "rw"))
		out->read_write = span_eq_str(name, "rw");
	else if (span_eq_str(name, "ip")) {
		out->has_ip = true;
		return ip_param_parse(value, &out->ip, reterr);
	} else if (span_eq_str(name, "vlan"))
		return vlan_param_parse(value, &out->vlan, reterr);
	else if (span_eq_str(name, "BOOTIF"))
		return put_bootif(out, value, reterr);
	else if (span_eq_str(name, "rootdelay") && num_parse_u32(value, 86400, &n) == 0)
		out->rootdelay_s = n;
	else if (span_eq_str(name, "rootfstype")) {
		out->has_rootfstype = value.len > 0;
		if (span_copy(value, out->rootfstype, sizeof(out->rootfstype)) < 0)
			out->rootfstype[0] = '\0';
	} else if (span_eq_str(name, "quiet"))
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
	struct span rest = text;
	struct cmdline_word w;

	if (text.len >= CMDLINE_SIZE)
		return err_set(reterr, -EINVAL, "kernel command line: longer than %d bytes",
			CMDLINE_SIZE - 1);
	while (cmdline_next(&rest, &w)) {
		if (put_word(&p, w.name, w.value, reterr) < 0) {
			err_prefix(reterr, "kernel command line, column %u",
				(unsigned int)(w.whole.p - text.p) + 1);
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
	struct span hit = SPAN_NONE;
	struct cmdline_word w;

	while (cmdline_next(&text, &w))
		if (span_eq_str(w.name, wanted) && w.value.p)
			hit = w.value;
	return hit;
}

bool cmdline_is_for_us(struct span text)
{
	struct iscsi_words iscsi = {.any = false};
	struct cmdline_word w;
	bool hit = false;

	while (cmdline_next(&text, &w)) {
		if (span_eq_str(w.name, "pinet") && span_eq_str(w.value, "off"))
			return false;
		if (span_starts(w.name, "pinet."))
			hit = hit || !span_eq_str(w.name, "pinet.generation"); /* see put_word() */
		else if (span_eq_str(w.name, "root"))
			hit = hit || span_starts(w.value, "iscsi:") ||
			      span_eq_str(w.value, "/dev/nfs");
		else if (iscsi_words_put(&iscsi, w.name, w.value) == 0)
			hit = hit || !span_eq_str_nocase(w.name, "iscsi_auto");
	}
	return hit;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The files of the administrator: pinet.conf, chap.conf and open-iscsi's iscsi.initramfs.
 *
 *   line = [name *blank "=" *blank value] *blank ["#" comment]     (a comment needs a blank before)
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "source/conf.h"
#include "source/iscsi_words.h"

#define PINET_CONF "/etc/pinet/pinet.conf"
#define CHAP_CONF  "/etc/pinet/chap.conf"

/* Where open-iscsi has it: in the running system, and where its hook puts it in the image. */
static const char *const initramfs_files[] = {"/etc/iscsi/iscsi.initramfs", "/etc/iscsi.initramfs"};

struct lines {
	const char *name;
	bool quotes; /* as a shell has them */
	struct span rest;
	unsigned int number;
	struct span line;
};

static bool next_line(struct lines *l)
{
	if (!l->rest.len)
		return false;
	l->line = span_cut(&l->rest, '\n');
	l->number++;
	if (l->line.len && l->line.p[l->line.len - 1] == '\r')
		l->line.len--;
	return true;
}

static void prefix_place(const struct lines *l, struct span at, struct err *reterr)
{
	err_prefix(reterr, "%s:%u:%u", l->name, l->number, (unsigned int)(at.p - l->line.p) + 1);
}

static bool is_quote(uint8_t c)
{
	return c == '"' || c == '\'';
}

/*
 * The line without its comment; '#' counts at the start and behind a blank, with @quotes not within
 * those that a value begins with.
 */
static struct span without_comment(struct span line, bool quotes)
{
	uint8_t open = 0;

	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.p[i], before = i ? line.p[i - 1] : ' ';

		if (open)
			open = c == open ? 0 : open;
		else if (quotes && is_quote(c) && before == '=')
			open = c;
		else if (c == '#' && (before == ' ' || before == '\t'))
			return span_sub(line, 0, i);
	}
	return line;
}

/* Returns 1 with a name and a value, 0 for an empty line, -EINVAL if there is no '='. */
static int split_line(
	const struct lines *l, struct span *ret_name, struct span *ret_value, struct err *reterr)
{
	struct span line = span_trim(without_comment(l->line, l->quotes)), rest = line;
	struct span name = span_trim(span_cut(&rest, '='));

	if (!line.len)
		return 0;
	if (!rest.p || !name.len) {
		err_fill(reterr, -EINVAL, "the line is not NAME = VALUE");
		prefix_place(l, line, reterr);
		return -EINVAL;
	}
	*ret_name = name;
	*ret_value = span_trim(rest);
	return 1;
}

int conf_parse(struct span text, const char *name, struct conf *conf, struct err *reterr)
{
	struct lines l = {.name = name, .rest = text};
	struct conf out = *conf;
	struct span key, value;

	if (span_find(text, '\0') != text.len)
		return err_set(reterr, -EINVAL, "%s is no text file: it has NUL bytes", name);
	while (next_line(&l)) {
		char shown[SETTING_WORD_SIZE];
		enum setting_id id;
		int r = split_line(&l, &key, &value, reterr);

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (span_starts(
			    key, "pinet.")) /* as on the command line: the same name, understood */
			key = span_sub(key, 6, key.len);
		if (settings_find(key, &id) < 0) {
			notes_add(&out.notes, "%s:%u: there is no setting \"%s\": ignored", name,
				l.number, span_escape(key, shown, sizeof(shown)));
			continue;
		}
		if (settings_put(&out.set, id, settings_name(id), value, reterr) < 0) {
			prefix_place(&l, key, reterr);
			return -EINVAL;
		}
	}
	*conf = out;
	return 0;
}

int conf_parse_chap(struct span text, const char *name, struct conf *conf, struct err *reterr)
{
	struct lines l = {.name = name, .rest = text};
	struct chap c = {.present = true};
	const struct {
		const char *name;
		char *to;
	} table[] = {
		{"username", c.user},
		{"password", c.secret},
		{"username_in", c.user_in},
		{"password_in", c.secret_in},
	};
	struct span key, value;

	while (next_line(&l)) {
		size_t i;
		int r = split_line(&l, &key, &value, reterr);

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		for (i = 0; i < 4 && !span_eq_str(key, table[i].name); i++)
			;
		if (i == 4)
			r = err_set(reterr, -EINVAL,
				"the names are username, password, username_in and password_in");
		else if (!value.len || span_copy(value, table[i].to, SETTING_VALUE_SIZE) < 0)
			r = err_set(reterr, -EINVAL, "%s must have 1 to %d bytes", table[i].name,
				SETTING_VALUE_SIZE - 1);
		if (r < 0) {
			prefix_place(&l, key, reterr);
			return -EINVAL;
		}
	}
	c.mutual = c.user_in[0] || c.secret_in[0];
	if (!c.user[0] || !c.secret[0])
		return err_set(reterr, -EINVAL, "%s: username and password are both needed", name);
	if (c.mutual && (!c.user_in[0] || !c.secret_in[0]))
		return err_set(
			reterr, -EINVAL, "%s: username_in and password_in go together", name);
	conf->chap = c;
	return 0;
}

/* Takes the quotes off @v; false if they do not end where it does. */
static bool unquote(struct span *v)
{
	struct span inner = span_sub(*v, 1, v->len);

	if (!v->len || !is_quote(v->p[0]))
		return true;
	if (span_find(inner, (char)v->p[0]) + 1 != inner.len)
		return false;
	*v = span_sub(inner, 0, inner.len - 1);
	return true;
}

int conf_parse_initramfs(struct span text, const char *name, struct conf *conf, struct err *reterr)
{
	struct lines l = {.name = name, .quotes = true, .rest = text};
	struct iscsi_words words = {.any = false};
	struct conf out = *conf;
	struct span key, value;

	while (next_line(&l)) {
		char shown[SETTING_WORD_SIZE];
		int r;

		key = value = SPAN_NONE;
		r = split_line(&l, &key, &value, NULL);

		if (r == 0)
			continue;
		if (span_starts(key, "export "))
			key = span_trim(span_sub(key, 7, key.len));
		if (span_starts(key, "ISCSI_") && !unquote(&value))
			return err_set(reterr, -EINVAL,
				"%s:%u: the quote that the value of %s begins with must be closed "
				"at "
				"its end, and nowhere else",
				name, l.number, span_escape(key, shown, sizeof(shown)));
		if (r < 0 || iscsi_words_put(&words, key, value) < 0)
			/* Only the name: a misspelt one may have a secret for its value. */
			notes_add(&out.notes, "%s:%u: not an ISCSI_ assignment, ignored%s%s", name,
				l.number, key.len ? ": " : "",
				span_escape(key, shown, sizeof(shown)));
	}
	if (iscsi_words_finish(&words, &out.set, out.chap.present ? &(struct chap){0} : &out.chap,
		    reterr) < 0) {
		err_prefix(reterr, "%s", name);
		return -EINVAL;
	}
	*conf = out;
	return 0;
}

static int read_file(const char *path, bool secret, char buf[CONF_SIZE], struct err *reterr)
{
	struct stat st;
	ssize_t n;

	if (stat(path, &st) < 0)
		return err_sys(reterr, -errno, "cannot read %s", path);
	if (secret && (st.st_mode & 077))
		return err_set(reterr, -EPERM,
			"%s holds secrets but others may read it: chmod 600 %s, then "
			"update-initramfs -u",
			path, path);
	if (S_ISDIR(st.st_mode) || S_ISFIFO(st.st_mode))
		return err_set(reterr, -EINVAL, "cannot read %s: it is no regular file", path);
	n = fs_read(path, buf, CONF_SIZE);
	if (n == -EFBIG)
		return err_set(reterr, -EFBIG, "%s is larger than %d bytes", path, CONF_SIZE - 1);
	if (n < 0)
		return err_sys(reterr, (int)n, "cannot read %s", path);
	return (int)n;
}

/* Reads and parses @path; 0 also when it is not there. */
static int load_one(const char *path, bool secret,
	int (*parse)(struct span, const char *, struct conf *, struct err *), struct conf *conf,
	struct err *reterr)
{
	char buf[CONF_SIZE];
	int n = read_file(path, secret, buf, reterr);

	if (n == -ENOENT)
		return 0;
	return n < 0 ? n : parse(span_of(buf, (size_t)n), path, conf, reterr);
}

int conf_load(const char *path, struct conf *ret, struct err *reterr)
{
	struct conf out = {.notes.n = 0};
	int r;

	if (path) {
		char buf[CONF_SIZE];

		r = read_file(path, false, buf, reterr);
		if (r >= 0)
			r = conf_parse(span_of(buf, (size_t)r), path, &out, reterr);
		if (r >= 0)
			*ret = out;
		return r < 0 ? r : 0;
	}
	r = load_one(PINET_CONF, false, conf_parse, &out, reterr);
	if (r == 0)
		r = load_one(CHAP_CONF, true, conf_parse_chap, &out, reterr);
	for (size_t i = 0; r == 0 && i < 2; i++)
		r = load_one(initramfs_files[i], false, conf_parse_initramfs, &out, reterr);
	if (r == 0)
		*ret = out;
	return r;
}

int conf_peek(const char *path, const char *name, char *out, size_t size)
{
	struct lines l = {.name = ""};
	struct span key, value, hit = SPAN_NONE;
	char buf[CONF_SIZE];
	int n = read_file(path ? path : PINET_CONF, false, buf, NULL);

	if (n < 0)
		return -ENOENT;
	l.rest = span_of(buf, (size_t)n);
	while (next_line(&l))
		if (split_line(&l, &key, &value, NULL) > 0 && span_eq_str(key, name))
			hit = value;
	return hit.p && span_copy(hit, out, size) == 0 ? 0 : -ENOENT;
}

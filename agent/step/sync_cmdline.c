/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: cmdline.txt, which a generation gets with a word of its own, and which gets back
 * what another package has lost of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "source/cmdline_keep.h"
#include "source/conf.h"
#include "step/sync_parts.h"
#include "store/files.h"

#define UDEV_SAFE "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#+-.:=@_"

struct facts {
	const struct sync *sync;
	struct conf conf;
};

/* True if pinet.conf sets the setting @name. */
static bool in_conf(const void *ctx, struct span name)
{
	const struct facts *facts = ctx;
	enum setting_id id;

	return settings_find(name, &id) == 0 && facts->conf.set.one[id].present;
}

/* The path below the root of what root=@value means; "" if that cannot be told. */
static void root_path(struct span value, char *out, size_t size)
{
	static const struct {
		const char *tag, *directory;
	} kinds[] = {
		{"LABEL", "label"},
		{"UUID", "uuid"},
		{"PARTLABEL", "partlabel"},
		{"PARTUUID", "partuuid"},
	};
	struct span name = value, tag;
	char text[256];

	out[0] = '\0';
	if (span_starts(value, "/dev/") && span_copy(value, text, sizeof(text)) == 0)
		(void)snprintf(out, size, "%s", &text[1]);
	tag = span_cut(&name, '=');
	/* udev writes other characters in another way */
	if (span_copy(name, text, sizeof(text)) < 0 || text[strspn(text, UDEV_SAFE)])
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span_eq_str(tag, kinds[i].tag))
			(void)snprintf(out, size, "dev/disk/by-%s/%s", kinds[i].directory, text);
}

/* False if no disk of this machine is called @value: the package wrote of a root that is elsewhere. */
static bool has_root(const void *ctx, struct span value)
{
	const struct facts *facts = ctx;
	char name[512], path[PATH_MAX];

	root_path(value, name, sizeof(name));
	return !name[0] || sync_root_path(facts->sync, "dev/disk", path, sizeof(path)) < 0 ||
	       !fs_exists(path) || sync_root_path(facts->sync, name, path, sizeof(path)) < 0 ||
	       fs_exists(path);
}

/* What pinet.conf says; nothing if it cannot be read. */
static void read_conf(const struct sync *s, struct conf *conf)
{
	char path[PATH_MAX], text[CONF_SIZE];
	ssize_t n = sync_root_path(s, "etc/pinet/pinet.conf", path, sizeof(path));

	if (n == 0)
		n = fs_read(path, text, sizeof(text));
	if (n > 0 && conf_parse(span_of(text, (size_t)n), path, conf, NULL) < 0)
		memset(conf, 0, sizeof(*conf)); /* the next boot says what is wrong with it */
}

/* Replaces @f, which may be in a directory below the boot directory, by @text. */
static int write_anew(const struct sync *s, const struct boot_file *f, const char *text)
{
	const char *slash = strrchr(f->source, '/');
	char dir[PATH_MAX];
	_cleanup_fd_ int fd = -1;

	if ((size_t)snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - f->source) : 0,
		    f->source) >= sizeof(dir))
		return -ENAMETOOLONG;
	fd = files_open_dir(s->wish->boot_dirfd, dir, false);
	if (fd < 0)
		return fd;
	return files_replace_same(
		s->ours_fd, fd, slash ? slash + 1 : f->source, &f->st, span_str(text));
}

/* Writes the file anew with what it has lost. Returns 1, 0 if nothing is, or a negative errno. */
static int put_back(struct sync *s, struct sync_cmdline *c, struct err *reterr)
{
	_cleanup_free_ struct facts *facts = calloc(1, sizeof(*facts));
	const struct cmdline_keep_facts keep = {in_conf, s->wish->force ? NULL : has_root, facts};
	struct boot_file *f = &s->set.file[c->file];
	char text[SYNC_CMDLINE_SIZE];
	int r;

	if (!facts)
		return err_set(reterr, -ENOMEM, "no memory for pinet.conf");
	facts->sync = s;
	read_conf(s, &facts->conf);
	r = cmdline_keep(s->wish->booted, span_of(c->text, c->len), &keep, text, sizeof(text),
		s->report->put_back, reterr);
	if (r <= 0)
		return r;
	if (!c->len && !s->wish->force)
		return sync_err_empty(f->source, reterr);
	r = write_anew(s, f, text);
	if (r == -EAGAIN)
		return err_set(reterr, r,
			"%s is being written by somebody else: it is left as it is", f->source);
	if (r < 0)
		return files_err(reterr, r, "cannot put words back into %s", f->source);
	c->len = strlen(text);
	memcpy(c->text, text, c->len);
	return 1;
}

static int read_one(struct sync *s, struct sync_cmdline *c, struct err *reterr)
{
	struct boot_file *f = &s->set.file[c->file];
	ssize_t n;

	if (fstatat(s->wish->boot_dirfd, f->source, &f->st, AT_SYMLINK_NOFOLLOW) < 0)
		return files_err(reterr, -errno, "cannot read %s", f->source);
	n = files_read(s->wish->boot_dirfd, f->source, c->text, sizeof(c->text));
	if (n < 0)
		return files_err(reterr, (int)n, "cannot read %s", f->source);
	c->len = (size_t)n;
	sha256_of(span_of(c->text, c->len), &s->digest[c->file]);
	return 0;
}

int sync_read_cmdlines(struct sync *s, struct err *reterr)
{
	for (size_t i = 0; i < s->set.n; i++) {
		struct sync_cmdline *c = &s->cmdline[s->n_cmdlines];
		int r;

		if (s->set.file[i].role != BOOT_CMDLINE)
			continue;
		if (s->n_cmdlines == SYNC_CMDLINES)
			return err_set(reterr, -E2BIG,
				"config.txt names more than %d kernel command lines",
				SYNC_CMDLINES);
		c->file = i;
		r = read_one(s, c, reterr);
		if (r < 0)
			return r;
		s->n_cmdlines++;
	}
	return 0;
}

int sync_mend_cmdlines(struct sync *s, struct err *reterr)
{
	int r = 0;

	for (unsigned int i = 0; i < s->n_cmdlines && r >= 0 && s->layout == MANIFEST_RASPI; i++) {
		r = put_back(s, &s->cmdline[i], reterr);
		if (r > 0)
			r = read_one(s, &s->cmdline[i], reterr);
	}
	return r;
}

int sync_text(const struct sync *s, size_t file, const char *name, char out[SYNC_CMDLINE_SIZE],
	struct err *reterr)
{
	for (unsigned int i = 0; i < s->n_cmdlines; i++) {
		const struct sync_cmdline *c = &s->cmdline[i];
		int r;

		if (c->file != file)
			continue;
		r = cmdline_for_generation(
			span_of(c->text, c->len), name, out, SYNC_CMDLINE_SIZE, reterr);
		return r < 0 ? r : 1;
	}
	return 0;
}

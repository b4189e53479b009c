/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: what there is, and whether it is what it was when the stamp was made.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "step/sync_parts.h"
#include "store/active.h"
#include "store/config_txt.h"
#include "store/files.h"

int sync_root_path(const struct sync *s, const char *name, char *out, size_t size)
{
	return fs_join(out, size, s->wish->root, name);
}

bool sync_digest_known(const struct sha256 *digest)
{
	static const struct sha256 none;

	return !sha256_eq(digest, &none);
}

int sync_err_empty(const char *name, struct err *reterr)
{
	return err_set(reterr, -ESTALE,
		"%s is empty: somebody seems to be writing it (if it is to be so: pinet sync "
		"--force)",
		name);
}

/*
 * config.txt as its owner wrote it. A block that is put in and taken out again leaves the file with
 * a newline at its end: that is how it is compared.
 */
static int strip_config(
	const char *text, size_t len, char *out, size_t *ret_len, struct err *reterr)
{
	static const struct config_txt any = {.generation = "g000000-0"};
	_cleanup_free_ char *with = malloc(2 * CONFIG_TXT_MAX);
	size_t n;
	int r;

	if (!with)
		return err_set(reterr, -ENOMEM, "no memory for " CONFIG_TXT_NAME);
	r = config_txt_put(span_of(text, len), &any, with, 2 * CONFIG_TXT_MAX, &n, reterr);
	if (r == 0)
		r = config_txt_put(
			span_of(with, n), NULL, out, 2 * CONFIG_TXT_MAX, ret_len, reterr);
	return r;
}

static int read_config(struct sync *s, struct err *reterr)
{
	_cleanup_free_ char *text = NULL, *stripped = malloc(2 * CONFIG_TXT_MAX + 1);
	size_t len = 0;
	ssize_t n;
	int r;

	if (!stripped)
		return err_set(reterr, -ENOMEM, "no memory for " CONFIG_TXT_NAME);
	n = files_read_stat(
		s->wish->boot_dirfd, CONFIG_TXT_NAME, CONFIG_TXT_MAX + 1, &text, &s->config_st);
	if (n < 0)
		return files_err(reterr, (int)n, "cannot read " CONFIG_TXT_NAME);
	if (memchr(text, '\0', (size_t)n))
		return err_set(reterr, -EINVAL, CONFIG_TXT_NAME " is no text file");
	r = strip_config(text, (size_t)n, stripped, &len, reterr);
	if (r < 0)
		return r;
	stripped[len] = '\0';
	sha256_of(span_of(stripped, len), &s->config_digest);
	s->place.config = span_of(stripped, len);
	s->config = take_ptr(stripped);
	return 0;
}

static int load_stamp(struct sync *s, struct err *reterr)
{
	char path[PATH_MAX];
	int r = sync_root_path(s, &STAMP_FILE[1], path, sizeof(path));

	return r < 0 ? err_sys(reterr, r, "%s", STAMP_FILE) : stamp_load(path, &s->stamp, reterr);
}

/* The digests that the stamp still knows. */
static void take_digests(struct sync *s)
{
	for (size_t i = 0; i < s->set.n; i++) {
		const struct boot_file *f = &s->set.file[i];
		const struct sha256 *known =
			s->wish->force ? NULL : stamp_digest(&s->stamp, f->source, &f->st);

		if (known)
			s->digest[i] = *known;
	}
}

/* What config.txt was when the newest generation was made, or NULL if there was none. */
static const struct sha256 *stamped_config(const struct sync *s)
{
	for (size_t i = 0; i < s->stamp.n; i++)
		if (strcmp(s->stamp.file[i].path, CONFIG_TXT_NAME) == 0)
			return &s->stamp.file[i].digest;
	return NULL;
}

/* Who had a config.txt has a firmware that finds no generation without it. */
static int miss_config(const struct sync *s, struct err *reterr)
{
	if (s->layout == MANIFEST_RASPI || s->wish->force || !stamped_config(s))
		return 0;
	return err_set(reterr, -ENOENT,
		CONFIG_TXT_NAME
		" is gone from the boot directory: put it back, or, if nothing reads "
		"it any more: pinet sync --force");
}

int sync_look(struct sync *s, struct err *reterr)
{
	int dirfd = s->wish->boot_dirfd;
	int r = active_layout(dirfd, &s->layout, reterr);

	s->place = (struct boot_place){
		.boot_dirfd = dirfd, .root = s->wish->root, .running = s->wish->kernel};
	if (r == 0 && s->layout == MANIFEST_RASPI)
		r = read_config(s, reterr);
	if (r == 0) {
		s->ours_fd = files_open_ours(dirfd, false, reterr);
		r = s->ours_fd < 0 && s->ours_fd != -ENOENT ? s->ours_fd : 0;
	}
	if (r == 0)
		r = active_read(dirfd, s->ours_fd, s->layout, s->active, reterr);
	if (r >= 0)
		r = load_stamp(s, reterr);
	if (r == 0 && s->config && !s->config_st.st_size && s->stamp.generation[0] &&
		!s->wish->force)
		r = sync_err_empty(CONFIG_TXT_NAME, reterr);
	if (r == 0)
		r = miss_config(s, reterr);
	if (r == 0)
		r = boot_set_look(&s->place, &s->set, reterr);
	if (r < 0)
		return r;
	s->digest = calloc(s->set.n, sizeof(*s->digest));
	s->cmdline = calloc(SYNC_CMDLINES, sizeof(*s->cmdline));
	if (!s->digest || !s->cmdline)
		return err_set(reterr, -ENOMEM, "no memory for the list of boot files");
	take_digests(s);
	return 0;
}

void sync_forget(struct sync *s)
{
	sync_child_stop(&s->checker);
	free(s->config);
	free(s->digest);
	free(s->cmdline);
	boot_set_done(&s->set);
	stamp_done(&s->stamp);
	while (s->n_known)
		stage_older_done(&s->known[--s->n_known]);
	cleanup_fd(&s->ours_fd);
	s->ours_fd = -1;
	s->config = NULL;
	s->digest = NULL;
	s->cmdline = NULL;
	s->n_cmdlines = 0;
}

/* The owner's part of config.txt; our block in it may have changed. */
static bool config_is_unchanged(const struct sync *s)
{
	const struct sha256 *then = stamped_config(s);

	return then && sha256_eq(then, &s->config_digest);
}

static int stat_manifest(const struct sync *s, const char *name, struct stat *ret)
{
	char path[NAME_SIZE + 16];

	(void)snprintf(path, sizeof(path), "%s/" MANIFEST_NAME, name); /* fits */
	return fstatat(s->ours_fd, path, ret, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* True if generation @name is there, and of the stamp if it is the stamp's. */
static bool is_there(const struct sync *s, const char *name)
{
	struct stat st;

	return stat_manifest(s, name, &st) == 0 &&
	       (strcmp(name, s->stamp.generation) != 0 || stamp_is_of(&s->stamp, name, &st));
}

bool sync_is_unchanged(const struct sync *s)
{
	bool raspi = s->layout == MANIFEST_RASPI;

	if (s->ours_fd < 0 || !s->stamp.generation[0] || !s->active[0] ||
		s->stamp.n != s->set.n + raspi || (raspi && !config_is_unchanged(s)))
		return false;
	for (size_t i = 0; i < s->set.n; i++)
		if (!stamp_digest(&s->stamp, s->set.file[i].source, &s->set.file[i].st))
			return false;
	return is_there(s, s->stamp.generation) &&
	       (strcmp(s->active, s->stamp.generation) == 0 || is_there(s, s->active));
}

static int make_stamp(
	struct sync *s, const char *name, const struct stat *manifest, struct stamp *ret)
{
	struct stat st;
	int r = 0;

	if (!manifest) {
		r = stat_manifest(s, name, &st);
		manifest = &st;
	}
	if (r == 0 && s->layout == MANIFEST_RASPI)
		r = stamp_add(
			ret, CONFIG_TXT_NAME, &s->config_st, s->wish->now_s, &s->config_digest);
	for (size_t i = 0; r == 0 && i < s->set.n; i++)
		r = stamp_add(ret, s->set.file[i].source, &s->set.file[i].st, s->wish->now_s,
			&s->digest[i]);
	return r < 0 ? r : stamp_set_generation(ret, name, manifest);
}

void sync_save_stamp(struct sync *s, const char *name, const struct stat *manifest)
{
	_cleanup_stamp_ struct stamp stamp = {.n = 0};
	char path[PATH_MAX];
	struct err err = {.code = 0};
	int r = make_stamp(s, name, manifest, &stamp);

	if (r == 0)
		r = sync_root_path(s, &STAMP_FILE[1], path, sizeof(path));
	if (r < 0)
		(void)err_sys(&err, r, "cannot note what was synchronized");
	else
		r = stamp_save(path, &stamp, &err);
	if (r < 0)
		notes_add(&s->report->notes, "%.150s: the next sync will read all files again",
			err.text);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the active generation was made of. The grammar is in stamp.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/num.h"
#include "store/files.h"
#include "store/stamp.h"

#define NS_PER_S     1000000000u
#define COARSE_NS    0 /* the fraction that times have where they are kept in whole seconds */
#define UNSURE_S     2
#define STAMP_HEADER "pinet-stamp 1"

void stamp_done(struct stamp *stamp)
{
	for (size_t i = 0; i < stamp->n; i++)
		free(stamp->file[i].path);
	free(stamp->file);
	memset(stamp, 0, sizeof(*stamp));
}

/* Nanoseconds since 1970; 0, which no file of interest has, for times before that or after 2500. */
static uint64_t ns_of(struct timespec t)
{
	if (t.tv_sec <= 0 || (uint64_t)t.tv_sec > UINT64_MAX / NS_PER_S - 1)
		return 0;
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* Adds a file, whose path is copied. */
static int add_file(struct stamp *stamp, const struct stamp_file *file, struct span path)
{
	struct stamp_file *f;

	if (!path.len || path.len >= STAMP_PATH_SIZE || span_find(path, '\n') != path.len ||
		span_find(path, '\0') != path.len)
		return -EINVAL;
	if (stamp->n == STAMP_FILES)
		return -ENOSPC;
	if (stamp->n == stamp->room) {
		size_t room = stamp->room ? 2 * stamp->room : 16;

		f = reallocarray(stamp->file, room, sizeof(*f));
		if (!f)
			return -ENOMEM;
		stamp->file = f;
		stamp->room = room;
	}
	f = &stamp->file[stamp->n];
	*f = *file;
	f->path = strndup((const char *)path.p, path.len);
	if (!f->path)
		return -ENOMEM;
	stamp->n++;
	return 0;
}

int stamp_add(struct stamp *stamp, const char *path, const struct stat *st, uint64_t now_s,
	const struct sha256 *digest)
{
	struct stamp_file f = {
		.size = (uint64_t)st->st_size,
		.mtime_ns = ns_of(st->st_mtim),
		.ctime_ns = ns_of(st->st_ctim),
		.ino = st->st_ino,
		.digest = *digest,
	};
	uint64_t changed_s = (uint64_t)st->st_ctim.tv_sec;

	if (!f.mtime_ns || !f.ctime_ns)
		return 0;
	if (st->st_mtim.tv_nsec == COARSE_NS && st->st_ctim.tv_nsec == COARSE_NS &&
		changed_s <= now_s + UNSURE_S && now_s <= changed_s + UNSURE_S)
		return 0;
	return add_file(stamp, &f, span_str(path));
}

const struct sha256 *stamp_digest(
	const struct stamp *stamp, const char *path, const struct stat *st)
{
	for (size_t i = 0; i < stamp->n; i++) {
		const struct stamp_file *f = &stamp->file[i];

		if (f->ino == st->st_ino && f->size == (uint64_t)st->st_size &&
			f->mtime_ns == ns_of(st->st_mtim) && f->ctime_ns == ns_of(st->st_ctim) &&
			strcmp(f->path, path) == 0)
			return &f->digest;
	}
	return NULL;
}

int stamp_set_generation(struct stamp *stamp, const char *name, const struct stat *manifest)
{
	uint32_t number;

	if (name_parse(span_str(name), &number, NULL) < 0)
		return -EINVAL;
	strcpy(stamp->generation, name); /* fits: it is a name */
	stamp->manifest_size = (uint64_t)manifest->st_size;
	stamp->manifest_mtime_ns = ns_of(manifest->st_mtim);
	return 0;
}

bool stamp_is_of(const struct stamp *stamp, const char *name, const struct stat *manifest)
{
	return name[0] && strcmp(stamp->generation, name) == 0 &&
	       stamp->manifest_size == (uint64_t)manifest->st_size &&
	       stamp->manifest_mtime_ns == ns_of(manifest->st_mtim);
}

static int parse_number(struct span *in, uint64_t *ret)
{
	return num_parse_u64(span_cut(in, ' '), UINT64_MAX, ret);
}

/* Behind "generation ". */
static int parse_generation(struct span value, struct stamp *s)
{
	struct span name = span_cut(&value, ' ');
	uint32_t number;

	if (name_parse(name, &number, NULL) < 0 || parse_number(&value, &s->manifest_size) < 0 ||
		parse_number(&value, &s->manifest_mtime_ns) < 0 || value.p)
		return -EBADMSG;
	return span_copy(name, s->generation, sizeof(s->generation));
}

/* Behind "file ". */
static int parse_file(struct span value, struct stamp *s)
{
	struct stamp_file f = {.path = NULL};
	int r;

	if (parse_number(&value, &f.size) < 0 || parse_number(&value, &f.mtime_ns) < 0 ||
		parse_number(&value, &f.ctime_ns) < 0 || parse_number(&value, &f.ino) < 0 ||
		sha256_parse(span_cut(&value, ' '), &f.digest) < 0)
		return -EBADMSG;
	r = add_file(s, &f, value);
	return r < 0 && r != -ENOMEM ? -EBADMSG : r;
}

int stamp_parse(struct span text, struct stamp *ret)
{
	_cleanup_stamp_ struct stamp s = {.n = 0};
	struct span line = span_cut(&text, '\n');
	int r = 0;

	if (!text.p || !span_eq_str(line, STAMP_HEADER))
		return -EBADMSG;
	line = span_cut(&text, '\n');
	if (!text.p || !span_starts(line, "generation ") ||
		parse_generation(span_sub(line, strlen("generation "), line.len), &s) < 0)
		return -EBADMSG;
	while (text.p) {
		line = span_cut(&text, '\n');
		if (!span_starts(line, "file "))
			break;
		r = parse_file(span_sub(line, strlen("file "), line.len), &s);
		if (r < 0)
			return r;
	}
	/* Behind the last newline is nothing, and the line before it is the end. */
	if (!span_eq_str(line, "end") || !text.p || text.len)
		return -EBADMSG;
	*ret = s;
	memset(&s, 0, sizeof(s));
	return 0;
}

int stamp_load(const char *path, struct stamp *ret, struct err *reterr)
{
	_cleanup_free_ char *text = malloc(STAMP_TEXT_MAX);
	ssize_t n;
	int r;

	if (!text)
		return err_set(reterr, -ENOMEM, "no memory for %s", path);
	n = fs_read(path, text, STAMP_TEXT_MAX);
	if (n < 0 && n != -ENOENT && n != -EFBIG)
		return err_sys(reterr, (int)n, "cannot read %s", path);
	memset(ret, 0, sizeof(*ret));
	r = n < 0 ? -EBADMSG : stamp_parse(span_of(text, (size_t)n), ret);
	return r == -ENOMEM ? err_set(reterr, r, "no memory for %s", path) : 0;
}

static int print(const struct stamp *stamp, char **ret)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	bool bad;

	if (!f)
		return -ENOMEM;
	fprintf(f, STAMP_HEADER "\ngeneration %s %llu %llu\n", stamp->generation,
		(unsigned long long)stamp->manifest_size,
		(unsigned long long)stamp->manifest_mtime_ns);
	for (size_t i = 0; i < stamp->n; i++) {
		const struct stamp_file *s = &stamp->file[i];
		char digest[SHA256_TEXT_SIZE];

		sha256_format(&s->digest, digest);
		fprintf(f, "file %llu %llu %llu %llu %s %s\n", (unsigned long long)s->size,
			(unsigned long long)s->mtime_ns, (unsigned long long)s->ctime_ns,
			(unsigned long long)s->ino, digest, s->path);
	}
	fprintf(f, "end\n");
	bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}

int stamp_save(const char *path, const struct stamp *stamp, struct err *reterr)
{
	_cleanup_free_ char *text = NULL, *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	int r = dir ? print(stamp, &text) : -ENOMEM;

	if (slash && slash != dir) {
		*slash = '\0';
		if (r == 0)
			r = fs_mkdirs(dir, 0755);
	}
	if (r == 0)
		r = fs_replace(path, text, 0644);
	if (r == 0)
		fs_clean(path);
	return r < 0 ? err_sys(reterr, r, "cannot write %s", path) : 0;
}

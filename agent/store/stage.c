/* SPDX-License-Identifier: GPL-2.0-or-later
 * A new generation: staged beside the others, and renamed to its name when it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/cleanup.h"
#include "store/files.h"
#include "store/generation.h"
#include "store/stage.h"
#include "store/stage_copy.h"
#include "store/stage_direct.h"
#include "store/tree.h"

static int load_older(int ours_fd, const char *name, struct stage_older *ret)
{
	struct stage_older o = {.dirfd = -1};
	int r;

	/* Only to find what is in it: to read a directory is a question to the server. */
	o.dirfd = openat(ours_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = o.dirfd < 0 ? -errno : generation_load_at(o.dirfd, name, &o.manifest, &o.made, NULL);
	if (r < 0)
		cleanup_fd(&o.dirfd);
	else
		*ret = o;
	return r;
}

/* One of those that are loaded at the same time: each is a number of questions to the server, one after the other. */
struct loading {
	const char *name;
	struct stage_older *ret;
	struct beside beside;
	int ours_fd;
};

static int load(void *ctx, struct err *reterr)
{
	const struct loading *l = ctx;

	(void)reterr; /* one that is damaged is of no use, and no hindrance either */
	return load_older(l->ours_fd, l->name, l->ret);
}

/* Loads the @n at @l; returns how many could be loaded, which are the first ones at @ret then. */
static unsigned int load_all(struct loading *l, unsigned int n, struct stage_older *ret)
{
	unsigned int loaded = 0;

	for (unsigned int i = 0; i < n; i++)
		beside_begin(&l[i].beside, load, &l[i]);
	for (unsigned int i = 0; i < n; i++)
		if (beside_end(&l[i].beside, NULL) == 0)
			ret[loaded++] = *l[i].ret;
	return loaded;
}

unsigned int stage_load_older(
	int ours_fd, const struct generation_list *list, struct stage_older ret[STAGE_OLDER])
{
	unsigned int n = 0, left = list->n;

	while (left && n < STAGE_OLDER) {
		struct loading some[STAGE_OLDER];
		unsigned int n_some = 0;

		for (; left && n + n_some < STAGE_OLDER; n_some++)
			some[n_some] = (struct loading){.ours_fd = ours_fd,
				.name = list->at[--left].name,
				.ret = &ret[n + n_some]};
		n += load_all(some, n_some, &ret[n]);
	}
	return n;
}

void stage_older_done(struct stage_older *older)
{
	cleanup_fd(&older->dirfd);
	older->dirfd = -1;
	manifest_done(&older->manifest);
}

/* Makes the directory, where an interrupted run may have left one. */
static int make_staging(struct stage *s, struct err *reterr)
{
	int r;

	(void)snprintf(s->temp, sizeof(s->temp), GENERATION_NEW "%s", s->manifest.generation);
	r = files_make_dir(s->ours_fd, s->temp, O_PATH);
	if (r == -EEXIST)
		r = tree_remove(s->ours_fd, s->temp);
	if (r == 0)
		r = files_make_dir(s->ours_fd, s->temp, O_PATH);
	if (r < 0)
		return files_err(reterr, r, "cannot make %s/%s", FILES_DIR, s->temp);
	s->dirfd = r;
	return fstat(r, &s->dir_st) < 0
		       ? files_err(reterr, -errno, "cannot make %s/%s", FILES_DIR, s->temp)
		       : 0;
}

int stage_begin(int ours_fd, const struct manifest *meta, const struct stage_older *older,
	unsigned int n_older, struct stage *ret, struct err *reterr)
{
	_cleanup_stage_ struct stage s = {.begun = true,
		.ours_fd = ours_fd,
		.dirfd = -1,
		.parent_fd = -1,
		.older = older,
		.n_older = n_older};
	struct span version;
	uint32_t number;
	int r;

	if (name_parse(span_str(meta->generation), &number, &version) < 0 ||
		!span_eq_str(version, meta->kernel))
		return err_set(reterr, -EINVAL, "name and kernel of the generation do not fit");
	s.manifest = *meta;
	s.manifest.file = NULL;
	s.manifest.n = s.manifest.room = 0;
	r = make_staging(&s, reterr);
	if (r < 0)
		return r;
	*ret = s;
	s.begun = false;
	return 0;
}

void stage_end(struct stage *stage)
{
	if (!stage->begun)
		return;
	stage_direct_end(&stage->direct);
	if (stage->temp[0])
		(void)!tree_remove(stage->ours_fd, stage->temp); /* or generation_clean() does */
	cleanup_fd(&stage->parent_fd);
	cleanup_fd(&stage->dirfd);
	manifest_done(&stage->manifest);
	stage->begun = false;
}

/* The part of @path in front of its last component, "" if there is none. */
static void directory_of(const char *path, char out[NAME_PATH_SIZE])
{
	const char *slash = strrchr(path, '/');

	(void)snprintf(out, NAME_PATH_SIZE, "%.*s", slash ? (int)(slash - path) : 0, path);
}

/* Makes the directory of @path, if need be. Returns a descriptor, which is the stage's, or a negative errno. */
static int open_parent(struct stage *s, const char *path)
{
	char dir[NAME_PATH_SIZE];
	int fd;

	directory_of(path, dir);
	if (!dir[0])
		return s->dirfd;
	if (s->parent_fd >= 0 && strcmp(dir, s->parent) == 0)
		return s->parent_fd;
	fd = files_open_dir(s->dirfd, dir, true);
	if (fd < 0)
		return fd;
	cleanup_fd(&s->parent_fd);
	s->parent_fd = fd;
	strcpy(s->parent, dir);
	return fd;
}

static int check_item(const struct stage *s, const struct stage_item *item, struct err *reterr)
{
	char shown[2 * NAME_PATH_SIZE];

	if (!name_path_ok(span_str(item->path)))
		return err_set(reterr, -EINVAL, "\"%s\" cannot be a file of a generation",
			span_escape(span_str(item->path), shown, sizeof(shown)));
	for (size_t i = 0; i < s->manifest.n; i++)
		if (strcmp(s->manifest.file[i].path, item->path) == 0)
			return err_set(reterr, -EEXIST, "%s is twice in %s", item->path,
				s->manifest.generation);
	if (s->manifest.n == MANIFEST_FILES)
		return err_set(reterr, -ENOSPC, "more than %d files", MANIFEST_FILES);
	return 0;
}

int stage_file(struct stage *stage, const struct stage_item *item, struct stage_result *ret,
	struct err *reterr)
{
	struct stage_result res = {.file.role = item->role};
	const char *slash = strrchr(item->path, '/'), *name = slash ? slash + 1 : item->path;
	int parent, r = check_item(stage, item, reterr);

	if (r < 0)
		return r;
	strcpy(res.file.path, item->path);
	parent = open_parent(stage, item->path);
	if (parent < 0)
		return files_err(reterr, parent, "cannot make the directory of %s", item->path);
	r = stage_copy(stage, parent, name, item, &res, reterr);
	if (r < 0)
		return r;
	if (manifest_add_file(&stage->manifest, &res.file) < 0) {
		(void)unlinkat(parent, name, 0); /* the first error is the one to report */
		return err_set(reterr, -ENOMEM, "no memory for the list of files");
	}
	stage->verified[stage->manifest.n - 1] = res.verified;
	if (res.linked) {
		stage->n_linked++;
	} else {
		stage->n_written++;
		stage->bytes_written += res.file.size;
	}
	if (ret)
		*ret = res;
	return 0;
}

int stage_verify(const struct stage *stage, size_t i, struct err *reterr)
{
	return stage->verified[i] ? 0
				  : generation_check_file(stage->dirfd, stage->manifest.generation,
					    &stage->manifest.file[i], true, reterr);
}

/* Puts the directories of all files on the disk, each once as the files are in their order. */
static int sync_directories(const struct stage *s)
{
	char last[NAME_PATH_SIZE] = "", dir[NAME_PATH_SIZE];

	for (size_t i = 0; i < s->manifest.n; i++) {
		directory_of(s->manifest.file[i].path, dir);
		if (strcmp(dir, last) == 0)
			continue;
		strcpy(last, dir);
		/* With those above it: they hold its name. */
		while (dir[0]) {
			_cleanup_fd_ int fd = files_open_dir(s->dirfd, dir, false);
			char above[NAME_PATH_SIZE];

			if (fd < 0)
				return fd;
			if (fsync(fd) < 0)
				return -errno;
			directory_of(dir, above);
			strcpy(dir, above);
		}
	}
	return fsync(s->dirfd) < 0 ? -errno : 0;
}

static int write_manifest(struct stage *s)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = manifest_print(&s->manifest, &text, &len);

	if (r < 0)
		return r;
	return files_make_checked(s->dirfd, MANIFEST_NAME, span_of(text, len), &s->manifest_st);
}

int stage_fork(const struct stage *stage, struct stage *ret, struct err *reterr)
{
	int fd = openat(stage->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(
			reterr, -errno, "cannot begin a part of %s", stage->manifest.generation);
	memset(ret, 0, sizeof(*ret));
	ret->begun = true;
	ret->copy_all = stage->copy_all;
	ret->buffered = stage->buffered;
	ret->ours_fd = stage->ours_fd;
	ret->dirfd = fd;
	ret->parent_fd = -1;
	ret->n_older = stage->n_older;
	ret->older = stage->older;
	strcpy(ret->manifest.generation, stage->manifest.generation);
	return 0;
}

int stage_join(struct stage *stage, struct stage *part, struct err *reterr)
{
	int r = stage_direct_settle(part->direct, reterr);

	for (size_t i = 0; i < part->manifest.n && r == 0; i++) {
		r = stage->manifest.n < MANIFEST_FILES
			    ? manifest_add_file(&stage->manifest, &part->manifest.file[i])
			    : -ENOSPC;
		if (r < 0)
			err_sys(reterr, r, "cannot list %s", part->manifest.file[i].path);
		else
			stage->verified[stage->manifest.n - 1] = part->verified[i];
	}
	stage->n_linked += part->n_linked;
	stage->n_written += part->n_written;
	stage->bytes_written += part->bytes_written;
	cleanup_fd(&stage->dirfd);
	stage->dirfd = take_fd(&part->dirfd); /* which is open for fsync() */
	stage_end(part);
	return r;
}

/* For fsync(), which wants more than a place. */
static int open_for_sync(struct stage *s)
{
	int flags = fcntl(s->dirfd, F_GETFL), fd;

	if (flags < 0 || !(flags & O_PATH))
		return flags < 0 ? -errno : 0;
	fd = openat(s->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	cleanup_fd(&s->dirfd);
	s->dirfd = fd;
	return 0;
}

/* All files are known; the last of them may be on their way. */
static int seal(void *ctx, struct err *reterr)
{
	struct stage *stage = ctx;
	const char *name = stage->manifest.generation;
	int r = manifest_sort(&stage->manifest, reterr);

	if (r < 0)
		return r;
	if (stage->manifest.n == 0)
		return err_set(reterr, -EINVAL, "generation %s has no files", name);
	r = open_for_sync(stage);
	if (r == 0)
		r = write_manifest(stage);
	if (r == -EBADMSG)
		return err_set(reterr, r,
			"the boot server has stored another manifest of %s than it was sent", name);
	if (r < 0)
		return files_err(reterr, r, "cannot write the manifest of %s", name);
	stage->sealed = true;
	return 0;
}

int stage_settle(struct stage *stage, struct err *reterr)
{
	struct beside sealing = {.work = NULL};
	int r;

	/* What is on its way is gone on with while the manifest is written. */
	if (!stage->sealed)
		beside_begin(&sealing, seal, stage);
	r = stage_direct_settle(stage->direct, reterr);
	if (r == 0)
		return beside_end(&sealing, reterr);
	beside_drop(&sealing);
	return r;
}

int stage_commit(struct stage *stage, struct err *reterr)
{
	const char *name = stage->manifest.generation;
	int r = stage_settle(stage, reterr);

	if (r < 0)
		return r;
	r = sync_directories(stage);
	if (r == 0)
		r = files_rename(stage->ours_fd, stage->temp, &stage->dir_st, stage->ours_fd, name);
	if (r < 0)
		return files_err(reterr, r, "cannot complete generation %s", name);
	stage->temp[0] = '\0'; /* it is a generation now: nothing to remove */
	if (fsync(stage->ours_fd) < 0)
		return files_err(reterr, -errno, "cannot put generation %s on the disk", name);
	return 0;
}

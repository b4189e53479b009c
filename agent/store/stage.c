/* SPDX-License-Identifier: GPL-2.0-or-later
 * A new generation: staged beside the others, and renamed to its name when it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/files.h"
#include "store/generation.h"
#include "store/stage.h"
#include "store/stage_copy.h"
#include "store/tree.h"

static int open_one(int ours_fd, const char *name, struct stage_older *o)
{
	_cleanup_fd_ int fd = files_open_dir(ours_fd, name, false);
	int r = fd < 0 ? fd : generation_load_at(fd, name, &o->manifest, &o->made, NULL);

	if (r == 0)
		o->dirfd = take_fd(&fd);
	return r;
}

/* Opens the newest generations whose manifests are in order. */
static int open_older(int boot_dirfd, struct stage *s, struct err *reterr)
{
	_cleanup_free_ struct generation_list *list = malloc(sizeof(*list));
	int r;

	if (!list)
		return err_set(reterr, -ENOMEM, "no memory for the list of generations");
	r = generation_list(boot_dirfd, list, reterr);
	if (r < 0)
		return r;
	if (generation_find(list, s->manifest.generation))
		return err_set(reterr, -EEXIST, "there is a generation %s already",
			s->manifest.generation);
	for (unsigned int i = list->n; i-- && s->n_older < STAGE_OLDER;) {
		/* One that is damaged is of no use, and no hindrance either. */
		if (open_one(s->ours_fd, list->at[i].name, &s->older[s->n_older]) == 0)
			s->n_older++;
	}
	return 0;
}

/* Makes the directory, where an interrupted run may have left one. */
static int make_staging(struct stage *s, struct err *reterr)
{
	int r;

	(void)snprintf(s->temp, sizeof(s->temp), GENERATION_NEW "%s", s->manifest.generation);
	r = tree_remove(s->ours_fd, s->temp);
	if (r == 0)
		r = files_open_dir(s->ours_fd, s->temp, true);
	if (r < 0)
		return files_err(reterr, r, "cannot make %s/%s", FILES_DIR, s->temp);
	s->dirfd = r;
	return 0;
}

int stage_begin(int boot_dirfd, const struct manifest *meta, struct stage *ret, struct err *reterr)
{
	_cleanup_stage_ struct stage s = {
		.begun = true, .ours_fd = -1, .dirfd = -1, .parent_fd = -1};
	struct span version;
	uint32_t number;
	int r;

	if (name_parse(span_str(meta->generation), &number, &version) < 0 ||
		!span_eq_str(version, meta->kernel))
		return err_set(reterr, -EINVAL, "name and kernel of the generation do not fit");
	s.manifest = *meta;
	s.manifest.file = NULL;
	s.manifest.n = s.manifest.room = 0;
	s.ours_fd = files_open_ours(boot_dirfd, true, reterr);
	if (s.ours_fd < 0)
		return s.ours_fd;
	r = open_older(boot_dirfd, &s, reterr);
	if (r == 0)
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
	if (stage->temp[0])
		(void)!tree_remove(stage->ours_fd, stage->temp); /* or generation_clean() does */
	for (unsigned int i = 0; i < stage->n_older; i++) {
		cleanup_fd(&stage->older[i].dirfd);
		manifest_done(&stage->older[i].manifest);
	}
	cleanup_fd(&stage->parent_fd);
	cleanup_fd(&stage->dirfd);
	cleanup_fd(&stage->ours_fd);
	manifest_done(&stage->manifest);
	stage->begun = false;
}

/* The part of @path in front of its last component, "" if there is none. */
static void directory_of(const char *path, char out[NAME_PATH_SIZE])
{
	const char *slash = strrchr(path, '/');

	(void)snprintf(out, NAME_PATH_SIZE, "%.*s", slash ? (int)(slash - path) : 0, path);
}

/* Makes the directory of @path, if need be, and opens it as stage->parent_fd. */
static int open_parent(struct stage *s, const char *path)
{
	char dir[NAME_PATH_SIZE];
	int fd;

	directory_of(path, dir);
	if (s->parent_fd >= 0 && strcmp(dir, s->parent) == 0)
		return 0;
	fd = files_open_dir(s->dirfd, dir, true);
	if (fd < 0)
		return fd;
	cleanup_fd(&s->parent_fd);
	s->parent_fd = fd;
	strcpy(s->parent, dir);
	return 0;
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
	int r = check_item(stage, item, reterr);

	if (r < 0)
		return r;
	strcpy(res.file.path, item->path);
	r = open_parent(stage, item->path);
	if (r < 0)
		return files_err(reterr, r, "cannot make the directory of %s", item->path);
	r = stage_copy(stage->older, stage->copy_all ? 0 : stage->n_older, stage->parent_fd, name,
		item, &res, reterr);
	if (r < 0)
		return r;
	if (manifest_add_file(&stage->manifest, &res.file) < 0) {
		(void)unlinkat(
			stage->parent_fd, name, 0); /* the first error is the one to report */
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

static int write_manifest(const struct stage *s)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = manifest_print(&s->manifest, &text, &len);

	if (r < 0)
		return r;
	return files_replace(s->ours_fd, s->dirfd, MANIFEST_NAME, span_of(text, len));
}

int stage_commit(struct stage *stage, struct err *reterr)
{
	const char *name = stage->manifest.generation;
	int r = manifest_sort(&stage->manifest, reterr);

	if (r < 0)
		return r;
	if (stage->manifest.n == 0)
		return err_set(reterr, -EINVAL, "generation %s has no files", name);
	r = write_manifest(stage);
	if (r == -EBADMSG)
		return err_set(reterr, r,
			"the boot server has stored another manifest of %s than it was sent", name);
	if (r < 0)
		return files_err(reterr, r, "cannot write the manifest of %s", name);
	r = sync_directories(stage);
	if (r == 0)
		r = files_rename(stage->ours_fd, stage->temp, stage->ours_fd, name);
	if (r < 0)
		return files_err(reterr, r, "cannot complete generation %s", name);
	stage->temp[0] = '\0'; /* it is a generation now: nothing to remove */
	if (fsync(stage->ours_fd) < 0)
		return files_err(reterr, -errno, "cannot put generation %s on the disk", name);
	return 0;
}

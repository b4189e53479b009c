/* SPDX-License-Identifier: GPL-2.0-or-later
 * Generations on the boot server: what is in them, and whether there is room for another.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "store/files.h"
#include "store/generation.h"

#define SPARE_BYTES (1u << 20) /* for manifest, states, config.txt, directories */
#define SPARE_FILES 16
#define BLOCK_BYTES 4096 /* of common file systems: a file takes whole ones */

/* Opens the generation @name. */
static int open_generation(int ours_fd, const char *name, struct err *reterr)
{
	uint32_t number;
	int fd;

	if (name_parse(span_str(name), &number, NULL) < 0)
		return err_set(reterr, -EINVAL, "this is no name of a generation");
	fd = ours_fd < 0 ? -ENOENT : files_open_dir(ours_fd, name, false);
	return fd < 0 ? files_err(reterr, fd, "cannot open generation %s", name) : fd;
}

int generation_load_at(int dirfd, const char *name, struct manifest *ret, struct timespec *ret_made,
	struct err *reterr)
{
	_cleanup_manifest_ struct manifest m = {.n = 0};
	_cleanup_free_ char *text = NULL;
	struct stat st = {.st_size = 0};
	ssize_t n = files_read_new(dirfd, MANIFEST_NAME, MANIFEST_TEXT_MAX + 1, &text);
	int r;

	if (n >= 0 && ret_made && fstatat(dirfd, MANIFEST_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		n = -errno;
	if (n < 0)
		return files_err(reterr, (int)n, "cannot read the manifest of %s", name);
	r = manifest_parse(span_of(text, (size_t)n), &m, reterr);
	if (r < 0) {
		err_prefix(reterr, "manifest of %s", name);
		return r;
	}
	if (strcmp(m.generation, name) != 0)
		return err_set(reterr, -EBADMSG, "the manifest of %s is the one of %s", name,
			m.generation);
	*ret = m;
	if (ret_made)
		*ret_made = st.st_mtim;
	m.file = NULL;
	return 0;
}

int generation_load(int ours_fd, const char *name, struct manifest *ret, struct err *reterr)
{
	_cleanup_fd_ int fd = open_generation(ours_fd, name, reterr);

	return fd < 0 ? fd : generation_load_at(fd, name, ret, NULL, reterr);
}

static int check_size(int dirfd, const char *file_name, uint64_t *ret_size)
{
	struct stat st;

	if (fstatat(dirfd, file_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

int generation_check_file(int dirfd, const char *name, const struct manifest_file *file, bool read,
	struct err *reterr)
{
	const char *slash = strrchr(file->path, '/');
	struct sha256 digest = file->digest;
	_cleanup_fd_ int parent = -1;
	char dir[NAME_PATH_SIZE];
	uint64_t size = 0;
	int r = 0;

	if (slash) {
		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - file->path), file->path);
		parent = files_open_dir(dirfd, dir, false);
		r = parent;
	}
	if (r >= 0) {
		int at = slash ? parent : dirfd;
		const char *base = slash ? slash + 1 : file->path;

		r = read ? files_read_back(at, base, &digest, &size) : check_size(at, base, &size);
	}
	switch (-r) {
	case 0:
		break;
	case ENOENT:
		return err_set(reterr, -EBADMSG, "%s/%s is missing", name, file->path);
	case EINVAL:
	case ELOOP:
	case ENOTDIR:
		return err_set(reterr, -EBADMSG, "%s/%s is not a file", name, file->path);
	default:
		return files_err(reterr, r, "cannot read %s/%s", name, file->path);
	}
	if (size != file->size)
		return err_set(reterr, -EBADMSG, "%s/%s has %llu bytes instead of %u", name,
			file->path, (unsigned long long)size, file->size);
	if (!sha256_eq(&digest, &file->digest))
		return err_set(reterr, -EBADMSG,
			"%s/%s has other contents than were written: its SHA-256 is wrong", name,
			file->path);
	return 0;
}

int generation_check(int ours_fd, const struct manifest *m, bool read, struct err *reterr)
{
	_cleanup_fd_ int fd = open_generation(ours_fd, m->generation, reterr);

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < m->n; i++) {
		int r = generation_check_file(fd, m->generation, &m->file[i], read, reterr);

		if (r < 0)
			return r;
	}
	return 0;
}

int generation_room(int fd, const struct generation_size *need, const struct generation_size *freed,
	struct err *reterr)
{
	uint64_t files = need->files + SPARE_FILES, bytes = need->bytes + SPARE_BYTES, have;
	struct statvfs v;

	if (fstatvfs(fd, &v) < 0)
		return files_err(reterr, -errno, "cannot ask the boot server for its free space");
	if (v.f_blocks == 0)
		return 0; /* it does not say */
	have = (uint64_t)v.f_bavail * v.f_frsize;
	/* NFS gives what it sends at once, often 1 MiB, for the block, which is not what a file takes. */
	bytes += files * (v.f_frsize < BLOCK_BYTES ? v.f_frsize : BLOCK_BYTES);
	if (have + freed->bytes < bytes)
		return err_set(reterr, -ENOSPC,
			"the boot server has room for %.1f MB, and %.1f MB are needed",
			(double)have / 1e6, (double)bytes / 1e6);
	if (v.f_files && v.f_favail + freed->files < files)
		return err_set(reterr, -ENOSPC,
			"the boot server has room for %llu files, and %llu are needed",
			(unsigned long long)v.f_favail, (unsigned long long)files);
	return 0;
}

/* What a generation has, and whether one that stays has it. */
struct content {
	struct sha256 digest;
	uint32_t size;
	bool stays;
};

/* Equal ones together, those that stay in front. */
static int by_digest(const void *a, const void *b)
{
	const struct content *x = a, *y = b;
	int r = memcmp(&x->digest, &y->digest, sizeof(x->digest));

	return r ? r : y->stays - x->stays;
}

static int add_contents(const struct manifest *m, bool stays, struct content **all, size_t *n)
{
	struct content *more = reallocarray(*all, *n + m->n, sizeof(*more));

	if (!more)
		return -ENOMEM;
	*all = more;
	for (size_t i = 0; i < m->n; i++)
		more[(*n)++] = (struct content){m->file[i].digest, m->file[i].size, stays};
	return 0;
}

int generation_frees(int ours_fd, const struct generation_list *list, const unsigned int which[],
	unsigned int n, struct generation_size *ret, struct err *reterr)
{
	_cleanup_free_ struct content *all = NULL;
	struct generation_size freed = {0};
	unsigned int at = 0;
	size_t n_all = 0;

	for (unsigned int i = 0; i < list->n; i++) {
		_cleanup_manifest_ struct manifest m = {.n = 0};
		bool goes = at < n && which[at] == i;

		at += goes;
		if (generation_load(ours_fd, list->at[i].name, &m, NULL) == 0 &&
			add_contents(&m, !goes, &all, &n_all) < 0)
			return err_set(reterr, -ENOMEM, "no memory for what generations have");
	}
	if (n_all)
		qsort(all, n_all, sizeof(*all), by_digest);
	for (size_t i = 0; i < n_all; i++) {
		if (all[i].stays || (i && sha256_eq(&all[i].digest, &all[i - 1].digest)))
			continue;
		freed.bytes += all[i].size;
		freed.files++;
	}
	*ret = freed;
	return 0;
}

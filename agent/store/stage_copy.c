/* SPDX-License-Identifier: GPL-2.0-or-later
 * One file of a new generation: linked to one of an older generation, or copied.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "store/files.h"
#include "store/stage_copy.h"
#include "store/stage_direct.h"

#define COPY_SIZE (1u << 20) /* bytes per read and write */

/* What is to be in the new file: @fd, or @text if @fd is -1. */
struct input {
	int fd;
	struct span text;
	struct stat st; /* of the source, before it was read */
};

/* Opens the source of @item and checks that it can be one. */
static int open_input(const struct stage_item *item, struct input *in, struct err *reterr)
{
	_cleanup_fd_ int fd = -1;

	in->fd = -1;
	if (item->text) {
		in->text = span_str(item->text);
		return 0;
	}
	fd = fs_open_below(item->dirfd, item->source, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &in->st) < 0)
		return files_err(reterr, fd < 0 ? fd : -errno, "cannot read %s", item->source);
	if (!S_ISREG(in->st.st_mode))
		return err_set(reterr, -EINVAL, "%s is no regular file", item->source);
	if (in->st.st_size > MANIFEST_FILE_MAX)
		return err_set(reterr, -EFBIG, "%s has more than %u bytes", item->source,
			MANIFEST_FILE_MAX);
	in->fd = take_fd(&fd);
	return 0;
}

/* Whether the source of @item is what it was when it was opened, having given @size bytes. */
static int check_unchanged(
	const struct input *in, const struct stage_item *item, uint64_t size, struct err *reterr)
{
	struct stat now;

	if (in->fd < 0)
		return 0;
	if (fstat(in->fd, &now) < 0)
		return files_err(reterr, -errno, "cannot read %s", item->source);
	if (!files_same(&now, &in->st) || (uint64_t)now.st_size != size)
		return err_set(reterr, -EAGAIN,
			"%s changed while it was read; it will be read again", item->source);
	return 0;
}

/*
 * Reads all of @in once, hashes it, and writes it to @out_fd if that is not -1. In @ret_reading is
 * whether an error was one of reading.
 */
static int pass(const struct input *in, int out_fd, struct sha256 *ret, uint64_t *ret_size,
	bool *ret_reading)
{
	_cleanup_free_ void *buf = NULL;
	struct sha256_sum sum;
	uint64_t size = 0;
	int r;

	*ret_reading = false;
	if (in->fd < 0) {
		sha256_of(in->text, ret);
		*ret_size = in->text.len;
		return out_fd < 0 ? 0 : files_write(out_fd, in->text);
	}
	buf = malloc(COPY_SIZE);
	if (!buf)
		return -ENOMEM;
	if (lseek(in->fd, 0, SEEK_SET) < 0)
		return -errno;
	sha256_begin(&sum);
	for (;;) {
		ssize_t n = read(in->fd, buf, COPY_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		*ret_reading = n < 0;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		sha256_add(&sum, span_of(buf, (size_t)n));
		if (out_fd >= 0) {
			r = files_write(out_fd, span_of(buf, (size_t)n));
			if (r < 0)
				return r;
			/*
			 * The server gets it while the next part is read; fsync() sees what fails.
			 */
			(void)sync_file_range(out_fd, (off_t)size, n, SYNC_FILE_RANGE_WRITE);
		}
		size += (uint64_t)n;
		if (size > MANIFEST_FILE_MAX)
			return -EFBIG;
	}
	sha256_end(&sum, ret);
	*ret_size = size;
	return 0;
}

/* Whether an older generation has a file of @size, and with @digest if that is not NULL. */
static const struct manifest_file *find_older(
	const struct stage *stage, uint64_t size, const struct sha256 *digest, unsigned int *ret_i)
{
	for (unsigned int i = 0; i < stage->n_older && !stage->copy_all; i++) {
		const struct manifest *m = &stage->older[i].manifest;

		for (size_t j = 0; j < m->n; j++) {
			if (m->file[j].size != size ||
				(digest && !sha256_eq(&m->file[j].digest, digest)))
				continue;
			*ret_i = i;
			return &m->file[j];
		}
	}
	return NULL;
}

/* What says that this file, or this server, has no hard links: it is copied then. */
static bool cannot_link(int r)
{
	return r == -EPERM || r == -EMLINK || r == -EOPNOTSUPP || r == -ENOSYS || r == -EXDEV ||
	       r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EACCES;
}

/*
 * True if the file was not written since its generation was complete: it was read back then. Both times are by the
 * server's clock. What was written in the same tick counts as later.
 */
static bool is_untouched(const struct stat *st, const struct timespec *made)
{
	return st->st_mtim.tv_sec < made->tv_sec ||
	       (st->st_mtim.tv_sec == made->tv_sec && st->st_mtim.tv_nsec < made->tv_nsec);
}

/*
 * Makes @name a link to @file of @older. Returns 1 and sets @ret_verified, 0 if it has to be copied, or a negative
 * errno. For an answer that was lost on the way, NFS says EEXIST to the repeated call.
 */
static int link_older(const struct stage_older *older, const struct manifest_file *file,
	int parent_fd, const char *name, bool *ret_verified)
{
	int older_fd = older->dirfd;
	int r = linkat(older_fd, file->path, parent_fd, name, 0) < 0 ? -errno : 0;
	struct stat a, b;

	if (r < 0 && r != -EEXIST)
		return cannot_link(r) ? 0 : r;
	if (fstatat(older_fd, file->path, &a, AT_SYMLINK_NOFOLLOW) < 0 ||
		fstatat(parent_fd, name, &b, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (r == -EEXIST && (a.st_ino != b.st_ino || a.st_dev != b.st_dev))
		return r;
	if (S_ISREG(b.st_mode) && (uint64_t)b.st_size == file->size && (b.st_mode & 0444) == 0444) {
		*ret_verified = is_untouched(&b, &older->made);
		return 1;
	}
	/* It is not what its manifest says. */
	return unlinkat(parent_fd, name, 0) < 0 ? -errno : 0;
}

/* Links @name to a file that has @digest and @size. As link_older(). */
static int try_link(const struct stage *stage, int parent_fd, const char *name, uint64_t size,
	const struct sha256 *digest, struct stage_result *ret)
{
	unsigned int i = 0;
	const struct manifest_file *f = find_older(stage, size, digest, &i);
	int r = f ? link_older(&stage->older[i], f, parent_fd, name, &ret->verified) : 0;

	if (r > 0) {
		ret->file.digest = f->digest;
		ret->file.size = f->size;
		ret->linked = true;
	}
	return r;
}

/*
 * Makes @name out of a large @in, by stage_direct_add(). After -EOPNOTSUPP there is no @name.
 */
static int write_direct(struct stage *stage, const struct input *in, int parent_fd,
	const char *name, const struct stage_item *item, struct stage_result *ret,
	struct err *reterr)
{
	const struct stage_direct_item direct = {.in_fd = in->fd,
		.dirfd = parent_fd,
		.name = name,
		.path = item->path,
		.source = item->source};
	uint64_t size = 0;
	int r;

	if (stage->buffered || in->fd < 0 || in->st.st_size < STAGE_DIRECT_MIN)
		return -EOPNOTSUPP;
	r = stage_direct_add(&stage->direct, &direct, &ret->file.digest, &size, reterr);
	if (r == -EOPNOTSUPP && unlinkat(parent_fd, name, 0) < 0 && errno != ENOENT)
		return stage_direct_err(item->path, -errno, reterr);
	if (r < 0)
		return r;
	ret->file.size = (uint32_t)size; /* stage_direct_add() has its limit */
	ret->verified = true; /* or stage_settle() says that it is not */
	return check_unchanged(in, item, size, reterr);
}

/* Makes @name out of @in, puts it on the disk, and reads it back. */
static int write_buffered(const struct input *in, int parent_fd, const char *name,
	const struct stage_item *item, struct stage_result *ret, struct err *reterr)
{
	_cleanup_fd_ int fd = files_create(parent_fd, name, 0);
	uint64_t size = 0;
	bool reading;
	int r;

	if (fd < 0)
		return files_err(reterr, fd, "cannot make %s on the boot server", item->path);
	r = pass(in, fd, &ret->file.digest, &size, &reading);
	if (r < 0 && reading)
		return files_err(reterr, r, "cannot read %s", item->source);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0)
		r = files_check(fd, &ret->file.digest, size);
	if (r == 0 && close(take_fd(&fd)) < 0)
		r = -errno;
	if (r < 0)
		return stage_direct_err(item->path, r, reterr);
	ret->file.size = (uint32_t)size; /* pass() has its limit */
	ret->verified = true;
	return check_unchanged(in, item, size, reterr);
}

/* Makes @name out of @in: linked if an older generation has such a file. */
static int make_file(struct stage *stage, int parent_fd, const char *name,
	const struct stage_item *item, const struct input *in, struct stage_result *ret,
	struct err *reterr)
{
	uint64_t size = in->fd < 0 ? in->text.len : (uint64_t)in->st.st_size;
	struct sha256 digest;
	unsigned int i;
	bool reading;
	int r = 0;

	if (find_older(stage, size, NULL, &i)) {
		r = pass(in, -1, &digest, &size, &reading);
		if (r < 0)
			return files_err(reterr, r, "cannot read %s", item->source);
		r = check_unchanged(in, item, size, reterr);
		if (r < 0)
			return r;
		r = try_link(stage, parent_fd, name, size, &digest, ret);
		if (r < 0)
			return files_err(
				reterr, r, "cannot link %s on the boot server", item->path);
	}
	if (r > 0)
		return 0;
	r = write_direct(stage, in, parent_fd, name, item, ret, reterr);
	return r == -EOPNOTSUPP ? write_buffered(in, parent_fd, name, item, ret, reterr) : r;
}

/*
 * Links @name to a file of which a stamp says that it is what the source still holds.
 * Returns 1, 0 if there is no such file or the source has another size, or a negative errno.
 */
static int link_known(const struct stage *stage, int parent_fd, const char *name,
	const struct stage_item *item, struct stage_result *ret, struct err *reterr)
{
	int r;

	if (item->text || !item->known_digest)
		return 0;
	if (fstatat(item->dirfd, item->source, &ret->source, AT_SYMLINK_NOFOLLOW) < 0)
		return files_err(reterr, -errno, "cannot read %s", item->source);
	if (!S_ISREG(ret->source.st_mode) || ret->source.st_size != item->known_size)
		return 0;
	r = try_link(stage, parent_fd, name, item->known_size, item->known_digest, ret);
	return r < 0 ? files_err(reterr, r, "cannot link %s on the boot server", item->path) : r;
}

int stage_copy(struct stage *stage, int parent_fd, const char *name, const struct stage_item *item,
	struct stage_result *ret, struct err *reterr)
{
	struct input in = {.fd = -1};
	int r = link_known(stage, parent_fd, name, item, ret, reterr);

	if (r > 0)
		return 0;
	if (r == 0)
		r = open_input(item, &in, reterr);
	if (r == 0) {
		ret->source = in.st;
		r = make_file(stage, parent_fd, name, item, &in, ret, reterr);
	}
	cleanup_fd(&in.fd);
	if (r < 0 && r != -EEXIST)
		(void)unlinkat(parent_fd, name, 0); /* the first error is the one to report */
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Files on the boot server, always below a directory descriptor and never through a symbolic link.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "store/files.h"

#define READ_BACK_SIZE (4u << 20) /* bytes per read: a round trip each, with a network between */
#define DIRECT_ALIGN   4096u /* what O_DIRECT wants of any file system */

enum files_cause files_cause(int r)
{
	switch (-r) {
	case ESTALE:
	case EIO:
	case EREMOTEIO:
	case ETIMEDOUT:
	case ECONNREFUSED:
	case ECONNRESET:
	case ECONNABORTED:
	case ENOTCONN:
	case EPIPE:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
		return FILES_GONE;
	case EROFS:
		return FILES_READONLY;
	case ENOSPC:
	case EDQUOT:
		return FILES_FULL;
	case EACCES:
	case EPERM:
		return FILES_REFUSED;
	default:
		return FILES_OTHER;
	}
}

const char *files_cause_name(enum files_cause cause)
{
	static const char *const names[] = {
		[FILES_OTHER] = "other",
		[FILES_GONE] = "server",
		[FILES_READONLY] = "read-only",
		[FILES_FULL] = "full",
		[FILES_REFUSED] = "permission",
	};

	return names[cause];
}

/* What the owner of client and server may do about it. */
static const char *advice(int r)
{
	if (r == -ESTALE)
		return "; the boot server does not know this directory any more: mount it again";
	if (r == -EBADMSG)
		return "; the boot server gives back something else than was written: another "
		       "version of NFS may help";
	if (r == -EDQUOT)
		return "; raise the quota on the boot server";
	switch (files_cause(r)) {
	case FILES_GONE:
		return "; the boot server is away or its disk fails";
	case FILES_READONLY:
		return "; the boot server has to export the directory with rw";
	case FILES_FULL:
		return "; the boot server's disk has to get some room";
	case FILES_REFUSED:
		return "; the boot server has to export the directory with no_root_squash, and to "
		       "let root write into it";
	case FILES_OTHER:
		break;
	}
	return "";
}

void files_err_fill(struct err *err, int code, const char *format, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap); /* a cut sentence is still one */
	va_end(ap);
	err_fill(err, code, "%s: %s%s", text, strerror(-code), advice(code));
}

/* The TFTP server has to get through, whatever the umask is here. */
static int open_to_all(int fd)
{
	_cleanup_fd_ int real = -1;
	struct stat st;

	if (fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0755)
		return 0;
	real = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* @fd may be a place */
	return real < 0 || fchmod(real, 0755) < 0 ? -errno : 0;
}

int files_make_dir(int dirfd, const char *name, int flags)
{
	_cleanup_fd_ int fd = -1;
	int r;

	if (mkdirat(dirfd, name, 0755) < 0)
		return -errno;
	fd = openat(dirfd, name, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = open_to_all(fd);
	return r < 0 ? r : take_fd(&fd);
}

/* One component. Makes it first with @create. */
static int open_component(int dirfd, const char *name, int flags, bool create)
{
	int fd = create ? files_make_dir(dirfd, name, O_RDONLY) : -EEXIST;

	if (fd != -EEXIST)
		return fd;
	fd = openat(dirfd, name, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int files_open_dir(int dirfd, const char *path, bool create)
{
	_cleanup_fd_ int at = -1;
	struct span rest = span_str(path);

	if (!rest.len) {
		at = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return at < 0 ? -errno : take_fd(&at);
	}
	while (rest.p) {
		char name[NAME_MAX + 1];
		struct span part = span_cut(&rest, '/');
		int next;

		if (!part.len || span_eq_str(part, ".") || span_eq_str(part, "..") ||
			span_copy(part, name, sizeof(name)) < 0)
			return -EINVAL;
		next = open_component(
			at < 0 ? dirfd : at, name, rest.p ? O_PATH : O_RDONLY, create);
		if (next < 0)
			return next;
		cleanup_fd(&at);
		at = next;
	}
	return take_fd(&at);
}

int files_open_ours(int boot_dirfd, bool create, struct err *reterr)
{
	int fd = files_open_dir(boot_dirfd, FILES_DIR, false);

	if (fd == -ENOENT && create) {
		fd = files_open_dir(boot_dirfd, FILES_DIR, true);
		/* What is in it counts with its name. */
		if (fd >= 0 && fsync(boot_dirfd) < 0) {
			int r = -errno;

			cleanup_fd(&fd);
			fd = r;
		}
	}
	if (fd >= 0 || (fd == -ENOENT && !create))
		return fd;
	return files_err(reterr, fd, "cannot open %s/ in the boot directory", FILES_DIR);
}

/* Opens @name if it is a regular file: nothing else is ever waited for. */
static int open_regular(int dirfd, const char *name, struct stat *st)
{
	_cleanup_fd_ int fd = fs_open_below(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, st) < 0)
		return fd < 0 ? fd : -errno;
	return S_ISREG(st->st_mode) ? take_fd(&fd) : -EINVAL;
}

ssize_t files_read(int dirfd, const char *name, char *buf, size_t size)
{
	struct stat st = {.st_size = 0};
	_cleanup_fd_ int fd = open_regular(dirfd, name, &st);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = fs_read_at(fd, FS_HERE, buf, size);
	if (n >= 0 && (size_t)n == size)
		return -EFBIG;
	if (n >= 0)
		buf[n] = '\0';
	return n;
}

ssize_t files_read_stat(int dirfd, const char *name, size_t max, char **ret, struct stat *ret_st)
{
	struct stat st = {.st_size = 0};
	_cleanup_fd_ int fd = open_regular(dirfd, name, &st);
	_cleanup_free_ char *buf = NULL;
	size_t size;
	ssize_t n;

	if (fd < 0)
		return fd;
	if ((uint64_t)st.st_size >= max)
		return -EFBIG;
	size = (size_t)st.st_size + 1;
	buf = malloc(size);
	if (!buf)
		return -ENOMEM;
	n = fs_read_at(fd, FS_HERE, buf, size);
	if (n < 0)
		return n;
	if (n != st.st_size)
		return -EAGAIN; /* it changed meanwhile */
	buf[n] = '\0';
	*ret = take_ptr(buf);
	*ret_st = st;
	return n;
}

ssize_t files_read_new(int dirfd, const char *name, size_t max, char **ret)
{
	struct stat st;

	return files_read_stat(dirfd, name, max, ret, &st);
}

int files_write(int fd, struct span data)
{
	while (data.len) {
		ssize_t n = write(fd, data.p, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		data = span_sub(data, (size_t)n, data.len);
	}
	return 0;
}

void files_temp_name(const char *what, char *out, size_t size)
{
	uint64_t n;

	/* It cannot fail for so few bytes (getrandom(2)), and must only not be the same twice. */
	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		n = (uint64_t)getpid();
	(void)snprintf(out, size, FILES_TEMP "%s-%016llx", what, (unsigned long long)n);
}

int files_create(int dirfd, const char *name, int flags)
{
	_cleanup_fd_ int fd = openat(
		dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | flags, 0644);
	struct stat st;

	/* The TFTP server has to be able to read it, whatever the umask is here. */
	if (fd < 0 || fstat(fd, &st) < 0 || ((st.st_mode & 0777) != 0644 && fchmod(fd, 0644) < 0))
		return -errno;
	return take_fd(&fd);
}

/* A new file with @data, on the server's disk, which is @ret there. Returns its descriptor. */
static int create_with(int dirfd, const char *name, struct span data, struct stat *ret)
{
	_cleanup_fd_ int fd = files_create(dirfd, name, 0);
	int r = fd < 0 ? fd : files_write(fd, data);

	if (r < 0)
		return r;
	if (fsync(fd) < 0 || fstat(fd, ret) < 0)
		return -errno;
	return take_fd(&fd);
}

int files_make(int dirfd, const char *name, struct span data, struct stat *ret)
{
	int fd = create_with(dirfd, name, data, ret);

	if (fd < 0)
		return fd;
	return close(fd) < 0 ? -errno : 0;
}

int files_rename(
	int from_fd, const char *from, const struct stat *before, int to_fd, const char *to)
{
	struct stat after;
	int r;

	if (renameat(from_fd, from, to_fd, to) == 0)
		return 0;
	r = -errno;
	if (r == -ENOENT && fstatat(to_fd, to, &after, AT_SYMLINK_NOFOLLOW) == 0 &&
		before->st_ino == after.st_ino && before->st_dev == after.st_dev)
		return 0;
	return r;
}

int files_make_checked(int dirfd, const char *name, struct span data, struct stat *ret)
{
	_cleanup_fd_ int fd = create_with(dirfd, name, data, ret);
	struct sha256 want;
	int r;

	if (fd < 0)
		return fd;
	sha256_of(data, &want);
	r = files_check(fd, &want, data.len);
	if (r < 0)
		return r;
	return close(take_fd(&fd)) < 0 ? -errno : 0;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool files_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       same_time(a->st_mtim, b->st_mtim) && same_time(a->st_ctim, b->st_ctim);
}

/* -EAGAIN if @name is not what it @was: opened, for NFS asks the server then. */
static int check_same(int dirfd, const char *name, const struct stat *was)
{
	struct stat now = {.st_size = 0};
	_cleanup_fd_ int fd = open_regular(dirfd, name, &now);

	if (fd < 0 && fd != -ENOENT && fd != -EINVAL && fd != -ELOOP)
		return fd;
	return fd >= 0 && files_same(&now, was) ? 0 : -EAGAIN;
}

int files_replace_same(
	int ours_fd, int dirfd, const char *name, const struct stat *was, struct span data)
{
	char temp[NAME_MAX + 1];
	struct stat st = {.st_size = 0};
	int r;

	files_temp_name(name, temp, sizeof(temp));
	r = files_make_checked(ours_fd, temp, data, &st);
	if (r == 0 && was)
		r = check_same(dirfd, name, was);
	if (r == 0)
		r = files_rename(ours_fd, temp, &st, dirfd, name);
	if (r < 0) {
		(void)unlinkat(ours_fd, temp, 0); /* the first error is the one to report */
		return r;
	}
	return fsync(dirfd) < 0 ? -errno : 0;
}

int files_replace(int ours_fd, int dirfd, const char *name, struct span data)
{
	return files_replace_same(ours_fd, dirfd, name, NULL, data);
}

/* From here on @fd is read through the cache, of which nothing older is left. */
static int leave_direct(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_DIRECT) < 0)
		return -errno;
	return -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

/* @expected bytes are there; a read that ends early behind them need not be repeated. */
static int digest_of(int fd, void *buf, size_t buf_size, uint64_t expected, struct sha256 *ret,
	uint64_t *ret_size)
{
	struct sha256_sum sum;
	uint64_t size = 0;
	bool direct = (fcntl(fd, F_GETFL) & O_DIRECT) != 0;

	sha256_begin(&sum);
	for (;;) {
		ssize_t n = read(fd, buf, buf_size);

		if (n < 0 && errno == EINTR)
			continue;
		/* O_DIRECT that opens and does not read, or not at the end of an odd file. */
		if (n < 0 && errno == EINVAL && direct) {
			int r = leave_direct(fd);

			if (r < 0)
				return r;
			direct = false;
			continue;
		}
		if (n < 0)
			return -errno;
		size += (uint64_t)n;
		if (size > FILES_MAX)
			return -EFBIG;
		sha256_add(&sum, span_of(buf, (size_t)n));
		if (n == 0 || ((size_t)n < buf_size && size >= expected))
			break;
	}
	sha256_end(&sum, ret);
	*ret_size = size;
	return 0;
}

/* What is read of @fd from here on is what the server has. */
static int go_direct(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	if (fcntl(fd, F_SETFL, flags | O_DIRECT) == 0)
		return 0;
	/* No O_DIRECT here: tmpfs in older kernels. */
	return errno == EINVAL ? -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) : -errno;
}

/* The digest and size of what the server has as @fd, which is expected to have @expected bytes. */
static int read_back(int fd, uint64_t expected, struct sha256 *ret, uint64_t *ret_size)
{
	_cleanup_free_ void *buf = NULL;
	size_t size = READ_BACK_SIZE;
	int r = go_direct(fd);

	if (r < 0)
		return r;
	/* With a byte to spare, so that the end is seen with the rest. */
	if (expected < READ_BACK_SIZE)
		size = ((size_t)expected / DIRECT_ALIGN + 1) * DIRECT_ALIGN;
	buf = aligned_alloc(DIRECT_ALIGN, size);
	if (!buf)
		return -ENOMEM;
	return digest_of(fd, buf, size, expected, ret, ret_size);
}

int files_read_back(int dirfd, const char *name, struct sha256 *ret, uint64_t *ret_size)
{
	struct stat st = {.st_size = 0};
	_cleanup_fd_ int fd = open_regular(dirfd, name, &st);

	return fd < 0 ? fd : read_back(fd, (uint64_t)st.st_size, ret, ret_size);
}

int files_check(int fd, const struct sha256 *digest, uint64_t size)
{
	struct sha256 have;
	uint64_t have_size = 0;
	int r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : read_back(fd, size, &have, &have_size);

	if (r < 0)
		return r;
	return have_size == size && sha256_eq(&have, digest) ? 0 : -EBADMSG;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Files: bounded reads, replacement that is whole or not at all, directories.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"

#define TEMP_SUFFIX ".XXXXXX"
#define LEFT_S      60 /* seconds until a temporary file is nobody's */

ssize_t fs_read_at(int fd, int64_t offset, void *buf, size_t size)
{
	size_t at = 0;

	while (at < size) {
		char *to = (char *)buf + at;
		ssize_t n = offset == FS_HERE ? read(fd, to, size - at)
					      : pread(fd, to, size - at, offset + (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		at += (size_t)n;
	}
	return (ssize_t)at;
}

static ssize_t read_all(const char *path, int flags, char *buf, size_t size)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);
	ssize_t n = fd < 0 ? -errno : fs_read_at(fd, FS_HERE, buf, size);

	if (n >= 0 && (size_t)n == size)
		return -EFBIG;
	if (n >= 0)
		buf[n] = '\0';
	return n;
}

ssize_t fs_read(const char *path, char *buf, size_t size)
{
	return read_all(path, O_NOFOLLOW, buf, size);
}

ssize_t fs_read_line(const char *path, char *buf, size_t size)
{
	ssize_t n = read_all(path, 0, buf, size);

	if (n < 0)
		return n;
	buf[strcspn(buf, "\n")] = '\0';
	return (ssize_t)strlen(buf);
}

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Opens the directory of @path. */
static int open_parent(const char *path)
{
	char dir[PATH_MAX];
	char *slash;
	int fd;

	if (strlen(path) >= sizeof(dir))
		return -ENAMETOOLONG;
	strcpy(dir, path);
	slash = strrchr(dir, '/');
	if (!slash)
		strcpy(dir, ".");
	else
		slash[slash == dir ? 1 : 0] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int sync_parent(const char *path)
{
	_cleanup_fd_ int fd = open_parent(path);

	if (fd < 0)
		return fd;
	return fsync(fd) < 0 ? -errno : 0;
}

int fs_replace(const char *path, const char *text, mode_t mode)
{
	char tmp[PATH_MAX];
	_cleanup_fd_ int fd = -1;
	int n, r;

	n = snprintf(tmp, sizeof(tmp), "%s" TEMP_SUFFIX, path);
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return -ENAMETOOLONG;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text);
	if (r == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(tmp, path) < 0))
		r = -errno;
	if (r < 0) {
		(void)unlink(tmp); /* the first error is the one to report */
		return r;
	}
	return sync_parent(path);
}

/* True if @name is a temporary file of fs_replace() of @base and much older than that is now. */
static bool is_left(int dir, const char *name, const char *base)
{
	size_t n = strlen(base);
	struct stat st, now;

	return strncmp(name, base, n) == 0 && name[n] == '.' &&
	       strlen(&name[n]) == sizeof(TEMP_SUFFIX) - 1 &&
	       fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       fstatat(dir, base, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_mtim.tv_sec - st.st_mtim.tv_sec > LEFT_S;
}

void fs_clean(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	int fd = open_parent(path);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d)
		cleanup_fd(&fd);
	while (d && (e = readdir(d)))
		if (is_left(dirfd(d), e->d_name, base))
			(void)unlinkat(dirfd(d), e->d_name, 0); /* or the next time */
}

int fs_append(const char *path, const char *text, mode_t mode)
{
	_cleanup_fd_ int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0)
		return -errno;
	return write_all(fd, text);
}

int fs_poke(const char *path, const char *text)
{
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

static int make_dir(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST || stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int fs_mkdirs(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	int r;

	if (strlen(path) >= sizeof(part))
		return -ENAMETOOLONG;
	strcpy(part, path);
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		r = make_dir(part, mode);
		if (r < 0)
			return r;
		*p = '/';
	}
	return make_dir(part, mode);
}

int fs_open_below(int dirfd, const char *path, int flags)
{
	_cleanup_fd_ int at = -1;
	int next;

	flags |= O_NOFOLLOW | O_CLOEXEC;
	while (path[0] != '/') {
		size_t n = strcspn(path, "/");
		const char *rest = path + n + strspn(path + n, "/");
		char name[NAME_MAX + 1];

		if (n > NAME_MAX)
			return -ENAMETOOLONG;
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, path); /* fits */
		if (strcmp(name, "..") == 0)
			return -EINVAL;
		next = openat(at < 0 ? dirfd : at, name,
			*rest ? O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC : flags);
		if (next < 0 || !*rest)
			return next < 0 ? -errno : next;
		cleanup_fd(&at);
		at = next;
		path = rest;
	}
	next = open(path, flags);
	return next < 0 ? -errno : next;
}

int fs_join(char *out, size_t size, const char *dir, const char *name)
{
	int n = snprintf(out, size, "%s/%s", dir, name);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

bool fs_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * A directory below the root that is not ours yet, found as it will be found when it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "step/mount_point.h"

/* Opens @path as if @root_fd were "/". */
static int open_in_root(int root_fd, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* Makes the last component of @path, whose parent has to exist. */
static int make_in_root(int root_fd, const char *path)
{
	char parent[PATH_MAX];
	_cleanup_fd_ int fd = -1;
	char *slash;

	if (strlen(path) >= sizeof(parent))
		return -ENAMETOOLONG;
	strcpy(parent, path);
	slash = strrchr(parent, '/');
	if (!slash || !slash[1])
		return -EINVAL;
	*slash = '\0';
	fd = open_in_root(root_fd, slash == parent ? "/" : parent);
	if (fd < 0)
		return fd;
	return mkdirat(fd, slash + 1, 0755) < 0 ? -errno : 0;
}

/* The path of an open directory as this process sees it. */
static int path_of(int fd, char *out, size_t size)
{
	char link[40];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd); /* fits */
	n = readlink(link, out, size);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	out[n] = '\0';
	return 0;
}

/* What is left of the path of @fd when that of @root_fd is cut off. */
static int path_below(int root_fd, int fd, char *out, size_t size)
{
	char root[PATH_MAX], path[PATH_MAX];
	size_t len;
	int r = path_of(root_fd, root, sizeof(root));

	if (r == 0)
		r = path_of(fd, path, sizeof(path));
	if (r != 0)
		return r;
	len = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (strncmp(path, root, len) != 0 || path[len] != '/')
		return -EXDEV; /* the root itself, or moved away meanwhile */
	if (strlen(path + len) >= size)
		return -ENAMETOOLONG;
	strcpy(out, path + len);
	return 0;
}

static bool is_mounted_on(int fd)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int mount_point_find(
	const char *rootmnt, const char *dir, char *ret, size_t size, struct err *reterr)
{
	_cleanup_fd_ int root_fd =
		open(rootmnt[0] ? rootmnt : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int fd = -1;
	int r;

	if (root_fd < 0)
		return err_sys(reterr, -errno, "cannot open the root at %s", rootmnt);
	fd = open_in_root(root_fd, dir);
	if (fd == -ENOENT) {
		r = make_in_root(root_fd, dir);
		if (r == -EROFS)
			return err_set(reterr, r,
				"the root has no directory %s, and is read-only now: make it once "
				"in the running system, mkdir -p %s",
				dir, dir);
		if (r < 0)
			return err_sys(reterr, r,
				"the root has no directory %s, and it cannot be made", dir);
		fd = open_in_root(root_fd, dir);
	}
	if (fd < 0)
		return err_sys(reterr, fd, "cannot use %s of the root as a mount point", dir);
	if (is_mounted_on(fd))
		return err_set(reterr, -EBUSY, "something is mounted on %s already", dir);
	r = path_below(root_fd, fd, ret, size);
	if (r < 0)
		return err_sys(reterr, r, "cannot use %s of the root as a mount point", dir);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether a server's files can be read by the version of NFS that it was mounted with.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "step/bounded.h"
#include "step/nfs.h"

#define READ_SIZE 4096
#define LOOK_AT   64 /* entries of a directory */

/* Reads the beginning of a file past the cache. Returns as nfs_check_reads(). */
static int try_file(int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	_cleanup_fd_ int fd = openat(dirfd, name, flags | O_DIRECT);
	_cleanup_free_ void *buf = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 && errno == EINVAL)
		fd = openat(dirfd, name, flags);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return -ENODATA;
	buf = aligned_alloc(READ_SIZE, READ_SIZE);
	if (!buf)
		return -ENOMEM;
	n = read(fd, buf, READ_SIZE);
	if (n < 0)
		return errno == EIO ? -EBADMSG : -errno;
	return n == (st.st_size < READ_SIZE ? st.st_size : READ_SIZE) ? 0 : -EBADMSG;
}

/* Tries the first file of @name in @above that is not empty. Returns as nfs_check_reads(). */
static int try_directory(int above, const char *name)
{
	_cleanup_fd_ int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_dir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int r = -ENODATA;

	if (!dir)
		return -ENODATA;
	(void)take_fd(&fd); /* @dir has it */
	for (int i = 0; i < LOOK_AT && r == -ENODATA; i++) {
		const struct dirent *e = readdir(dir);

		if (!e)
			break;
		if (e->d_type == DT_REG || e->d_type == DT_UNKNOWN)
			r = try_file(dirfd(dir), e->d_name);
	}
	return r;
}

static int try_mount(const void *where)
{
	int r = try_directory(AT_FDCWD, where);
	_cleanup_fd_ int fd = -1;

	if (r != -ENODATA)
		return r;
	fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -ENODATA : try_directory(fd, "etc"); /* the top of a root has no files */
}

int nfs_check_reads(const char *where, uint64_t deadline_ms)
{
	return bounded_run(try_mount, where, deadline_ms);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Files: bounded reads, replacement that is whole or not at all, directories.
 */
#ifndef BASE_FS_H
#define BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Reads all of @path into @buf and terminates it with a NUL.
 *
 * Returns the number of bytes without the NUL, -EFBIG if they and the NUL do not fit into @size,
 * or the errno of open or read. Does not follow a symbolic link in the last component.
 */
ssize_t fs_read(const char *path, char *buf, size_t size) __attribute__((warn_unused_result));

/* As fs_read() for one line of sysfs or procfs: links are followed, the newline is cut. */
ssize_t fs_read_line(const char *path, char *buf, size_t size) __attribute__((warn_unused_result));

#define FS_HERE (-1) /* where the descriptor stands */

/*
 * Reads @size bytes at @offset of @fd, or at FS_HERE, or what there is up to its end. Returns their
 * number or a negative errno.
 */
ssize_t fs_read_at(int fd, int64_t offset, void *buf, size_t size)
	__attribute__((warn_unused_result));

/*
 * Replaces @path by @text with @mode: temporary file beside it, fsync, rename, fsync of the
 * directory. Returns 0 or a negative errno; on failure @path is as it was.
 */
int fs_replace(const char *path, const char *text, mode_t mode) __attribute__((warn_unused_result));

/*
 * Removes temporary files of fs_replace() of @path that are more than a minute older than @path,
 * which has just been replaced: their writer was killed. What cannot be removed stays.
 */
void fs_clean(const char *path);

/* Appends @text to @path, made with @mode if absent. Returns 0 or a negative errno. */
int fs_append(const char *path, const char *text, mode_t mode) __attribute__((warn_unused_result));

/* Writes @text to an existing file (sysfs, procfs) in one write. Returns 0 or a negative errno. */
int fs_poke(const char *path, const char *text) __attribute__((warn_unused_result));

/* Makes @path and its parents. Returns 0 (also if it is there), or a negative errno. */
int fs_mkdirs(const char *path, mode_t mode) __attribute__((warn_unused_result));

/* DIR/NAME into @out. Returns 0, or -ENAMETOOLONG if it does not fit. */
int fs_join(char *out, size_t size, const char *dir, const char *name)
	__attribute__((warn_unused_result));

/*
 * Opens @path below @dirfd with @flags of open(2), no component of it a symbolic link (with O_PATH the last one may be) nor
 * "..": who writes to a directory cannot make others read what is elsewhere. An absolute @path is the caller's own
 * choice: only its last component is no link.
 *
 * Returns a descriptor, -ENOTDIR for a link on the way, -ELOOP for one at its end, -EINVAL for "..", or another
 * negative errno.
 */
int fs_open_below(int dirfd, const char *path, int flags) __attribute__((warn_unused_result));

bool fs_exists(const char *path);

#endif

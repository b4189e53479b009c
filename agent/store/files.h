/* SPDX-License-Identifier: GPL-2.0-or-later
 * Files on the boot server, always below a directory descriptor and never through a symbolic link:
 * whole replacement, reading back what the server has, removal of trees; and what to do about it
 * when the server refuses.
 */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"
#include "store/sha256.h"

#define FILES_DIR  "pinet" /* below the boot directory: everything that is ours */
#define FILES_TEMP ".tmp-" /* begins names of files that are about to be renamed */
#define FILES_MAX  (1u << 30) /* bytes of a file that is read back */

/* What went wrong, as far as it matters to whoever has to mend it. */
enum files_cause {
	FILES_OTHER,
	FILES_GONE, /* the server is away or lost the directory: ESTALE EIO ETIMEDOUT and so on */
	FILES_READONLY, /* EROFS */
	FILES_FULL, /* ENOSPC EDQUOT */
	FILES_REFUSED, /* EACCES EPERM: root squash, or owner and mode on the server */
};

/* The cause behind the negative errno @r. */
enum files_cause files_cause(int r);

/* The cause as a word for state files: "server", "read-only", "full", "permission" or "other". */
const char *files_cause_name(enum files_cause cause);

/* As err_sys(), with what to do about it appended where the cause says that. */
#define files_err(err, errno_code, ...)                                                            \
	({                                                                                         \
		int files_code_ = (errno_code);                                                    \
		files_err_fill((err), files_code_, __VA_ARGS__);                                   \
		files_code_ < 0 ? files_code_ : -22;                                               \
	})

void files_err_fill(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Opens the directory @path (relative, "" or components without "." and "..") below @dirfd, no
 * component of it a symbolic link. With @create missing ones are made, mode 0755.
 *
 * Returns a descriptor or a negative errno (-ELOOP or -ENOTDIR for what is no directory).
 */
int files_open_dir(int dirfd, const char *path, bool create) __attribute__((warn_unused_result));

/*
 * Makes the directory @name, mode 0755, and opens it with @flags: O_RDONLY, or O_PATH if it is only a place, which
 * needs no question to the server. Returns a descriptor, -EEXIST, or another negative errno.
 */
int files_make_dir(int dirfd, const char *name, int flags) __attribute__((warn_unused_result));

/*
 * pinet/ in the boot directory. As files_open_dir(), with @reterr but for -ENOENT without @create: there is none
 * then, which is no error of most.
 */
int files_open_ours(int boot_dirfd, bool create, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Reads all of the regular file @name into @buf and terminates it with a NUL.
 * Returns its size, -EFBIG if it and the NUL do not fit, -EINVAL if it is no regular file, or the
 * errno of open or read. A symbolic link as the last component is -ELOOP.
 */
ssize_t files_read(int dirfd, const char *name, char *buf, size_t size)
	__attribute__((warn_unused_result));

/* As files_read() into memory of its own (to be freed), for a file of less than @max bytes; -EAGAIN if it changes. */
ssize_t files_read_new(int dirfd, const char *name, size_t max, char **ret)
	__attribute__((warn_unused_result));

/* As files_read_new(), and says in @ret_st what the file was before it was read. */
ssize_t files_read_stat(int dirfd, const char *name, size_t max, char **ret, struct stat *ret_st)
	__attribute__((warn_unused_result));

/* True if nothing was written to a file that was once @a and is @b now, and no other has taken its place. */
bool files_same(const struct stat *a, const struct stat *b);

/* Writes all of @data, however short the writes are. Returns 0 or a negative errno. */
int files_write(int fd, struct span data) __attribute__((warn_unused_result));

/*
 * Makes the empty file @name, mode 0644, to be written and read; @flags are more of open(2).
 * Returns its descriptor, -EEXIST, or another negative errno; there may be such a file then.
 */
int files_create(int dirfd, const char *name, int flags) __attribute__((warn_unused_result));

/*
 * Makes the file @name, mode 0644, puts it on the server's disk, and says in @ret what it is there.
 * Returns 0, -EEXIST, or another negative errno; there may be a part of it then.
 */
int files_make(int dirfd, const char *name, struct span data, struct stat *ret)
	__attribute__((warn_unused_result));

/* As files_make(), and looks at what the server has of it: -EBADMSG if that is not what it was sent. */
int files_make_checked(int dirfd, const char *name, struct span data, struct stat *ret)
	__attribute__((warn_unused_result));

/*
 * Renames @from, which is @before, to @to. NFS may lose the answer and then say ENOENT to the repeated
 * call: what is at @to decides. Returns 0 or a negative errno.
 */
int files_rename(int from_fd, const char *from, const struct stat *before, int to_fd,
	const char *to) __attribute__((warn_unused_result));

/*
 * Replaces @name in @dirfd by @data, mode 0644: a temporary file in @ours_fd (pinet/, which may be
 * @dirfd itself), fsync, a look at what the server has stored of it, rename, fsync of the
 * directory.
 *
 * Returns 0, -EBADMSG if the server has something else than what was written, or a negative errno.
 * On failure @name is as it was or, when only the last fsync failed, as it should be.
 */
int files_replace(int ours_fd, int dirfd, const char *name, struct span data)
	__attribute__((warn_unused_result));

/*
 * As files_replace(), but -EAGAIN and nothing is replaced if @name is not what it @was when it was read (@was NULL:
 * never): what its owner writes meanwhile is not lost.
 */
int files_replace_same(int ours_fd, int dirfd, const char *name, const struct stat *was,
	struct span data) __attribute__((warn_unused_result));

/* A name FILES_TEMP WHAT "-" 16 random digits, cut to @size. */
void files_temp_name(const char *what, char *out, size_t size);

/*
 * The digest and size of what the server has stored as @name, not of what this machine remembers
 * of it: by O_DIRECT where that works, else after dropping the cached pages.
 *
 * Returns 0, -EFBIG above FILES_MAX, -EINVAL if it is no regular file, or a
 * negative errno.
 */
int files_read_back(int dirfd, const char *name, struct sha256 *ret, uint64_t *ret_size)
	__attribute__((warn_unused_result));

/*
 * Reads back, as files_read_back(), what was written to @fd, a regular file that can be read, and put
 * on the disk.
 * Returns 0, -EBADMSG if the server has not @size bytes with @digest, or another negative errno.
 */
int files_check(int fd, const struct sha256 *digest, uint64_t size)
	__attribute__((warn_unused_result));

#endif

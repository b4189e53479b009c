/* SPDX-License-Identifier: GPL-2.0-or-later
 * A new generation: staged beside the others, read back, and renamed to its name when it is whole.
 *
 *     stage_begin -> stage_file for each -> stage_verify for each -> stage_settle -> stage_commit
 *
 * The caller holds the lock. A run that is interrupted leaves a directory ".new-NAME" behind, which
 * generation_clean() removes.
 */
#ifndef STORE_STAGE_H
#define STORE_STAGE_H

#include <sys/stat.h>

#include "store/generation.h"

#define STAGE_OLDER 4 /* generations in which files to link to are looked for */

struct stage_direct;

/* An older generation, made by stage_load_older(). */
struct stage_older {
	int dirfd; /* O_PATH */
	struct timespec made; /* by the server's clock: nothing in it was written later */
	struct manifest manifest; /* files in their order */
};

/* Made by stage_begin(); its fields are private except where a comment says otherwise. */
struct stage {
	bool begun; /* the descriptors are open */
	bool sealed; /* the manifest is written: no more files */
	bool copy_all; /* public to set: no links, for the older files are damaged */
	bool buffered; /* public to set: no stage_direct() */
	int ours_fd; /* the caller's */
	int dirfd, parent_fd;
	struct stat dir_st; /* dirfd, as it was made */
	char parent[NAME_PATH_SIZE]; /* what parent_fd is, below dirfd */
	char temp[NAME_SIZE + 8]; /* name of dirfd in ours_fd */
	unsigned int n_older;
	const struct stage_older *older; /* the caller's, the newest first */
	struct stage_direct *direct; /* what is on its way, or NULL */
	struct stat manifest_st; /* public after stage_commit(): the manifest's file */
	struct manifest manifest; /* public to read: what is staged, in the order of stage_file() */
	bool verified[MANIFEST_FILES]; /* those of them that stage_verify() need not read back */
	unsigned int n_written, n_linked; /* public: files */
	uint64_t bytes_written; /* public */
};

/* One file that is to be in the generation. */
struct stage_item {
	enum manifest_role role;
	const char *path; /* in the generation: store/name */
	/*
	 * Where it is: @source below @dirfd (or absolute), a regular file; a symbolic link as its
	 * last component is refused. Or @text, if that is not NULL.
	 */
	int dirfd;
	const char *source;
	const char *text;
	/*
	 * What a stamp (store/stamp) knows of a source that has not changed since, or NULL: if an
	 * older generation has such a file it is linked without the source being read.
	 */
	const struct sha256 *known_digest;
	uint32_t known_size;
};

/* What became of it. */
struct stage_result {
	struct manifest_file file; /* as it stands in the manifest */
	bool linked; /* a hard link to the file of an older generation */
	/* What the server has stored was read back, now or for the older generation: stage_verify() need not. */
	bool verified;
	struct stat source; /* of the source before it was read, for store/stamp; all 0 for text */
};

/*
 * Opens the newest STAGE_OLDER generations of @list in @ours_fd (pinet/) and reads their manifests; those that are
 * damaged are passed over. Returns how many there are in @ret, each to be freed by stage_older_done().
 */
unsigned int stage_load_older(
	int ours_fd, const struct generation_list *list, struct stage_older ret[STAGE_OLDER]);

void stage_older_done(struct stage_older *older);

/*
 * Makes the directory in @ours_fd (pinet/) in which generation @meta->generation is staged; one of the same name that
 * was left behind is removed. @meta gives everything but the files.
 *
 * Files to link to are looked for in @older, which stays as it is until stage_end(), and so does @ours_fd.
 * The caller knows that there is no such generation yet.
 *
 * Returns 0 with @ret to be ended by stage_end(), -EINVAL if @meta is none, or a negative errno, with @reterr.
 */
int stage_begin(int ours_fd, const struct manifest *meta, const struct stage_older *older,
	unsigned int n_older, struct stage *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Stages one file: linked to a file of an older generation with the same digest and size, else
 * copied while it is hashed, and read back. Its source is read once (twice if an older generation has a file
 * of the same size but other contents, from the cache then). The last of a large file may be on its way still
 * when this returns, so that the next one can be begun: stage_settle().
 *
 * Returns 0 and fills @ret (which may be NULL), or a negative errno with @reterr; what has been
 * staged of the file is then gone. -EBADMSG: the server has something else, of this file or of one that was on
 * its way. -EPROTONOSUPPORT: as stage_settle(). -EAGAIN: the source changed while it was read. -EINVAL: the
 * source is no regular file or the path no path. -EEXIST: the path is there already.
 */
int stage_file(struct stage *stage, const struct stage_item *item, struct stage_result *ret,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * Begins a part of @stage, the files of which are made by a thread of its own meanwhile; no path may be in both. That
 * thread may call this, too: of @stage nothing is read that changes.
 * Returns 0, to be ended by stage_join() or stage_end(), or a negative errno with @reterr.
 */
int stage_fork(const struct stage *stage, struct stage *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/* Adds what was made in @part, and ends it. Returns 0 or a negative errno with @reterr; see stage_settle(). */
int stage_join(struct stage *stage, struct stage *part, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Adds the manifest, after which there can be no more files, and reads it back; waits until all files are
 * on the server's disk and read back, too.
 *
 * Returns 0, -EBADMSG if the server has something else, -EPROTONOSUPPORT if all has to be staged once more with
 * stage->buffered set, for the other way does not work here, or another negative errno, with @reterr.
 */
int stage_settle(struct stage *stage, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Reads back what the server has of file number @i of stage->manifest, if that was not done when it was
 * written or for the older generation, and compares digest and size.
 *
 * Returns 0, -EBADMSG if it is not what was staged, or another negative errno, with @reterr.
 */
int stage_verify(const struct stage *stage, size_t i, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * As stage_settle() if that was not done; then puts the directories on the server's disk, and renames
 * the whole to the name of the generation.
 *
 * Returns as stage_settle().
 */
int stage_commit(struct stage *stage, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Removes what was staged and not committed, as far as that works, and frees @stage; also after
 * {0}.
 */
void stage_end(struct stage *stage);

#define _cleanup_stage_ __attribute__((cleanup(stage_end)))

#endif

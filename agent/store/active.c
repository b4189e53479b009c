/* SPDX-License-Identifier: GPL-2.0-or-later
 * Which generation the firmware loads: a block in config.txt, or a symbolic link.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/active.h"
#include "store/config_txt.h"
#include "store/files.h"

int active_layout(int boot_dirfd, enum manifest_layout *ret, struct err *reterr)
{
	struct stat st;

	if (fstatat(boot_dirfd, CONFIG_TXT_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0)
		*ret = MANIFEST_RASPI;
	else if (errno == ENOENT)
		*ret = MANIFEST_LINK;
	else
		return files_err(reterr, -errno, "cannot look for %s in the boot directory",
			CONFIG_TXT_NAME);
	return 0;
}

static ssize_t read_config(int boot_dirfd, char **ret, struct stat *ret_st, struct err *reterr)
{
	ssize_t n = files_read_stat(boot_dirfd, CONFIG_TXT_NAME, CONFIG_TXT_MAX + 1, ret, ret_st);

	return n < 0 ? files_err(reterr, (int)n, "cannot read %s", CONFIG_TXT_NAME) : n;
}

/* As active_read() for the link; one that leads elsewhere is none. */
static int read_link(int ours, char ret[NAME_SIZE], struct err *reterr)
{
	char to[NAME_SIZE];
	ssize_t n = readlinkat(ours, ACTIVE_LINK, to, sizeof(to));
	uint32_t number;

	ret[0] = '\0';
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return files_err(
			reterr, -errno, "cannot read the link %s/%s", FILES_DIR, ACTIVE_LINK);
	if ((size_t)n == sizeof(to) || name_parse(span_of(to, (size_t)n), &number, NULL) < 0)
		return 0;
	return span_copy(span_of(to, (size_t)n), ret, NAME_SIZE) == 0;
}

/* The generation of the block in @name: 1, 0 if there is none, or a negative errno. */
static int read_block(int boot_dirfd, const char *name, char ret[NAME_SIZE])
{
	_cleanup_free_ char *text = NULL;
	struct config_txt block;
	ssize_t n = files_read_new(boot_dirfd, name, CONFIG_TXT_MAX + 1, &text);
	int r = n < 0 ? (int)n : config_txt_parse(span_of(text, (size_t)n), &block);

	if (r >= 0)
		strcpy(ret, block.generation);
	return r;
}

int active_read(int boot_dirfd, int ours_fd, enum manifest_layout layout, char ret[NAME_SIZE],
	struct err *reterr)
{
	char name[NAME_SIZE] = "";
	int r;

	if (layout == MANIFEST_RASPI) {
		r = read_block(boot_dirfd, CONFIG_TXT_NAME, name);
		if (r < 0)
			return files_err(reterr, r, "cannot read %s", CONFIG_TXT_NAME);
	} else {
		r = ours_fd < 0 ? 0 : read_link(ours_fd, name, reterr);
	}
	if (r >= 0)
		strcpy(ret, name);
	return r;
}

int active_tried(
	int boot_dirfd, enum manifest_layout layout, char ret[NAME_SIZE], struct err *reterr)
{
	char name[NAME_SIZE] = "";
	int r = layout == MANIFEST_RASPI ? read_block(boot_dirfd, ACTIVE_TRYBOOT, name) : 0;

	if (r == -ENOENT || r == -EFBIG || r == -EINVAL || r == -ELOOP)
		r = 0; /* none of ours */
	if (r < 0)
		return files_err(reterr, r, "cannot read %s", ACTIVE_TRYBOOT);
	strcpy(ret, name);
	return r;
}

/* What the block has to say for @m; kernel and initramfs only if there is no choice of them. */
static void block_of(const struct manifest *m, struct config_txt *ret)
{
	const struct manifest_file *kernel = manifest_only(m, MANIFEST_KERNEL);
	const struct manifest_file *initramfs = manifest_only(m, MANIFEST_INITRAMFS);

	memset(ret, 0, sizeof(*ret));
	strcpy(ret->generation, m->generation);
	if (kernel)
		strcpy(ret->kernel, kernel->path);
	if (kernel && initramfs)
		strcpy(ret->initramfs, initramfs->path);
}

/* An editor may empty a file some time before it writes to it. */
static int err_changes(struct err *reterr)
{
	return err_set(reterr, -EAGAIN,
		CONFIG_TXT_NAME " is being written by somebody else: it is left as it is; try it "
				"again later");
}

/* True if its owner had lines in config.txt when @m was made. */
static bool had_lines(const struct manifest *m)
{
	const struct manifest_file *config = manifest_find(m, CONFIG_TXT_NAME);

	return config && config->size;
}

/* Writes @name, which is config.txt with the block of @m. Returns 1, 0 if it is so already. */
static int put_config(
	int boot_dirfd, int ours, const char *name, const struct manifest *m, struct err *reterr)
{
	_cleanup_free_ char *old = NULL, *new = malloc(CONFIG_TXT_MAX), *there = NULL;
	struct config_txt block;
	struct sha256 want, have;
	struct stat st;
	ssize_t n, n_there;
	uint64_t size = 0;
	size_t len;
	int r;

	if (!new)
		return err_set(reterr, -ENOMEM, "no memory for %s", name);
	n = read_config(boot_dirfd, &old, &st, reterr);
	if (n < 0)
		return (int)n;
	if (!n && had_lines(m))
		return err_changes(reterr);
	block_of(m, &block);
	r = config_txt_put(span_of(old, (size_t)n), &block, new, CONFIG_TXT_MAX, &len, reterr);
	if (r < 0)
		return r;
	n_there = files_read_new(boot_dirfd, name, CONFIG_TXT_MAX + 1, &there);
	if (n_there >= 0 && (size_t)n_there == len && memcmp(there, new, len) == 0)
		return 0;
	sha256_of(span_of(new, len), &want);
	r = files_replace_same(ours, boot_dirfd, name,
		strcmp(name, CONFIG_TXT_NAME) == 0 ? &st : NULL, span_of(new, len));
	if (r == 0)
		r = files_read_back(boot_dirfd, name, &have, &size);
	if (r == -EBADMSG || (r == 0 && (size != len || !sha256_eq(&want, &have))))
		return err_set(reterr, -EBADMSG,
			"the boot server has stored another %s than it was sent", name);
	if (r == -EAGAIN)
		return err_changes(reterr);
	return r < 0 ? files_err(reterr, r, "cannot write %s", name) : 1;
}

/* Makes the link lead to @name. Returns 1, or a negative errno. */
static int put_link(int ours, const char *name, struct err *reterr)
{
	char temp[64], now[NAME_SIZE];
	int r;

	files_temp_name(ACTIVE_LINK, temp, sizeof(temp));
	r = symlinkat(name, ours, temp) < 0 || renameat(ours, temp, ours, ACTIVE_LINK) < 0 ? -errno
											   : 0;
	/* NFS says ENOENT to a rename that is repeated as its answer was lost; the link tells. */
	if (r == -ENOENT && read_link(ours, now, NULL) > 0 && strcmp(now, name) == 0)
		r = 0;
	if (r < 0)
		(void)unlinkat(ours, temp, 0); /* the first error is the one to report */
	else if (fsync(ours) < 0)
		r = -errno;
	if (r < 0)
		return files_err(reterr, r, "cannot make the link %s/%s", FILES_DIR, ACTIVE_LINK);
	r = read_link(ours, now, reterr);
	if (r < 0)
		return r;
	if (r == 0 || strcmp(now, name) != 0)
		return err_set(reterr, -EBADMSG, "the boot server shows another link %s/%s",
			FILES_DIR, ACTIVE_LINK);
	return 1;
}

int active_set(int boot_dirfd, int ours_fd, const struct manifest *m, struct err *reterr)
{
	enum manifest_layout layout;
	int r;

	if (m->layout == MANIFEST_RASPI)
		return put_config(boot_dirfd, ours_fd, CONFIG_TXT_NAME, m, reterr);
	r = active_layout(boot_dirfd, &layout, reterr);
	if (r < 0)
		return r;
	if (layout != m->layout)
		return err_set(reterr, -EOPNOTSUPP,
			"%s was made without a %s, and the firmware that reads it would not find "
			"it",
			m->generation, CONFIG_TXT_NAME);
	return put_link(ours_fd, m->generation, reterr);
}

int active_try(int boot_dirfd, int ours_fd, const struct manifest *m, struct err *reterr)
{
	if (m->layout != MANIFEST_RASPI)
		return err_set(reterr, -EOPNOTSUPP,
			"a trial needs a Raspberry Pi: its firmware reads %s for one boot",
			ACTIVE_TRYBOOT);
	return put_config(boot_dirfd, ours_fd, ACTIVE_TRYBOOT, m, reterr);
}

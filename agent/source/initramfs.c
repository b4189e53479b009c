/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is in an initramfs, as lsinitramfs(8) lists it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"
#include "source/initramfs.h"

#define PATH_SIZE 1024

static bool is_dash(char c)
{
	return c == '-' || c == '_';
}

bool initramfs_same_module(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	for (; i < n && a[i]; i++)
		if (a[i] != b[i] && !(is_dash(a[i]) && is_dash(b[i])))
			return false;
	return i == n && !a[i];
}

static void add_version(struct initramfs *list, const char *version, size_t n)
{
	if (n == 0 || n >= INITRAMFS_VERSION_SIZE)
		return;
	for (unsigned int i = 0; i < list->n_versions; i++)
		if (strncmp(list->version[i], version, n) == 0 && !list->version[i][n])
			return;
	if (list->n_versions == INITRAMFS_VERSIONS)
		return; /* it is wrong already with two */
	memcpy(list->version[list->n_versions], version, n);
	list->version[list->n_versions++][n] = '\0';
}

/* The file @name in lib/modules, which may be a module. */
static void add_module(struct initramfs *list, const char *name)
{
	const char *suffix = strstr(name, ".ko");

	if (!suffix || (suffix[3] && suffix[3] != '.'))
		return;
	list->has_modules = true;
	for (unsigned int i = 0; i < list->n_wanted; i++)
		if (initramfs_same_module(list->wanted[i], name, (size_t)(suffix - name)))
			list->found[i] = true;
}

static void take_line(struct initramfs *list)
{
	static const char modules[] = "lib/modules/";
	const char *line = list->line, *version, *slash;

	list->line[list->at] = '\0';
	if (strncmp(line, "./", 2) == 0)
		line += 2;
	if (strncmp(line, "usr/", 4) == 0)
		line += 4;
	if (strcmp(line, "sbin/pinet") == 0)
		list->has_agent = true;
	if (strncmp(line, modules, sizeof(modules) - 1) != 0)
		return;
	version = line + sizeof(modules) - 1;
	slash = strchr(version, '/');
	if (!slash || !slash[1])
		return;
	add_version(list, version, (size_t)(slash - version));
	add_module(list, strrchr(line, '/') + 1);
}

void initramfs_feed_end(struct initramfs *list)
{
	if (!list->too_long && list->at)
		take_line(list);
	list->at = 0;
	list->too_long = false;
}

int initramfs_feed(struct initramfs *list, struct span piece)
{
	list->seen += piece.len;
	if (list->seen > INITRAMFS_LIST_MAX)
		return -EFBIG;
	for (size_t i = 0; i < piece.len; i++) {
		if (piece.p[i] == '\n')
			initramfs_feed_end(list);
		else if (list->at + 1 < sizeof(list->line))
			list->line[list->at++] = (char)piece.p[i];
		else
			list->too_long = true;
	}
	return 0;
}

static int feed(void *ctx, struct span piece)
{
	return initramfs_feed(ctx, piece);
}

int initramfs_list(int dirfd, const char *name, const char *lister, uint64_t deadline_ms,
	struct initramfs *ret, struct err *reterr)
{
	/* The directory as it is open here. A descriptor of the file would not do: it is a symbolic link in
	 * /proc, which zstd(1) and gzip(1) refuse. */
	char path[PATH_SIZE];
	const char *const argv[] = {lister, path, NULL};
	int n, r;

	if (name[0] == '/')
		n = snprintf(path, sizeof(path), "%s", name);
	else
		n = snprintf(path, sizeof(path), "/proc/%d/fd/%d/%s", (int)getpid(), dirfd, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(reterr, -ENAMETOOLONG, "its name is too long");
	r = proc_stream(argv, -1, deadline_ms, feed, ret);
	initramfs_feed_end(ret);
	if (r == -ENOENT)
		return err_set(reterr, r, "%s is missing: install initramfs-tools-core", lister);
	if (r < 0)
		return err_sys(reterr, r, "cannot list it with %s", lister);
	if (r > 0)
		return err_set(reterr, -EBADMSG,
			"%s cannot read it (exit status %d): it is damaged or not complete", lister,
			r);
	if (!ret->seen)
		return err_set(reterr, -EBADMSG, "%s finds nothing in it", lister);
	return 0;
}

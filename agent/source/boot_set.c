/* SPDX-License-Identifier: GPL-2.0-or-later
 * The boot set: what both layouts share.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "source/boot_parts.h"

void boot_set_done(struct boot_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		free(set->file[i].path);
		free(set->file[i].source);
	}
	free(set->file);
	set->file = NULL;
	set->n = set->room = 0;
}

static int grow(struct boot_set *set)
{
	size_t room = set->room ? 2 * set->room : 64;
	struct boot_file *file = reallocarray(set->file, room, sizeof(*file));

	if (!file)
		return -ENOMEM;
	set->file = file;
	set->room = room;
	return 0;
}

int boot_add(struct boot_set *set, enum boot_role role, const char *path, const char *source,
	const struct stat *st)
{
	_cleanup_free_ char *path_copy = strdup(path), *source_copy = strdup(source);

	if (!path_copy || !source_copy)
		return -ENOMEM;
	if (set->n == BOOT_FILES)
		return -E2BIG;
	if (set->n == set->room && grow(set) < 0)
		return -ENOMEM;
	set->file[set->n] = (struct boot_file){.role = role,
		.st = *st,
		.path = take_ptr(path_copy),
		.source = take_ptr(source_copy)};
	return (int)set->n++;
}

int boot_root_path(const struct boot_place *place, const char *name, char *out, size_t size)
{
	return fs_join(out, size, place->root, name);
}

int boot_add_input(struct boot_set *set, const struct boot_place *place, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	int r = boot_root_path(place, name, path, sizeof(path));

	if (r < 0)
		return r;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	return boot_add(set, BOOT_INPUT, "", path, &st);
}

int boot_find(const struct boot_set *set, const char *source)
{
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->file[i].source, source) == 0)
			return (int)i;
	return -ENOENT;
}

int boot_list(int dirfd, const char *path,
	int (*each)(void *ctx, const char *name, const struct stat *st), void *ctx)
{
	/* The root's own /boot may be a link. */
	int fd = path[0] == '/' ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
				: fs_open_below(dirfd, path, O_RDONLY | O_DIRECTORY);
	_cleanup_dir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd < 0) {
		int r = path[0] == '/' ? -errno : fd;

		return r == -ENOENT ? 0 : r;
	}
	if (!dir) {
		(void)close(fd); /* only read */
		return -ENOMEM;
	}
	for (;;) {
		struct dirent *e;
		struct stat st;
		int r;

		errno = 0;
		e = readdir(dir);
		if (!e)
			return -errno;
		if (e->d_name[0] == '.')
			continue;
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue; /* removed since */
			return -errno;
		}
		r = each(ctx, e->d_name, &st);
		if (r < 0)
			return r;
	}
}

bool boot_has_modules(const struct boot_place *place, const char *version)
{
	char path[PATH_MAX];

	if (boot_root_path(place, BOOT_MODULES, path, sizeof(path)) < 0)
		return false;
	if (!fs_exists(path))
		return true;
	return (size_t)snprintf(path, sizeof(path), "%s/" BOOT_MODULES "/%s/modules.dep",
		       place->root, version) < sizeof(path) &&
	       fs_exists(path);
}

int boot_failed(int r, const char *what, struct err *reterr)
{
	if (r == -E2BIG)
		return err_set(reterr, r, "%s: more than %d files to be loaded", what, BOOT_FILES);
	if (r == -ENOMEM)
		return err_set(reterr, r, "no memory for the list of boot files");
	if (r == -ENOTDIR)
		return err_set(reterr, r,
			"%s: it is, or lies behind, a symbolic link to a directory, which may lead "
			"out of the boot directory: a directory has to be there",
			what);
	return err_sys(reterr, r, "cannot read %s", what);
}

const char *boot_set_flavour(const char *version)
{
	const char *dash = strrchr(version, '-');

	return dash ? dash + 1 : version + strspn(version, "0123456789.");
}

int boot_set_open(const struct boot_place *place, const struct boot_file *file)
{
	return fs_open_below(place->boot_dirfd, file->source, O_RDONLY | O_NONBLOCK);
}

int boot_set_look(const struct boot_place *place, struct boot_set *ret, struct err *reterr)
{
	_cleanup_boot_set_ struct boot_set set = {.raspi = place->config.p != NULL};
	int r = (set.raspi ? boot_raspi_look : boot_link_look)(place, &set, reterr);

	if (r < 0)
		return r;
	r = boot_add_input(&set, place, BOOT_MODULES);
	if (r < 0)
		return boot_failed(r, "the modules of the root", reterr);
	*ret = set;
	set = (struct boot_set){.n = 0};
	return 0;
}

/* Takes the files of each kernel that is left, and those that are for all. */
static void mark_chosen(struct boot_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		set->file[i].chosen = set->file[i].role != BOOT_KERNEL &&
				      set->file[i].role != BOOT_INITRAMFS &&
				      set->file[i].role != BOOT_INPUT;
	for (unsigned int k = 0; k < set->n_kernels; k++) {
		set->file[set->kernel[k].kernel].chosen = true;
		for (unsigned int i = 0; i < set->kernel[k].n_mates; i++)
			set->file[set->kernel[k].mate[i]].chosen = true;
	}
}

int boot_set_choose(const struct boot_place *place, struct boot_set *set,
	boot_version_of *version_of, void *ctx, struct err *reterr)
{
	int r = (set->raspi ? boot_raspi_choose : boot_link_choose)(
		place, set, version_of, ctx, reterr);

	if (r == 0)
		mark_chosen(set);
	return r;
}

int boot_set_drop(struct boot_set *set, unsigned int i, const char *why)
{
	if (set->n_kernels == 1 || strcmp(set->kernel[i].version, set->version) == 0)
		return -EINVAL;
	notes_add(&set->notes, "%s is left out: %s", set->file[set->kernel[i].kernel].source, why);
	memmove(&set->kernel[i], &set->kernel[i + 1],
		(set->n_kernels - i - 1) * sizeof(set->kernel[0]));
	set->n_kernels--;
	mark_chosen(set);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The boot set of a machine that boots by PXE, U-Boot or iPXE: what a Debian kernel package leaves
 * in /boot, and the device trees of /usr/lib/linux-image-VERSION.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "source/boot_parts.h"

#define KERNEL    "vmlinuz-"
#define INITRD    "initrd.img-"
#define DTB_DEPTH 3 /* directories below /usr/lib/linux-image-VERSION */

/* The links by which a distribution says which kernel is the one to boot. */
static const char *const links[] = {"vmlinuz", "boot/vmlinuz"};

/* What is in ROOT/boot. */
struct search {
	const struct boot_place *place;
	char best[BOOT_VERSION_SIZE]; /* the highest version that is complete */
	char highest[BOOT_VERSION_SIZE]; /* the highest of all */
};

static bool is_regular(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int boot_path(
	const struct boot_place *place, const char *prefix, const char *version, char *out)
{
	return (size_t)snprintf(out, PATH_MAX, "%s/boot/%s%s", place->root, prefix, version) <
			       PATH_MAX
		       ? 0
		       : -ENAMETOOLONG;
}

/* What @version lacks, or NULL if it is complete. */
static const char *lacking(const struct boot_place *place, const char *version)
{
	char path[PATH_MAX];

	if (boot_path(place, KERNEL, version, path) < 0 || !is_regular(path))
		return "its image is";
	if (boot_path(place, INITRD, version, path) < 0 || !is_regular(path))
		return "its initramfs is";
	return boot_has_modules(place, version) ? NULL : "its modules are";
}

static int each_kernel(void *ctx, const char *name, const struct stat *st)
{
	struct search *s = ctx;
	const char *version = name + sizeof(KERNEL) - 1;

	if (strncmp(name, KERNEL, sizeof(KERNEL) - 1) != 0 || !S_ISREG(st->st_mode) || !*version ||
		strlen(version) >= BOOT_VERSION_SIZE)
		return 0;
	if (strverscmp(version, s->highest) > 0)
		strcpy(s->highest, version);
	if (strverscmp(version, s->best) > 0 && !lacking(s->place, version))
		strcpy(s->best, version);
	return 0;
}

/* The version that the link @name points to, "" if it is none. */
static void linked_version(
	const struct boot_place *place, const char *name, char ret[BOOT_VERSION_SIZE])
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *base;
	ssize_t n;

	ret[0] = '\0';
	if (boot_root_path(place, name, path, sizeof(path)) < 0)
		return;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return;
	target[n] = '\0';
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	if (strncmp(base, KERNEL, sizeof(KERNEL) - 1) == 0 &&
		strlen(base + sizeof(KERNEL) - 1) < BOOT_VERSION_SIZE)
		strcpy(ret, base + sizeof(KERNEL) - 1);
}

/* Which version: the one that a link names if it is complete, else the highest that is. */
static int find_version(
	const struct boot_place *place, char ret[BOOT_VERSION_SIZE], struct err *reterr)
{
	struct search s = {.place = place};
	char linked[BOOT_VERSION_SIZE], first[BOOT_VERSION_SIZE] = "", path[PATH_MAX];
	const char *what;
	int r = boot_root_path(place, "boot", path, sizeof(path));

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		linked_version(place, links[i], linked);
		if (linked[0] && !lacking(place, linked)) {
			strcpy(ret, linked);
			return 0;
		}
		if (!first[0])
			strcpy(first, linked);
	}
	if (r == 0)
		r = boot_list(AT_FDCWD, path, each_kernel, &s);
	if (r < 0)
		return boot_failed(r, path, reterr);
	if (!first[0])
		strcpy(first, s.highest);
	if (!first[0])
		return err_set(reterr, -ESTALE, "there is no kernel %s/" KERNEL "*", path);
	what = s.best[0] ? NULL : lacking(place, first);
	if (what)
		return err_set(
			reterr, -ESTALE, "the kernel %s is not complete: %s missing", first, what);
	strcpy(ret, s.best[0] ? s.best : first);
	return 0;
}

static int add_boot_file(const struct boot_place *place, struct boot_set *set, enum boot_role role,
	const char *prefix, const char *path, struct err *reterr)
{
	char source[PATH_MAX];
	struct stat st;
	int r = boot_path(place, prefix, set->version, source);

	if (r == 0 && lstat(source, &st) < 0)
		r = -errno;
	if (r == 0)
		r = boot_add(set, role, path, source, &st);
	return r < 0 ? boot_failed(r, source, reterr) : r;
}

/* A directory of device trees. */
struct trees {
	struct boot_set *set;
	unsigned int depth;
	char path[BOOT_PATH_SIZE]; /* in the generation */
	char source[PATH_MAX];
};

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && strcmp(name + n - s, suffix) == 0;
}

static int each_tree(void *ctx, const char *name, const struct stat *st)
{
	const struct trees *t = ctx;
	struct trees below = {t->set, t->depth + 1, "", ""};
	int r;

	if ((size_t)snprintf(below.path, sizeof(below.path), "%s/%s", t->path, name) >=
			sizeof(below.path) ||
		(size_t)snprintf(below.source, sizeof(below.source), "%s/%s", t->source, name) >=
			sizeof(below.source))
		return -ENAMETOOLONG;
	if (S_ISDIR(st->st_mode))
		return below.depth < DTB_DEPTH
			       ? boot_list(AT_FDCWD, below.source, each_tree, &below)
			       : 0;
	if (!S_ISREG(st->st_mode) || (!has_suffix(name, ".dtb") && !has_suffix(name, ".dtbo")))
		return 0;
	r = boot_add(t->set, has_suffix(name, ".dtb") ? BOOT_DTB : BOOT_OVERLAY, below.path,
		below.source, st);
	return r < 0 ? r : 0;
}

static int add_trees(const struct boot_place *place, struct boot_set *set, struct err *reterr)
{
	struct trees t = {set, 0, "dtb", ""};
	int r = 0;

	if ((size_t)snprintf(t.source, sizeof(t.source), "%s/usr/lib/linux-image-%s", place->root,
		    set->version) >= sizeof(t.source))
		r = -ENAMETOOLONG;
	if (r == 0)
		r = boot_list(AT_FDCWD, t.source, each_tree, &t);
	return r < 0 ? boot_failed(r, t.source, reterr) : 0;
}

int boot_link_look(const struct boot_place *place, struct boot_set *set, struct err *reterr)
{
	struct boot_kernel *k = &set->kernel[0];
	struct stat st;
	int r = find_version(place, set->version, reterr);

	if (r < 0)
		return r;
	r = add_boot_file(place, set, BOOT_KERNEL, KERNEL, "vmlinuz", reterr);
	if (r < 0)
		return r;
	k->kernel = (size_t)r;
	r = add_boot_file(place, set, BOOT_INITRAMFS, INITRD, "initrd.img", reterr);
	if (r < 0)
		return r;
	k->mate[0] = (size_t)r;
	k->n_mates = 1;
	set->n_kernels = 1;
	r = add_trees(place, set, reterr);
	if (r < 0)
		return r;
	r = 0;
	if (fstatat(place->boot_dirfd, "cmdline.txt", &st, AT_SYMLINK_NOFOLLOW) == 0)
		r = S_ISREG(st.st_mode)
			    ? boot_add(set, BOOT_CMDLINE, "cmdline.txt", "cmdline.txt", &st)
			    : -EINVAL;
	else if (errno != ENOENT)
		r = -errno;
	if (r < 0)
		return boot_failed(r, "cmdline.txt in the boot directory", reterr);
	for (size_t i = 0; r >= 0 && i < sizeof(links) / sizeof(links[0]); i++)
		r = boot_add_input(set, place, links[i]);
	if (r >= 0)
		r = boot_add_input(set, place, "boot");
	return r < 0 ? boot_failed(r, "the links to the kernel", reterr) : 0;
}

int boot_link_choose(const struct boot_place *place, struct boot_set *set,
	boot_version_of *version_of, void *ctx, struct err *reterr)
{
	struct boot_kernel *k = &set->kernel[0];
	const struct boot_file *file = &set->file[k->kernel];
	char version[BOOT_VERSION_SIZE];
	int fd = boot_set_open(place, file), r;

	if (fd < 0)
		return err_sys(reterr, fd, "cannot read %s", file->source);
	r = version_of(ctx, fd, version, reterr);
	(void)close(fd); /* only read */
	if (r == -ENODATA) {
		/* The name says it, and is checked by its modules. */
		notes_add(&set->notes, "%s: its version is taken from its name", file->source);
		strcpy(version, set->version);
	} else if (r < 0) {
		err_prefix(reterr, "%s", file->source);
		return r;
	}
	if (strcmp(version, set->version) != 0)
		return err_set(reterr, -ESTALE,
			"%s is the kernel %s: install the package of its kernel again",
			file->source, version);
	strcpy(k->version, version);
	return 0;
}

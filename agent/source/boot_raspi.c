/* SPDX-License-Identifier: GPL-2.0-or-later
 * The boot set of a Raspberry Pi: what its firmware would load from the boot directory, as
 * config.txt says or by the default names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "source/boot_config.h"
#include "source/boot_parts.h"

#define INCLUDE_MAX  (64u << 10) /* bytes of a file that config.txt includes */
#define KERNEL       "kernel"
#define KERNEL_END   ".img"
#define INITRAMFS    "initramfs"
#define OVERLAYS     "overlays/"
#define SOURCE_SIZE  (2 * BOOT_CONFIG_NAME_SIZE)
#define LINKS_MAX    4
#define FIRST_LAYOUT "all" /* the section that counts for every board */

/* The default names, the newest board first. */
static const char *const suffixes[] = {"_2712", "8", "7l", "7", ""};

struct look {
	const struct boot_place *place;
	struct boot_set *set;
	struct boot_config config;
	char dir[SOURCE_SIZE]; /* what is listed, below the boot directory: "" or ending in "/" */
	const char *path; /* in the generation, the same */
};

/*
 * Follows @source, a name below the boot directory, if it is a link to another one there. Returns
 * 1 with @st and @source of a regular file, 0 if it is none, -ENOTDIR if it lies behind a link to a directory, or another
 * negative errno.
 */
static int resolve(int dirfd, char source[SOURCE_SIZE], struct stat *st)
{
	for (int i = 0; i < LINKS_MAX; i++) {
		char target[SOURCE_SIZE];
		char *slash = strrchr(source, '/');
		size_t dir = slash ? (size_t)(slash + 1 - source) : 0;
		_cleanup_fd_ int fd = fs_open_below(dirfd, source, O_PATH);
		ssize_t n;

		if (fd < 0)
			return fd == -ENOENT || (fd == -ENOTDIR && i) ? 0 : fd;
		if (fstat(fd, st) < 0)
			return -errno;
		if (!S_ISLNK(st->st_mode))
			return S_ISREG(st->st_mode) ? 1 : 0;
		n = readlinkat(fd, "", target, sizeof(target) - 1);
		if (n < 0)
			return -errno;
		target[n] = '\0';
		if (target[0] == '/' || strstr(target, "..") || dir + (size_t)n >= SOURCE_SIZE)
			return 0; /* outside, for all that a TFTP server knows */
		strcpy(source + dir, target);
	}
	return 0;
}

/* Adds DIR/NAME as PATH. Returns its index, -ENOENT if there is no such file, or -errno. */
static int add(
	struct look *l, enum boot_role role, const char *dir, const char *path, const char *name)
{
	char source[SOURCE_SIZE], shown[BOOT_PATH_SIZE];
	struct stat st;
	int r;

	if ((size_t)snprintf(source, sizeof(source), "%s%s", dir, name) >= sizeof(source) ||
		(size_t)snprintf(shown, sizeof(shown), "%s%s", path, name) >= sizeof(shown))
		return -ENAMETOOLONG;
	r = resolve(l->place->boot_dirfd, source, &st);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	/* Two kernels may share their initramfs. */
	for (size_t i = 0; i < l->set->n; i++)
		if (strcmp(l->set->file[i].path, shown) == 0)
			return (int)i;
	return boot_add(l->set, role, shown, source, &st);
}

static const char *without_slash(const char *name)
{
	return name + strspn(name, "/");
}

/* Adds the images of @names, which are separated by commas, to @k. Returns 0 or a negative errno. */
static int add_mates(struct look *l, struct boot_kernel *k, const char *names)
{
	struct span rest = span_str(names);

	while (rest.p) {
		char name[BOOT_CONFIG_NAME_SIZE];
		int r;

		if (span_copy(span_cut(&rest, ','), name, sizeof(name)) < 0)
			return -ENAMETOOLONG;
		if (k->n_mates == BOOT_MATES)
			return -E2BIG;
		r = add(l, BOOT_INITRAMFS, l->config.prefix, "", without_slash(name));
		if (r == -ENOENT)
			(void)snprintf(k->missing, sizeof(k->missing), "%s", name);
		else if (r < 0)
			return r;
		else
			k->mate[k->n_mates++] = (size_t)r;
	}
	return 0;
}

/* "initramfs8" for "kernel8.img"; "" for a kernel with a name of its own. */
static void mate_name(const char *kernel, char out[BOOT_CONFIG_NAME_SIZE])
{
	size_t n = strlen(kernel), end = sizeof(KERNEL_END) - 1, start = sizeof(KERNEL) - 1;

	out[0] = '\0';
	if (strncmp(kernel, KERNEL, start) != 0 || n < start + end ||
		strcmp(kernel + n - end, KERNEL_END) != 0)
		return;
	(void)snprintf(out, BOOT_CONFIG_NAME_SIZE, INITRAMFS "%.*s", (int)(n - start - end),
		kernel + start); /* fits: both have the same room */
}

/* Adds the kernel @name, which section @section would load, with its initramfs. */
static int add_kernel(struct look *l, const char *name, const char *section)
{
	struct boot_kernel k = {.n_mates = 0};
	const char *names = boot_config_value(&l->config.initramfs, section);
	char mate[BOOT_CONFIG_NAME_SIZE];
	int r = add(l, BOOT_KERNEL, l->config.prefix, "", name);

	if (r < 0)
		return r;
	k.kernel = (size_t)r;
	mate_name(name, mate);
	if (names)
		r = add_mates(l, &k, names);
	else if (mate[0])
		r = add_mates(l, &k, mate);
	else
		return -ENODATA;
	if (r < 0)
		return r;
	if (l->set->n_kernels == BOOT_KERNELS)
		return -E2BIG;
	l->set->kernel[l->set->n_kernels++] = k;
	return 0;
}

/* The kernels that config.txt names: then the firmware loads no other. */
static int add_named_kernels(struct look *l, struct err *reterr)
{
	const struct boot_config_lines *lines = &l->config.kernel;

	l->set->named = true;
	for (unsigned int i = 0; i < lines->n; i++) {
		const char *name = lines->at[i].value;
		int r = 0;

		/* two sections may name the same */
		for (unsigned int j = 0; j < i; j++)
			r |= strcmp(lines->at[j].value, name) == 0;
		if (r == 0)
			r = add_kernel(l, name, lines->at[i].section);
		if (r == -ENOENT)
			return err_set(reterr, -ESTALE,
				"config.txt names the kernel %s, which is missing", name);
		if (r == -ENODATA)
			return err_set(reterr, -EINVAL,
				"config.txt names the kernel %s, but no initramfs for it", name);
		if (r < 0)
			return boot_failed(r, name, reterr);
	}
	return 0;
}

static int add_default_kernels(struct look *l, struct err *reterr)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char name[32];
		int r;

		(void)snprintf(name, sizeof(name), KERNEL "%s" KERNEL_END, suffixes[i]); /* fits */
		r = add_kernel(l, name, FIRST_LAYOUT);
		if (r < 0 && r != -ENOENT)
			return boot_failed(r, name, reterr);
	}
	if (l->set->n_kernels)
		return 0;
	return err_set(reterr, -ESTALE,
		"there is no kernel in the boot directory: config.txt names none, and none of the "
		"default names (kernel8.img and so on) is there");
}

static int each_tree(void *ctx, const char *name, const struct stat *st)
{
	struct look *l = ctx;
	size_t n = strlen(name);
	int r;

	(void)st; /* resolve() has its own, of what a link points to */
	if (n < 4 || strcmp(name + n - 4, ".dtb") != 0)
		return 0;
	r = add(l, BOOT_DTB, l->dir, l->path, name);
	return r < 0 && r != -ENOENT ? r : 0;
}

static int each_overlay(void *ctx, const char *name, const struct stat *st)
{
	struct look *l = ctx;
	int r = S_ISDIR(st->st_mode) ? 0 : add(l, BOOT_OVERLAY, l->dir, l->path, name);

	return r < 0 && r != -ENOENT ? r : 0;
}

static int add_directory(struct look *l, const char *dir, const char *path,
	int (*each)(void *ctx, const char *name, const struct stat *st), struct err *reterr)
{
	int r;

	(void)snprintf(
		l->dir, sizeof(l->dir), "%s%s", dir, path); /* fits: two names of half that */
	l->path = path;
	r = boot_list(l->place->boot_dirfd, l->dir[0] ? l->dir : ".", each, l);
	return r < 0 ? boot_failed(r, l->dir[0] ? l->dir : "the boot directory", reterr) : 0;
}

/* Overlays come from the directory with the prefix only if it has a README. */
static int add_overlays(struct look *l, struct err *reterr)
{
	const char *path = l->config.overlay_prefix[0] ? l->config.overlay_prefix : OVERLAYS;
	char readme[SOURCE_SIZE + 8];
	struct stat st;

	(void)snprintf(readme, sizeof(readme), "%s%sREADME", l->config.prefix, path); /* fits */
	if (fstatat(l->place->boot_dirfd, readme, &st, 0) < 0)
		return add_directory(l, "", path, each_overlay, reterr);
	return add_directory(l, l->config.prefix, path, each_overlay, reterr);
}

static int add_cmdlines(struct look *l, struct err *reterr)
{
	const struct boot_config_lines *lines = &l->config.cmdline;

	for (unsigned int i = 0; i < lines->n || i == 0; i++) {
		const char *name = lines->n ? lines->at[i].value : "cmdline.txt";
		int r = add(l, BOOT_CMDLINE, l->config.prefix, "", name);

		if (r == -ENOENT)
			return err_set(reterr, -ESTALE, "the kernel command line, %s%s, is missing",
				l->config.prefix, name);
		if (r < 0)
			return boot_failed(r, name, reterr);
	}
	return 0;
}

/* Files that config.txt includes; theirs are not followed. */
static int read_includes(struct look *l, struct err *reterr)
{
	_cleanup_free_ char *text = malloc(INCLUDE_MAX);
	struct boot_config_lines includes = l->config.include;

	if (!text)
		return boot_failed(-ENOMEM, "", reterr);
	for (unsigned int i = 0; i < includes.n; i++) {
		const char *name = includes.at[i].value;
		int index = add(l, BOOT_INPUT, "", "", name);
		_cleanup_fd_ int fd = -1;
		ssize_t n;

		if (index == -ENOENT)
			continue; /* as the firmware does */
		fd = index < 0 ? index : boot_set_open(l->place, &l->set->file[index]);
		if (fd < 0)
			return boot_failed(fd, name, reterr);
		n = read(fd, text, INCLUDE_MAX);
		if (n < 0)
			return boot_failed(-errno, name, reterr);
		boot_config_parse(span_of(text, (size_t)n), &l->config, &l->set->notes);
	}
	return 0;
}

int boot_raspi_look(const struct boot_place *place, struct boot_set *set, struct err *reterr)
{
	_cleanup_free_ struct look *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return boot_failed(-ENOMEM, "", reterr);
	l->place = place;
	l->set = set;
	boot_config_parse(place->config, &l->config, &set->notes);
	r = read_includes(l, reterr);
	set->loads_mates = l->config.auto_initramfs || l->config.initramfs.n;
	if (r == 0)
		r = l->config.kernel.n ? add_named_kernels(l, reterr)
				       : add_default_kernels(l, reterr);
	if (r == 0)
		r = add_cmdlines(l, reterr);
	if (r == 0)
		r = add_directory(l, l->config.prefix, "", each_tree, reterr);
	if (r == 0)
		r = add_overlays(l, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < set->n; i++)
		if (set->file[i].role == BOOT_DTB)
			return 0;
	return err_set(reterr, -ESTALE,
		"there is no device tree (*.dtb) beside the kernel: the firmware would not load "
		"it");
}

/* Finds the version of @k, and whether it can be loaded. Returns 0 or a negative errno. */
static int judge(const struct boot_place *place, const struct boot_set *set, struct boot_kernel *k,
	boot_version_of *version_of, void *ctx, struct err *reterr)
{
	const struct boot_file *file = &set->file[k->kernel];
	_cleanup_fd_ int fd = boot_set_open(place, file);
	int r;

	if (fd < 0)
		return err_sys(reterr, fd, "cannot read %s", file->source);
	r = version_of(ctx, fd, k->version, reterr);
	if (r < 0) {
		err_prefix(reterr, "%s", file->source);
		return r;
	}
	if (!boot_has_modules(place, k->version))
		return err_set(reterr, -ESTALE,
			"%s is the kernel %s, for which the root has no modules", file->source,
			k->version);
	if (k->missing[0])
		return err_set(reterr, -ESTALE, "%s, the initramfs of %s, is missing", k->missing,
			file->source);
	return 0;
}

static bool has_flavour(const struct boot_kernel *k, const char *flavour)
{
	return k->version[0] && strcmp(boot_set_flavour(k->version), flavour) == 0;
}

/*
 * The kernel that this machine loads: the one of the running flavour, else the first of those that
 * are complete. Kernels of other boards may be half there; when it is not known which one is this
 * board's, none may.
 *
 * Returns its index, or a negative errno with @reterr.
 */
static int find_main(const struct boot_place *place, const struct boot_set *set,
	const struct err why[BOOT_KERNELS], struct err *reterr)
{
	const char *flavour = boot_set_flavour(place->running);
	int good = -1, bad = -1;

	for (int i = (int)set->n_kernels - 1; i >= 0; i--) {
		bool is_running = place->running[0] && has_flavour(&set->kernel[i], flavour);

		if (is_running && !why[i].code)
			return i;
		if (!why[i].code)
			good = i;
		else if (bad < 0 || is_running || !has_flavour(&set->kernel[bad], flavour))
			bad = i;
	}
	if (bad >= 0 && (good < 0 || place->running[0] || set->named))
		return err_set(reterr, why[bad].code, "%s", why[bad].text);
	return good;
}

int boot_raspi_choose(const struct boot_place *place, struct boot_set *set,
	boot_version_of *version_of, void *ctx, struct err *reterr)
{
	struct err why[BOOT_KERNELS];
	unsigned int n = 0;
	int main_one;

	memset(why, 0, sizeof(why));
	for (unsigned int i = 0; i < set->n_kernels; i++) {
		set->kernel[i].version[0] = '\0';
		(void)judge(
			place, set, &set->kernel[i], version_of, ctx, &why[i]); /* kept in why */
	}
	main_one = find_main(place, set, why, reterr);
	if (main_one < 0)
		return main_one;
	strcpy(set->version, set->kernel[main_one].version);
	for (int i = 0; i < (int)set->n_kernels; i++) {
		if (why[i].code)
			notes_add(&set->notes, "left out: %s", why[i].text);
		else if (i != main_one && !set->loads_mates)
			notes_add(&set->notes,
				"%s is left out: config.txt loads no initramfs for it "
				"(auto_initramfs=1)",
				set->file[set->kernel[i].kernel].source);
		else
			set->kernel[n++] = set->kernel[i];
	}
	set->n_kernels = n;
	return 0;
}

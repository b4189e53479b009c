/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: which kernels are taken, and whether their initramfs can boot this machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "source/initramfs.h"
#include "source/kernel_image.h"
#include "step/sync_parts.h"

#define UNPACK_MS   60000 /* a kernel; a Pi 3 needs 2 s */
#define LIST_MS     180000 /* an initramfs; a Pi 3 needs 20 s for one of MODULES=most */
#define LIST_MAX    (16u << 20) /* bytes of modules.dep, of modules.builtin; Debian has 0.7 MB */
#define MODULE_SIZE 64
#define UPDATE      "update-initramfs -u -k"

#define NEEDS 2

/* A module without which this machine does not find its root. */
struct need {
	char module[MODULE_SIZE]; /* "" if it is built in or not known */
	char what[64]; /* it does */
};

/* The module that drives the NIC of the root. */
static void find_driver(const struct sync *s, struct need *ret)
{
	char name[128], path[PATH_MAX], target[PATH_MAX];
	const char *base;
	ssize_t n;

	if (!s->wish->interface[0] || strchr(s->wish->interface, '/') ||
		(size_t)snprintf(name, sizeof(name), "sys/class/net/%s/device/driver/module",
			s->wish->interface) >= sizeof(name) ||
		sync_root_path(s, name, path, sizeof(path)) < 0)
		return;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return;
	target[n] = '\0';
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	if (strlen(base) < MODULE_SIZE)
		strcpy(ret->module, base);
	(void)snprintf(ret->what, sizeof(ret->what), "drives %.40s", s->wish->interface);
}

static void find_needs(const struct sync *s, struct need ret[NEEDS])
{
	memset(ret, 0, NEEDS * sizeof(ret[0]));
	find_driver(s, &ret[0]);
	if (!s->wish->iscsi)
		return;
	strcpy(ret[1].module, "iscsi_tcp");
	strcpy(ret[1].what, "carries the root");
}

/* True if a line of lib/modules/VERSION/@list names the file of @module. */
static bool is_listed(
	const struct sync *s, const char *version, const char *list, const char *module)
{
	_cleanup_free_ char *text = malloc(LIST_MAX);
	char name[BOOT_VERSION_SIZE + 64], path[PATH_MAX];
	struct span rest;
	ssize_t n = -1;

	(void)snprintf(name, sizeof(name), "lib/modules/%s/%s", version, list); /* fits */
	if (text && sync_root_path(s, name, path, sizeof(path)) == 0)
		n = fs_read(path, text, LIST_MAX);
	rest = span_of(text, n < 0 ? 0 : (size_t)n);
	while (rest.len) {
		struct span line = span_cut(&rest, '\n'), file = span_cut(&line, ':');
		const uint8_t *slash = memrchr(file.p, '/', file.len), *end;

		if (!slash)
			continue;
		file = span_sub(file, (size_t)(slash + 1 - file.p), file.len);
		end = memmem(file.p, file.len, ".ko", 3);
		if (end &&
			initramfs_same_module(module, (const char *)file.p, (size_t)(end - file.p)))
			return true;
	}
	return false;
}

/* The version of a kernel that a known generation has, as its only one. */
static int known_version(const struct sync *s, int fd, char ret[BOOT_VERSION_SIZE])
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	for (size_t i = 0; i < s->set.n; i++) {
		const struct boot_file *f = &s->set.file[i];
		const struct manifest *m = NULL;

		if (f->st.st_ino != st.st_ino || f->st.st_dev != st.st_dev ||
			f->role != BOOT_KERNEL || !sync_digest_known(&s->digest[i]) ||
			!sync_knows(s, MANIFEST_KERNEL, &s->digest[i], &m) ||
			!manifest_only(m, MANIFEST_KERNEL))
			continue;
		strcpy(ret, m->kernel);
		return 1;
	}
	return 0;
}

static int version_of(void *ctx, int fd, char ret[BOOT_VERSION_SIZE], struct err *reterr)
{
	if (known_version(ctx, fd, ret) > 0)
		return 0;
	return kernel_image_version(fd, clock_now_ms() + UNPACK_MS, ret, reterr);
}

/* True if kernel and initramfs were taken together before. */
static bool is_known(const struct sync *s, const struct boot_kernel *k)
{
	const struct sha256 *kernel = &s->digest[k->kernel];
	const struct manifest *with = NULL, *m = NULL;

	if (!sync_digest_known(kernel) || !sync_knows(s, MANIFEST_KERNEL, kernel, &with))
		return false;
	for (unsigned int i = 0; i < k->n_mates; i++) {
		const struct sha256 *mate = &s->digest[k->mate[i]];

		if (!sync_digest_known(mate) || !sync_knows(s, MANIFEST_INITRAMFS, mate, &m))
			return false;
	}
	return true;
}

/* Lists the images of @k; what one of them has counts. */
static int list_mates(const struct sync *s, const struct boot_kernel *k,
	const struct need need[NEEDS], struct initramfs *all, struct err *reterr)
{
	for (unsigned int i = 0; i < k->n_mates; i++) {
		const struct boot_file *f = &s->set.file[k->mate[i]];
		struct initramfs one = {
			.n_wanted = NEEDS, .wanted = {need[0].module, need[1].module}};
		int r = initramfs_list(
			s->place.boot_dirfd, f->source, clock_now_ms() + LIST_MS, &one, reterr);

		if (r < 0) {
			err_prefix(reterr, "%s", f->source);
			return r;
		}
		all->has_agent |= one.has_agent;
		all->has_modules |= one.has_modules;
		for (unsigned int j = 0; j < NEEDS; j++)
			all->found[j] |= one.found[j];
		for (unsigned int j = 0; j < one.n_versions; j++)
			if (all->n_versions < INITRAMFS_VERSIONS)
				strcpy(all->version[all->n_versions++], one.version[j]);
	}
	return 0;
}

/* Whether @k's initramfs is of its version. Without modules on the root it needs none. */
static int check_version(const struct sync *s, const struct boot_kernel *k,
	const struct initramfs *list, struct err *reterr)
{
	const char *source = s->set.file[k->mate[0]].source;
	char path[PATH_MAX];

	for (unsigned int i = 0; i < list->n_versions; i++)
		if (strcmp(list->version[i], k->version) == 0)
			return 0;
	if (list->n_versions)
		return err_set(reterr, -ESTALE,
			"%s has the modules of kernel %s, but its kernel is %s: it is being made, "
			"or run " UPDATE " %s",
			source, list->version[0], k->version, k->version);
	if (sync_root_path(s, "lib/modules", path, sizeof(path)) == 0 && !fs_exists(path))
		return 0;
	return err_set(reterr, -EINVAL,
		"%s has no kernel modules and could not boot this machine: run " UPDATE " %s",
		source, k->version);
}

/* Whether the module of @need is there, or need not be. */
static int check_need(const struct sync *s, const struct boot_kernel *k, const struct need *need,
	struct notes *notes, struct err *reterr)
{
	if (is_listed(s, k->version, "modules.builtin", need->module))
		return 0;
	if (!is_listed(s, k->version, "modules.dep", need->module)) {
		notes_add(notes,
			"the kernel %s has no module %s, which %s now: under another name, perhaps",
			k->version, need->module, need->what);
		return 0;
	}
	return err_set(reterr, -EINVAL,
		"%s lacks the module %s, which %s, and could not boot this machine: add it to "
		"/etc/initramfs-tools/modules and run " UPDATE " %s",
		s->set.file[k->mate[0]].source, need->module, need->what, k->version);
}

/* What makes it impossible to boot, or not likely. */
static int check_contents(const struct sync *s, const struct boot_kernel *k,
	const struct need need[NEEDS], const struct initramfs *list, struct notes *notes,
	struct err *reterr)
{
	int r = 0;

	if (!list->has_agent)
		return err_set(reterr, -EINVAL,
			"%s has no pinet in it and could not boot this machine: run " UPDATE " %s",
			s->set.file[k->mate[0]].source, k->version);
	for (unsigned int i = 0; i < NEEDS && r == 0; i++)
		if (need[i].module[0] && !list->found[i])
			r = check_need(s, k, &need[i], notes, reterr);
	return r;
}

/* Whether the initramfs of @k boots. */
static int check_kernel(const struct sync *s, const struct boot_kernel *k,
	const struct need need[NEEDS], struct notes *notes, struct err *reterr)
{
	struct initramfs list = {.n_wanted = 0};
	int r;

	if (k->n_mates == 0 || is_known(s, k))
		return 0;
	r = list_mates(s, k, need, &list, reterr);
	if (r == 0)
		r = check_version(s, k, &list, reterr);
	if (r < 0)
		return r;
	r = check_contents(s, k, need, &list, notes, reterr);
	if (r < 0 && s->wish->force) {
		notes_add(notes, "%s", reterr->text);
		reterr->code = 0;
		return 0;
	}
	return r;
}

/* What came of the checks of all kernels. */
struct verdict {
	struct err why[BOOT_KERNELS]; /* code 0: it boots */
	struct notes notes;
};

/* The result is a struct verdict. */
static void check_all(const void *ctx, void *result)
{
	const struct sync *s = ctx;
	struct verdict *v = result;
	struct need need[NEEDS];

	find_needs(s, need);
	for (unsigned int i = 0; i < s->set.n_kernels; i++)
		(void)!check_kernel(s, &s->set.kernel[i], need, &v->notes, &v->why[i]);
}

/* Leaves out what does not boot. Returns 1 if there was something, 0, or a negative errno. */
static int apply(struct sync *s, const struct verdict *v, struct err *reterr)
{
	unsigned int at = 0, n = s->set.n_kernels;

	for (unsigned int i = 0; i < v->notes.n; i++)
		notes_add(&s->report->notes, "%s", v->notes.text[i]);
	for (unsigned int i = 0; i < n; i++) {
		if (!v->why[i].code)
			at++;
		else if (boot_set_drop(&s->set, at, v->why[i].text) < 0)
			return err_set(reterr, v->why[i].code, "%s", v->why[i].text);
	}
	return at < n;
}

static int check_now(struct sync *s, struct err *reterr)
{
	_cleanup_free_ struct verdict *v = calloc(1, sizeof(*v));

	if (!v)
		return err_set(reterr, -ENOMEM, "no memory to look into the initramfs");
	check_all(s, v);
	return apply(s, v, reterr);
}

int sync_choose(struct sync *s, struct err *reterr)
{
	bool known = true;
	int r = boot_set_choose(&s->place, &s->set, version_of, s, reterr);

	if (r < 0)
		return r;
	for (unsigned int i = 0; i < s->set.n_kernels; i++)
		known = known && is_known(s, &s->set.kernel[i]);
	if (known)
		return 0;
	if (!s->wish->careful &&
		sync_child_start(&s->checker, check_all, s, sizeof(struct verdict)) == 0)
		return 0;
	r = check_now(s, reterr);
	return r < 0 ? r : 0;
}

int sync_check_finish(struct sync *s, struct err *reterr)
{
	_cleanup_free_ struct verdict *v = calloc(1, sizeof(*v));

	if (!s->checker.pid)
		return 0;
	if (!v)
		return err_set(reterr, -ENOMEM, "no memory to look into the initramfs");
	if (sync_child_finish(&s->checker, v, sizeof(*v)) < 0)
		return err_set(reterr, -EIO, "looking into the initramfs was interrupted");
	return apply(s, v, reterr);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * A made-up root and boot directory, and the boot set that is found in them as one string.
 */
#ifndef BOOT_FIXTURE_H
#define BOOT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "source/boot_set.h"

/* A directory with the root in root/ and the boot directory in boot/. */
struct rig {
	char dir[32], root[64];
	int boot_dirfd;
	const char *running, *config; /* config NULL: link layout */
	struct boot_set set;
	struct err err;
};

/* Makes DIR/NAME with @text; the parents, too. */
static inline void put(struct rig *r, const char *name, const char *text)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	*strrchr(path, '/') = '\0';
	assert_int_equal(fs_mkdirs(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static inline void drop(struct rig *r, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	assert_int_equal(unlink(path), 0);
}

static inline void put_link(struct rig *r, const char *name, const char *target)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	(void)unlink(path); /* an older one */
	assert_int_equal(symlink(target, path), 0);
}

static inline void put_modules(struct rig *r, const char *version)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "root/lib/modules/%s/modules.dep", version);
	put(r, name, "");
}

/* A kernel of these tests is its version. */
static inline int version_of(void *ctx, int fd, char ret[BOOT_VERSION_SIZE], struct err *reterr)
{
	ssize_t n = read(fd, ret, BOOT_VERSION_SIZE - 1);

	(void)ctx;
	assert_true(n >= 0);
	ret[n] = '\0';
	if (n == 0)
		return err_set(reterr, -EBADMSG, "it is no Linux kernel");
	if (ret[0] == '?')
		return err_set(reterr, -ENODATA, "no version can be found in it");
	return 0;
}

static inline int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	char path[64];

	assert_non_null(r);
	strcpy(r->dir, "/tmp/pinet-boot.XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	(void)snprintf(r->root, sizeof(r->root), "%s/root", r->dir);
	put(r, "boot/other", "");
	put(r, "root/etc/hostname", "");
	(void)snprintf(path, sizeof(path), "%s/boot", r->dir);
	r->boot_dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(r->boot_dirfd >= 0);
	r->running = "";
	*state = r;
	return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int teardown(void **state)
{
	struct rig *r = *state;

	assert_int_equal(nftw(r->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(close(r->boot_dirfd), 0);
	boot_set_done(&r->set);
	free(r);
	return 0;
}

static inline int compare(const void *a, const void *b)
{
	const struct boot_file *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* The set as one string: version, then "path" or "path<source" where they differ. */
static inline const char *show(struct rig *r)
{
	static char out[8192];
	const struct boot_file *order[64];
	size_t n = 0, at = (size_t)snprintf(out, sizeof(out), "%s:", r->set.version);

	for (size_t i = 0; i < r->set.n; i++)
		if (r->set.file[i].chosen)
			order[n++] = &r->set.file[i];
	qsort(order, n, sizeof(order[0]), compare);
	for (size_t i = 0; i < n; i++) {
		const char *source = order[i]->source;

		if (strncmp(source, r->dir, strlen(r->dir)) == 0)
			source += strlen(r->dir) + 5; /* "/root" */
		at += (size_t)snprintf(out + at, sizeof(out) - at, " %s", order[i]->path);
		if (strcmp(source, order[i]->path) != 0)
			at += (size_t)snprintf(out + at, sizeof(out) - at, "<%s", source);
	}
	for (unsigned int i = 0; i < r->set.notes.n; i++)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "; %s", r->set.notes.text[i]);
	return out;
}

static inline struct boot_place place_of(const struct rig *r)
{
	return (struct boot_place){.boot_dirfd = r->boot_dirfd,
		.root = r->root,
		.running = r->running,
		.config = r->config ? span_str(r->config) : SPAN_NONE};
}

/* The set that is found, or "ERRNO: sentence". */
static inline const char *find(struct rig *r)
{
	struct boot_place place = place_of(r);
	static char out[1024];
	char *at;
	int code;

	boot_set_done(&r->set);
	memset(&r->set, 0, sizeof(r->set));
	r->err.code = 0;
	code = boot_set_look(&place, &r->set, &r->err);
	if (code == 0)
		code = boot_set_choose(&place, &r->set, version_of, NULL, &r->err);
	if (code == 0)
		return show(r);
	assert_int_equal(code, r->err.code);
	(void)snprintf(out, sizeof(out), "%s: %s", strerrorname_np(-code), r->err.text);
	at = strstr(out, r->dir);
	if (at)
		memmove(at, at + strlen(r->dir), strlen(at + strlen(r->dir)) + 1);
	return out;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

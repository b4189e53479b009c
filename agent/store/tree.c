/* SPDX-License-Identifier: GPL-2.0-or-later
 * Removal of a directory with everything in it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/tree.h"

struct level {
	DIR *dir;
	char name[NAME_MAX + 1]; /* in the directory above */
	bool removed; /* something, since it was read from its start */
};

/* The way from the top to where the removal is. */
struct walk {
	int dirfd; /* in which the top is */
	unsigned int depth, names;
	struct level at[TREE_DEPTH];
};

static void walk_end(struct walk *w)
{
	while (w->depth)
		(void)closedir(w->at[--w->depth].dir); /* nothing was written through it */
}

/* Goes down into the directory @name. */
static int enter(struct walk *w, int parent, const char *name)
{
	struct level *l = &w->at[w->depth];
	int fd;

	if (w->depth == TREE_DEPTH || strlen(name) >= sizeof(l->name))
		return -E2BIG;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	l->dir = fdopendir(fd);
	if (!l->dir) {
		int r = -errno;

		(void)close(fd); /* nothing was written through it */
		return r;
	}
	strcpy(l->name, name);
	l->removed = false;
	w->depth++;
	return 0;
}

/* Removes @name, or goes down into it. */
static int remove_name(struct walk *w, int parent, const char *name)
{
	int r, entered;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	r = -errno;
	if (r != -EISDIR && r != -EPERM)
		return r;
	/* EPERM is what POSIX says of a directory; if it is none, it means what it says. */
	entered = enter(w, parent, name);
	return entered == -ENOTDIR || entered == -ELOOP ? r : entered;
}

/* Removes the directory at the end of the way, which has been read to its end, and goes up. */
static int leave(struct walk *w)
{
	struct level *l = &w->at[w->depth - 1];
	int parent = w->depth > 1 ? dirfd(w->at[w->depth - 2].dir) : w->dirfd;

	if (unlinkat(parent, l->name, AT_REMOVEDIR) < 0 && errno != ENOENT) {
		/* Reading a directory that changes may leave out names. */
		if (errno != ENOTEMPTY || !l->removed)
			return -errno;
		l->removed = false;
		rewinddir(l->dir);
		return 0;
	}
	w->depth--;
	return closedir(l->dir) < 0 ? -errno : 0;
}

static int walk(struct walk *w)
{
	while (w->depth) {
		struct level *l = &w->at[w->depth - 1];
		struct dirent *e;
		int r;

		errno = 0;
		e = readdir(l->dir);
		if (!e && errno)
			return -errno;
		if (!e) {
			r = leave(w);
		} else if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
			continue;
		} else {
			if (++w->names > TREE_NAMES)
				return -E2BIG;
			r = remove_name(w, dirfd(l->dir), e->d_name);
			l->removed = true;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int tree_remove(int dirfd, const char *name)
{
	struct walk w = {.dirfd = dirfd};
	int r = remove_name(&w, dirfd, name);

	if (r == 0)
		r = walk(&w);
	walk_end(&w);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether udev is done with a network interface, which it may be about to rename.
 */
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "step/udev.h"

#define CONTROL "/run/udev/control"
#define DATA    "/run/udev/data"

int udev_watch(void)
{
	_cleanup_fd_ int fd = -1;

	if (!fs_exists(CONTROL))
		return -1;
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	/* udev writes what it knows of a device to a temporary file and renames that. */
	if (fd < 0 || inotify_add_watch(fd, DATA, IN_MOVED_TO | IN_CREATE) < 0)
		return -1;
	return take_fd(&fd);
}

void udev_drain(int fd)
{
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

bool udev_is_done(int ifindex)
{
	char path[64], text[8192];

	(void)snprintf(path, sizeof(path), DATA "/n%d", ifindex); /* fits */
	/* The first of two versions of the file announces the rename; one too long is the second. */
	return fs_exists(path) &&
	       (fs_read(path, text, sizeof(text)) < 0 || !strstr(text, "E:ID_RENAMING=1\n"));
}

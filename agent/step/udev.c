/* SPDX-License-Identifier: GPL-2.0-or-later
 * The udev of the initramfs: whether it is done with a network interface, which it may be about to
 * rename, and that it does not get in the way.
 */
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/num.h"
#include "step/udev.h"

#define CONTROL "/run/udev/control"
#define DATA    "/run/udev/data"
#define PROGRAM "systemd-udevd"
#define NICE    15 /* before the boot files, behind the root */

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

static bool is_udev(pid_t pid)
{
	char path[32], name[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid); /* fits */
	return fs_read_line(path, name, sizeof(name)) > 0 && strcmp(name, PROGRAM) == 0;
}

void udev_yield(void)
{
	_cleanup_dir_ DIR *dir = opendir("/proc");
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		uint32_t pid;
		pid_t leader;

		if (num_parse_u32(span_str(e->d_name), INT32_MAX, &pid) < 0)
			continue;
		/* A daemon leads a group of its own, with its workers and what they start in it. */
		leader = getpgid((pid_t)pid); /* 0: of the kernel */
		if (leader > 0 && is_udev(leader))
			(void)setpriority(PRIO_PROCESS, pid, NICE); /* or as before */
	}
}

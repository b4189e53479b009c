/* SPDX-License-Identifier: GPL-2.0-or-later
 * Kernel modules that the steps need. A modprobe takes longer to start than most of them to load, and
 * is called only where it may know better.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/module.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "step/modules.h"
#include "step/modules_dep.h"

#define MODPROBE_MS 30000
#define MODULES_DIR "/lib/modules/%s/%.*s"
#define TABLE_SIZE  (1 << 20) /* of an initramfs with all modules it has a quarter */
#define TEXT_SIZE   65536
#define PATH_SIZE   256
#define NICE        5

/* What is known of the modules there are. */
struct modules {
	char release[sizeof(((struct utsname *)NULL)->release)];
	struct span table; /* modules.dep */
	struct span words; /* modprobe.d and the kernel command line, one text */
	char buf[TABLE_SIZE], text[TEXT_SIZE];
};

/* Puts the text of a file behind what there is. Returns 0 or a negative errno. */
static int add_text(struct modules *m, const char *path)
{
	ssize_t n = fs_read(path, m->text + m->words.len, sizeof(m->text) - m->words.len - 1);

	if (n < 0)
		return (int)n;
	m->text[m->words.len + (size_t)n] = '\n';
	m->words = span_of(m->text, m->words.len + (size_t)n + 1);
	return 0;
}

static int add_directory(struct modules *m, const char *path)
{
	_cleanup_dir_ DIR *dir = opendir(path);
	struct dirent *e;
	int r = 0;

	while (r == 0 && dir && (e = readdir(dir))) {
		char file[PATH_SIZE];

		if (e->d_name[0] == '.')
			continue;
		r = fs_join(file, sizeof(file), path, e->d_name);
		if (r == 0)
			r = add_text(m, file);
	}
	return r;
}

/* Everything that modprobe would read. */
static int read_all(struct modules *m)
{
	struct utsname name;
	char path[PATH_SIZE];
	ssize_t n;
	int r;

	if (uname(&name) < 0)
		return -errno;
	strcpy(m->release, name.release);
	(void)snprintf(path, sizeof(path), MODULES_DIR, m->release, 11, "modules.dep"); /* fits */
	n = fs_read(path, m->buf, sizeof(m->buf));
	if (n < 0)
		return (int)n;
	m->table = span_of(m->buf, (size_t)n);
	r = add_text(m, "/proc/cmdline");
	if (r == 0)
		r = add_directory(m, "/etc/modprobe.d");
	if (r == 0)
		r = add_directory(m, "/run/modprobe.d");
	return r < 0 ? r : add_directory(m, "/lib/modprobe.d");
}

static bool is_loaded(const char *name)
{
	char path[MODULES_NAME_SIZE + 32], state[16];

	(void)snprintf(path, sizeof(path), "/sys/module/%s/initstate", name); /* fits */
	return fs_read_line(path, state, sizeof(state)) > 0 && strcmp(state, "live") == 0;
}

/* Loads the module in @file alone. Returns 0, also if it is there, or a negative errno. */
static int insert(const struct modules *m, struct span file)
{
	char name[MODULES_NAME_SIZE], path[PATH_SIZE];
	_cleanup_fd_ int fd = -1;
	int n, r = modules_dep_name(file, name);

	if (r < 0 || is_loaded(name))
		return r;
	if (modules_dep_is_named(m->words, name))
		return -EPERM;
	n = snprintf(
		path, sizeof(path), MODULES_DIR, m->release, (int)file.len, (const char *)file.p);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = (int)syscall(
		SYS_finit_module, fd, "", path[n - 1] == 'o' ? 0 : MODULE_INIT_COMPRESSED_FILE);
	return r < 0 && errno != EEXIST ? -errno : 0;
}

/* A module and all that it needs. One that is not listed is built in, or does not exist. */
static int insert_all(const struct modules *m, const char *name)
{
	struct span file, needs;
	int r = 0;

	if (!modules_dep_find(m->table, name, &file, &needs))
		return 0;
	while (r == 0 && needs.len) {
		struct span need = modules_dep_last(&needs);

		if (need.len)
			r = insert(m, need);
	}
	return r < 0 ? r : insert(m, file);
}

static int insert_list(const char *const names[])
{
	_cleanup_free_ struct modules *m = calloc(1, sizeof(*m));
	int r = m ? read_all(m) : -ENOMEM;

	for (unsigned int i = 0; r == 0 && i < MODULES_MAX && names[i]; i++)
		r = insert_all(m, names[i]);
	return r;
}

int modules_load(const char *const names[], struct err *reterr)
{
	const char *argv[MODULES_MAX + 4] = {"/sbin/modprobe", "-q", "-a"};
	unsigned int n = 3;
	int r;

	if (insert_list(names) == 0)
		return 0;
	for (unsigned int i = 0; i < MODULES_MAX && names[i]; i++)
		argv[n++] = names[i];
	argv[n] = NULL;
	r = proc_run(argv, clock_now_ms() + MODPROBE_MS, NULL, 0);
	if (r < 0)
		return err_sys(reterr, r, "cannot run modprobe");
	return 0;
}

int modules_start(const char *const names[])
{
	struct err err;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid)
		return pid;
	(void)setpriority(PRIO_PROCESS, 0, NICE); /* without it both would take their time */
	_exit(modules_load(names, &err) < 0);
}

void modules_wait(int pid)
{
	_cleanup_fd_ int pidfd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {pidfd, POLLIN, 0};
	int n = -1;

	while (pidfd >= 0 && n < 0) {
		n = poll(&p, 1, MODPROBE_MS);
		if (n < 0 && errno != EINTR)
			return;
	}
	if (n > 0)
		(void)waitpid(
			pid, NULL, 0); /* what it says is said again by who needs the module */
}

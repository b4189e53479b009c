/* SPDX-License-Identifier: GPL-2.0-or-later
 * The boot directory, for the commands that work on generations.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/log.h"
#include "cmd/boot_dir.h"
#include "step/nfs_mounted.h"
#include "store/files.h"

#define CLAIM_DIR &STATE_DIR[1] /* that can be written to, whatever the root is */
#define CLAIM     &STATE_DIR "/writer"[1]
#define KEPT_DIR  "var/lib/pinet"
#define CLAIM_S   600

int boot_dir_path(const struct boot_dir *d, const char *name, char *out, size_t size)
{
	return fs_join(out, size, d->root, name);
}

/* A line of a file below the root; "" if it cannot be read. Returns 0 or a negative errno. */
static int read_line(const struct boot_dir *d, const char *name, char *out, size_t size)
{
	char path[PATH_MAX];
	ssize_t n = boot_dir_path(d, name, path, sizeof(path));

	if (n == 0)
		n = fs_read_line(path, out, size);
	if (n < 0)
		out[0] = '\0';
	return n < 0 ? (int)n : 0;
}

/* What the command line says was loaded. */
static void find_running(struct boot_dir *d)
{
	struct span name = cmdline_peek(span_str(d->cmdline), "pinet.generation");
	uint32_t number;

	if (name_parse(name, &number, NULL) < 0 ||
		span_copy(name, d->running, sizeof(d->running)) < 0)
		d->running[0] = '\0';
}

static int load(const struct boot_dir *d, const char *name, struct state *ret, struct err *reterr)
{
	char path[PATH_MAX];
	int r = boot_dir_path(d, name, path, sizeof(path));

	return r < 0 ? err_sys(reterr, r, "%s", name) : state_load(path, ret, reterr);
}

/* True if something is mounted at @fd. */
static bool is_mount_point(int fd)
{
	struct stat st, above;

	return fstat(fd, &st) == 0 && fstatat(fd, "..", &above, 0) == 0 &&
	       st.st_dev != above.st_dev;
}

/* Opens where this boot mounted the boot directory. */
static int open_mounted(struct boot_dir *d, struct err *reterr)
{
	struct state firmware = {.n = 0};
	_cleanup_fd_ int fd = -1;
	char path[PATH_MAX], mounts[PATH_MAX];
	const char *where;
	int r = load(d, &STATE_FIRMWARE[1], &firmware, reterr);

	if (r < 0 && r != -ENOENT)
		return r;
	where = state_get(r == 0 ? &firmware : &d->boot, r == 0 ? "where" : "firmware.dir");
	if (where[0] != '/')
		return err_set(reterr, -ENODEV,
			"the boot files are not mounted, and it is not known where they should be");
	r = boot_dir_path(d, where + 1, path, sizeof(path));
	if (r == 0)
		r = boot_dir_path(d, "proc/self/mounts", mounts, sizeof(mounts));
	if (r < 0)
		return err_sys(reterr, r, "%s", where);
	r = nfs_mounted_answers(mounts, where, reterr);
	if (r >= 0) {
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(reterr, -errno, "cannot open %s", path);
	}
	if (r == 0) /* to open it may have mounted it */
		r = nfs_mounted_answers(mounts, where, reterr);
	if (r < 0) {
		err_prefix(reterr, "the boot files at %s cannot be reached", path);
		return r;
	}
	if (r == 0 || !is_mount_point(fd)) {
		const char *why = state_get(&firmware, "error");

		return err_set(reterr, -ENODEV,
			"the boot files are not mounted at %s%s%s: systemctl start the mount unit "
			"of it "
			"when the boot server is there",
			path, why[0] ? ": " : "", why);
	}
	d->fd = take_fd(&fd);
	return 0;
}

int boot_dir_look(struct boot_dir *ret, const char *root, struct err *reterr)
{
	size_t n = strlen(root);

	memset(ret, 0, sizeof(*ret));
	ret->fd = ret->ours_fd = ret->claim_fd = -1;
	while (n && root[n - 1] == '/')
		n--;
	if (n >= sizeof(ret->root))
		return err_set(reterr, -ENAMETOOLONG, "the path of the root is too long");
	memcpy(ret->root, root, n);
	/* Not known, it is no reason for one kernel rather than another. */
	(void)!read_line(ret, "proc/sys/kernel/osrelease", ret->kernel, sizeof(ret->kernel));
	ret->cmdline_error = read_line(ret, "proc/cmdline", ret->cmdline, sizeof(ret->cmdline));
	find_running(ret);
	ret->boot_error = load(ret, &STATE_BOOT[1], &ret->boot, NULL);
	return 0;
}

int boot_dir_open(struct boot_dir *d, const char *dir, struct err *reterr)
{
	/* Words that this machine needs would be missed in vain. */
	if (d->cmdline_error && d->cmdline_error != -ENOENT)
		return err_sys(reterr, d->cmdline_error, "cannot read %s/proc/cmdline", d->root);
	if (dir) {
		d->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return d->fd < 0 ? err_sys(reterr, -errno, "cannot open %s", dir) : 0;
	}
	if (d->boot_error && d->boot_error != -ENOENT)
		return err_sys(reterr, d->boot_error, "cannot read %s" STATE_BOOT, d->root);
	d->not_ours = d->boot_error || strcmp(state_get(&d->boot, "result"), "ok") != 0 ||
		      state_get_u64(&d->boot, "firmware.on", 1) == 0;
	return d->not_ours ? 0 : open_mounted(d, reterr);
}

int boot_dir_ours(struct boot_dir *d, struct err *reterr)
{
	d->ours_fd = files_open_ours(d->fd, false, reterr);
	return d->ours_fd < 0 && d->ours_fd != -ENOENT ? d->ours_fd : 0;
}

static void on_alarm(int number)
{
	(void)number; /* that it came is all: flock(2) ends */
}

/* flock(2) for at most CLAIM_S seconds. Returns 0 or a negative errno. */
static int lock_file(int fd)
{
	struct sigaction act = {.sa_handler = on_alarm}, old;
	int r;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (sigaction(SIGALRM, &act, &old) < 0)
		return -errno;
	(void)alarm(CLAIM_S);
	r = flock(fd, LOCK_EX) < 0 ? -errno : 0;
	(void)alarm(0);
	(void)sigaction(SIGALRM, &old, NULL); /* as it was: it cannot be refused */
	return r == -EINTR ? -EBUSY : r;
}

/* Removes what a process that was killed has left of the files that are replaced there. */
static void clean_state(const struct boot_dir *d)
{
	static const char *const names[] = {KEPT_DIR "/stamp", KEPT_DIR "/sync"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (boot_dir_path(d, names[i], path, sizeof(path)) == 0)
			fs_clean(path);
}

int boot_dir_claim(struct boot_dir *d, struct err *reterr)
{
	_cleanup_fd_ int fd = -1;
	char path[PATH_MAX];
	int r = boot_dir_path(d, CLAIM_DIR, path, sizeof(path));

	if (r == 0)
		r = fs_mkdirs(path, 0755);
	if (r == 0)
		r = boot_dir_path(d, CLAIM, path, sizeof(path));
	if (r < 0)
		return err_sys(reterr, r, "cannot make %s" STATE_DIR, d->root);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(reterr, -errno, "cannot open %s", path);
	r = lock_file(fd);
	if (r == -EBUSY)
		return err_set(reterr, r,
			"another pinet of this machine has been at work for %d s: see \"fuser %s\"",
			CLAIM_S, path);
	if (r < 0)
		return err_sys(reterr, r, "cannot lock %s", path);
	d->claim_fd = take_fd(&fd);
	clean_state(d);
	return 0;
}

void boot_dir_note_active(const struct boot_dir *d, const char *name)
{
	struct state st;
	struct err err = {.code = 0};
	char path[PATH_MAX];

	if (boot_dir_path(d, &STATE_SYNC[1], path, sizeof(path)) < 0 ||
		state_load(path, &st, NULL) < 0)
		return;
	state_put(&st, "tried", "%s", "");
	if (strcmp(state_get(&st, "result"), "ok") == 0)
		state_put(&st, "generation", "%s", name);
	if (state_save(&st, path, &err) < 0)
		log_warning("%s", err.text);
}

void boot_dir_close(struct boot_dir *d)
{
	cleanup_fd(&d->fd);
	cleanup_fd(&d->ours_fd);
	cleanup_fd(&d->claim_fd);
	d->fd = d->ours_fd = d->claim_fd = -1;
}

const char *boot_dir_size(uint64_t bytes, char *out, size_t size)
{
	if (bytes < 100000)
		(void)snprintf(out, size, "%llu bytes", (unsigned long long)bytes);
	else
		(void)snprintf(out, size, "%llu.%llu MB", (unsigned long long)(bytes / 1000000),
			(unsigned long long)(bytes / 100000 % 10));
	return out;
}

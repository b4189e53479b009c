/* SPDX-License-Identifier: GPL-2.0-or-later
 * The process that pinet boot leaves behind, and how pinet firmware finds what it did.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/num.h"
#include "cmd/early.h"
#include "cmd/onfail.h"
#include "step/modules.h"
#include "step/trial.h"

#define EARLY_PID   STATE_DIR "/early.pid"
#define EARLY_STATE STATE_DIR "/early" /* KEY=VALUE: the report of the mount */
#define EARLY_MS    20000
#define STOP_MS     1000 /* a killed process is gone at once, or hangs in the kernel */
#define NICE        19 /* the root comes first: this one works while that waits */

static const char *const modules[] = {"nfsv4", "nfsv3", NULL};

static int save(const struct firmware_report *report, struct err *reterr)
{
	_cleanup_free_ struct state *st = calloc(1, sizeof(*st));

	if (!st)
		return err_set(reterr, -ENOMEM, "no memory for the state");
	state_put(st, "source", "%s", report->source);
	state_put(st, "version", "%s", report->version);
	state_put(st, "misread", "%s", report->misread);
	state_put(st, "options", "%s", report->options);
	return state_save(st, EARLY_STATE, reterr);
}

static void go_back(const struct trial_report *trial, const char *dir)
{
	log_error("generation %s has not come up in %u boots; %s is active again", trial->active,
		trial->attempts, trial->back);
	if (umount2(dir, 0) < 0)
		log_warning("cannot unmount the boot files: %s", strerror(errno));
	onfail_reboot();
}

void early_note_drift(const char *text)
{
	if (fs_replace(STATE_DRIFT, text, 0644) < 0)
		log_warning("cannot write " STATE_DRIFT);
}

/* The firmware has its own mind, or another directory. */
static void say_other(const struct trial_report *trial)
{
	char text[2 * NAME_SIZE + 80];

	(void)snprintf(text, sizeof(text),
		"generation %s is active, but the boot loader has loaded %s", trial->active,
		trial->running[0] ? trial->running : "a kernel of another version"); /* fits */
	log_warning("%s", text);
	early_note_drift(text);
}

static int count(const char *dir, const char *generation, struct err *reterr)
{
	_cleanup_fd_ int boot_dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct trial_report trial;
	struct utsname name;
	int r;

	if (boot_dirfd < 0)
		return err_sys(reterr, -errno, "cannot open %s", dir);
	if (uname(&name) < 0)
		return err_sys(reterr, -errno, "cannot tell the kernel's version");
	r = trial_count(boot_dirfd,
		&(struct trial_boot){generation, name.release, (uint32_t)time(NULL)}, &trial,
		reterr);
	if (r < 0)
		return r;
	(void)close(take_fd(&boot_dirfd)); /* the mount is not to be busy */
	switch (trial.verdict) {
	case TRIAL_COUNTED:
		log_step("generation %s: boot %u of %u on trial", trial.active, trial.attempts,
			TRIAL_ATTEMPTS);
		break;
	case TRIAL_OTHER:
		say_other(&trial);
		break;
	case TRIAL_STUCK:
		log_warning(
			"generation %s has not come up in %u boots, and there is no good one to go "
			"back to: see \"pinet generations\"",
			trial.active, trial.attempts);
		break;
	case TRIAL_BACK:
		go_back(&trial, dir);
		break;
	case TRIAL_NONE:
	case TRIAL_GOOD:
		break;
	}
	return 0;
}

void early_count(const char *dir, const char *generation)
{
	struct err err = {.code = 0};

	if (count(dir, generation, &err) < 0)
		log_warning("this boot is not counted: %s", err.text);
}

/* The process. What fails here is tried, and told, once more by pinet firmware. */
static int run(const struct plan *plan, const char *generation)
{
	struct firmware_report report;
	struct err err = {.code = 0};

	(void)setpriority(PRIO_PROCESS, 0, NICE); /* without it both would take their time */
	if (modules_load(modules, &err) < 0 || fs_mkdirs(EARLY_DIR, 0755) < 0 ||
		firmware_mount(plan, EARLY_DIR, clock_now_ms() + EARLY_MS, &report, &err) < 0)
		return EXIT_FAILURE;
	early_count(EARLY_DIR, generation);
	if (save(&report, &err) < 0) {
		log_warning("%s", err.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

void early_start(const struct plan *plan, const char *generation)
{
	char text[32];
	pid_t pid;

	if (fs_exists(EARLY_PID))
		return;
	pid = fork();
	if (pid == 0) {
		(void)setsid(); /* a shell on the console is none of its business */
		_exit(run(plan, generation));
	}
	if (pid < 0) {
		log_warning("cannot start a process: %s", strerror(errno));
		return;
	}
	(void)snprintf(text, sizeof(text), "%d", pid);
	if (fs_mkdirs(STATE_DIR, 0755) < 0 || fs_replace(EARLY_PID, text, 0644) < 0)
		log_warning("cannot write " EARLY_PID);
}

/* The process, or -1 if there is none (any more). */
static int find_process(void)
{
	char text[32];
	uint32_t pid;

	if (fs_read(EARLY_PID, text, sizeof(text)) <= 0 ||
		num_parse_u32(span_str(text), INT32_MAX, &pid) < 0)
		return -1;
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void wait_for_end(int pidfd, uint64_t deadline_ms)
{
	struct pollfd p = {pidfd, POLLIN, 0};

	while (poll(&p, 1, clock_poll_ms(clock_now_ms(), deadline_ms)) < 0 && errno == EINTR)
		;
}

static void take(const struct state *st, const char *key, char *out, size_t size)
{
	(void)snprintf(out, size, "%.*s", (int)size - 1, state_get(st, key));
}

bool early_wait(uint64_t deadline_ms, struct firmware_report *report)
{
	_cleanup_free_ struct state *st = calloc(1, sizeof(*st));
	_cleanup_fd_ int pidfd = find_process();
	struct firmware_report out = {.mounted = true};

	if (pidfd >= 0)
		wait_for_end(pidfd, deadline_ms);
	if (!st || state_load(EARLY_STATE, st, NULL) < 0)
		return false;
	take(st, "source", out.source, sizeof(out.source));
	take(st, "version", out.version, sizeof(out.version));
	take(st, "misread", out.misread, sizeof(out.misread));
	take(st, "options", out.options, sizeof(out.options));
	*report = out;
	return true;
}

void early_stop(void)
{
	_cleanup_fd_ int pidfd = find_process();

	if (pidfd >= 0 && syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) == 0)
		wait_for_end(pidfd, clock_now_ms() + STOP_MS);
	if (umount2(EARLY_DIR, MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT)
		log_warning("cannot unmount the boot files: %s", strerror(errno));
	(void)unlink(EARLY_STATE); /* it need not be there */
}

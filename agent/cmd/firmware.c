/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet firmware: mounts the TFTP copy of the boot files below the root, before it is left to init.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/early.h"
#include "cmd/firmware_files.h"
#include "cmd/onfail.h"
#include "cmd/remote_log.h"
#include "cmd/retry.h"
#include "source/cmdline.h"
#include "state/state.h"
#include "step/modules.h"
#include "step/step.h"
#include "step/trial.h"

#define FIRMWARE_MS 20000 /* the boot goes on without it after that */
#define LEAST_MS    5000 /* and not before this, even when the time of the boot is over */

static const char *const modules[] = {"nfsv4", "nfsv3", NULL};

/* The command line, as far as it can be read; sets up the log by it. */
static void read_cmdline(struct cmdline *ret)
{
	char text[CMDLINE_SIZE];
	ssize_t n = fs_read("/proc/cmdline", text, sizeof(text));

	memset(ret, 0, sizeof(*ret));
	if (n > 0 && cmdline_parse(span_of(text, (size_t)n), ret, NULL) < 0)
		ret->quiet = false; /* pinet boot has told what is wrong with it */
	log_setup(ret->quiet ? LOG_LEVEL_WARNING : LOG_LEVEL_STEP, true);
}

/* Where the boot files are mounted. Returns 0 or -ENAMETOOLONG with @reterr. */
static int mounted_at(const char *root, const struct firmware_report *report, char ret[PATH_MAX],
	struct err *reterr)
{
	return (size_t)snprintf(ret, PATH_MAX, "%s%s", root, report->where) < PATH_MAX
		       ? 0
		       : err_set(reterr, -ENAMETOOLONG, "the path of the mount point is too long");
}

/* Makes a generation active that fits. Returns as trial_mend(). */
static int activate_fitting(const char *root, const struct firmware_report *report,
	const struct trial_boot *boot, char name[NAME_SIZE], struct err *reterr)
{
	_cleanup_fd_ int boot_dirfd = -1;
	char path[PATH_MAX];
	int r = mounted_at(root, report, path, reterr);

	if (r < 0)
		return r;
	boot_dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (boot_dirfd < 0)
		return err_sys(reterr, -errno, "cannot open %s", path);
	return trial_mend(boot_dirfd, root, boot, name, reterr);
}

/* A kernel without its modules comes of a root or a TFTP directory that went back in time alone. */
static void check_kernel(
	const char *root, const struct firmware_report *report, const char *generation)
{
	struct err err = {.code = 0};
	char name[NAME_SIZE], text[256];
	struct utsname kernel;
	int r = 0;

	if (uname(&kernel) < 0 || trial_has_modules(root, kernel.release))
		return;
	(void)snprintf(text, sizeof(text),
		"the root has no modules for this kernel, %s: boot files and root do not belong "
		"together",
		kernel.release); /* fits: 65 bytes at most */
	log_warning("%s", text);
	early_note_drift(text);
	if (report->mounted)
		r = activate_fitting(root, report,
			&(struct trial_boot){generation, kernel.release, (uint32_t)time(NULL)},
			name, &err);
	if (r < 0)
		log_warning("cannot look for a generation that fits: %s", err.text);
	if (r <= 0)
		return;
	log_error("generation %s belongs to this root; it is active now", name);
	onfail_reboot();
}

/* The boot server was not there, or not ready, when this boot began to log in. */
static void count_late(
	const char *root, const struct firmware_report *report, const char *generation)
{
	struct err err = {.code = 0};
	char path[PATH_MAX];

	if (mounted_at(root, report, path, &err) < 0)
		log_warning("this boot is not counted: %s", err.text);
	else
		early_count(path, generation);
}

/* When the time of the boot is over, which began with pinet boot. */
static uint64_t boot_deadline(const struct state *st, const struct plan *plan)
{
	uint64_t least_ms = clock_now_ms() + LEAST_MS;
	uint64_t end_ms = state_get_u64(st, "time.boot_ms", 0) + plan->timeout_s * 1000ull;

	return !plan->timeout_s ? CLOCK_FOREVER : end_ms > least_ms ? end_ms : least_ms;
}

/* Whether the server's owner may mend it: not an option, a mount point or a root that is at fault. */
static bool may_be_mended(int r)
{
	return r != -EINVAL && r != -EBUSY && r != -EROFS && r != -ENAMETOOLONG;
}

/* One attempt when the boot can go on without, else as many as timeout= allows. */
static int mount_until_done(const struct plan *plan, const char *root, uint64_t deadline_ms,
	struct firmware_report *report, struct err *reterr)
{
	struct retry retry = {.pause_ms = 0};

	for (;;) {
		uint64_t until_ms = clock_min(deadline_ms, clock_now_ms() + FIRMWARE_MS), pause_ms;
		int r = firmware_place(plan, root, until_ms, EARLY_DIR, report, reterr);

		if (r == 0 || !plan->firmware_required || !may_be_mended(r))
			return r;
		pause_ms = retry_pause_ms(&retry, clock_now_ms(), deadline_ms);
		if (!pause_ms) {
			err_prefix(reterr, "given up after %u s", plan->timeout_s);
			return r;
		}
		log_warning("firmware: %s; firmware.policy=required, trying again in %u s",
			reterr->text, (unsigned int)((pause_ms + 999) / 1000));
		(void)poll(NULL, 0, (int)pause_ms); /* between attempts there is no event */
	}
}

/* The root is mounted: there is no way back to a local one. */
static int give_up(enum plan_onfail onfail)
{
	if (onfail == PLAN_ONFAIL_LOCAL)
		onfail = PLAN_ONFAIL_SHELL;
	return onfail_act(onfail) < 0 ? EXIT_FAILED : EXIT_OK;
}

static int run(const char *root)
{
	struct firmware_report report = {.mounted = false};
	uint64_t started_ms = clock_now_ms();
	struct err err = {.code = 0}, unit_err = {.code = 0};
	struct cmdline cmdline;
	struct syslog log;
	struct state st;
	struct plan plan;
	bool early;
	int r = state_load(STATE_BOOT, &st, &err);

	if (r == -ENOENT || (r == 0 && strcmp(state_get(&st, "result"), "ok") != 0))
		return EXIT_OK; /* pinet did not bring up this root */
	read_cmdline(&cmdline);
	if (r < 0) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	remote_log_resume(&log, &st, true);
	firmware_files_plan(&st, &plan);
	if (!plan.firmware_on) {
		check_kernel(root, &report, "");
		return EXIT_OK;
	}
	early = early_wait(started_ms + FIRMWARE_MS, &report);
	if (!early && modules_load(modules, &err) < 0)
		log_warning("%s", err.text); /* built in, perhaps; the mount says what is missing */
	r = mount_until_done(&plan, root, boot_deadline(&st, &plan), &report, &err);
	if (firmware_files_unit(FIRMWARE_UNIT_DIR, &report, &unit_err) < 0)
		log_warning("%s", unit_err.text);
	if (r == 0)
		err.code = 0; /* of attempts before */
	if (r == 0 && !early)
		count_late(root, &report, cmdline.generation);
	firmware_files_save(&report, &err);
	if (r == 0)
		log_step("firmware: %s at %s (NFS %s, %u ms)", report.source, report.where,
			report.version, (unsigned int)(clock_now_ms() - started_ms));
	else if (!plan.firmware_required)
		log_warning("firmware: %s; booting without %s, kernel updates will wait", err.text,
			plan.firmware_dir);
	if (r == 0 && report.misread[0])
		log_step("firmware: by NFS %s this server gives files without their contents, "
			 "so %s is used: see firmware.options in pinet.conf(5)",
			report.misread, report.version);
	check_kernel(root, &report, cmdline.generation);
	if (r == 0 || !plan.firmware_required)
		return EXIT_OK;
	log_error("firmware: %s; firmware.policy=required", err.text);
	return give_up(plan.onfail);
}

int cmd_firmware(int argc, char **argv)
{
	static const struct option longs[] = {
		{"root", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	const char *root = "";
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 'r')
			return EXIT_USAGE;
		root = optarg;
	}
	if (optind < argc)
		return EXIT_USAGE;
	return run(root);
}

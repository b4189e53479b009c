/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet mount: the boot files, in a running system whose boot had to go on without them.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/proc.h"
#include "cmd/cmd.h"
#include "cmd/firmware_files.h"
#include "cmd/retry.h"

#define ATTEMPT_MS   30000
#define SYSTEMCTL_MS 30000

/* systemd learns of the unit with the mount's options, and of the sync that has waited for it. */
static void tell_systemd(void)
{
	static const char *const reload[] = {"/bin/systemctl", "daemon-reload", NULL};
	static const char *const sync[] = {
		"/bin/systemctl", "--no-block", "start", "pinet-sync.service", NULL};
	uint64_t deadline_ms = clock_now_ms() + SYSTEMCTL_MS;

	if (proc_run(reload, deadline_ms, NULL, 0) != 0 ||
		proc_run(sync, deadline_ms, NULL, 0) != 0)
		log_warning("mount: systemd could not be told: the sync comes at the next boot");
}

/* One attempt. Returns 0 or a negative errno with @reterr. */
static int attempt(const struct plan *plan, struct err *reterr)
{
	struct firmware_report report = {.mounted = false};
	struct err err = {.code = 0};
	int r = firmware_place(
		plan, "", clock_now_ms() + ATTEMPT_MS, STATE_DIR "/none", &report, reterr);

	if (r < 0)
		return r;
	if (firmware_files_unit(FIRMWARE_UNIT_DIR, &report, &err) < 0)
		log_warning("mount: %s", err.text);
	err.code = 0;
	firmware_files_save(&report, &err);
	log_step("mount: %s at %s (NFS %s)", report.source, report.where, report.version);
	tell_systemd();
	return 0;
}

/* Until it is mounted, with growing pauses; each new reason is told once. */
static int mount_until_done(const struct plan *plan, bool wait)
{
	struct retry retry = {.pause_ms = 0};
	char told[ERR_TEXT_SIZE] = "";

	for (;;) {
		struct err err = {.code = 0};
		int r = attempt(plan, &err);

		if (r == 0)
			return EXIT_OK;
		if (strcmp(told, err.text) != 0)
			log_warning("mount: %s", err.text);
		strcpy(told, err.text);
		if (!wait)
			return EXIT_FAILED;
		(void)poll(NULL, 0,
			(int)retry_pause_ms(&retry, clock_now_ms(), CLOCK_FOREVER)); /* no event */
	}
}

int cmd_mount(int argc, char **argv)
{
	static const struct option longs[] = {{"wait", no_argument, NULL, 'w'}, {NULL, 0, NULL, 0}};
	struct state boot, firmware;
	struct err err = {.code = 0};
	struct plan plan;
	bool wait = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 'w')
			return EXIT_USAGE;
		wait = true;
	}
	if (optind < argc) {
		log_error("mount: unexpected argument \"%.40s\"", argv[optind]);
		return EXIT_USAGE;
	}
	r = state_load(STATE_BOOT, &boot, &err);
	if (r == -ENOENT || (r == 0 && strcmp(state_get(&boot, "result"), "ok") != 0))
		return EXIT_OK; /* pinet did not boot this machine */
	if (r < 0) {
		log_error("mount: %s", err.text);
		return EXIT_FAILED;
	}
	firmware_files_plan(&boot, &plan);
	if (!plan.firmware_on)
		return EXIT_OK;
	if (state_load(STATE_FIRMWARE, &firmware, NULL) == 0 &&
		state_get_u64(&firmware, "mounted", 0) == 1)
		return EXIT_OK; /* its unit is systemd's from then on */
	return mount_until_done(&plan, wait);
}

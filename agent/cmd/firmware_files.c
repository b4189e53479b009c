/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is kept of the mount of the boot files: the plan for it, how it went, its unit.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "cmd/firmware_files.h"

void firmware_files_plan(const struct state *st, struct plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	plan->firmware_on = state_get_u64(st, "firmware.on", 0) == 1;
	plan->firmware_required = state_get_u64(st, "firmware.required", 0) == 1;
	plan->timeout_s = (unsigned int)state_get_u64(st, "timeout_s", 0);
	plan->onfail = (enum plan_onfail)state_get_u64(st, "onfail", PLAN_ONFAIL_SHELL);
	(void)snprintf(plan->firmware_host, sizeof(plan->firmware_host), "%.*s",
		(int)sizeof(plan->firmware_host) - 1, state_get(st, "firmware.host"));
	(void)snprintf(plan->firmware_path, sizeof(plan->firmware_path), "%.*s",
		(int)sizeof(plan->firmware_path) - 1, state_get(st, "firmware.path"));
	(void)snprintf(plan->firmware_dir, sizeof(plan->firmware_dir), "%.*s",
		(int)sizeof(plan->firmware_dir) - 1, state_get(st, "firmware.dir"));
	(void)snprintf(plan->firmware_options, sizeof(plan->firmware_options), "%.*s",
		(int)sizeof(plan->firmware_options) - 1, state_get(st, "firmware.options"));
}

/* A soft-reboot unmounts it, and not every fstab has a line that would bring it back. */
static int want(const char *dir, const char *name)
{
	char path[PATH_MAX], to[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/remote-fs.target.wants/%s", dir, name) >=
			sizeof(path) ||
		(size_t)snprintf(to, sizeof(to), "../%s", name) >= sizeof(to))
		return -ENAMETOOLONG;
	return symlink(to, path) < 0 && errno != EEXIST ? -errno : 0;
}

int firmware_files_unit(const char *dir, const struct firmware_report *report, struct err *reterr)
{
	char name[PLAN_PATH_SIZE * 4], path[PATH_MAX], text[2048];
	int r = firmware_unit_name(report->where, name, sizeof(name));

	if (r == 0)
		r = firmware_unit(report, text, sizeof(text));
	if (r == 0)
		r = fs_join(path, sizeof(path), dir, "remote-fs.target.wants");
	if (r == 0)
		r = fs_mkdirs(path, 0755);
	if (r == 0)
		r = fs_join(path, sizeof(path), dir, name);
	if (r == 0)
		r = fs_replace(path, text, 0644);
	if (r == 0)
		r = want(dir, name);
	return r < 0 ? err_sys(reterr, r, "cannot write the mount unit of %s to %s", report->where,
			       dir)
		     : 0;
}

void firmware_files_save(const struct firmware_report *report, const struct err *why)
{
	_cleanup_free_ struct state *st = calloc(1, sizeof(*st));
	struct err err = {.code = 0};

	if (!st)
		return; /* the console has it */
	state_put(st, "mounted", "%d", report->mounted);
	state_put(st, "source", "%s", report->source);
	state_put(st, "where", "%s", report->where);
	state_put(st, "version", "%s", report->version);
	state_put(st, "misread", "%s", report->misread);
	state_put(st, "done_ms", "%llu", (unsigned long long)clock_now_ms());
	if (why->code)
		state_put(st, "error", "%s", why->text);
	if (state_save(st, STATE_FIRMWARE, &err) < 0)
		log_warning("%s", err.text);
}

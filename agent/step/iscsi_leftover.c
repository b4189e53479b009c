/* SPDX-License-Identifier: GPL-2.0-or-later
 * Sessions that an earlier attempt left behind: half made, or broken with nobody to repair them.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "plan/plan.h"
#include "step/iscsi_kernel.h"
#include "step/iscsi_leftover.h"

#define SESSIONS       "/sys/class/iscsi_session"
#define DEPTH_MAX      8 /* targetH:C:T/H:C:T:L/block/sda/sda1/holders */
#define MOUNTINFO_SIZE 65536

/* True if @mountinfo has the device of the file @path, MAJOR:MINOR, as the third word of a line. */
static bool is_mounted(const char *path, struct span mountinfo)
{
	char device[24];

	if (fs_read_line(path, device, sizeof(device)) < 0)
		return false;
	while (mountinfo.len) {
		struct span line = span_cut(&mountinfo, '\n');

		(void)span_cut(&line, ' '); /* number of the mount, and of its parent */
		(void)span_cut(&line, ' ');
		if (span_eq_str(span_cut(&line, ' '), device))
			return true;
	}
	return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): @depth is an end to it */
static bool in_use(const char *path, struct span mountinfo, unsigned int depth, bool holders)
{
	_cleanup_dir_ DIR *dir = depth ? opendir(path) : NULL;
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char below[PATH_MAX];

		if (e->d_name[0] == '.' || fs_join(below, sizeof(below), path, e->d_name) < 0)
			continue;
		if (holders)
			return true;
		if (strcmp(e->d_name, "dev") == 0 && is_mounted(below, mountinfo))
			return true;
		if (e->d_type == DT_DIR &&
			in_use(below, mountinfo, depth - 1, strcmp(e->d_name, "holders") == 0))
			return true;
	}
	return false;
}

bool iscsi_leftover_in_use(const char *path, struct span mountinfo)
{
	return in_use(path, mountinfo, DEPTH_MAX, false);
}

static void read_attr(uint32_t sid, const char *attr, char *buf, size_t size)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), SESSIONS "/session%u/%s", sid, attr);
	if (fs_read_line(path, buf, size) < 0)
		buf[0] = '\0';
}

/* True if the session is of no use to anybody. */
static bool is_leftover(uint32_t sid, const char *target, struct span mountinfo)
{
	char name[PLAN_NAME_SIZE], state[32], path[PATH_MAX];

	read_attr(sid, "targetname", name, sizeof(name));
	read_attr(sid, "state", state, sizeof(state));
	/* What the kernel was not told shows as "(null)" or as nothing. */
	if (name[0] && strcmp(name, "(null)") != 0 && strcmp(name, target) != 0)
		return false;
	if (strcmp(state, "LOGGED_IN") == 0)
		return false;
	(void)snprintf(path, sizeof(path), SESSIONS "/session%u/device", sid);
	return !iscsi_leftover_in_use(path, mountinfo);
}

static bool has_conn(uint32_t sid)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/sys/class/iscsi_connection/connection%u:0", sid);
	return fs_exists(path);
}

/* The next session in the directory: false at the end. */
static bool next_session(DIR *dir, uint32_t *ret_sid)
{
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		struct span s = span_str(e->d_name);

		if (span_starts(s, "session") &&
			num_parse_u32(span_sub(s, 7, s.len), INT_MAX, ret_sid) == 0)
			return true;
	}
	return false;
}

uint32_t iscsi_leftover_next_sid(void)
{
	_cleanup_dir_ DIR *dir = opendir(SESSIONS);
	uint32_t next = 1, sid;

	while (next_session(dir, &sid))
		if (sid >= next)
			next = sid + 1;
	return next;
}

void iscsi_leftover_sweep(const struct iscsi_nl *nl, const char *target)
{
	_cleanup_dir_ DIR *dir = opendir(SESSIONS);
	_cleanup_free_ char *mounts = malloc(MOUNTINFO_SIZE);
	ssize_t n = mounts ? fs_read("/proc/self/mountinfo", mounts, MOUNTINFO_SIZE) : -1;
	uint32_t sid;

	while (n >= 0 && next_session(dir, &sid)) {
		struct iscsi_kernel session = {.sid = sid, .has_conn = has_conn(sid)};

		/* One that cannot be removed shows again when the login meets it. */
		if (is_leftover(sid, target, span_of(mounts, (size_t)n)))
			(void)!iscsi_kernel_destroy(nl, &session, NULL);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * iSCSI sessions as the kernel shows them below /sys/class/iscsi_session.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "step/session.h"

#define SESSIONS "/sys/class/iscsi_session"
#define DISKS    "/sys/class/scsi_disk"

static int read_attr(unsigned int sid, const char *attr, char *buf, size_t size)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), SESSIONS "/session%u/%s", sid, attr); /* short by form */
	return fs_read_line(path, buf, size) < 0 ? -ENOENT : 0;
}

void session_portal(unsigned int sid, char out[SETTING_VALUE_SIZE])
{
	char path[PATH_MAX], address[64], port[8];
	const char *base = "/sys/class/iscsi_connection/connection";

	(void)snprintf(path, sizeof(path), "%s%u:0/persistent_address", base, sid);
	if (fs_read_line(path, address, sizeof(address)) < 0)
		strcpy(address, "?");
	(void)snprintf(path, sizeof(path), "%s%u:0/persistent_port", base, sid);
	if (fs_read_line(path, port, sizeof(port)) < 0)
		strcpy(port, "?");
	(void)snprintf(
		out, SETTING_VALUE_SIZE, strchr(address, ':') ? "[%s]:%s" : "%s:%s", address, port);
}

/* /sys/class/iscsi_session/sessionN/device -> .../hostH/sessionN */
static int read_host(unsigned int sid)
{
	char path[PATH_MAX], link[PATH_MAX], *at;
	uint32_t host;

	(void)snprintf(path, sizeof(path), SESSIONS "/session%u/device", sid);
	if (!realpath(path, link))
		return -ENOENT;
	at = strrchr(link, '/');
	if (!at)
		return -ENOENT;
	*at = '\0';
	at = strrchr(link, '/');
	if (!at || strncmp(at, "/host", 5) != 0 ||
		num_parse_u32(span_str(at + 5), INT_MAX, &host) < 0)
		return -ENOENT;
	return (int)host;
}

unsigned int session_list(const char *target, struct session ret[SETTING_PORTALS])
{
	_cleanup_dir_ DIR *dir = opendir(SESSIONS);
	char name[PLAN_NAME_SIZE];
	unsigned int n = 0;
	struct dirent *e;

	while (dir && n < SETTING_PORTALS && (e = readdir(dir))) {
		struct session *s = &ret[n];
		struct span entry = span_str(e->d_name);

		if (span_starts(entry, "session") &&
			num_parse_u32(span_sub(entry, 7, entry.len), INT_MAX, &s->sid) == 0 &&
			read_attr(s->sid, "targetname", name, sizeof(name)) == 0 &&
			strcmp(name, target) == 0 &&
			read_attr(s->sid, "state", s->state, sizeof(s->state)) == 0)
			n++;
	}
	return n; /* without the module there is no such directory, and no session */
}

int session_find(const char *target, struct login_report *report, struct err *reterr)
{
	struct session list[SETTING_PORTALS];
	unsigned int n = session_list(target, list);

	for (unsigned int i = 0; i < n; i++) {
		int host = strcmp(list[i].state, SESSION_WELL) == 0 ? read_host(list[i].sid) : -1;

		if (host < 0)
			continue;
		memset(report, 0, sizeof(*report));
		report->sid = (int)list[i].sid;
		report->host = host;
		strcpy(report->target, target);
		session_portal(list[i].sid, report->portal);
		return 1;
	}
	if (n)
		return err_set(reterr, -EBUSY, "there is a session with %s, but it is %s", target,
			list[n - 1].state);
	return 0;
}

/*
 * A command that is older than six times its timeout, 3 minutes, fails at the first answer but
 * success: a target that was started again begins with such a one (unit attention). Without a limit of
 * retries there is none of time (SCSI_CMD_RETRIES_NO_LIMIT).
 */
int session_make_patient(int host, struct err *reterr)
{
	_cleanup_dir_ DIR *dir = opendir(DISKS);
	char prefix[16];
	struct dirent *e;

	(void)snprintf(prefix, sizeof(prefix), "%d:", host);
	while (dir && (e = readdir(dir))) {
		char path[PATH_MAX];
		int r;

		if (!span_starts(span_str(e->d_name), prefix))
			continue;
		(void)snprintf(path, sizeof(path), DISKS "/%s/max_retries", e->d_name);
		r = fs_poke(path, "-1");
		if (r < 0 && r != -ENOENT)
			return err_sys(reterr, r, "cannot write %s", path);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * A login to a session of this kernel, and the end of all sessions.
 *
 * Usage: session login TARGET PORTAL... | session lose TARGET PORTAL... | session end
 * "login" prints what came of it, and fails unless the kernel has as many sessions as it was to make: one, or with
 * multipath-tools one by each portal. "lose" has each of them lose its connection besides, and repaired by what repairs
 * it until there is an iscsid.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "step/guard.h"

#define SESSIONS "/sys/class/iscsi_session"
#define LOGIN_MS 60000

static unsigned int count(void)
{
	DIR *dir = opendir(SESSIONS);
	struct dirent *e;
	unsigned int n = 0;

	while (dir && (e = readdir(dir)))
		n += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n;
}

static int log_in(
	const char *target, char **portals, struct plan *plan, struct login_report *report)
{
	struct err err = {.code = 0};
	unsigned int wanted;

	(void)snprintf(plan->target, sizeof(plan->target), "%s", target);
	for (; portals[plan->n_portals] && plan->n_portals < SETTING_PORTALS; plan->n_portals++)
		if (settings_parse_portal(span_str(portals[plan->n_portals]),
			    &plan->portal[plan->n_portals], &err) < 0)
			return 2;
	wanted = fs_exists("/sbin/multipath") ? plan->n_portals : 1;
	if (login_run(plan, clock_now_ms() + LOGIN_MS, report, &err) < 0) {
		printf("%s\n", err.text);
		return 1;
	}
	printf("%s, %u in all\n", report->existed ? "there was a session" : "logged in", count());
	return count() != wanted;
}

/* True if each session of @guard is as it should be; the reason, if one is not, in @reterr. */
static bool all_are(struct guard *guard, enum guard_result wanted, struct err *reterr)
{
	for (unsigned int i = 0; i < guard->n; i++) {
		int r = guard_look(guard, &guard->session[i], reterr);

		if (r != (int)wanted) {
			printf("session %u: %d, %s\n", guard->session[i].sid, r, reterr->text);
			return false;
		}
	}
	return true;
}

static int lose(const struct plan *plan, const struct login_report *report)
{
	struct err err = {.code = 0};
	struct guard guard = {.n = 0};
	int r = guard_open(plan, report, &guard, &err);

	for (unsigned int i = 0; r == 0 && i < guard.n; i++) {
		const struct iscsi_kernel session = {.sid = guard.session[i].sid, .has_conn = true};
		uint32_t commands;

		r = iscsi_kernel_suspend(&guard.nl, &session, &commands, &err);
	}
	if (r < 0)
		printf("%s\n", err.text);
	if (r < 0 || !all_are(&guard, GUARD_REPAIRED, &err) || !all_are(&guard, GUARD_WELL, &err))
		return 1;
	printf("%u lost and repaired\n", guard.n);
	return guard.n != count();
}

static int end(void)
{
	struct iscsi_nl nl = {.fd = -1};
	struct err err = {.code = 0};
	int r = iscsi_nl_open(&nl, &err);

	for (uint32_t sid = 1; r == 0 && sid < 4096; sid++) {
		struct iscsi_kernel session = {.sid = sid};
		char path[64];

		(void)snprintf(path, sizeof(path), SESSIONS "/session%u", sid);
		if (!fs_exists(path))
			continue;
		(void)snprintf(
			path, sizeof(path), "/sys/class/iscsi_connection/connection%u:0", sid);
		session.has_conn = fs_exists(path);
		r = iscsi_kernel_destroy(&nl, &session, &err);
	}
	if (r < 0)
		printf("%s\n", err.text);
	return r < 0 || count();
}

int main(int argc, char **argv)
{
	static struct plan plan = {.initiator = "iqn.2025-02.dev.example:client",
		.option = {[PLAN_REPLACEMENT_S] = 86400,
			[PLAN_LOGIN_S] = LOGIN_MS / 1000,
			[PLAN_CMDS_MAX] = 128,
			[PLAN_QUEUE_DEPTH] = 32}};
	static struct login_report report;
	int r;

	if (argc == 2 && strcmp(argv[1], "end") == 0)
		return end();
	if (argc < 4 || (strcmp(argv[1], "login") != 0 && strcmp(argv[1], "lose") != 0))
		return 2;
	r = log_in(argv[2], argv + 3, &plan, &report);
	return r == 0 && strcmp(argv[1], "lose") == 0 ? lose(&plan, &report) : r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The process that keeps the sessions of the root until iscsid is there. It outlives the initramfs: its
 * program and all that it needs are in memory, never to be read from the root that may be away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "cmd/guard.h"
#include "step/guard.h"

#define LOOK_MS  2000 /* has iscsid come? */
#define PAUSE_MS 1000 /* between two logins */
#define KMSG     "/dev/kmsg"
#define NICE     19 /* until all is prepared: the root comes first */

/* Init takes /dev along to the root: what opens the kernel's log by its name finds nothing then. */
static void say(int kmsg_fd, unsigned int sid, const char *what, const char *why)
{
	char line[ERR_TEXT_SIZE + 100];
	int n = snprintf(line, sizeof(line), "<31>pinet: session %u: %s%s\n", sid, what, why);

	log_warning("session %u: %s%s", sid, what, why);
	if (!fs_exists(KMSG) && n < (int)sizeof(line))
		(void)!write(kmsg_fd, line, (size_t)n); /* the console has it, too */
}

/* Looks at all sessions. Returns GUARD_OVER when there is nothing left to do, or what was the worst. */
static int look(struct guard *guard, int kmsg_fd, struct err before[SETTING_PORTALS])
{
	int worst = GUARD_OVER;

	for (unsigned int i = 0; i < guard->n; i++) {
		struct err err = {.code = 0};
		const struct guard_session *session = &guard->session[i];
		int r = guard_look(guard, session, &err);

		if (r == GUARD_REPAIRED)
			say(kmsg_fd, session->sid, "the connection was lost; logged in again", "");
		else if (r < 0 && strcmp(err.text, before[i].text) != 0)
			say(kmsg_fd, session->sid,
				"the connection is lost, trying again: ", err.text);
		before[i] = err;
		if (r < worst)
			worst = r;
	}
	return worst;
}

static int keep(const struct plan *plan, const struct login_report *report)
{
	int kmsg_fd = open(KMSG, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	struct err err = {.code = 0}, before[SETTING_PORTALS] = {{.code = 0}};
	struct guard guard;
	int r;

	(void)setpriority(PRIO_PROCESS, 0, NICE); /* without it both would take their time */
	r = guard_open(plan, report, &guard, &err);
	if (r == 0 && mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		r = err_sys(&err, -errno, "no memory that stays");
	if (r < 0) {
		say(kmsg_fd, (unsigned int)report->sid,
			"nobody repairs it until iscsid has started: ", err.text);
		return 1;
	}
	(void)setpriority(PRIO_PROCESS, 0, 0);
	do {
		guard_wait(&guard, r < 0 ? PAUSE_MS : LOOK_MS);
		r = look(&guard, kmsg_fd, before);
	} while (r != GUARD_OVER);
	return 0;
}

void guard_start(const struct plan *plan, const struct login_report *report)
{
	pid_t pid = fork();

	if (pid < 0)
		log_warning("cannot start a process: %s", strerror(errno));
	if (pid)
		return;
	(void)setsid(); /* a shell on the console is none of its business */
	_exit(keep(plan, report));
}

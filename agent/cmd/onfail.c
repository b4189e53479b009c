/* SPDX-License-Identifier: GPL-2.0-or-later
 * What happens when the boot cannot go on: shell, reboot, poweroff or a local root.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/onfail.h"

#define READ_TIME_MS 10000 /* so that somebody who looks at the console can read why */

static int restart(int how, const char *verb)
{
	log_error("%s in %d s", verb, READ_TIME_MS / 1000);
	(void)poll(NULL, 0, READ_TIME_MS);
	sync();
	(void)reboot(how); /* returns only if it failed */
	log_error("%s failed: %s", verb, strerror(errno));
	return -ECANCELED;
}

void onfail_reboot(void)
{
	(void)!restart(RB_AUTOBOOT, "restarting"); /* it has told what failed */
}

int onfail_act(enum plan_onfail what)
{
	switch (what) {
	case PLAN_ONFAIL_REBOOT:
		return restart(RB_AUTOBOOT, "onfail: reboot");
	case PLAN_ONFAIL_POWEROFF:
		return restart(RB_POWER_OFF, "onfail: poweroff");
	case PLAN_ONFAIL_LOCAL:
		log_warning("onfail=local: going on with a root on a local disk");
		return 0;
	case PLAN_ONFAIL_SHELL:
		break;
	}
	return -ECANCELED;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Kernel modules that the steps need, by modprobe.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "step/modules.h"

#define MODPROBE_MS 30000

int modules_load(const char *const names[], struct err *reterr)
{
	const char *argv[MODULES_MAX + 4] = {"/sbin/modprobe", "-q", "-a"};
	unsigned int n = 3;
	int r;

	for (unsigned int i = 0; i < MODULES_MAX && names[i]; i++)
		argv[n++] = names[i];
	argv[n] = NULL;
	r = proc_run(argv, clock_now_ms() + MODPROBE_MS, NULL, 0);
	if (r < 0)
		return err_sys(reterr, r, "cannot run modprobe");
	return 0;
}

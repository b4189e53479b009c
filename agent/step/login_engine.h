/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a login engine is: one attempt at one portal, the outcome visible in sysfs.
 */
#ifndef STEP_LOGIN_ENGINE_H
#define STEP_LOGIN_ENGINE_H

#include "step/step.h"

struct login_engine {
	const char *name;
	bool connects; /* finds out by itself, and soon, that a portal is not there */
	/*
	 * Logs the plan's initiator in to its target at @portal, by @deadline_ms.
	 * Returns 0 when the engine believes it is logged in (the caller looks at sysfs), or a
	 * negative errno with @reterr: what the target answered. -EACCES: it refused us; -ENOENT: it
	 * does not know the target; -EEXIST: there is a session already; -EOPNOTSUPP: the engine cannot
	 * work with this kernel.
	 */
	int (*login)(const struct plan *plan, const struct portal *portal, uint64_t deadline_ms,
		struct err *reterr);
};

extern const struct login_engine login_native, login_iscsistart;

#endif

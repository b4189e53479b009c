/* SPDX-License-Identifier: GPL-2.0-or-later
 * When a step is tried again, and when that cannot help.
 */
#include <errno.h>

#include "base/clock.h"
#include "cmd/retry.h"

#define PAUSE_FIRST_MS 1000
#define PAUSE_MAX_MS   30000
#define ATTEMPT_MS     2000 /* for the last one: iscsistart needs it */

uint64_t retry_pause_ms(struct retry *retry, uint64_t now_ms, uint64_t deadline_ms)
{
	uint64_t left_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;

	retry->pause_ms =
		retry->pause_ms ? clock_min(2 * retry->pause_ms, PAUSE_MAX_MS) : PAUSE_FIRST_MS;
	if (left_ms >= retry->pause_ms + ATTEMPT_MS)
		return retry->pause_ms;
	return left_ms > ATTEMPT_MS ? left_ms - ATTEMPT_MS : 0;
}

/* True if DHCP gave @field, or may yet. */
static bool is_dhcps(const struct plan *plan, enum plan_field field)
{
	return plan->origin[field].from <= ORIGIN_DHCP;
}

bool retry_helps_login(const struct plan *plan, bool have_lease, int r)
{
	bool asked = have_lease && plan->dhcp == PLAN_TRUST_ALL;

	if (r == -EDESTADDRREQ) /* no target, or a portal that cannot be reached by its name */
		return asked && (is_dhcps(plan, PLAN_TARGET) || is_dhcps(plan, PLAN_PORTAL));
	if (r == -EKEYREJECTED) /* a CHAP secret that no login can be made with */
		return asked && is_dhcps(plan, PLAN_CHAP);
	if (r == -EOPNOTSUPP) /* an engine that is not there */
		return asked && plan->origin[PLAN_LOGIN].from == ORIGIN_DHCP;
	return true;
}

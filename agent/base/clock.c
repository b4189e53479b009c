/* SPDX-License-Identifier: GPL-2.0-or-later
 * Milliseconds since boot, and deadlines made of them.
 */
#include <limits.h>
#include <time.h>

#include "base/clock.h"

uint64_t clock_now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts); /* cannot fail with a valid clock and pointer */
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int clock_poll_ms(uint64_t now_ms, uint64_t deadline_ms)
{
	if (deadline_ms == CLOCK_FOREVER)
		return -1;
	if (deadline_ms <= now_ms)
		return 0;
	return deadline_ms - now_ms > INT_MAX ? INT_MAX : (int)(deadline_ms - now_ms);
}

uint64_t clock_min(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

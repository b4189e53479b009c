/* SPDX-License-Identifier: GPL-2.0-or-later
 * Milliseconds since boot, and deadlines made of them.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_FOREVER UINT64_MAX

/* Milliseconds since the machine started (CLOCK_BOOTTIME). */
uint64_t clock_now_ms(void);

/* Milliseconds from @now_ms until @deadline_ms as poll(2) wants them: 0 when past, -1 when never. */
int clock_poll_ms(uint64_t now_ms, uint64_t deadline_ms);

/* The earlier of two deadlines. */
uint64_t clock_min(uint64_t a_ms, uint64_t b_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the boot left for the running system in /run/pinet: written whole, read tolerantly.
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define STATE_DIR        "/run/pinet"
#define STATE_BOOT       STATE_DIR "/boot" /* how the boot went: KEY=VALUE; absent if not ours */
#define STATE_LEASE      STATE_DIR "/lease" /* for who renews it: KEY=VALUE; absent if static */
#define STATE_RENEWAL    STATE_DIR "/renewal" /* how `pinet lease` fares: KEY=VALUE */
#define STATE_FIRMWARE   STATE_DIR "/firmware" /* the TFTP copy: KEY=VALUE lines */
#define STATE_PLAN       STATE_DIR "/plan" /* the plan as `pinet plan` prints it */
#define STATE_DRIFT      STATE_DIR "/drift" /* a sentence: boot files, root and server do not fit */
#define STATE_SYNC       "/var/lib/pinet/sync" /* the last sync: KEY=VALUE lines; survives a boot */
#define STATE_KEYS       48
#define STATE_KEY_SIZE   32
#define STATE_VALUE_SIZE 600

struct state {
	unsigned int n;
	struct {
		char key[STATE_KEY_SIZE];
		char value[STATE_VALUE_SIZE];
	} at[STATE_KEYS];
};

/* Sets @key, replacing an older value; what is no printable ASCII in the value becomes '?'. */
void state_put(struct state *st, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The value of @key, or "" if there is none. */
const char *state_get(const struct state *st, const char *key);

/* The value as a number, or @fallback if there is none. */
uint64_t state_get_u64(const struct state *st, const char *key, uint64_t fallback);

/* Writes all of it to @path, making its directory. Returns 0 or a negative errno with @reterr. */
int state_save(const struct state *st, const char *path, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Reads @path; lines that are no KEY=VALUE are passed over. Returns 0, -ENOENT if pinet did nothing
 * in this boot, or another negative errno, with @reterr.
 */
int state_load(const char *path, struct state *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

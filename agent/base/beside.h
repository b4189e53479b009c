/* SPDX-License-Identifier: GPL-2.0-or-later
 * Work that is done beside the caller's own: who asks a server two things at the same time waits once.
 */
#ifndef BASE_BESIDE_H
#define BASE_BESIDE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

/* Its fields are private. */
struct beside {
	int (*work)(void *ctx, struct err *reterr);
	void *ctx;
	bool running; /* in a thread of its own */
	pthread_t thread;
	int r;
	struct err err;
};

/*
 * Begins @work(@ctx), which returns 0 or a negative errno with its error. Neither @ret nor what the work changes is touched
 * until beside_end(), which has to follow.
 */
void beside_begin(struct beside *ret, int (*work)(void *ctx, struct err *reterr), void *ctx);

/*
 * Waits for the work; does it now if there was no thread to be had. Returns what it returned, with @reterr (which may
 * be NULL); 0 after {0}.
 */
int beside_end(struct beside *beside, struct err *reterr) __attribute__((warn_unused_result));

/* Waits for the work if it began; nobody wants to know what came of it. Also after {0}. */
void beside_drop(struct beside *beside);

#endif

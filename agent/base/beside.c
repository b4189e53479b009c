/* SPDX-License-Identifier: GPL-2.0-or-later
 * Work that is done beside the caller's own, by a thread.
 */
#include <string.h>

#include "base/beside.h"

static void *run(void *arg)
{
	struct beside *b = arg;

	b->r = b->work(b->ctx, &b->err);
	return NULL;
}

void beside_begin(struct beside *ret, int (*work)(void *ctx, struct err *reterr), void *ctx)
{
	memset(ret, 0, sizeof(*ret));
	ret->work = work;
	ret->ctx = ctx;
	ret->running = pthread_create(&ret->thread, NULL, run, ret) == 0;
}

void beside_drop(struct beside *beside)
{
	if (beside->running)
		(void)pthread_join(beside->thread, NULL); /* it cannot fail for a thread of ours */
	beside->running = false;
	beside->work = NULL;
}

int beside_end(struct beside *beside, struct err *reterr)
{
	if (!beside->running && beside->work)
		(void)run(beside);
	beside_drop(beside);
	if (beside->r < 0 && reterr)
		*reterr = beside->err;
	return beside->r;
}

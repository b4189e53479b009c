/* SPDX-License-Identifier: GPL-2.0-or-later
 * Precedence, in one place: defaults < DHCP < iBFT < pinet.conf < kernel command line.
 */
#ifndef PLAN_MERGE_H
#define PLAN_MERGE_H

#include "base/err.h"
#include "base/notes.h"
#include "plan/plan.h"
#include "source/cmdline.h"
#include "source/conf.h"
#include "source/ibft.h"
#include "source/machine.h"

struct plan_sources {
	const struct cmdline *cmdline;
	const struct conf *conf;
	const struct ibft *ibft; /* NULL without such a table */
	const struct machine *machine;
	const struct lease *lease; /* NULL before DHCP or without it */
	/*
	 * True once the network is up: what is missing then is an error. Before that, templates
	 * keep what is not known and the server may be empty.
	 */
	bool final;
};

/*
 * Makes the plan. Remarks about what the sources said and the plan does not take go to @notes.
 * Returns 0, or a negative errno with @reterr naming the setting; @ret is then left alone. -EAGAIN
 * means that what is wrong or missing came by DHCP or still may: asking it again can help, while no
 * waiting cures any other error.
 */
int plan_merge(const struct plan_sources *src, struct plan *ret, struct notes *notes,
	struct err *reterr) __attribute__((warn_unused_result));

#endif

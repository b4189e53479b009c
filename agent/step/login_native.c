/* SPDX-License-Identifier: GPL-2.0-or-later
 * The login engine that speaks iSCSI itself and gives the session to the kernel.
 */

#include "base/cleanup.h"
#include "step/iscsi_kernel.h"
#include "step/iscsi_leftover.h"
#include "step/login_engine.h"

/* Everything the kernel has to be told, in a session of its own; on failure there is none. */
static int hand_over(const struct iscsi_nl *nl, struct iscsi_dial_config *config,
	const struct portal *portal, uint32_t guess, uint64_t deadline_ms, struct iscsi_link *link,
	uint32_t *ret_host, struct err *reterr)
{
	struct iscsi_kernel session;
	int r = iscsi_kernel_create(nl, config, &session, reterr);

	if (r < 0)
		return r;
	if (session.sid != guess) {
		/* The number is part of the login: once more, now that it is known. */
		cleanup_fd(&link->fd);
		link->fd = -1;
		iscsi_kernel_isid(session.sid, config->isid);
		r = iscsi_dial(config, portal, deadline_ms, link, reterr);
	}
	if (r == 0)
		r = iscsi_kernel_start(nl, &session, config, link, reterr);
	if (r < 0)
		(void)!iscsi_kernel_destroy(nl, &session, NULL); /* the first reason counts */
	*ret_host = session.host;
	return r;
}

static int native_login(const struct plan *plan, const struct portal *portal, uint64_t deadline_ms,
	struct err *reterr)
{
	struct chap_keys chap;
	struct iscsi_dial_config config = {.initiator = plan->initiator,
		.target = plan->target,
		.chap = &chap,
		.header_digest = (enum iscsi_digest)plan->option[PLAN_HEADER_DIGEST],
		.data_digest = (enum iscsi_digest)plan->option[PLAN_DATA_DIGEST],
		.option = plan->option};
	struct iscsi_link link = {.fd = -1};
	struct iscsi_nl nl = {.fd = -1};
	uint32_t guess, host;
	int r = iscsi_nl_open(&nl, reterr);

	if (r < 0)
		return r;
	r = chap_keys_take(&plan->chap, &chap, reterr);
	if (r == 0) {
		guess = iscsi_leftover_next_sid();
		iscsi_kernel_isid(guess, config.isid);
		r = iscsi_dial(&config, portal, deadline_ms, &link, reterr);
	}
	if (r == 0) {
		iscsi_leftover_sweep(&nl, plan->target);
		r = hand_over(&nl, &config, portal, guess, deadline_ms, &link, &host, reterr);
	}
	if (r == 0)
		r = iscsi_kernel_scan(host, plan->lun_auto, plan->lun, deadline_ms, reterr);
	cleanup_fd(&link.fd); /* the kernel has its own hold on it */
	cleanup_fd(&nl.fd);
	return r;
}

const struct login_engine login_native = {"native", true, native_login};

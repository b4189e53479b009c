/* SPDX-License-Identifier: GPL-2.0-or-later
 * From a portal to a connection that is logged in: connecting, the login, and where a target sends us.
 */
#ifndef STEP_ISCSI_DIAL_H
#define STEP_ISCSI_DIAL_H

#include "step/iscsi_login.h"

#define ISCSI_WHERE_SIZE (SETTING_VALUE_SIZE + 16)

/* Who wants what. */
struct iscsi_dial_config {
	const char *initiator, *target; /* no target: a discovery session */
	const struct chap_keys *chap;
	enum iscsi_digest header_digest, data_digest;
	uint8_t isid[ISCSI_ISID_SIZE];
	uint32_t commands; /* that the session has sent before, see struct iscsi_login_config */
	const uint32_t *option; /* of the plan, for the kernel */
};

/* A connection in its full feature phase. */
struct iscsi_link {
	int fd; /* non-blocking, without Nagle's delay; the owner closes it */
	struct portal portal; /* that we are connected to: an address, also when it was a name */
	struct portal persistent; /* to come back to after an outage: moved only for good */
	struct iscsi_keys keys;
	uint16_t tsih;
	uint32_t exp_stat_sn;
	enum chap_alg chap; /* what the target chose, 0 without CHAP */
};

/* "HOST:PORT", IPv6 in brackets. */
void iscsi_portal_text(const struct portal *portal, char out[ISCSI_WHERE_SIZE]);

/*
 * Connects to @portal and logs in, following redirections (RFC 7143 section 11.13.5).
 *
 * Returns 0 with @ret filled, or a negative errno with @reterr: those of tcp_connect() and of
 * iscsi_login_feed(), -ELOOP after too many redirections, -ETIMEDOUT.
 */
int iscsi_dial(const struct iscsi_dial_config *config, const struct portal *portal,
	uint64_t deadline_ms, struct iscsi_link *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a target's refusals mean, as sentences.
 */
#ifndef STEP_ISCSI_STATUS_H
#define STEP_ISCSI_STATUS_H

#include "step/iscsi_login.h"

/*
 * The refusal of a login with a status class other than success and redirection
 * (RFC 7143 section 11.13.5). Returns a negative errno, the one in @reterr.
 */
int iscsi_status_login(const struct iscsi_login_config *config, const struct iscsi_response *r,
	struct err *reterr);

/* A PDU that is no answer to what was asked, @what: "a login". Returns the same. */
int iscsi_status_unexpected(
	const char *where, const struct iscsi_response *r, const char *what, struct err *reterr);

#endif

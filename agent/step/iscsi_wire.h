/* SPDX-License-Identifier: GPL-2.0-or-later
 * PDUs over a connection: whole or not at all, until a deadline.
 */
#ifndef STEP_ISCSI_WIRE_H
#define STEP_ISCSI_WIRE_H

#include "step/iscsi_pdu.h"

#define ISCSI_RECV_MAX 32768 /* bytes of data in a PDU that we take in discovery */

/* A connection, and the last PDU that came. The owner closes @fd. */
struct iscsi_wire {
	int fd; /* non-blocking */
	const char *where; /* the other side, for messages */
	uint64_t deadline_ms;
	uint8_t bhs[ISCSI_BHS_SIZE];
	uint32_t len;
	uint8_t data[ISCSI_RECV_MAX + 3];
};

/* Sends @req. Returns 0, or a negative errno with @reterr. */
int iscsi_wire_send(struct iscsi_wire *wire, const struct iscsi_request *req, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Receives one PDU and not a byte more, with at most @max bytes of data, which is at most
 * ISCSI_RECV_MAX. Returns 0, or a negative errno with @reterr: -ETIMEDOUT, -ECONNRESET (also when
 * the other side closes), -EBADMSG, -EMSGSIZE, ...
 */
int iscsi_wire_receive(struct iscsi_wire *wire, uint32_t max, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

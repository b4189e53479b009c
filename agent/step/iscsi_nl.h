/* SPDX-License-Identifier: GPL-2.0-or-later
 * The netlink messages by which the kernel's iSCSI transport is told about sessions.
 *
 * The layout is the kernel's struct iscsi_uevent (include/scsi/iscsi_if.h), which is no header for
 * programs: written down here as offsets.
 */
#ifndef STEP_ISCSI_NL_H
#define STEP_ISCSI_NL_H

#include "base/err.h"
#include "base/span.h"

#define ISCSI_NL_VALUE_MAX 512
#define ISCSI_NL_MSG_MAX   (16 + 56 + ISCSI_NL_VALUE_MAX)

enum iscsi_nl_type { /* ISCSI_UEVENT_* */
	ISCSI_NL_CREATE_SESSION = 11,
	ISCSI_NL_DESTROY_SESSION = 12,
	ISCSI_NL_CREATE_CONN = 13,
	ISCSI_NL_DESTROY_CONN = 14,
	ISCSI_NL_BIND_CONN = 15,
	ISCSI_NL_SET_PARAM = 16,
	ISCSI_NL_START_CONN = 17,
	ISCSI_NL_STOP_CONN = 18,
	ISCSI_NL_GET_STATS = 20,
};

enum iscsi_nl_param { /* ISCSI_PARAM_* */
	ISCSI_NL_MAX_RECV = 0,
	ISCSI_NL_MAX_XMIT = 1,
	ISCSI_NL_HEADER_DIGEST = 2,
	ISCSI_NL_DATA_DIGEST = 3,
	ISCSI_NL_INITIAL_R2T = 4,
	ISCSI_NL_MAX_R2T = 5,
	ISCSI_NL_IMMEDIATE_DATA = 6,
	ISCSI_NL_FIRST_BURST = 7,
	ISCSI_NL_MAX_BURST = 8,
	ISCSI_NL_PDU_IN_ORDER = 9,
	ISCSI_NL_SEQ_IN_ORDER = 10,
	ISCSI_NL_ERL = 11,
	ISCSI_NL_EXP_STAT_SN = 14,
	ISCSI_NL_TARGET_NAME = 15,
	ISCSI_NL_TPGT = 16,
	ISCSI_NL_PERSISTENT_ADDRESS = 17,
	ISCSI_NL_PERSISTENT_PORT = 18,
	ISCSI_NL_RECOVERY_TMO = 19,
	ISCSI_NL_USERNAME = 22,
	ISCSI_NL_USERNAME_IN = 23,
	ISCSI_NL_PASSWORD = 24,
	ISCSI_NL_PASSWORD_IN = 25,
	ISCSI_NL_FAST_ABORT = 26,
	ISCSI_NL_ABORT_TMO = 27,
	ISCSI_NL_LU_RESET_TMO = 28,
	ISCSI_NL_PING_TMO = 30,
	ISCSI_NL_RECV_TMO = 31,
	ISCSI_NL_IFACE_NAME = 32,
	ISCSI_NL_INITIATOR_NAME = 34,
	ISCSI_NL_TGT_RESET_TMO = 35,
};

/* A request: its own fields are 32 bits each, but for the socket of BIND_CONN. */
struct iscsi_nl_request {
	enum iscsi_nl_type type;
	uint64_t transport; /* handle */
	uint32_t sid, cid;
	uint32_t cmd_sn; /* CREATE_SESSION, with the next two */
	uint16_t cmds_max, queue_depth;
	uint64_t socket; /* BIND_CONN: a descriptor of this process */
	enum iscsi_nl_param param; /* SET_PARAM, with the next one */
	struct span value; /* without its NUL */
	uint32_t flag; /* STOP_CONN */
};

/* What came back. */
struct iscsi_nl_reply {
	int error; /* 0, or the negative errno for which the kernel refused */
	uint32_t
		word[2]; /* as the request says: session and host, session and connection, a result,
			or SCSI commands sent on the connection (GET_STATS) */
};

/* Where the kernel answers: a socket, and where its replies have their fields. */
struct iscsi_nl {
	int fd; /* the owner closes it */
	uint64_t transport; /* handle of iSCSI over TCP */
	size_t reply_at;
};

/* The offset of the answer in a message of the kernel of @machine, as uname(2) calls it. */
size_t iscsi_nl_reply_at(const char *machine);

/* Builds a message into @out. Returns its length, or -EMSGSIZE if the value is too long. */
int iscsi_nl_build(const struct iscsi_nl_request *req, uint8_t out[ISCSI_NL_MSG_MAX])
	__attribute__((warn_unused_result));

/*
 * Reads a message as the answer to a request of @type. Returns 1 with @ret, 0 if it is about
 * something else, -EBADMSG if it is too short.
 */
int iscsi_nl_parse(struct span msg, enum iscsi_nl_type type, size_t reply_at,
	struct iscsi_nl_reply *ret) __attribute__((warn_unused_result));

/*
 * Opens the socket and finds the transport. Returns 0, or -EOPNOTSUPP with @reterr if this kernel
 * has it not: a module that is missing.
 */
int iscsi_nl_open(struct iscsi_nl *ret, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Makes a request, whose transport is filled in. Returns 0 with @ret (which may tell of a refusal),
 * or a negative errno with @reterr when there is no answer.
 */
int iscsi_nl_call(const struct iscsi_nl *nl, struct iscsi_nl_request *req,
	struct iscsi_nl_reply *ret, struct err *reterr) __attribute__((warn_unused_result));

#endif

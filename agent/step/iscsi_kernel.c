/* SPDX-License-Identifier: GPL-2.0-or-later
 * A session that is logged in, given to the kernel as iscsid gives its own: sysfs shows all that
 * iscsid reads back when it takes the session over.
 *
 * iscsid lets the kernel carry the PDUs of a login; here the login is over when the kernel gets the
 * connection. CmdSN and ExpStatSN say where it is to go on.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "plan/plan.h"
#include "step/bounded.h"
#include "step/iscsi_kernel.h"

/* As iscsid has them (iscsid.conf). */
#define ABORT_S     15
#define LU_RESET_S  30
#define TGT_RESET_S 30
#define STOP_TERM   1 /* STOP_CONN_TERM */
#define STOP_AGAIN  3 /* STOP_CONN_RECOVER */
#define FLAT_LUN    0x4000 /* addressing of numbers above 255 (SAM-5 section 4.7.7.3) */
#define LUN_SIMPLE  255

static int refused(const char *what, int error, struct err *reterr)
{
	return err_sys(reterr, error, "the kernel does not %s", what);
}

/* A request whose answer is no more than a result. */
static int call(const struct iscsi_nl *nl, struct iscsi_nl_request *req, const char *what,
	struct iscsi_nl_reply *ret, struct err *reterr)
{
	int r = iscsi_nl_call(nl, req, ret, reterr);

	if (r < 0)
		return r;
	return ret->error ? refused(what, ret->error, reterr) : 0;
}

void iscsi_kernel_isid(uint32_t sid, uint8_t out[ISCSI_ISID_SIZE])
{
	const uint8_t isid[ISCSI_ISID_SIZE] = {
		0x00, 0x02, 0x3d, (uint8_t)(sid >> 16), (uint8_t)(sid >> 8), (uint8_t)sid};

	memcpy(out, isid, sizeof(isid));
}

int iscsi_kernel_create(const struct iscsi_nl *nl, const struct iscsi_dial_config *config,
	struct iscsi_kernel *ret, struct err *reterr)
{
	struct iscsi_nl_request req = {.type = ISCSI_NL_CREATE_SESSION,
		.cmd_sn = ISCSI_FIRST_CMD_SN,
		.cmds_max = (uint16_t)config->option[PLAN_CMDS_MAX],
		.queue_depth = (uint16_t)config->option[PLAN_QUEUE_DEPTH]};
	struct iscsi_kernel session = {.has_conn = false};
	struct iscsi_nl_reply reply;
	int r = call(nl, &req, "make an iSCSI session", &reply, reterr);

	if (r < 0)
		return r;
	session.sid = reply.word[0];
	session.host = reply.word[1];
	req = (struct iscsi_nl_request){.type = ISCSI_NL_CREATE_CONN, .sid = session.sid};
	r = call(nl, &req, "make a connection", &reply, reterr);
	if (r < 0) {
		(void)!iscsi_kernel_destroy(nl, &session, NULL); /* the first reason counts */
		return r;
	}
	session.has_conn = true;
	*ret = session;
	return 0;
}

static int bind_socket(const struct iscsi_nl *nl, uint32_t sid, int fd, struct err *reterr)
{
	struct iscsi_nl_request req = {
		.type = ISCSI_NL_BIND_CONN, .sid = sid, .socket = (uint64_t)fd};
	struct iscsi_nl_reply reply;
	int r = call(nl, &req, "take the connection", &reply, reterr);

	if (r < 0)
		return r;
	return reply.word[0] ? refused("take the connection", (int)reply.word[0], reterr) : 0;
}

/* One parameter. A kernel that does not know it goes without, as with iscsid. */
static int set(const struct iscsi_nl *nl, uint32_t sid, enum iscsi_nl_param param,
	struct span value, struct err *reterr)
{
	struct iscsi_nl_request req = {
		.type = ISCSI_NL_SET_PARAM, .sid = sid, .param = param, .value = value};
	struct iscsi_nl_reply reply;
	int r;

	if (!value.len)
		return 0;
	r = iscsi_nl_call(nl, &req, &reply, reterr);
	if (r < 0)
		return r;
	if (reply.error && reply.error != -ENOSYS)
		return err_sys(reterr, reply.error,
			"the kernel refuses the parameter %d of the session", param);
	return 0;
}

static int set_number(const struct iscsi_nl *nl, uint32_t sid, enum iscsi_nl_param param,
	uint32_t value, struct err *reterr)
{
	char text[12];
	int n = snprintf(text, sizeof(text), "%u", value);

	return set(nl, sid, param, span_of(text, (size_t)n), reterr);
}

static int set_texts(const struct iscsi_nl *nl, uint32_t sid,
	const struct iscsi_dial_config *config, const struct portal *persistent, struct err *reterr)
{
	const struct chap_keys *chap = config->chap;
	const struct {
		enum iscsi_nl_param param;
		bool wanted;
		struct span value;
	} table[] = {
		{ISCSI_NL_TARGET_NAME, true, span_str(config->target)},
		{ISCSI_NL_PERSISTENT_ADDRESS, true, span_str(persistent->host)},
		{ISCSI_NL_IFACE_NAME, true, span_str("default")},
		{ISCSI_NL_INITIATOR_NAME, true, span_str(config->initiator)},
		{ISCSI_NL_USERNAME, chap->present, span_str(chap->user)},
		{ISCSI_NL_PASSWORD, chap->present, span_of(chap->secret.byte, chap->secret.len)},
		{ISCSI_NL_USERNAME_IN, chap->mutual, span_str(chap->user_in)},
		{ISCSI_NL_PASSWORD_IN, chap->mutual,
			span_of(chap->secret_in.byte, chap->secret_in.len)},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int r = table[i].wanted ? set(nl, sid, table[i].param, table[i].value, reterr) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int set_numbers(const struct iscsi_nl *nl, uint32_t sid, const uint32_t *option,
	const struct iscsi_link *link, struct err *reterr)
{
	const uint32_t *v = link->keys.value;
	const struct {
		enum iscsi_nl_param param;
		uint32_t value;
	} table[] = {
		{ISCSI_NL_PERSISTENT_PORT, link->persistent.port},
		{ISCSI_NL_RECOVERY_TMO, option[PLAN_REPLACEMENT_S]},
		{ISCSI_NL_FAST_ABORT, 1},
		{ISCSI_NL_ABORT_TMO, ABORT_S},
		{ISCSI_NL_LU_RESET_TMO, LU_RESET_S},
		{ISCSI_NL_TGT_RESET_TMO, TGT_RESET_S},
		{ISCSI_NL_PING_TMO, option[PLAN_NOOP_TIMEOUT_S]},
		{ISCSI_NL_RECV_TMO, option[PLAN_NOOP_INTERVAL_S]},
		{ISCSI_NL_MAX_RECV, v[ISCSI_MAX_RECV]},
		{ISCSI_NL_MAX_XMIT, link->keys.max_send & ~3u},
		{ISCSI_NL_HEADER_DIGEST, v[ISCSI_HEADER_DIGEST]},
		{ISCSI_NL_DATA_DIGEST, v[ISCSI_DATA_DIGEST]},
		{ISCSI_NL_INITIAL_R2T, v[ISCSI_INITIAL_R2T]},
		{ISCSI_NL_MAX_R2T, v[ISCSI_MAX_R2T]},
		{ISCSI_NL_IMMEDIATE_DATA, v[ISCSI_IMMEDIATE_DATA]},
		{ISCSI_NL_FIRST_BURST, v[ISCSI_FIRST_BURST] & ~3u},
		{ISCSI_NL_MAX_BURST, v[ISCSI_MAX_BURST] & ~3u},
		{ISCSI_NL_PDU_IN_ORDER, v[ISCSI_PDU_IN_ORDER]},
		{ISCSI_NL_SEQ_IN_ORDER, v[ISCSI_SEQ_IN_ORDER]},
		{ISCSI_NL_ERL, v[ISCSI_ERL]},
		{ISCSI_NL_EXP_STAT_SN, link->exp_stat_sn},
		{ISCSI_NL_TPGT, link->keys.has_tpgt ? link->keys.tpgt : link->portal.tpgt},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int r = set_number(nl, sid, table[i].param, table[i].value, reterr);

		if (r < 0)
			return r;
	}
	return 0;
}

int iscsi_kernel_start(const struct iscsi_nl *nl, const struct iscsi_kernel *session,
	const struct iscsi_dial_config *config, const struct iscsi_link *link, struct err *reterr)
{
	struct iscsi_nl_request req = {.type = ISCSI_NL_START_CONN, .sid = session->sid};
	struct iscsi_nl_reply reply = {.word = {0}};
	int r = bind_socket(nl, session->sid, link->fd, reterr);

	if (r == 0)
		r = set_texts(nl, session->sid, config, &link->persistent, reterr);
	if (r == 0)
		r = set_numbers(nl, session->sid, config->option, link, reterr);
	if (r == 0)
		r = call(nl, &req, "start the session", &reply, reterr);
	if (r < 0)
		return r;
	return reply.word[0] ? refused("start the session", (int)reply.word[0], reterr) : 0;
}

int iscsi_kernel_suspend(const struct iscsi_nl *nl, const struct iscsi_kernel *session,
	uint32_t *ret_commands, struct err *reterr)
{
	struct iscsi_nl_request stop = {
		.type = ISCSI_NL_STOP_CONN, .sid = session->sid, .flag = STOP_AGAIN};
	struct iscsi_nl_request stats = {.type = ISCSI_NL_GET_STATS, .sid = session->sid};
	struct iscsi_nl_reply reply;
	/* The kernel may have stopped it by itself. */
	int r = iscsi_nl_call(nl, &stop, &reply, reterr);

	if (r == 0)
		r = call(nl, &stats, "say what the session has sent", &reply, reterr);
	if (r == 0)
		*ret_commands = reply.word[0];
	return r;
}

int iscsi_kernel_destroy(
	const struct iscsi_nl *nl, const struct iscsi_kernel *session, struct err *reterr)
{
	struct iscsi_nl_request stop = {
		.type = ISCSI_NL_STOP_CONN, .sid = session->sid, .flag = STOP_TERM};
	struct iscsi_nl_request conn = {.type = ISCSI_NL_DESTROY_CONN, .sid = session->sid};
	struct iscsi_nl_request all = {.type = ISCSI_NL_DESTROY_SESSION, .sid = session->sid};
	struct iscsi_nl_reply reply;
	int r = 0;

	if (session->has_conn) {
		/* One that was never bound has nothing to stop, and says so. */
		r = iscsi_nl_call(nl, &stop, &reply, reterr);
		if (r == 0)
			r = call(nl, &conn, "remove the connection", &reply, reterr);
	}
	return r < 0 ? r : call(nl, &all, "remove the session", &reply, reterr);
}

struct scan {
	char path[PATH_MAX], what[40];
};

static int scan(const void *arg)
{
	const struct scan *s = arg;

	return fs_poke(s->path, s->what);
}

int iscsi_kernel_scan(
	uint32_t host, bool all, uint64_t lun, uint64_t deadline_ms, struct err *reterr)
{
	struct scan s;
	int r;

	(void)snprintf(s.path, sizeof(s.path), "/sys/class/scsi_host/host%u/scan", host);
	if (all)
		strcpy(s.what, "- - -");
	else
		(void)snprintf(s.what, sizeof(s.what), "- - %llu",
			(unsigned long long)(lun > LUN_SIMPLE ? lun | FLAT_LUN : lun));
	r = bounded_run(scan, &s, deadline_ms);
	return r < 0 ? err_sys(reterr, r, "cannot look for the disks of the session") : 0;
}

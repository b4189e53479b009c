/* SPDX-License-Identifier: GPL-2.0-or-later
 * The netlink messages by which the kernel's iSCSI transport is told about sessions.
 *
 *   netlink header 16, type 4, error 4, transport 8, request 24, answer 16 [, value and NUL]
 *
 * All numbers are of this machine's own order. On i386 the request takes 20 bytes, and four bytes
 * fill up the end: a program that asks itself instead of the kernel waits for ever on a 64-bit one.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <linux/netlink.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/num.h"
#include "step/iscsi_nl.h"

#define HANDLE    "/sys/class/iscsi_transport/tcp/handle"
#define BODY_SIZE 56
#define GROUP     1 /* older kernels send their answers to it */
#define ANSWER_MS                                                                                  \
	30000 /* it is there when the request has been sent, but for a scan that goes on */

enum { EVENT_ERROR = 103 }; /* ISCSI_KEVENT_IF_ERROR */

/* Offsets behind the netlink header. */
enum { AT_TYPE = 0, AT_ERROR = 4, AT_TRANSPORT = 8, AT_REQUEST = 16, AT_ANSWER = 40 };
/* Of struct iscsi_stats, which follows then: two counts of octets, of other PDUs, of SCSI commands. */
enum { AT_COMMANDS = BODY_SIZE + 20 };

size_t iscsi_nl_reply_at(const char *machine)
{
	return strlen(machine) == 4 && machine[0] == 'i' && strcmp(machine + 2, "86") == 0
		       ? AT_ANSWER - 4
		       : AT_ANSWER;
}

static void put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

static void put64(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
}

int iscsi_nl_build(const struct iscsi_nl_request *req, uint8_t out[ISCSI_NL_MSG_MAX])
{
	uint8_t *body = out + NLMSG_HDRLEN, *u = body + AT_REQUEST;
	struct nlmsghdr h = {.nlmsg_type = (uint16_t)req->type};
	size_t len = NLMSG_HDRLEN + BODY_SIZE;

	memset(out, 0, len);
	put32(body + AT_TYPE, req->type);
	put64(body + AT_TRANSPORT, req->transport);
	put32(u, req->sid);
	put32(u + 4, req->cid);
	if (req->type == ISCSI_NL_CREATE_SESSION) {
		put32(u, req->cmd_sn);
		memcpy(u + 4, &req->cmds_max, 2);
		memcpy(u + 6, &req->queue_depth, 2);
	} else if (req->type == ISCSI_NL_BIND_CONN) {
		put64(u + 8, req->socket);
		put32(u + 16, 1); /* the first connection of its session */
	} else if (req->type == ISCSI_NL_STOP_CONN) {
		put32(u + 16, req->flag);
	} else if (req->type == ISCSI_NL_SET_PARAM) {
		if (req->value.len >= ISCSI_NL_VALUE_MAX)
			return -EMSGSIZE;
		put32(u + 8, req->param);
		put32(u + 12, (uint32_t)req->value.len + 1);
		memcpy(out + len, req->value.p, req->value.len);
		len += req->value.len;
		out[len++] = '\0';
	}
	h.nlmsg_len = (uint32_t)len;
	memcpy(out, &h, sizeof(h));
	return (int)len;
}

int iscsi_nl_parse(
	struct span msg, enum iscsi_nl_type type, size_t reply_at, struct iscsi_nl_reply *ret)
{
	struct span body = span_sub(msg, NLMSG_HDRLEN, msg.len);
	uint32_t got;

	if (body.len < BODY_SIZE)
		return -EBADMSG;
	memcpy(&got, body.p + AT_TYPE, sizeof(got));
	if (got != type && got != EVENT_ERROR)
		return 0;
	if (got == ISCSI_NL_GET_STATS) {
		reply_at = AT_COMMANDS;
		if (body.len < reply_at + sizeof(ret->word))
			return -EBADMSG;
	}
	memset(ret, 0, sizeof(*ret));
	if (got == EVENT_ERROR)
		memcpy(&ret->error, body.p + AT_ERROR, sizeof(ret->error));
	else
		memcpy(ret->word, body.p + reply_at, sizeof(ret->word));
	if (got == EVENT_ERROR && ret->error >= 0)
		ret->error = -EIO; /* it says that it failed, in its own numbers */
	return 1;
}

int iscsi_nl_open(struct iscsi_nl *ret, struct err *reterr)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = GROUP};
	_cleanup_fd_ int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ISCSI);
	struct utsname name;
	char handle[32];
	ssize_t n;

	if (fd < 0)
		return err_set(reterr, -EOPNOTSUPP,
			"this kernel has no iSCSI transport (%s): is the module "
			"scsi_transport_iscsi in the initramfs?",
			strerror(errno));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(reterr, -errno, "cannot talk to the kernel's iSCSI transport");
	n = fs_read_line(HANDLE, handle, sizeof(handle));
	if (n < 0 || num_parse_u64(span_of(handle, (size_t)n), UINT64_MAX, &ret->transport) < 0)
		return err_set(reterr, -EOPNOTSUPP,
			"this kernel has no iSCSI over TCP (" HANDLE "): is the module iscsi_tcp "
			"in the initramfs?");
	ret->reply_at = iscsi_nl_reply_at(uname(&name) == 0 ? name.machine : "");
	ret->fd = take_fd(&fd);
	return 0;
}

/* Waits for the answer to a request of @type: 0, or a negative errno. */
static int receive(const struct iscsi_nl *nl, enum iscsi_nl_type type, struct iscsi_nl_reply *ret)
{
	uint64_t deadline_ms = clock_now_ms() + ANSWER_MS;
	struct pollfd p = {nl->fd, POLLIN, 0};

	for (;;) {
		uint8_t buf[ISCSI_NL_MSG_MAX];
		struct sockaddr_nl from = {.nl_pid = 1};
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(nl->fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
		int r = n < 0 ? -errno : 0;

		if (r == -EAGAIN) {
			r = poll(&p, 1, clock_poll_ms(clock_now_ms(), deadline_ms));
			r = r == 0 ? -ETIMEDOUT : r < 0 ? -errno : 0;
		}
		if (r < 0 && r != -EINTR)
			return r;
		if (n <= 0 || from.nl_pid != 0)
			continue;
		r = iscsi_nl_parse(span_of(buf, (size_t)n), type, nl->reply_at, ret);
		if (r > 0)
			return 0;
	}
}

int iscsi_nl_call(const struct iscsi_nl *nl, struct iscsi_nl_request *req,
	struct iscsi_nl_reply *ret, struct err *reterr)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	uint8_t msg[ISCSI_NL_MSG_MAX];
	int r;

	req->transport = nl->transport;
	r = iscsi_nl_build(req, msg);
	if (r > 0 && sendto(nl->fd, msg, (size_t)r, 0, (const struct sockaddr *)&kernel,
			     sizeof(kernel)) < 0)
		r = -errno;
	if (r >= 0)
		r = receive(nl, req->type, ret);
	return r < 0 ? err_sys(reterr, r,
			       "the kernel's iSCSI transport does not answer (request %d)",
			       req->type)
		     : 0;
}

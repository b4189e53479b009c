/* SPDX-License-Identifier: GPL-2.0-or-later
 * Links, addresses and routes of the kernel over a NETLINK_ROUTE socket.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"
#include "step/rtnl.h"

/* The kernel sends no larger datagram to a reader that offers this much (NLMSG_GOODSIZE). */
#define DATAGRAM_SIZE 32768
/* It answers within the system call; a request without an answer would be a fault of ours. */
#define ANSWER_MS 5000

static int open_socket(struct rtnl *nl, int flags, uint32_t groups, struct err *reterr)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	_cleanup_fd_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);
	int on = 1;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(reterr, -errno, "cannot open an rtnetlink socket");
	/* Better messages where the kernel has them (since 4.12); none are needed. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	*nl = (struct rtnl){.fd = take_fd(&fd)};
	return 0;
}

int rtnl_open(struct rtnl *nl, struct err *reterr)
{
	return open_socket(nl, 0, 0, reterr);
}

int rtnl_open_monitor(struct rtnl *nl, struct err *reterr)
{
	return open_socket(nl, SOCK_NONBLOCK, RTMGRP_LINK, reterr);
}

int rtnl_open_monitor6(struct rtnl *nl, struct err *reterr)
{
	return open_socket(nl, SOCK_NONBLOCK, RTMGRP_IPV6_IFADDR, reterr);
}

void rtnl_close(struct rtnl *nl)
{
	cleanup_fd(&nl->fd);
	nl->fd = -1;
}

/* One datagram of the kernel; others may send to a netlink socket too, and are not heard. */
static int receive(const struct rtnl *nl, uint8_t *buf, struct span *ret)
{
	struct sockaddr_nl from;
	struct iovec iov = {buf, DATAGRAM_SIZE};
	ssize_t n;

	do {
		struct msghdr h = {.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &iov,
			.msg_iovlen = 1};

		from.nl_pid = 0;
		n = recvmsg(nl->fd, &h, 0);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n >= 0 && (h.msg_flags & MSG_TRUNC))
			return -EMSGSIZE;
	} while (n < 0 || from.nl_pid != 0);
	*ret = span_of(buf, (size_t)n);
	return 0;
}

static int send_request(struct rtnl *nl, struct rtnl_request *req)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	nl->seq++;
	memcpy(req->buf + offsetof(struct nlmsghdr, nlmsg_seq), &nl->seq, sizeof(nl->seq));
	if (sendto(nl->fd, req->buf, req->len, 0, (const struct sockaddr *)&kernel,
		    sizeof(kernel)) < 0)
		return -errno;
	return 0;
}

/*
 * Reads what the kernel answers to the last request: @each for every message of a dump, until the
 * acknowledgement. Returns its result, with the kernel's words in @text.
 */
static int read_answer(struct rtnl *nl, void (*each)(void *ctx, const struct rtnl_msg *msg),
	void *ctx, char *text, size_t text_size)
{
	_cleanup_free_ uint8_t *buf = malloc(DATAGRAM_SIZE);

	if (!buf)
		return -ENOMEM;
	for (;;) {
		struct pollfd p = {nl->fd, POLLIN, 0};
		struct rtnl_msg msg;
		struct span in, words;
		int r = poll(&p, 1, ANSWER_MS);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -ETIMEDOUT;
		r = receive(nl, buf, &in);
		while (r == 0 && (r = rtnl_msg_next(&in, &msg)) > 0) {
			r = 0;
			if (msg.seq != nl->seq)
				continue; /* late answer to an earlier request */
			if (msg.type == NLMSG_ERROR || msg.type == NLMSG_DONE) {
				r = rtnl_msg_result(&msg, &words);
				if (words.len)
					(void)span_escape(words, text, text_size);
				return r;
			}
			if (each)
				each(ctx, &msg);
		}
		if (r < 0)
			return r;
	}
}

int rtnl_do(struct rtnl *nl, struct rtnl_request *req, struct err *reterr, const char *what, ...)
{
	char words[120] = "", about[160];
	va_list ap;
	int r;

	r = send_request(nl, req);
	if (r == 0)
		r = read_answer(nl, NULL, NULL, words, sizeof(words));
	if (r == 0)
		return 0;
	va_start(ap, what);
	(void)vsnprintf(about, sizeof(about), what, ap); /* a name and an address fit */
	va_end(ap);
	err_fill_sys(reterr, r, "%s", about);
	if (reterr && words[0]) {
		size_t at = strlen(reterr->text);

		(void)snprintf(reterr->text + at, sizeof(reterr->text) - at, " (%s)", words);
	}
	return r;
}

static int dump_with(struct rtnl *nl, struct rtnl_request *req,
	void (*each)(void *ctx, const struct rtnl_msg *msg), void *ctx, struct err *reterr)
{
	char words[8];
	int r = send_request(nl, req);

	if (r == 0)
		r = read_answer(nl, each, ctx, words, sizeof(words));
	return r < 0 ? err_sys(reterr, r, "cannot list network interfaces and routes") : 0;
}

static int dump(struct rtnl *nl, uint16_t type, void (*each)(void *ctx, const struct rtnl_msg *msg),
	void *ctx, struct err *reterr)
{
	struct rtnl_request req;

	rtnl_msg_dump(&req, type);
	return dump_with(nl, &req, each, ctx, reterr);
}

struct link_listener {
	void (*seen)(void *ctx, const struct rtnl_link *link);
	void *ctx;
};

/* A link that cannot be read is none of ours: the kernel's messages are well-formed. */
static void tell_link(void *ctx, const struct rtnl_msg *msg)
{
	const struct link_listener *l = ctx;
	struct rtnl_link link;

	if ((msg->type == RTM_NEWLINK || msg->type == RTM_DELLINK) &&
		rtnl_msg_parse_link(msg, &link) == 0)
		l->seen(l->ctx, &link);
}

int rtnl_dump_links(struct rtnl *nl, void (*seen)(void *ctx, const struct rtnl_link *link),
	void *ctx, struct err *reterr)
{
	struct link_listener l = {seen, ctx};

	return dump(nl, RTM_GETLINK, tell_link, &l, reterr);
}

int rtnl_read_links(struct rtnl *nl, void (*seen)(void *ctx, const struct rtnl_link *link),
	void *ctx, struct err *reterr)
{
	struct link_listener l = {seen, ctx};
	_cleanup_free_ uint8_t *buf = malloc(DATAGRAM_SIZE);

	if (!buf)
		return err_sys(reterr, -ENOMEM, "cannot read changes of network interfaces");
	for (;;) {
		struct rtnl_msg msg;
		struct span in;
		int r = receive(nl, buf, &in);

		if (r == -EAGAIN)
			return 0;
		while (r == 0 && (r = rtnl_msg_next(&in, &msg)) > 0) {
			tell_link(&l, &msg);
			r = 0;
		}
		if (r < 0)
			return err_sys(reterr, r, "cannot read changes of network interfaces");
	}
}

static void note_default_route(void *ctx, const struct rtnl_msg *msg)
{
	int *ifindex = ctx, found;

	if (!*ifindex && msg->type == RTM_NEWROUTE &&
		rtnl_msg_parse_default_route(msg, &found) == 0)
		*ifindex = found;
}

struct address_search {
	int ifindex; /* wanted, 0 for any */
	bool found;
	struct rtnl_address address;
};

static void note_address(void *ctx, const struct rtnl_msg *msg)
{
	struct address_search *s = ctx;
	struct rtnl_address a;

	if (s->found || msg->type != RTM_NEWADDR || rtnl_msg_parse_address(msg, &a) < 0)
		return;
	if (!a.global || (s->ifindex && a.ifindex != s->ifindex))
		return;
	s->found = true;
	s->address = a;
}

int rtnl_find_address(struct rtnl *nl, struct rtnl_address *ret, struct err *reterr)
{
	struct address_search search = {.found = false};
	int r;

	r = dump(nl, RTM_GETROUTE, note_default_route, &search.ifindex, reterr);
	if (r == 0)
		r = dump(nl, RTM_GETADDR, note_address, &search, reterr);
	if (r < 0)
		return r;
	if (search.found)
		*ret = search.address;
	return search.found;
}

struct address6_listener {
	void (*seen)(void *ctx, const struct rtnl_address6 *address);
	void *ctx;
};

static void tell_address6(void *ctx, const struct rtnl_msg *msg)
{
	const struct address6_listener *l = ctx;
	struct rtnl_address6 a;

	if (msg->type == RTM_NEWADDR && rtnl_msg_parse_address6(msg, &a) == 0)
		l->seen(l->ctx, &a);
}

int rtnl_dump_addresses6(struct rtnl *nl,
	void (*seen)(void *ctx, const struct rtnl_address6 *address), void *ctx, struct err *reterr)
{
	struct address6_listener l = {seen, ctx};
	struct rtnl_request req;

	rtnl_msg_dump_addresses6(&req);
	return dump_with(nl, &req, tell_address6, &l, reterr);
}

void rtnl_drain(struct rtnl *nl)
{
	uint8_t byte;

	while (recv(nl->fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0)
		;
}

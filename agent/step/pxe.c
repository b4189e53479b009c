/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a ProxyDHCP server says at its own port (PXE 2.1 section 2.2.3): a REQUEST as PXE client, from
 * the address that a DHCP server gave, for which there has to be one first.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "source/dhcp_frame.h"
#include "step/pxe.h"

#define PXE_PORT    4011
#define ATTEMPTS    3
#define ATTEMPT_MS  700 /* dnsmasq's dhcp-reply-delay is not for this port */
#define PACKETS_MAX 16

/* A socket that hears nobody but the proxy. */
static int open_socket(
	const struct network_report *report, struct in_addr proxy, struct err *reterr)
{
	struct sockaddr_in from = {.sin_family = AF_INET,
		.sin_port = htons(DHCP_CLIENT_PORT),
		.sin_addr = report->address};
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(PXE_PORT), .sin_addr = proxy};
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
		connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_sys(reterr, -errno, "cannot ask it");
	return take_fd(&fd);
}

/* The answer among what waits at @fd: 1 with @ret, 0 if there is none yet, or a negative errno. */
static int receive(
	int fd, uint32_t xid, const struct nic *nic, struct lease *ret, struct notes *notes)
{
	uint8_t buf[DHCP_MSG_SIZE];

	for (unsigned int i = 0; i < PACKETS_MAX; i++) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		struct notes found = {.n = 0};

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (!dhcp_msg_is_for(span_of(buf, (size_t)n), xid, nic->mac) ||
			dhcp_lease_parse(span_of(buf, (size_t)n), ret, &found, NULL) < 0 ||
			ret->type != DHCP_ACK)
			continue;
		*notes = found;
		return 1;
	}
	return 0;
}

static int wait_for_answer(int fd, uint32_t xid, const struct nic *nic, uint64_t until_ms,
	struct lease *ret, struct notes *notes)
{
	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};
		uint64_t now_ms = clock_now_ms();
		int r;

		if (now_ms >= until_ms)
			return 0;
		if (poll(&p, 1, clock_poll_ms(now_ms, until_ms)) < 0 && errno != EINTR)
			return -errno;
		r = receive(fd, xid, nic, ret, notes);
		if (r != 0)
			return r;
	}
}

static int ask(const struct nic *nic, const struct network_report *report, uint64_t deadline_ms,
	struct lease *ret, struct notes *notes, struct err *reterr)
{
	const struct dhcp_client *c = &nic->dhcp;
	struct dhcp_msg_params p = {.type = DHCP_REQUEST,
		.xid = c->xids[1],
		.arch = c->arch,
		.as_pxe = true,
		.ciaddr = report->address};
	uint8_t message[DHCP_MSG_BUILD_SIZE];
	_cleanup_fd_ int fd = open_socket(report, c->choice.proxy.server_id, reterr);

	if (fd < 0)
		return fd;
	memcpy(p.mac, nic->mac, MAC_LEN);
	for (unsigned int i = 0; i < ATTEMPTS; i++) {
		int r = send(fd, message, dhcp_msg_build(&p, message), 0) < 0 ? -errno : 0;

		if (r == 0)
			r = wait_for_answer(fd, p.xid, nic,
				clock_min(deadline_ms, clock_now_ms() + ATTEMPT_MS), ret, notes);
		if (r < 0)
			return err_sys(reterr, r, "it does not answer at port %d", PXE_PORT);
		if (r > 0)
			return 0;
	}
	return err_set(reterr, -ETIMEDOUT, "it does not answer at port %d", PXE_PORT);
}

void pxe_ask(const struct nic *nic, uint64_t deadline_ms, struct network_report *report)
{
	_cleanup_free_ struct lease *answer = calloc(1, sizeof(*answer));
	struct notes notes = {.n = 0};
	struct err err = {.code = 0};
	char server[IP4_TEXT_SIZE];

	if (!answer || !dhcp_choice_asks_proxy(&nic->dhcp.choice))
		return;
	num_format_ip4(nic->dhcp.choice.proxy.server_id, server);
	if (ask(nic, report, deadline_ms, answer, &notes, &err) < 0) {
		notes_add(&report->notes, "the proxy %s names no boot file: %s", server, err.text);
		return;
	}
	dhcp_choice_merge(&report->lease, answer);
	for (unsigned int i = 0; i < notes.n; i++)
		notes_add(&report->notes, "proxy: %s", notes.text[i]);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * A TCP connection with a deadline, and what its failure means.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/names.h"
#include "step/tcp.h"

static int wait_connected(int fd, uint64_t deadline_ms)
{
	struct pollfd p = {fd, POLLOUT, 0};
	socklen_t len = sizeof(int);
	int n, e = 0;

	do
		n = poll(&p, 1, clock_poll_ms(clock_now_ms(), deadline_ms));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		return -errno;
	return -e;
}

static int connect_one(const char *host, uint16_t port, uint64_t deadline_ms, struct err *reterr)
{
	struct sockaddr_storage address;
	_cleanup_fd_ int fd = -1;
	socklen_t len;
	int r;

	if (names_to_sockaddr(host, port, &address, &len) < 0)
		return err_set(reterr, -EDESTADDRREQ, "%s is no address", host);
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(reterr, -errno, "cannot make a TCP socket");
	r = connect(fd, (const struct sockaddr *)&address, len) < 0 ? -errno : 0;
	if (r == -EINPROGRESS)
		r = wait_connected(fd, deadline_ms);
	if (r == -ECONNREFUSED)
		return err_set(reterr, r,
			"%s refuses connections to port %u: is the service running there?", host,
			port);
	if (r == -ETIMEDOUT || r == -EHOSTUNREACH)
		return err_set(
			reterr, r, "%s does not answer on port %u: is the machine on?", host, port);
	if (r == -ENETUNREACH)
		return err_set(reterr, r, "%s: no route to it: check the gateway", host);
	if (r < 0)
		return err_sys(reterr, r, "cannot connect to %s port %u", host, port);
	return take_fd(&fd);
}

int tcp_connect(const char *host, uint16_t port, uint64_t deadline_ms, struct err *reterr)
{
	struct names names = {.n = 0};
	int r = names_find(host, deadline_ms, &names, reterr), first = r;

	for (unsigned int i = 0; i < names.n; i++) {
		/* One that is silent leaves time to the others. */
		uint64_t now_ms = clock_now_ms(), left = names.n - i;
		uint64_t until_ms = deadline_ms == CLOCK_FOREVER || deadline_ms <= now_ms
					    ? deadline_ms
					    : now_ms + (deadline_ms - now_ms) / left;

		r = connect_one(names.address[i], port, until_ms, i ? NULL : reterr);
		if (r >= 0)
			return r;
		first = i ? first : r; /* it speaks for all */
	}
	return first;
}

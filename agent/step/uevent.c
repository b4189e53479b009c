/* SPDX-License-Identifier: GPL-2.0-or-later
 * Kernel uevents: how a step learns that a device came, without sleeping.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/uevent.h"

#define UEVENT_SIZE   8192 /* the kernel builds them in 2048 bytes */
#define UEVENT_BUFFER (1024 * 1024)
#define GROUP_KERNEL  1

int uevent_open(struct err *reterr)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL};
	int size = UEVENT_BUFFER;
	_cleanup_fd_ int fd = socket(
		AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return err_sys(reterr, -errno, "cannot listen to kernel events");
	/* A small buffer only means that events are lost, which counts as a change. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(reterr, -errno, "cannot listen to kernel events");
	return take_fd(&fd);
}

bool uevent_is_block(struct span m)
{
	while (m.len)
		if (span_eq_str(span_cut(&m, '\0'), "SUBSYSTEM=block"))
			return true;
	return false;
}

/* Takes all waiting messages: 1 if one is about a block device, 0 if none is, or an errno. */
static int drain(int fd)
{
	int changed = 0;

	for (;;) {
		char buf[UEVENT_SIZE];
		struct sockaddr_nl from = {.nl_pid = 1};
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

		if (n < 0 && errno == ENOBUFS)
			changed = 1;
		else if (n < 0 && errno == EAGAIN)
			return changed;
		else if (n < 0 && errno != EINTR)
			return -errno;
		/* Only the kernel has port 0: a process cannot pretend to be it. */
		else if (n > 0 && from.nl_pid == 0 && uevent_is_block(span_of(buf, (size_t)n)))
			changed = 1;
	}
}

int uevent_wait_block(int fd, uint64_t deadline_ms, struct err *reterr)
{
	struct pollfd p = {fd, POLLIN, 0};

	for (;;) {
		int r = poll(&p, 1, clock_poll_ms(clock_now_ms(), deadline_ms));

		if (r == 0)
			return 0;
		if (r > 0)
			r = drain(fd);
		else if (errno == EINTR)
			r = 0;
		else
			r = -errno;
		if (r < 0)
			return err_sys(reterr, r, "cannot read kernel events");
		if (r > 0)
			return 1;
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The sockets of step/renew. All that comes is read from the packet socket, which hears broadcasts as
 * well; the UDP socket sends from the right address, and is there so that the kernel does not tell
 * the server that nobody listens on port 68.
 */
#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "source/dhcp_frame.h"
#include "step/renew_io.h"

static int open_link(struct renew_io *io)
{
	unsigned int ifindex;
	int r;

	if (io->link.fd >= 0)
		return 0;
	ifindex = if_nametoindex(io->ifname);
	r = ifindex ? dhcp_io_open(&io->link, (int)ifindex, io->mac, NULL) : -ENODEV;
	io->link.holds = r == 0;
	return r;
}

/* Other clients of DHCP may run on other interfaces of this machine. */
static int open_udp(struct renew_io *io)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = {1, &nothing};
	struct sockaddr_in from = {.sin_family = AF_INET,
		.sin_port = htons(DHCP_CLIENT_PORT),
		.sin_addr = io->address};
	int one = 1;
	_cleanup_fd_ int fd = -1;

	if (io->udp_fd >= 0)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, io->ifname,
			(socklen_t)strlen(io->ifname)) < 0 ||
		bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		return -errno;
	io->udp_fd = take_fd(&fd);
	return 0;
}

static int io_unicast(void *ctx, struct in_addr server, const uint8_t *message, size_t len)
{
	struct renew_io *io = ctx;
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(DHCP_SERVER_PORT), .sin_addr = server};
	int r = open_link(io);

	if (r == 0)
		r = open_udp(io);
	if (r < 0)
		return r;
	return sendto(io->udp_fd, message, len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) <
			       0
		       ? -errno
		       : 0;
}

static int io_broadcast(void *ctx, const uint8_t *message, size_t len)
{
	struct renew_io *io = ctx;
	struct dhcp_transport link;
	int r = open_link(io);

	if (r < 0)
		return r;
	(void)open_udp(io); /* for the kernel's sake; the answers come without it, too */
	link = dhcp_io_transport(&io->link);
	return link.send(link.ctx, message, len);
}

static ssize_t io_receive(void *ctx, uint8_t *buf, size_t size)
{
	struct renew_io *io = ctx;
	struct dhcp_transport link = dhcp_io_transport(&io->link);

	return io->link.fd < 0 ? 0 : link.receive(link.ctx, buf, size);
}

static int io_probe(void *ctx, struct in_addr address)
{
	struct renew_io *io = ctx;
	struct dhcp_transport link = dhcp_io_transport(&io->link);
	int r = open_link(io);

	if (r < 0)
		return r;
	/* A new socket each time: old ARP of a whole network would fill it up before the answer. */
	cleanup_fd(&io->link.arp_fd);
	io->link.arp_fd = -1;
	return link.probe(link.ctx, address);
}

static int io_conflict(void *ctx, struct in_addr address, uint8_t ret_mac[MAC_LEN])
{
	struct renew_io *io = ctx;
	struct dhcp_transport link = dhcp_io_transport(&io->link);

	return io->link.fd < 0 ? 0 : link.conflict(link.ctx, address, ret_mac);
}

static void io_rest(void *ctx)
{
	renew_io_close(ctx);
}

void renew_io_init(
	struct renew_io *io, const char *ifname, const uint8_t mac[MAC_LEN], struct in_addr address)
{
	*io = (struct renew_io){.address = address, .link = {.fd = -1, .arp_fd = -1}, .udp_fd = -1};
	if (span_copy(span_str(ifname), io->ifname, sizeof(io->ifname)) < 0)
		io->ifname[0] = '\0'; /* there is no such interface */
	memcpy(io->mac, mac, MAC_LEN);
}

void renew_io_close(struct renew_io *io)
{
	dhcp_io_close(&io->link);
	cleanup_fd(&io->udp_fd);
	io->udp_fd = -1;
}

struct renew_transport renew_io_transport(struct renew_io *io)
{
	return (struct renew_transport){
		.link = {.ctx = io,
			.send = io_broadcast,
			.receive = io_receive,
			.probe = io_probe,
			.conflict = io_conflict},
		.unicast = io_unicast,
		.rest = io_rest,
	};
}

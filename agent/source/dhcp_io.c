/* SPDX-License-Identifier: GPL-2.0-or-later
 * DHCP over a packet socket: works before the interface has an address.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "source/dhcp_arp.h"
#include "source/dhcp_frame.h"
#include "source/dhcp_io.h"
#include "source/dhcp_msg.h"

#define FRAME_SIZE (DHCP_MSG_SIZE + 60 + 8) /* with the longest IP header, and UDP's */

#define OFF_CHADDR 28 /* in the message behind the UDP header (RFC 2131 figure 1) */

#define ARP_MAX 64 /* packets looked at: a flood must not hold the boot */

/*
 * IPv4, UDP, no fragment, to port 68, for our chaddr: everything else stays in the kernel. Answers are
 * broadcast, and in a room full of machines that are switched on together those to the others would
 * fill the socket before ours comes.
 */
static int attach_filter(int fd, const uint8_t mac[MAC_LEN])
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9), /* protocol */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 10),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6), /* flags and fragment offset */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 8, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* length of the IP header */
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2), /* destination port */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP_CLIENT_PORT, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 8 + OFF_CHADDR),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, num_be32(mac), 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 8 + OFF_CHADDR + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, num_be16(mac + 4), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

int dhcp_io_open(struct dhcp_io *io, int ifindex, const uint8_t mac[MAC_LEN], struct err *reterr)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = ifindex,
	};
	int one = 1, r;
	/* Protocol 0: nothing arrives before the filter is in place and bind() names one. */
	_cleanup_fd_ int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(reterr, -errno,
			"opening a packet socket for DHCP (is the module af_packet loaded?)");
	r = attach_filter(fd, mac);
	if (r < 0)
		return err_sys(reterr, r, "attaching the filter to the DHCP socket");
	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) < 0)
		return err_sys(reterr, -errno, "asking for checksum states on the DHCP socket");
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(reterr, -errno, "binding the DHCP socket to interface %d", ifindex);
	*io = (struct dhcp_io){.fd = take_fd(&fd), .arp_fd = -1, .ifindex = ifindex};
	memcpy(io->mac, mac, MAC_LEN);
	return 0;
}

void dhcp_io_close(struct dhcp_io *io)
{
	cleanup_fd(&io->fd);
	cleanup_fd(&io->arp_fd);
	io->fd = io->arp_fd = -1;
}

static int broadcast(int fd, int ifindex, uint16_t protocol, const void *packet, size_t len)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = ifindex,
		.sll_halen = ETH_ALEN,
		.sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};

	return sendto(fd, packet, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

static int io_send(void *ctx, const uint8_t *message, size_t len)
{
	const struct dhcp_io *io = ctx;
	uint8_t frame[DHCP_FRAME_HEADER + DHCP_MSG_SIZE];
	ssize_t n = dhcp_frame_build(span_of(message, len), frame, sizeof(frame));

	return n < 0 ? (int)n : broadcast(io->fd, io->ifindex, ETH_P_IP, frame, (size_t)n);
}

/* The socket is there from the first probe on: ARP of a whole network is not heard for nothing. */
static int io_probe(void *ctx, struct in_addr address)
{
	struct dhcp_io *io = ctx;
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = io->ifindex,
	};
	uint8_t packet[DHCP_ARP_SIZE];

	if (io->arp_fd < 0) {
		_cleanup_fd_ int fd =
			socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
			return -errno;
		io->arp_fd = take_fd(&fd);
	}
	dhcp_arp_probe(io->mac, address, packet);
	return broadcast(io->arp_fd, io->ifindex, ETH_P_ARP, packet, sizeof(packet));
}

/*
 * An interface of ours in the same network answers for our addresses, too: Linux has them for the
 * whole machine's (arp_ignore=0), with whichever interface hears the question.
 */
static bool is_own(const uint8_t mac[MAC_LEN])
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		struct sockaddr_ll link;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_PACKET)
			continue;
		memcpy(&link, i->ifa_addr, sizeof(link));
		found = link.sll_halen == MAC_LEN && memcmp(link.sll_addr, mac, MAC_LEN) == 0;
	}
	freeifaddrs(all);
	return found;
}

static int io_conflict(void *ctx, struct in_addr address, uint8_t ret_mac[MAC_LEN])
{
	const struct dhcp_io *io = ctx;
	uint8_t packet[DHCP_ARP_SIZE], mac[MAC_LEN];

	for (unsigned int i = 0; io->arp_fd >= 0 && i < ARP_MAX; i++) {
		ssize_t n = recv(io->arp_fd, packet, sizeof(packet), 0);

		if (n < 0 && errno != EINTR)
			return errno == EAGAIN ? 0 : -errno;
		if (n > 0 &&
			dhcp_arp_is_conflict(
				span_of(packet, (size_t)n), io->mac, address, io->holds, mac) &&
			!is_own(mac)) {
			memcpy(ret_mac, mac, MAC_LEN);
			return 1;
		}
	}
	return 0;
}

/* The status flags that the kernel gives with a packet, TP_STATUS_*; 0 if it gave none. */
static uint32_t packet_status(struct msghdr *msg)
{
	struct tpacket_auxdata aux;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
			c->cmsg_len < CMSG_LEN(sizeof(aux)))
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		return aux.tp_status;
	}
	return 0;
}

static ssize_t io_receive(void *ctx, uint8_t *buf, size_t size)
{
	const struct dhcp_io *io = ctx;
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	uint8_t frame[FRAME_SIZE];
	struct sockaddr_ll from = {.sll_family = AF_PACKET};
	struct iovec iov = {frame, sizeof(frame)};
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct span payload;
	ssize_t n = recvmsg(io->fd, &msg, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	/* Frames to others, and those of a VLAN that nobody here has, come as PACKET_OTHERHOST. */
	if ((msg.msg_flags & MSG_TRUNC) ||
		(from.sll_pkttype != PACKET_HOST && from.sll_pkttype != PACKET_BROADCAST))
		return -EBADMSG;
	if (dhcp_frame_payload(span_of(frame, (size_t)n),
		    !(packet_status(&msg) & TP_STATUS_CSUMNOTREADY), &payload) < 0 ||
		payload.len == 0 || payload.len > size)
		return -EBADMSG;
	memcpy(buf, payload.p, payload.len);
	return (ssize_t)payload.len;
}

struct dhcp_transport dhcp_io_transport(struct dhcp_io *io)
{
	return (struct dhcp_transport){.ctx = io,
		.send = io_send,
		.receive = io_receive,
		.probe = io_probe,
		.conflict = io_conflict};
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * DHCP over a packet socket: works before the interface has an address.
 */
#ifndef SOURCE_DHCP_IO_H
#define SOURCE_DHCP_IO_H

#include "base/err.h"
#include "source/dhcp.h"

struct dhcp_io {
	int fd; /* AF_PACKET socket with a filter for what is to us; poll it for POLLIN */
	int arp_fd; /* -1, or the same for ARP, from the probe on */
	int ifindex;
	bool holds; /* the address that is probed for is ours: set by the caller after dhcp_io_open() */
	uint8_t mac[MAC_LEN];
};

/* Opens the socket on @ifindex, whose address is @mac. Returns 0 or a negative errno with @reterr. */
int dhcp_io_open(struct dhcp_io *io, int ifindex, const uint8_t mac[MAC_LEN], struct err *reterr)
	__attribute__((warn_unused_result));
void dhcp_io_close(struct dhcp_io *io);

/* The transport that uses @io, which must outlive it. */
struct dhcp_transport dhcp_io_transport(struct dhcp_io *io);

#endif

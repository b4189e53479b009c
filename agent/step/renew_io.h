/* SPDX-License-Identifier: GPL-2.0-or-later
 * The sockets of step/renew: there only while an answer is waited for.
 */
#ifndef STEP_RENEW_IO_H
#define STEP_RENEW_IO_H

#include <net/if.h>

#include "source/dhcp_io.h"
#include "step/renew.h"

struct renew_io {
	char ifname[IF_NAMESIZE];
	uint8_t mac[MAC_LEN];
	struct in_addr address; /* that the lease is for */
	struct dhcp_io link; /* fd -1 while at rest */
	int udp_fd; /* bound to the address, port 68; -1 while at rest */
};

/* Nothing is opened yet. */
void renew_io_init(struct renew_io *io, const char *ifname, const uint8_t mac[MAC_LEN],
	struct in_addr address);
void renew_io_close(struct renew_io *io);

/* The transport that uses @io, which must outlive it. Poll io->link.fd, if it is there. */
struct renew_transport renew_io_transport(struct renew_io *io);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The IPv4 and UDP headers around a DHCP message on a packet socket.
 */
#ifndef SOURCE_DHCP_FRAME_H
#define SOURCE_DHCP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/span.h"

#define DHCP_SERVER_PORT  67
#define DHCP_CLIENT_PORT  68
#define DHCP_FRAME_HEADER 28 /* IPv4 without options, and UDP */

/*
 * Writes the datagram that carries @message from 0.0.0.0:68 to 255.255.255.255:67 into @out.
 * Returns its length, or -EMSGSIZE if it does not fit into @size bytes.
 */
ssize_t dhcp_frame_build(struct span message, uint8_t *out, size_t size)
	__attribute__((warn_unused_result));

/*
 * Finds the DHCP message in @frame, an IPv4 packet with perhaps the padding of Ethernet behind it.
 * @csum_ready is false when the sender left the UDP checksum to hardware that was never passed,
 * as between a guest and its host; the sum is then not checked.
 *
 * Returns 0, or -EBADMSG if a length does not fit, a checksum is wrong, or it is a fragment or not
 * UDP to port 68.
 */
int dhcp_frame_payload(struct span frame, bool csum_ready, struct span *ret)
	__attribute__((warn_unused_result));

#endif

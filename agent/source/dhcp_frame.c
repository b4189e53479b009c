/* SPDX-License-Identifier: GPL-2.0-or-later
 * The IPv4 and UDP headers around a DHCP message on a packet socket (RFC 791, RFC 768).
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/num.h"
#include "source/dhcp_frame.h"

#define IP_HEADER   20
#define UDP_HEADER  8
#define TOS_VALUE   0xc0 /* class selector 6, network control: a boot storm must not drop it */
#define TTL_VALUE   64
#define IP_FRAGMENT 0x3fff /* more fragments, or an offset */

/* Adds the 16-bit words of @s to the ones' complement sum (RFC 1071). */
static uint32_t sum_add(uint32_t sum, struct span s)
{
	for (size_t i = 0; i + 1 < s.len; i += 2)
		sum += num_be16(s.p + i);
	if (s.len & 1)
		sum += (uint32_t)s.p[s.len - 1] << 8;
	return sum;
}

static uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The folded sum of a UDP datagram and its pseudo header: 0xffff when its checksum is right. */
static uint16_t udp_sum(const uint8_t *ip, struct span udp)
{
	uint32_t sum = sum_add(0, span_of(ip + 12, 8));

	return sum_fold(sum_add(sum + IPPROTO_UDP + (uint32_t)udp.len, udp));
}

ssize_t dhcp_frame_build(struct span message, uint8_t *out, size_t size)
{
	size_t len = DHCP_FRAME_HEADER + message.len;
	uint8_t *udp = out + IP_HEADER;
	uint16_t check;

	if (len > size || len > UINT16_MAX)
		return -EMSGSIZE;
	memset(out, 0, DHCP_FRAME_HEADER);
	out[0] = 0x45;
	out[1] = TOS_VALUE;
	num_put_be16(out + 2, (uint16_t)len);
	out[8] = TTL_VALUE;
	out[9] = IPPROTO_UDP;
	num_put_be32(out + 16, INADDR_BROADCAST);
	num_put_be16(out + 10, (uint16_t)~sum_fold(sum_add(0, span_of(out, IP_HEADER))));

	num_put_be16(udp, DHCP_CLIENT_PORT);
	num_put_be16(udp + 2, DHCP_SERVER_PORT);
	num_put_be16(udp + 4, (uint16_t)(UDP_HEADER + message.len));
	if (message.len)
		memcpy(udp + UDP_HEADER, message.p, message.len);
	check = (uint16_t)~udp_sum(out, span_of(udp, UDP_HEADER + message.len));
	num_put_be16(udp + 6, check ? check : 0xffff); /* 0 would mean that there is none */
	return (ssize_t)len;
}

int dhcp_frame_payload(struct span frame, bool csum_ready, struct span *ret)
{
	size_t header, total, udp_len;
	struct span udp;

	if (frame.len < IP_HEADER || frame.p[0] >> 4 != 4)
		return -EBADMSG;
	header = (size_t)(frame.p[0] & 0x0f) * 4;
	total = num_be16(frame.p + 2);
	if (header < IP_HEADER || total < header + UDP_HEADER || total > frame.len)
		return -EBADMSG;
	if (sum_fold(sum_add(0, span_sub(frame, 0, header))) != 0xffff)
		return -EBADMSG;
	if (frame.p[9] != IPPROTO_UDP || (num_be16(frame.p + 6) & IP_FRAGMENT))
		return -EBADMSG;

	udp = span_sub(frame, header, total - header);
	udp_len = num_be16(udp.p + 4);
	if (num_be16(udp.p + 2) != DHCP_CLIENT_PORT || udp_len < UDP_HEADER || udp_len > udp.len)
		return -EBADMSG;
	udp = span_sub(udp, 0, udp_len);
	if (csum_ready && num_be16(udp.p + 6) && udp_sum(frame.p, udp) != 0xffff)
		return -EBADMSG;
	*ret = span_sub(udp, UDP_HEADER, udp.len);
	return 0;
}

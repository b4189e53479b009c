/* SPDX-License-Identifier: GPL-2.0-or-later
 * ARP packets of address conflict detection (RFC 5227).
 *
 *   packet = hardware(2) protocol(2) hlen plen operation(2)
 *            sender-mac(6) sender-address(4) target-mac(6) target-address(4)     (RFC 826)
 */
#include <string.h>

#include "source/dhcp_arp.h"

#define OP_REQUEST 1
#define OP_REPLY   2

#define OFF_OPERATION      6
#define OFF_SENDER_MAC     8
#define OFF_SENDER_ADDRESS 14
#define OFF_TARGET_ADDRESS 24

static const uint8_t for_ethernet_ip4[OFF_OPERATION] = {0x00, 0x01, 0x08, 0x00, MAC_LEN, 4};

void dhcp_arp_probe(const uint8_t mac[MAC_LEN], struct in_addr address, uint8_t out[DHCP_ARP_SIZE])
{
	memset(out, 0, DHCP_ARP_SIZE);
	memcpy(out, for_ethernet_ip4, sizeof(for_ethernet_ip4));
	num_put_be16(out + OFF_OPERATION, OP_REQUEST);
	memcpy(out + OFF_SENDER_MAC, mac, MAC_LEN);
	memcpy(out + OFF_TARGET_ADDRESS, &address, sizeof(address));
}

bool dhcp_arp_is_conflict(struct span packet, const uint8_t mac[MAC_LEN], struct in_addr address,
	bool held, uint8_t ret_mac[MAC_LEN])
{
	const struct in_addr none = {0};
	struct in_addr sender, target;
	uint16_t op;

	if (packet.len < DHCP_ARP_SIZE ||
		memcmp(packet.p, for_ethernet_ip4, sizeof(for_ethernet_ip4)) != 0)
		return false;
	op = num_be16(packet.p + OFF_OPERATION);
	memcpy(&sender, packet.p + OFF_SENDER_ADDRESS, sizeof(sender));
	memcpy(&target, packet.p + OFF_TARGET_ADDRESS, sizeof(target));
	if ((op != OP_REQUEST && op != OP_REPLY) ||
		memcmp(packet.p + OFF_SENDER_MAC, mac, MAC_LEN) == 0)
		return false;
	if (sender.s_addr != address.s_addr &&
		!(!held && op == OP_REQUEST && sender.s_addr == none.s_addr &&
			target.s_addr == address.s_addr))
		return false;
	memcpy(ret_mac, packet.p + OFF_SENDER_MAC, MAC_LEN);
	return true;
}

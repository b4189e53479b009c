/* SPDX-License-Identifier: GPL-2.0-or-later
 * ARP packets of address conflict detection (RFC 5227; packet format RFC 826).
 */
#ifndef SOURCE_DHCP_ARP_H
#define SOURCE_DHCP_ARP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"
#include "base/span.h"

#define DHCP_ARP_SIZE 28

/* Writes an ARP probe for @address: a request without a sender address (RFC 5227 section 2.1.1). */
void dhcp_arp_probe(const uint8_t mac[MAC_LEN], struct in_addr address, uint8_t out[DHCP_ARP_SIZE]);

/*
 * True if @packet, an ARP packet behind its Ethernet header, says that another machine than @mac uses
 * @address; or, unless it is @held by us, probes for it at the same time (RFC 5227 section 2.1.1): a
 * probe for a held address claims nothing, and there are switches that send them. @ret_mac is its.
 */
bool dhcp_arp_is_conflict(struct span packet, const uint8_t mac[MAC_LEN], struct in_addr address,
	bool held, uint8_t ret_mac[MAC_LEN]);

#endif

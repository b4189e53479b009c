/* SPDX-License-Identifier: GPL-2.0-or-later
 * rtnetlink messages as bytes: requests that are built, links and addresses that are read.
 */
#ifndef STEP_RTNL_MSG_H
#define STEP_RTNL_MSG_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"
#include "base/span.h"
#include "source/dhcp_lease.h"

#define RTNL_REQUEST_SIZE 256

/* One message, complete but for its sequence number; every request fits. */
struct rtnl_request {
	size_t len;
	uint8_t buf[RTNL_REQUEST_SIZE];
};

/* A received message: its header, and what follows it. */
struct rtnl_msg {
	uint16_t type; /* RTM_*, NLMSG_* */
	uint16_t flags;
	uint32_t seq;
	struct span body;
};

/* A network interface, as RTM_NEWLINK or RTM_DELLINK tell. */
struct rtnl_link {
	int ifindex;
	char name[IF_NAMESIZE];
	unsigned int type; /* ARPHRD_* */
	unsigned int flags; /* IFF_* */
	bool has_mac;
	uint8_t mac[MAC_LEN];
	bool enslaved; /* part of a bridge or bond */
	bool gone; /* RTM_DELLINK */
};

/* An IPv4 address of an interface. */
struct rtnl_address {
	int ifindex;
	struct in_addr address;
	unsigned int prefix;
	bool global; /* its scope is neither host nor link */
};

/* An IPv6 address of an interface. */
struct rtnl_address6 {
	int ifindex;
	struct in6_addr address;
	unsigned int prefix;
	bool global; /* its scope is neither host nor link */
	bool tentative; /* the kernel still asks whether somebody else has it (RFC 4862 section 5.4) */
	bool duplicate; /* somebody has */
};

/* All links, all IPv4 addresses or all IPv4 routes: RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE. */
void rtnl_msg_dump(struct rtnl_request *req, uint16_t type);
void rtnl_msg_dump_addresses6(struct rtnl_request *req);
void rtnl_msg_set_up(struct rtnl_request *req, int ifindex, bool up);

/* Makes the interface @name (shorter than IF_NAMESIZE) for the VLAN @id on the interface @parent. */
void rtnl_msg_add_vlan(struct rtnl_request *req, int parent, const char *name, unsigned int id);
void rtnl_msg_set_mtu(struct rtnl_request *req, int ifindex, unsigned int mtu);

/* @broadcast 0.0.0.0 for none. The address is valid for ever: no timer may take the root's away. */
void rtnl_msg_add_address(struct rtnl_request *req, int ifindex, struct in_addr address,
	unsigned int prefix, struct in_addr broadcast);
void rtnl_msg_del_address(
	struct rtnl_request *req, int ifindex, struct in_addr address, unsigned int prefix);

/* @protocol: RTPROT_DHCP or RTPROT_BOOT; @source is the preferred source address. */
void rtnl_msg_add_route(struct rtnl_request *req, int ifindex, const struct lease_route *route,
	struct in_addr source, uint8_t protocol);

/* The same for IPv6. The kernel looks whether the address is free: see rtnl_address6. */
void rtnl_msg_add_address6(
	struct rtnl_request *req, int ifindex, const struct in6_addr *address, unsigned int prefix);
void rtnl_msg_del_address6(
	struct rtnl_request *req, int ifindex, const struct in6_addr *address, unsigned int prefix);
void rtnl_msg_add_default_route6(
	struct rtnl_request *req, int ifindex, const struct in6_addr *gateway);

/*
 * Reads the next message from a datagram.
 * Returns 1, 0 at the end, or -EBADMSG if a length runs past the end.
 */
int rtnl_msg_next(struct span *in, struct rtnl_msg *ret) __attribute__((warn_unused_result));

/*
 * What an NLMSG_ERROR or NLMSG_DONE says: 0 or a negative errno, and in @ret_text the kernel's own
 * words if it sent any (NETLINK_EXT_ACK). -EBADMSG if the message is short.
 */
int rtnl_msg_result(const struct rtnl_msg *msg, struct span *ret_text)
	__attribute__((warn_unused_result));

/* RTM_NEWLINK, RTM_DELLINK. Returns 0, or -EBADMSG with @ret left alone. */
int rtnl_msg_parse_link(const struct rtnl_msg *msg, struct rtnl_link *ret)
	__attribute__((warn_unused_result));

/* RTM_NEWADDR of IPv4. Returns 0, -ENOENT if it is of another family, or -EBADMSG. */
int rtnl_msg_parse_address(const struct rtnl_msg *msg, struct rtnl_address *ret)
	__attribute__((warn_unused_result));

/* The same of IPv6. */
int rtnl_msg_parse_address6(const struct rtnl_msg *msg, struct rtnl_address6 *ret)
	__attribute__((warn_unused_result));

/*
 * RTM_NEWROUTE. Returns 0 with the interface of an IPv4 default route of the main table, -ENOENT
 * if it is another route, or -EBADMSG.
 */
int rtnl_msg_parse_default_route(const struct rtnl_msg *msg, int *ret_ifindex)
	__attribute__((warn_unused_result));

#endif

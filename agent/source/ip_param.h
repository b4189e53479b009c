/* SPDX-License-Identifier: GPL-2.0-or-later
 * The word ip= of the kernel command line, in all forms of initramfs-tools.
 */
#ifndef SOURCE_IP_PARAM_H
#define SOURCE_IP_PARAM_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

enum ip_method { IP_DHCP, IP_STATIC, IP_OFF, IP_STATIC6, IP_AUTO6 };

/* Addresses are 0.0.0.0 or :: where the field was empty. */
struct ip_param {
	enum ip_method method;
	struct in_addr client, server, gateway;
	unsigned int prefix; /* of the address class when the netmask field is empty */
	char hostname[65];
	char device[IF_NAMESIZE];
	struct in_addr dns[2], ntp;
	struct in6_addr client6, gateway6, dns6[2];
	unsigned int prefix6; /* 64 when the netmask field is empty */
};

/*
 * Reads the value of ip= (Linux Documentation/admin-guide/nfs/nfsroot.rst):
 * CLIENT:SERVER:GATEWAY:NETMASK:HOSTNAME:DEVICE:AUTOCONF:DNS0:DNS1:NTP0, or one of
 * off none on any dhcp bootp rarp both auto6, or a device name. As dracut has it, IPv6 addresses stand in
 * brackets, NETMASK is then a prefix length, and auto6 takes the address that a router's advertisement
 * makes.
 *
 * Returns 0, or -EINVAL, or -EOPNOTSUPP for DHCPv6, with @reterr naming field and column; @ret is then
 * left alone.
 */
int ip_param_parse(struct span value, struct ip_param *ret, struct err *reterr)
	__attribute__((warn_unused_result));

struct vlan_param {
	bool present;
	char name[IF_NAMESIZE], parent[IF_NAMESIZE];
	unsigned int id; /* 1 to 4094 */
};

/*
 * Reads the value of vlan=, NAME:PARENT, as initramfs-tools and dracut have it: the number is in the
 * name, eth0.5, eth0.0005, vlan5 or vlan0005.
 *
 * Returns 0, or -EINVAL with @reterr; @ret is then left alone.
 */
int vlan_param_parse(struct span value, struct vlan_param *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

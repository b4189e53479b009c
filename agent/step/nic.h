/* SPDX-License-Identifier: GPL-2.0-or-later
 * The network interfaces that race for the root: which take part, and how far each has come.
 */
#ifndef STEP_NIC_H
#define STEP_NIC_H

#include "plan/plan.h"
#include "source/dhcp.h"
#include "source/dhcp_io.h"
#include "step/rtnl.h"

#define NICS_MAX 16

struct nic {
	int ifindex; /* 0: this place is free */
	char name[IF_NAMESIZE];
	uint8_t mac[MAC_LEN];
	bool down;
	bool raised; /* it was down, and we set it up */
	bool carrier;
	uint64_t carrier_ms;
	uint64_t udev_until_ms; /* udev may rename it until then */
	uint64_t retry_ms; /* something failed: nothing is tried before this */
	bool only_looks; /* for offers, not for an address */
	bool running; /* the client below has started */
	uint64_t discover_ms;
	struct dhcp_io io;
	struct dhcp_client dhcp;
	struct err failure; /* what failed last, code 0 if nothing did */
};

/*
 * True if @link may carry the root: the one that the plan names, or else any wired Ethernet
 * interface with hardware behind it that is no part of a bridge or bond.
 */
bool nic_is_wanted(const struct plan *plan, const struct rtnl_link *link);

/* True if @link, which was wanted, no longer is: renamed, or put into a bridge or bond. */
bool nic_is_lost(const struct plan *plan, const struct rtnl_link *link);

/*
 * Starts the DHCP client: the carrier is up. With @ciaddr the interface has that address and only
 * informs itself. Returns 0 or a negative errno with @reterr.
 */
int nic_start_dhcp(struct nic *nic, struct in_addr ciaddr, const struct dhcp_judge *judge,
	uint64_t now_ms, struct err *reterr) __attribute__((warn_unused_result));

/* The type of this machine's firmware for option 93, enum dhcp_arch. */
uint16_t nic_arch(void);

/* Ends it: the carrier is gone, or the race is over. */
void nic_stop_dhcp(struct nic *nic);

/* "eth0: no carrier; eth1: no DHCP answer for 12 s", or what is waited for when there is none. */
void nic_describe(const struct plan *plan, const struct nic nics[NICS_MAX], uint64_t now_ms,
	char *out, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the machine knows of itself: serial number, UUID, the MAC address of its NIC.
 */
#ifndef SOURCE_MACHINE_H
#define SOURCE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"

struct machine {
	bool has_mac; /* of the interface that carries the root; set once it is known */
	uint8_t mac[MAC_LEN];
	char serial[17]; /* Raspberry Pi: 16 hexadecimal digits in lower case; "" if none */
	char uuid[37]; /* SMBIOS system UUID in lower case; "" if none */
	char hostname[65]; /* of ip= or DHCP, once they are merged; "" if none */
};

/*
 * The "Serial" line of /proc/cpuinfo as 16 digits in lower case in @ret, which is left alone if there
 * is none or it has no value.
 */
void machine_cpuinfo_serial(struct span cpuinfo, char ret[17]);

/* Reads serial number and UUID from the device tree or cpuinfo, and SMBIOS; what is not there stays "". */
void machine_read(struct machine *ret);

#endif

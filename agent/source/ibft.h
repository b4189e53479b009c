/* SPDX-License-Identifier: GPL-2.0-or-later
 * The iSCSI Boot Firmware Table as a source: what a firmware that booted from a LUN left in memory, and
 * the kernel's module iscsi_ibft shows below /sys/firmware/ibft.
 */
#ifndef SOURCE_IBFT_H
#define SOURCE_IBFT_H

#include <sys/types.h>

#include "base/notes.h"
#include "source/ip_param.h"
#include "source/settings.h"

#define IBFT_DIR       "/sys/firmware/ibft"
#define IBFT_TEXT_SIZE 512 /* of one attribute */
#define IBFT_BLOCKS    8 /* targets, and adapters; the format knows two of each */

struct ibft {
	struct settings set; /* initiator, target, lun, portals */
	struct chap chap;
	/* The adapter through which that target is reached. */
	bool has_mac;
	uint8_t mac[MAC_LEN];
	unsigned int vlan_id; /* 0 for none */
	struct ip_param ip; /* IP_DHCP if the address came by it, or there is none */
	struct notes notes; /* what was malformed, and left out */
};

/*
 * Reads one attribute, "target0/lun", into @buf as a string without its newline. Returns its length, or
 * a negative errno if there is none.
 */
typedef ssize_t (*ibft_attr)(void *ctx, const char *name, char *buf, size_t size);

/*
 * Takes the table apart: the target that the firmware booted from, further portals of the same target,
 * and its adapter. Returns 0, or -ENOENT if no target is in it; @ret is then left alone.
 */
int ibft_parse(ibft_attr attr, void *ctx, struct ibft *ret) __attribute__((warn_unused_result));

/* The same from the directory @dirfd: IBFT_DIR, or one made like it. */
int ibft_load(int dirfd, struct ibft *ret) __attribute__((warn_unused_result));

#endif

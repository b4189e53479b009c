/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a DHCPv4 message means: the lease and what it says about the boot.
 */
#ifndef SOURCE_DHCP_LEASE_H
#define SOURCE_DHCP_LEASE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/notes.h"
#include "base/span.h"
#include "source/dhcp_msg.h"
#include "source/nfs_root.h"
#include "source/settings.h"

#define LEASE_ROUTES  32
#define LEASE_SERVERS 4
#define LEASE_VENDORS 4
#define LEASE_NAME    256
#define LEASE_FOREVER 0xffffffffu

struct lease_route {
	struct in_addr dst; /* network order, host bits zero */
	unsigned int prefix;
	struct in_addr gateway; /* 0.0.0.0: on the link (RFC 3442) */
};

/* One enterprise's part of option 125 (RFC 3925 section 4). */
struct lease_vendor {
	uint32_t enterprise; /* IANA's private enterprise number */
	unsigned int bytes;
};

struct lease {
	enum dhcp_type type;
	uint32_t xid;
	uint8_t chaddr[6];
	struct in_addr address; /* yiaddr */
	unsigned int prefix; /* option 1, or of the address class without it */
	struct in_addr broadcast; /* option 28, or of the prefix; 0.0.0.0 if there is none */
	struct in_addr server_id; /* option 54, 0.0.0.0 if absent */
	struct in_addr siaddr;
	char message[LEASE_NAME]; /* option 56, why a NAK: escaped, "" if absent */

	unsigned int n_routes; /* option 121, else 33 and 3 (RFC 3442) */
	struct lease_route route[LEASE_ROUTES];
	unsigned int n_dns;
	struct in_addr dns[LEASE_SERVERS];
	unsigned int n_ntp;
	struct in_addr ntp[LEASE_SERVERS]; /* option 42 */
	unsigned int n_vendors;
	struct lease_vendor vendor[LEASE_VENDORS]; /* option 125: shown, not acted on */
	unsigned int mtu; /* 0 if absent */
	bool has_lease_time;
	uint32_t lease_s, t1_s, t2_s; /* LEASE_FOREVER without option 51; T1, T2: 1/2 and 7/8 */

	/* Checked by dhcp_text.h; "" if absent or refused. */
	char hostname[LEASE_NAME]; /* option 12 */
	char domain[LEASE_NAME]; /* option 15 */
	char search[LEASE_NAME]; /* option 119, names separated by blanks */
	char bootfile[LEASE_NAME]; /* option 67 or the file field; printable ASCII without blanks */
	char rootpath[LEASE_NAME]; /* option 17 as text without CHAP names, for the klibc file */
	bool pxe_client; /* option 60 is of class PXEClient: an answer to one (RFC 4578) */
	bool pi_boot_server; /* option 43 holds "Raspberry Pi Boot" */

	/*
	 * What the options say about the boot: 17, 203 and the first of 66, 150, siaddr, 54 as
	 * server, or of a PXE answer the first boot server in 43.8 before siaddr; 43 wins over
	 * these, and 224 over all. A portal replaces those of lower options. The word is
	 * "option N", "option 43.N" or "siaddr".
	 */
	struct settings boot;
	struct chap chap; /* of the root path in option 17 or 43 */
	struct nfs_root nfs_root; /* option 17, if it names one */
};

/*
 * Reads the DHCP message @packet (RFC 2131 section 2: op to options; no UDP header).
 *
 * Returns 0; -EBADMSG if it is no well-formed BOOTREPLY with a DHCP message type (reason in
 * @reterr), and @ret is left alone. A malformed option that is optional is left out, with a
 * remark in @notes.
 */
int dhcp_lease_parse(struct span packet, struct lease *ret, struct notes *notes, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * True if @lease names the boot server on purpose: by an option for it, with a boot file, root
 * path or PXE menu beside the address, or by the address of another machine. Else the server, if any, is just the one
 * that gives out addresses.
 */
bool dhcp_lease_names_server(const struct lease *lease);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * DHCPv4 messages as bytes (RFC 2131 section 2, options RFC 2132).
 */
#ifndef SOURCE_DHCP_MSG_H
#define SOURCE_DHCP_MSG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/num.h"
#include "base/span.h"

#define DHCP_MSG_SIZE       1500 /* longest message that is read: nothing longer fits a frame */
#define DHCP_MSG_BUILD_SIZE 400 /* room for what dhcp_msg_build() writes */

enum dhcp_type { /* RFC 2132 section 9.6, option 53 */
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_DECLINE = 4,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
	DHCP_INFORM = 8,
};

enum dhcp_option { /* sections of RFC 2132 where no other is named */
	DHCP_OPT_PAD = 0, /* 3.1 */
	DHCP_OPT_NETMASK = 1, /* 3.3 */
	DHCP_OPT_ROUTER = 3, /* 3.5 */
	DHCP_OPT_DNS = 6, /* 3.8 */
	DHCP_OPT_HOST_NAME = 12, /* 3.14 */
	DHCP_OPT_DOMAIN = 15, /* 3.17 */
	DHCP_OPT_ROOT_PATH = 17, /* 3.19; RFC 4173 for iSCSI */
	DHCP_OPT_MTU = 26, /* 5.1 */
	DHCP_OPT_BROADCAST = 28, /* 5.3 */
	DHCP_OPT_STATIC_ROUTE = 33, /* 5.8 */
	DHCP_OPT_NTP = 42, /* 8.3 */
	DHCP_OPT_VENDOR = 43, /* 8.4 */
	DHCP_OPT_REQUESTED = 50, /* 9.1 */
	DHCP_OPT_LEASE_TIME = 51, /* 9.2 */
	DHCP_OPT_OVERLOAD = 52, /* 9.3 */
	DHCP_OPT_TYPE = 53, /* 9.6 */
	DHCP_OPT_SERVER_ID = 54, /* 9.7 */
	DHCP_OPT_PARAMETERS = 55, /* 9.8 */
	DHCP_OPT_MESSAGE = 56, /* 9.9 */
	DHCP_OPT_MAX_SIZE = 57, /* 9.10 */
	DHCP_OPT_T1 = 58, /* 9.11 */
	DHCP_OPT_T2 = 59, /* 9.12 */
	DHCP_OPT_CLASS = 60, /* 9.13 */
	DHCP_OPT_CLIENT_ID = 61, /* 9.14 */
	DHCP_OPT_TFTP_SERVER = 66, /* 9.4 */
	DHCP_OPT_BOOTFILE = 67, /* 9.5 */
	DHCP_OPT_ARCH = 93, /* RFC 4578 section 2.1 */
	DHCP_OPT_UNDI = 94, /* RFC 4578 section 2.2 */
	DHCP_OPT_SEARCH = 119, /* RFC 3397 */
	DHCP_OPT_ROUTES = 121, /* RFC 3442 */
	DHCP_OPT_VENDOR_ID = 125, /* RFC 3925 section 4 */
	DHCP_OPT_TFTP_ADDRESSES = 150, /* RFC 5859 */
	DHCP_OPT_INITIATOR = 203, /* iPXE's iSCSI initiator name */
	DHCP_OPT_PINET = 224, /* site-specific (RFC 3942): pinet.NAME=VALUE words */
	DHCP_OPT_END = 255, /* 3.2 */
};

/*
 * Option 93: IANA's registry "Processor Architecture Types". It names the firmware that asks; when
 * pinet asks, that is history, and the type serves only servers that sort their clients by it.
 */
enum dhcp_arch {
	DHCP_ARCH_X86_BIOS = 0x0000, /* also what the Raspberry Pi's firmware sends */
	DHCP_ARCH_X64_UEFI = 0x0007,
	DHCP_ARCH_ARM32_UEFI = 0x000a,
	DHCP_ARCH_ARM64_UEFI = 0x000b,
};

/* What a message of the client says. Addresses are 0.0.0.0 where they do not belong. */
struct dhcp_msg_params {
	enum dhcp_type type;
	uint32_t xid;
	uint16_t secs; /* since the first DISCOVER */
	uint16_t arch; /* enum dhcp_arch */
	bool as_pxe; /* of the class PXEClient, as its firmware is; else of the class pinet */
	bool unicast; /* the answer need not be broadcast, though there is no ciaddr */
	uint8_t mac[MAC_LEN];
	struct in_addr ciaddr; /* the address in use: INFORM, RELEASE, renewal */
	struct in_addr requested; /* option 50: REQUEST, DECLINE */
	struct in_addr server_id; /* option 54: REQUEST, DECLINE, RELEASE */
};

/*
 * Writes a BOOTREQUEST into @buf with what RFC 2131 table 5 allows for its type, padded to the 300
 * bytes of BOOTP (RFC 951 section 3), below which some relays and servers drop it. Without ciaddr, a
 * broadcast answer is asked for unless unicast is set. Returns its length.
 */
size_t dhcp_msg_build(const struct dhcp_msg_params *p, uint8_t buf[DHCP_MSG_BUILD_SIZE]);

/* A message that was taken apart. sname and file are borrowed from the packet. */
struct dhcp_msg {
	uint8_t op; /* 1 BOOTREQUEST, 2 BOOTREPLY */
	uint32_t xid;
	uint16_t secs, flags;
	struct in_addr ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[MAC_LEN];
	struct span sname, file; /* up to the first NUL; empty when overloaded with options */
	uint16_t start[257]; /* option N is joined[start[N]] up to joined[start[N + 1]] */
	uint8_t joined[DHCP_MSG_SIZE];
};

/*
 * Reads the next option from @in (RFC 2132 section 2), also of the encapsulated ones in option 43.
 *
 * Returns 1 with @ret_code and @ret_val set, 0 at END or at the end of @in, -EBADMSG if a length
 * runs past @in. On failure @in is left alone.
 */
int dhcp_msg_next(struct span *in, uint8_t *ret_code, struct span *ret_val)
	__attribute__((warn_unused_result));

/*
 * Takes @packet apart: the fields for Ethernet, and the options of the options field and, where
 * option 52 says so, of file and sname, the parts of split ones joined in this order (RFC 3396).
 *
 * Returns 0, or -EBADMSG with @reterr if it is no DHCP message or an option runs past the end of
 * its field; @ret is then left alone.
 */
int dhcp_msg_parse(struct span packet, struct dhcp_msg *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * True if @packet belongs to the exchange @xid of the client @mac. One too short to say may: it is
 * for dhcp_msg_parse() to refuse. Answers to other clients come by broadcast, well-formed or not.
 */
bool dhcp_msg_is_for(struct span packet, uint32_t xid, const uint8_t mac[MAC_LEN]);

/* The value of option @code, borrowed from @m; empty if it is absent. */
struct span dhcp_msg_option(const struct dhcp_msg *m, uint8_t code);

/* True if @a can be the address of one host: not 0/8, loopback, multicast, reserved, broadcast. */
bool dhcp_msg_is_host(struct in_addr a);

#endif

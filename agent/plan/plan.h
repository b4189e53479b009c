/* SPDX-License-Identifier: GPL-2.0-or-later
 * The boot plan: everything that the steps need to know, and where each field came from.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"
#include "source/dhcp_lease.h"
#include "source/settings.h"

#define PLAN_PATH_SIZE 256
#define PLAN_NAME_SIZE 256 /* an iSCSI name has at most 223 bytes (RFC 7143 section 4.2.7.1) */

enum origin { ORIGIN_DEFAULT, ORIGIN_DHCP, ORIGIN_IBFT, ORIGIN_CONF, ORIGIN_CMDLINE };

enum plan_field {
	PLAN_SERVER,
	PLAN_ID,
	PLAN_NET,
	PLAN_ADDRESS,
	PLAN_DHCP,
	PLAN_INITIATOR,
	PLAN_TARGET,
	PLAN_PORTAL,
	PLAN_CHAP,
	PLAN_LUN,
	PLAN_ROOT,
	PLAN_NFS_ROOT,
	PLAN_FIRMWARE,
	PLAN_FIRMWARE_DIR,
	PLAN_FIRMWARE_OPTIONS,
	PLAN_FIRMWARE_POLICY,
	PLAN_LOGIN,
	PLAN_TIMEOUT,
	PLAN_ONFAIL,
	PLAN_LOG,
	PLAN_DEBUG,
	PLAN_OPTIONS, /* one for each enum plan_option */
	PLAN_OPTIONS_LAST = PLAN_OPTIONS + 7,
	PLAN_FIELD_COUNT,
};

struct plan_origin {
	enum origin from;
	char word[SETTING_WORD_SIZE]; /* as the source spells it; "" for a default */
};

enum plan_method {
	PLAN_METHOD_DHCP,
	PLAN_METHOD_STATIC,
	PLAN_METHOD_OFF,
	PLAN_METHOD_STATIC6, /* address6, and no IPv4 */
	PLAN_METHOD_AUTO6, /* of a router's advertisement, and no IPv4 */
};
enum plan_trust { PLAN_TRUST_ALL, PLAN_TRUST_ADDRESS, PLAN_TRUST_OFF };
enum plan_login { PLAN_LOGIN_AUTO, PLAN_LOGIN_NATIVE, PLAN_LOGIN_ISCSISTART };
enum plan_onfail { PLAN_ONFAIL_SHELL, PLAN_ONFAIL_REBOOT, PLAN_ONFAIL_POWEROFF, PLAN_ONFAIL_LOCAL };

enum plan_root {
	PLAN_ROOT_NONE, /* root= was not given */
	PLAN_ROOT_LABEL, /* LABEL=, UUID=, PARTLABEL=, PARTUUID=: looked up on the session's disks */
	PLAN_ROOT_UUID,
	PLAN_ROOT_PARTLABEL,
	PLAN_ROOT_PARTUUID,
	PLAN_ROOT_PART, /* part:N; N == 0 is the whole disk */
	PLAN_ROOT_DEVICE, /* a /dev path that other scripts make (LVM, LUKS): left as it is */
	PLAN_ROOT_NFS, /* /dev/nfs */
};

/* What can be set of a session by the names that open-iscsi has, in the order of the settings. */
enum plan_option {
	PLAN_HEADER_DIGEST, /* enum plan_digest */
	PLAN_DATA_DIGEST,
	PLAN_REPLACEMENT_S,
	PLAN_NOOP_INTERVAL_S, /* 0: no pings */
	PLAN_NOOP_TIMEOUT_S,
	PLAN_LOGIN_S, /* for one attempt at one portal */
	PLAN_CMDS_MAX,
	PLAN_QUEUE_DEPTH,
	PLAN_OPTION_COUNT,
};

enum plan_digest {
	PLAN_DIGEST_NONE,
	PLAN_DIGEST_CRC32C,
	PLAN_DIGEST_PREFER_CRC32C,
	PLAN_DIGEST_PREFER_NONE,
};

struct plan_net {
	enum plan_method method;
	char ifname[IF_NAMESIZE]; /* "" for any */
	unsigned int vlan_id; /* of ifname, which is to be made on vlan_parent; 0 for none */
	char vlan_parent[IF_NAMESIZE]; /* "" for the one that has @mac */
	bool has_mac;
	uint8_t mac[MAC_LEN]; /* net= or BOOTIF= */
	struct in_addr address; /* static */
	unsigned int prefix;
	struct in_addr gateway, server; /* 0.0.0.0 if not given */
	struct in_addr dns[2];
	struct in6_addr address6, gateway6, dns6[2]; /* :: if not given */
	unsigned int prefix6;
	char hostname[65];
};

struct plan {
	bool active; /* false: the machine boots as if the package were not there */
	char inactive_reason[120];

	char server[SETTING_VALUE_SIZE]; /* "" while unknown: DHCP will tell */
	char id[PLAN_NAME_SIZE]; /* what %i stands for; "" while the NIC is not known */
	struct plan_net net;
	enum plan_trust dhcp;

	char initiator[PLAN_NAME_SIZE];
	char target[PLAN_NAME_SIZE]; /* "" for discovery */
	unsigned int n_portals;
	struct portal portal[SETTING_PORTALS];
	struct chap chap;
	uint32_t option[PLAN_OPTION_COUNT];
	bool lun_auto;
	uint64_t lun;

	enum plan_root root_kind;
	char root[SETTING_VALUE_SIZE]; /* what follows LABEL= and so on; the path for DEVICE */
	unsigned int root_part;
	char nfs_host[SETTING_VALUE_SIZE]; /* of an NFS root; "" while unknown */
	char nfs_path[SETTING_VALUE_SIZE]; /* absolute, without ".."; "" while DHCP has to tell */
	char nfs_options[SETTING_VALUE_SIZE];
	bool read_write; /* how an NFS root is mounted */

	bool firmware_on, firmware_required;
	char firmware_host[SETTING_VALUE_SIZE];
	char firmware_path[PLAN_PATH_SIZE]; /* absolute, without ".." */
	char firmware_dir[PLAN_PATH_SIZE]; /* absolute, without ".." */
	char firmware_options[SETTING_VALUE_SIZE];

	enum plan_login login;
	unsigned int timeout_s; /* 0: for ever */
	enum plan_onfail onfail;
	char log[SETTING_VALUE_SIZE]; /* "" for off */
	bool debug;

	struct plan_origin origin[PLAN_FIELD_COUNT];
};

#endif

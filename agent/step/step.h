/* SPDX-License-Identifier: GPL-2.0-or-later
 * What every step returns: a const plan goes in, a report comes out.
 */
#ifndef STEP_STEP_H
#define STEP_STEP_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/plan.h"
#include "source/dhcp_choice.h"

#define STEP_DISKS 16

/* The interface that carries the root, configured. */
struct network_report {
	char ifname[IF_NAMESIZE];
	int ifindex;
	uint8_t mac[MAC_LEN];
	bool raised; /* the link was down before */
	struct in_addr address; /* unless ipv6 */
	unsigned int prefix;
	bool ipv6; /* with address6 alone: ip= says so */
	bool advertised; /* by a router: it is the kernel's */
	struct in6_addr address6;
	bool have_lease;
	bool informed; /* the address is static; DHCP was asked for the rest */
	struct lease lease; /* if have_lease or informed */
	struct notes notes; /* what was ignored in it */
	uint64_t carrier_ms; /* time since boot at which the link came up */
	uint64_t discover_ms; /* the first DISCOVER went out */
	uint64_t leased_ms; /* the lease's time began: its REQUEST went out */
	uint64_t configured_ms; /* address and routes were set */
};

#define NETWORK_ADDRESS_SIZE (IP6_TEXT_SIZE + 4)

/* "192.168.77.107/24", "2001:db8::5/64" */
void network_address_text(const struct network_report *r, char out[NETWORK_ADDRESS_SIZE]);

/* What DHCP said, NULL if it was not asked. */
static inline const struct lease *network_lease(const struct network_report *r)
{
	return r->have_lease || r->informed ? &r->lease : NULL;
}

/* True if DHCP was asked and is believed in more than addresses: others would follow the rest as well. */
static inline bool network_believed(const struct plan *plan, const struct network_report *r)
{
	return network_lease(r) && plan->dhcp == PLAN_TRUST_ALL;
}

/* The iSCSI session, logged in. */
struct login_report {
	bool existed; /* it was there already */
	int sid; /* session number: /sys/class/iscsi_session/sessionSID */
	int host; /* SCSI host number */
	unsigned int paths; /* sessions with the target: more than one only for multipath-tools */
	char target[PLAN_NAME_SIZE];
	char portal[SETTING_VALUE_SIZE]; /* HOST:PORT that answered */
	const char *engine; /* "native" or "iscsistart" */
	char remark[ERR_TEXT_SIZE]; /* why the first engine was passed over; "" if it was not */
};

/* The root, found on a disk of the session. */
struct root_report {
	char device[64]; /* /dev/sda2 */
	char fstype[32]; /* "" if libblkid does not know it */
	char disk[32]; /* sda */
	uint64_t lun;
	/* HOST:/path of an NFS root, which is mounted then; fstype is "NFS 4.2"; the rest is empty */
	char source[PLAN_PATH_SIZE + SETTING_VALUE_SIZE];
};

/* The TFTP copy, mounted. */
struct firmware_report {
	bool mounted;
	char source[PLAN_PATH_SIZE + SETTING_VALUE_SIZE]; /* HOST:/path */
	char where[PLAN_PATH_SIZE]; /* in the running system */
	char options[SETTING_VALUE_SIZE + 256]; /* as mounted, for the unit */
	char version[8]; /* "4.2", "4.1" or "3" */
	char misread[8]; /* a version with which the server's files cannot be read, or "" */
};

/* Who is told and asked while the network comes up. */
struct network_watch {
	/* Something is worth telling while it lasts: no carrier, no answer yet. */
	void (*waiting)(void *ctx, const char *sentence);
	void *ctx;
	struct dhcp_judge judge; /* rank NULL: the first offer is taken */
};

/*
 * Waits for interfaces, brings the wired ones up, and configures the first that gets a lease (or
 * the one with the static address): link, address, routes, MTU. With a static address, DHCP is asked
 * for what the boot lacks, if an empty answer would be poor to @watch's judge.
 *
 * @report is empty, or what an earlier call left there: then DHCP is asked again, and what that call
 * configured stays as it is if nothing changed, or makes room for the new.
 *
 * Stops at @deadline_ms. Returns 0; -ENODEV (no interface), -ENOLINK (no carrier), -ETIMEDOUT (no
 * lease) or another negative errno with @reterr. On failure no interface keeps an address that
 * this call gave it; @report is left alone, or empty when what it tells of had to go.
 */
int network_run(const struct plan *plan, uint64_t deadline_ms, const struct network_watch *watch,
	struct network_report *report, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Where @plan names all portals, or an NFS root, by IPv6 addresses, waits until the interface of @report
 * has such an address: the kernel makes it of a router's advertisement, which comes when it comes.
 *
 * Returns 0, also if nothing is to be waited for; -ENETUNREACH after 10 s, or at @deadline_ms, with
 * @reterr.
 */
int network_wait_ipv6(const struct plan *plan, const struct network_report *report,
	uint64_t deadline_ms, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Takes back what network_run() configured: the address, with it the routes, and the link if it was
 * down before. Returns 0, or a negative errno with @reterr.
 */
int network_release(const struct network_report *report, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * The text of /run/net-IFACE.conf in klibc's format (usr/kinit/ipconfig in klibc): shell variable
 * assignments, each value in single quotes. @plan gives the names that a static ip= has; @out is a
 * string of at most @size bytes. Returns 0 or -ENOSPC.
 */
int netconf_format(const struct plan *plan, const struct network_report *report, char *out,
	size_t size) __attribute__((warn_unused_result));

/* The text of resolv.conf for the same, "" when there are no name servers. 0 or -ENOSPC. */
int netconf_resolv(const struct plan *plan, const struct network_report *report, char *out,
	size_t size) __attribute__((warn_unused_result));

/*
 * Logs in to the first portal of the plan that accepts it, or adopts the session that is there. A plan
 * without a target gets one from what its portals show: see iscsi_targets_choose().
 * Returns 0, or a negative errno with @reterr: who was asked for what, and what it answered.
 */
int login_run(const struct plan *plan, uint64_t deadline_ms, struct login_report *report,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * Waits, by uevents and never longer than @deadline_ms, for the disks of the session, and finds the
 * root on them and nowhere else.
 *
 * Returns 0; -ENODEV (the session shows no disk), -ENOENT (no such partition: @reterr lists what is
 * there), -EEXIST (more than one fits) or another negative errno.
 */
int root_run(const struct plan *plan, const struct login_report *session, uint64_t deadline_ms,
	struct root_report *report, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Mounts the NFS root of @plan at the directory @where, read-only unless rw was said; it waits for
 * its server for ever. Returns 0, or a negative errno with @reterr; @report is then left alone.
 */
int nfs_root_run(const struct plan *plan, const char *where, uint64_t deadline_ms,
	struct root_report *report, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Mounts the TFTP copy at the directory @where by mount(2), NFS 4.2, then 4.1, then 3, each attempt
 * and their sum bounded by @deadline_ms. Returns 0, or a negative errno with @reterr: what was
 * tried and what each version answered. On failure nothing stays mounted, and @report says of what.
 */
int firmware_mount(const struct plan *plan, const char *where, uint64_t deadline_ms,
	struct firmware_report *report, struct err *reterr) __attribute__((warn_unused_result));

/*
 * Brings the TFTP copy to its mount point below @rootmnt: moved from @early if it is mounted there
 * (@report says so, it came of firmware_mount()), else by firmware_mount().
 *
 * Returns as that does; -EBUSY if something else is mounted there, -EROFS if the mount point is
 * missing on a root that is read-only.
 */
int firmware_place(const struct plan *plan, const char *rootmnt, uint64_t deadline_ms,
	const char *early, struct firmware_report *report, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * The text of the systemd mount unit for it, which wins over what fstab says of the mount point, also
 * when it could not be mounted.
 * Returns 0 or -ENOSPC. unit_name has the name that systemd wants: boot-firmware.mount.
 */
int firmware_unit(const struct firmware_report *report, char *out, size_t size)
	__attribute__((warn_unused_result));
int firmware_unit_name(const char *where, char *out, size_t size)
	__attribute__((warn_unused_result));

#endif

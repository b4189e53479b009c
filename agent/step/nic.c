/* SPDX-License-Identifier: GPL-2.0-or-later
 * The network interfaces that race for the root: which take part, and how far each has come.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <net/if_arp.h>

#include "base/fs.h"
#include "step/nic.h"

static bool has_sysfs(const char *ifname, const char *what)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/%s", ifname, what); /* fits */
	return fs_exists(path);
}

bool nic_is_wanted(const struct plan *plan, const struct rtnl_link *link)
{
	if (link->flags & IFF_LOOPBACK)
		return false;
	if (plan->net.ifname[0])
		return strcmp(plan->net.ifname, link->name) == 0;
	if (plan->net.has_mac) {
		if (!link->has_mac || memcmp(plan->net.mac, link->mac, MAC_LEN) != 0)
			return false;
		return !link->enslaved; /* a bridge often has the address of its port */
	}
	return link->type == ARPHRD_ETHER && link->has_mac && !link->enslaved &&
	       has_sysfs(link->name, "device") && !has_sysfs(link->name, "wireless") &&
	       !has_sysfs(link->name, "phy80211");
}

bool nic_is_lost(const struct plan *plan, const struct rtnl_link *link)
{
	if (plan->net.ifname[0])
		return strcmp(plan->net.ifname, link->name) != 0;
	return link->enslaved;
}

/* A Raspberry Pi's firmware asks as a PC with BIOS does. */
uint16_t nic_arch(void)
{
	if (!fs_exists("/sys/firmware/efi"))
		return DHCP_ARCH_X86_BIOS;
#if defined(__aarch64__)
	return DHCP_ARCH_ARM64_UEFI;
#elif defined(__arm__)
	return DHCP_ARCH_ARM32_UEFI;
#else
	return DHCP_ARCH_X64_UEFI;
#endif
}

int nic_start_dhcp(struct nic *nic, struct in_addr ciaddr, const struct dhcp_judge *judge,
	uint64_t now_ms, struct err *reterr)
{
	struct dhcp_transport io;
	uint32_t seed = (uint32_t)now_ms;
	int r;

	/* Early in the boot there may be no entropy yet: MAC address and time do as well. */
	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	r = dhcp_io_open(&nic->io, nic->ifindex, nic->mac, reterr);
	if (r < 0)
		return r;
	io = dhcp_io_transport(&nic->io);
	dhcp_client_init(&nic->dhcp, &io, nic->mac, seed);
	nic->dhcp.arch = nic_arch();
	nic->dhcp.choice.judge = *judge;
	nic->dhcp.only_looks = nic->only_looks;
	nic->running = true;
	nic->discover_ms = now_ms;
	r = ciaddr.s_addr ? dhcp_client_inform(&nic->dhcp, ciaddr, now_ms, reterr)
			  : dhcp_client_start(&nic->dhcp, now_ms, reterr);
	if (r < 0)
		nic_stop_dhcp(nic);
	return r;
}

void nic_stop_dhcp(struct nic *nic)
{
	if (!nic->running)
		return;
	dhcp_client_stop(&nic->dhcp);
	dhcp_io_close(&nic->io);
	nic->running = false;
}

static int describe_one(const struct nic *nic, uint64_t now_ms, char *out, size_t size)
{
	if (nic->failure.code)
		return snprintf(out, size, "%s: %s", nic->name, nic->failure.text);
	if (!nic->carrier)
		return snprintf(out, size, "%s: no carrier, is the cable in?", nic->name);
	if (!nic->running)
		return snprintf(out, size, "%s: carrier", nic->name);
	return snprintf(out, size, "%s: no DHCP answer for %u s%s%s", nic->name,
		(unsigned int)((now_ms - nic->discover_ms) / 1000),
		nic->dhcp.ignored.code ? "; ignored: " : "",
		nic->dhcp.ignored.code ? nic->dhcp.ignored.text : "");
}

/* " (there is wlan0, usb0)": what the owner may have meant; "" when there is nothing. */
static void describe_others(char *out, size_t size)
{
	struct if_nameindex *all = if_nameindex();
	char name[4 * IF_NAMESIZE];
	size_t at = 0;

	out[0] = '\0';
	for (const struct if_nameindex *i = all; i && i->if_index && at < size; i++) {
		if (strcmp(i->if_name, "lo") == 0)
			continue;
		/* The kernel allows bytes in a name that a terminal should not see. */
		span_escape(span_str(i->if_name), name, sizeof(name));
		at += (size_t)snprintf(
			out + at, size - at, "%s%s", at ? ", " : " (there is ", name);
	}
	if (at && at < size)
		(void)snprintf(out + at, size - at, ")"); /* a long list may be cut */
	if (all)
		if_freenameindex(all);
}

void nic_describe(const struct plan *plan, const struct nic nics[NICS_MAX], uint64_t now_ms,
	char *out, size_t size)
{
	char mac[MAC_TEXT_SIZE], others[160];
	size_t at = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < NICS_MAX; i++) {
		int n;

		if (!nics[i].ifindex)
			continue;
		if (at + 3 >= size)
			return;
		if (at)
			at += (size_t)snprintf(out + at, size - at, "; ");
		n = describe_one(&nics[i], now_ms, out + at, size - at);
		at += n > 0 ? (size_t)n : 0;
	}
	if (at)
		return;
	num_format_mac(plan->net.mac, ':', mac);
	describe_others(others, sizeof(others));
	if (plan->net.ifname[0])
		(void)snprintf(out, size, "there is no network interface %s yet%s",
			plan->net.ifname, others);
	else if (plan->net.has_mac)
		(void)snprintf(out, size, "there is no network interface with the address %s yet%s",
			mac, others);
	else
		(void)snprintf(out, size,
			"there is no wired network interface yet%s: is its driver in the "
			"initramfs?",
			others);
}

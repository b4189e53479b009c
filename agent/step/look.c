/* SPDX-License-Identifier: GPL-2.0-or-later
 * What DHCP would tell a machine, without taking an address.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "step/look.h"
#include "step/nic.h"

static const char *const worth[] = {
	[DHCP_RANK_POOR] = "this machine cannot boot with it",
	[DHCP_RANK_FAILED] = "it gave no lease",
	[DHCP_RANK_GUESS] = "it names no boot server",
	[DHCP_RANK_FULL] = "it answers everything",
};

static void add_notes(const struct dhcp_client *c, struct notes *notes)
{
	const struct dhcp_choice *choice = &c->choice;
	char server[IP4_TEXT_SIZE];

	for (unsigned int i = 0; i < c->notes.n; i++)
		notes_add(notes, "DHCP: %s", c->notes.text[i]);
	for (unsigned int i = 0; i < choice->n_seen; i++) {
		if (choice->seen[i].server.s_addr == choice->best.server_id.s_addr)
			continue;
		num_format_ip4(choice->seen[i].server, server);
		notes_add(notes, "DHCP: the offer of %s is not taken: %s", server,
			worth[choice->seen[i].rank]);
	}
	if (!choice->have_proxy)
		return;
	num_format_ip4(choice->proxy.server_id, server);
	notes_add(notes, "DHCP: the proxy %s has answered%s", server,
		dhcp_choice_asks_proxy(choice)
			? "; a boot will ask it at port 4011, which takes an address"
			: "");
}

static int check_link(const char *ifname, struct err *reterr)
{
	char path[64], text[8];

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", ifname); /* see below */
	if (fs_read_line(path, text, sizeof(text)) > 0 && text[0] == '1')
		return 0;
	return err_set(reterr, -ENETDOWN,
		"%s has no carrier: set it up (ip link set %s up), or plug its cable in", ifname,
		ifname);
}

static int wait_for_offer(struct nic *nic, uint64_t deadline_ms, struct err *reterr)
{
	for (;;) {
		struct pollfd p = {nic->io.fd, POLLIN, 0};
		uint64_t now_ms = clock_now_ms();
		int r = dhcp_client_process(&nic->dhcp, now_ms, reterr);

		if (r != 0)
			return r < 0 ? r : 0;
		if (now_ms >= deadline_ms)
			return err_set(reterr, -ETIMEDOUT, "%s: no DHCP server has answered%s%s",
				nic->name, nic->dhcp.ignored.code ? "; ignored: " : "",
				nic->dhcp.ignored.code ? nic->dhcp.ignored.text : "");
		if (poll(&p, 1,
			    clock_poll_ms(now_ms, clock_min(deadline_ms, nic->dhcp.deadline_ms))) <
				0 &&
			errno != EINTR)
			return err_sys(reterr, -errno, "cannot wait for DHCP offers");
	}
}

int look_run(const char *ifname, const uint8_t mac[MAC_LEN], const struct dhcp_judge *judge,
	uint64_t deadline_ms, struct lease *ret, struct notes *notes, struct err *reterr)
{
	_cleanup_free_ struct nic *nic = calloc(1, sizeof(*nic));
	int r;

	if (!nic)
		return err_set(reterr, -ENOMEM, "no memory for DHCP");
	nic->ifindex = (int)if_nametoindex(ifname);
	if (!nic->ifindex)
		return err_sys(reterr, -errno, "%.20s", ifname);
	r = check_link(ifname, reterr); /* an interface's name is short and no path */
	if (r < 0)
		return r;
	(void)snprintf(nic->name, sizeof(nic->name), "%s", ifname);
	memcpy(nic->mac, mac, MAC_LEN);
	nic->only_looks = true;
	r = nic_start_dhcp(nic, (struct in_addr){0}, judge, clock_now_ms(), reterr);
	if (r == 0)
		r = wait_for_offer(nic, deadline_ms, reterr);
	if (r == 0) {
		*ret = nic->dhcp.lease;
		add_notes(&nic->dhcp, notes);
	}
	nic_stop_dhcp(nic);
	return r;
}

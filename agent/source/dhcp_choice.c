/* SPDX-License-Identifier: GPL-2.0-or-later
 * The choice among the offers of several DHCP servers, and what a proxy adds to them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/dhcp_choice.h"

void dhcp_choice_clear(struct dhcp_choice *c)
{
	*c = (struct dhcp_choice){.judge = c->judge, .failed = c->failed};
}

static int refuse(const struct lease *offer, const char *why, struct err *reterr)
{
	char server[IP4_TEXT_SIZE], address[IP4_TEXT_SIZE];

	num_format_ip4(offer->server_id, server);
	num_format_ip4(offer->address, address);
	return err_set(reterr, -EBADMSG, "offer of %s from server %s: %s", address, server, why);
}

static bool has_failed(const struct dhcp_choice *c, struct in_addr server)
{
	for (unsigned int i = 0; i < c->failed.n; i++)
		if (c->failed.server[i].s_addr == server.s_addr)
			return true;
	return false;
}

void dhcp_choice_fail(struct dhcp_choice *c)
{
	if (c->failed.n == DHCP_CHOICE_FAILED)
		c->failed.n = 0; /* as if all had been asked again */
	c->failed.server[c->failed.n++] = c->best.server_id;
}

void dhcp_choice_make(struct dhcp_choice *c)
{
	if (has_failed(c, c->best.server_id))
		c->failed.n = 0;
}

static enum dhcp_rank rank_of(const struct dhcp_choice *c, const struct lease *offer)
{
	struct lease merged = *offer;
	enum dhcp_rank rank = DHCP_RANK_FULL;

	if (c->have_proxy)
		dhcp_choice_merge(&merged, &c->proxy);
	if (c->judge.rank)
		rank = c->judge.rank(c->judge.ctx, &merged);
	return rank > DHCP_RANK_FAILED && has_failed(c, offer->server_id) ? DHCP_RANK_FAILED : rank;
}

static void remember(struct dhcp_choice *c, struct in_addr server, enum dhcp_rank rank)
{
	for (unsigned int i = 0; i < c->n_seen; i++) {
		if (c->seen[i].server.s_addr != server.s_addr)
			continue;
		if (rank > c->seen[i].rank)
			c->seen[i].rank = rank;
		return;
	}
	if (c->n_seen == DHCP_CHOICE_SEEN)
		return; /* for show only */
	c->seen[c->n_seen].server = server;
	c->seen[c->n_seen++].rank = rank;
}

int dhcp_choice_take(struct dhcp_choice *c, const struct lease *offer, const struct notes *notes,
	bool as_pxe, struct err *reterr)
{
	enum dhcp_rank rank;

	if (!dhcp_msg_is_host(offer->server_id))
		return refuse(offer, "it does not say which server made it (option 54)", reterr);
	if (!offer->address.s_addr && offer->pxe_client) {
		if (c->have_proxy)
			return 0; /* the first one, as with offers */
		c->proxy = *offer;
		c->proxy_notes = *notes;
		c->have_proxy = true;
		if (c->have)
			c->rank = rank_of(c, &c->best);
		return 0;
	}
	if (!dhcp_msg_is_host(offer->address))
		return refuse(offer, "that is no host's address", reterr);
	rank = rank_of(c, offer);
	remember(c, offer->server_id, rank);
	if (c->have && rank <= c->rank)
		return 0;
	c->have = true;
	c->rank = rank;
	c->as_pxe = as_pxe;
	c->best = *offer;
	c->notes = *notes;
	return 0;
}

bool dhcp_choice_is_settled(const struct dhcp_choice *c)
{
	return c->have && c->rank == DHCP_RANK_FULL;
}

bool dhcp_choice_asks_proxy(const struct dhcp_choice *c)
{
	return c->have && c->have_proxy && !c->proxy.bootfile[0] && c->rank != DHCP_RANK_FULL;
}

static void add_setting(struct settings *to, const struct settings *from, unsigned int id)
{
	to->one[id] = from->one[id];
	(void)snprintf(to->one[id].word, sizeof(to->one[id].word), "proxy %.30s",
		from->one[id].word); /* for show only: may be cut */
}

void dhcp_choice_merge(struct lease *lease, const struct lease *proxy)
{
	struct settings *to = &lease->boot;
	const struct settings *from = &proxy->boot;

	for (unsigned int i = 0; i < SETTING_COUNT; i++) {
		bool keep =
			i == SETTING_SERVER ? dhcp_lease_names_server(lease) : to->one[i].present;

		if (from->one[i].present && !keep)
			add_setting(to, from, i);
	}
	if (!to->n_portals && from->n_portals) {
		to->n_portals = from->n_portals;
		memcpy(to->portal, from->portal, sizeof(to->portal));
	}
	if (!lease->chap.present)
		lease->chap = proxy->chap;
	if (!lease->bootfile[0])
		memcpy(lease->bootfile, proxy->bootfile, sizeof(lease->bootfile));
	if (!lease->rootpath[0]) {
		memcpy(lease->rootpath, proxy->rootpath, sizeof(lease->rootpath));
		lease->nfs_root = proxy->nfs_root;
	}
	lease->pi_boot_server = lease->pi_boot_server || proxy->pi_boot_server;
}

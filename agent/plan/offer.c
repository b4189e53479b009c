/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a DHCP offer is worth to the plan.
 */
#include <errno.h>
#include <string.h>

#include "plan/offer.h"

static bool is_same(const struct plan_origin *a, const struct plan_origin *b)
{
	return a->from == b->from && strcmp(a->word, b->word) == 0;
}

/* True if something that is needed is looked for at the server that the plan has. */
static bool needs_server(const struct plan *plan)
{
	const struct plan_origin *server = &plan->origin[PLAN_SERVER];

	if (plan->firmware_on && plan->origin[PLAN_FIRMWARE].from == ORIGIN_DEFAULT)
		return true;
	return plan->root_kind != PLAN_ROOT_NFS && plan->n_portals &&
	       is_same(&plan->origin[PLAN_PORTAL], server);
}

enum dhcp_rank plan_rank_offer(const struct plan_sources *src, const struct lease *offer)
{
	struct machine machine = *src->machine;
	struct plan_sources with = *src;
	struct notes notes = {.n = 0};
	struct plan plan;
	int r;

	machine.has_mac = true;
	memcpy(machine.mac, offer->chaddr, MAC_LEN);
	with.machine = &machine;
	with.lease = offer;
	with.final = true;
	r = plan_merge(&with, &plan, &notes, NULL);
	if (r == -EAGAIN)
		return DHCP_RANK_POOR;
	if (r == 0 && plan.origin[PLAN_SERVER].from == ORIGIN_DHCP && needs_server(&plan) &&
		!dhcp_lease_names_server(offer))
		return DHCP_RANK_GUESS;
	return DHCP_RANK_FULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a DHCP offer is worth to the plan.
 */
#ifndef PLAN_OFFER_H
#define PLAN_OFFER_H

#include "plan/merge.h"
#include "source/dhcp_choice.h"

/*
 * Ranks @offer for the machine with the MAC address that it was made to, by the plan that would come
 * of it and @src, whose lease, machine's MAC address and final do not count. What DHCP is not
 * believed in, or cannot mend, does not make an offer worse. Of an empty one it tells whether DHCP
 * has to say anything at all.
 */
enum dhcp_rank plan_rank_offer(const struct plan_sources *src, const struct lease *offer);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a ProxyDHCP server says at its own port. For step/network.c only.
 */
#ifndef STEP_PXE_H
#define STEP_PXE_H

#include "step/nic.h"
#include "step/step.h"

/*
 * If the proxy that @nic has heard of wants to be asked again (dhcp_choice_asks_proxy()), asks it from
 * the address that @report has by now, and adds the answer to the lease in @report. One that is silent,
 * or says nothing of use, is no failure: a remark tells of it.
 */
void pxe_ask(const struct nic *nic, uint64_t deadline_ms, struct network_report *report);

#endif

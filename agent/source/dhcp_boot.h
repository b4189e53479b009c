/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the options of a DHCP message say about the boot.
 */
#ifndef SOURCE_DHCP_BOOT_H
#define SOURCE_DHCP_BOOT_H

#include "base/notes.h"
#include "source/dhcp_lease.h"
#include "source/dhcp_msg.h"

/*
 * Fills boot, chap, bootfile, rootpath, nfs_root and pi_boot_server of @lease from @m. What is
 * malformed or unknown is left out with a remark.
 */
void dhcp_boot_read(const struct dhcp_msg *m, struct lease *lease, struct notes *notes);

#endif

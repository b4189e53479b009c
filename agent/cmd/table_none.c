/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the agent in an initramfs has besides table_boot: nothing.
 */
#include <stddef.h>

#include "cmd/table.h"

const struct command table_system[] = {{NULL, NULL, NULL, NULL}};

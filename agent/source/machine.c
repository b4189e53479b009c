/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the machine knows of itself: serial number, UUID, the MAC address of its NIC.
 */
#include <ctype.h>
#include <string.h>

#include "base/fs.h"
#include "source/machine.h"

/* Takes @text if it consists of @extra and hexadecimal digits and fits; in lower case. */
static void take_hex(const char *text, char extra, char *to, size_t size)
{
	size_t n = strlen(text);

	if (n == 0 || n >= size)
		return;
	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)text[i]) && (extra == '\0' || text[i] != extra))
			return;
	for (size_t i = 0; i <= n; i++)
		to[i] = (char)tolower((unsigned char)text[i]);
}

void machine_read(struct machine *ret)
{
	char text[64];

	memset(ret, 0, sizeof(*ret));
	/* Set by the Raspberry Pi firmware: 16 digits and a NUL. */
	if (fs_read_line("/proc/device-tree/serial-number", text, sizeof(text)) > 0)
		take_hex(text, '\0', ret->serial, sizeof(ret->serial));
	if (fs_read_line("/sys/class/dmi/id/product_uuid", text, sizeof(text)) > 0)
		take_hex(text, '-', ret->uuid, sizeof(ret->uuid));
}

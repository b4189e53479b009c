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

void machine_cpuinfo_serial(struct span cpuinfo, char ret[17])
{
	while (cpuinfo.len) {
		struct span line = span_cut(&cpuinfo, '\n'), name = span_cut(&line, ':');
		char text[17];

		line = span_trim(line);
		if (!span_eq_str(span_trim(name), "Serial") || line.len != 16 ||
			span_copy(line, text, sizeof(text)) < 0 ||
			strcmp(text, "0000000000000000") == 0)
			continue;
		take_hex(text, '\0', ret, 17);
		return;
	}
}

void machine_read(struct machine *ret)
{
	char text[64];

	memset(ret, 0, sizeof(*ret));
	/* Set by the Raspberry Pi firmware: 16 digits and a NUL. */
	if (fs_read_line("/proc/device-tree/serial-number", text, sizeof(text)) > 0)
		take_hex(text, '\0', ret->serial, sizeof(ret->serial));
	if (!ret->serial[0]) {
		char cpuinfo
			[16384]; /* of more processors than a Raspberry Pi has, it says no serial */
		ssize_t n = fs_read("/proc/cpuinfo", cpuinfo, sizeof(cpuinfo));

		if (n > 0)
			machine_cpuinfo_serial(span_of(cpuinfo, (size_t)n), ret->serial);
	}
	if (fs_read_line("/sys/class/dmi/id/product_uuid", text, sizeof(text)) > 0)
		take_hex(text, '-', ret->uuid, sizeof(ret->uuid));
}

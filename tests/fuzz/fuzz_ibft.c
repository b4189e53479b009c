/* SPDX-License-Identifier: GPL-2.0-or-later
 * Lines NAME=VALUE as the attributes of a table that a firmware left.
 */
#include <errno.h>
#include <string.h>

#include "source/ibft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ssize_t find(void *ctx, const char *name, char *buf, size_t size)
{
	struct span rest = *(const struct span *)ctx;

	while (rest.len) {
		struct span value = span_cut(&rest, '\n'), key = span_cut(&value, '=');

		if (!value.p || !span_eq_str(key, name) || value.len >= size)
			continue;
		memcpy(buf, value.p, value.len);
		buf[value.len] = '\0';
		return (ssize_t)value.len;
	}
	return -ENOENT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	struct ibft ibft;

	if (ibft_parse(find, &text, &ibft) < 0)
		return 0;
	if (!ibft.set.one[SETTING_TARGET].present || (ibft.ip.method != IP_DHCP && !ibft.has_mac))
		__builtin_trap(); /* a table without a target is none; an address is an adapter's */
	for (unsigned int i = 0; i < ibft.notes.n; i++)
		if (!span_is_graph(span_of(ibft.notes.text[i], 1)))
			__builtin_trap();
	return 0;
}

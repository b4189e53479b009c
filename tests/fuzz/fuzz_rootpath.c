/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as an iSCSI root path, and as the words of a DHCP text option.
 */
#include "source/rootpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings set = {.n_portals = 0};
	struct notes notes = {.n = 0};
	struct rootpath rp;
	struct err err;

	if (rootpath_parse(span_of(data, size), &rp, &err) == 0 &&
		rootpath_settings(&rp, "option 17", &set, &err) < 0 && err.code >= 0)
		__builtin_trap(); /* a refusal has a reason */
	settings_put_words(&set, "option 224", span_of(data, size), &notes);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as a list of targets, as binary values and as what the kernel's transport answers.
 */
#include <string.h>

#include "step/iscsi_nl.h"
#include "step/iscsi_targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct span text)
{
	struct portal portals[SETTING_PORTALS], reached = {.host = "192.168.77.1", .port = 3260};
	char name[PLAN_NAME_SIZE];
	struct iscsi_target target;
	struct span rest = text;
	struct err err = {.code = 0};
	unsigned int n;

	while (iscsi_targets_next(&rest, &target)) {
		struct span address;

		while (iscsi_targets_address(&target.addresses, &address))
			if (address.p < text.p || address.p + address.len > text.p + text.len)
				__builtin_trap();
	}
	if (iscsi_targets_check(text, &err) < 0)
		return;
	if (iscsi_targets_choose(text, "52-54-00", "w", "i", name, &err) < 0)
		return;
	n = iscsi_targets_portals(text, name, &reached, portals);
	if (n < 1 || n > SETTING_PORTALS || !name[0])
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct iscsi_nl_reply reply;
	uint8_t bytes[64];
	uint32_t v;
	int r;

	look(in);
	r = iscsi_text_bytes(in, bytes, sizeof(bytes));
	if (r > (int)sizeof(bytes))
		__builtin_trap();
	(void)!iscsi_text_number(in, UINT32_MAX, &v);
	(void)!iscsi_nl_parse(in, ISCSI_NL_CREATE_SESSION, 40, &reply);
	return 0;
}

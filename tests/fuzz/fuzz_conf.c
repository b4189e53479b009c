/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as each of the three files of the administrator: the first byte chooses.
 */
#include "source/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int (*const parse[])(struct span, const char *, struct conf *, struct err *) = {
		conf_parse, conf_parse_chap, conf_parse_initramfs};
	struct conf c = {.notes.n = 0};
	struct err err;

	if (size < 1)
		return 0;
	if (parse[data[0] % 3](span_of(data + 1, size - 1), "f", &c, &err) < 0 && err.code >= 0)
		__builtin_trap(); /* a refusal has a reason */
	return 0;
}

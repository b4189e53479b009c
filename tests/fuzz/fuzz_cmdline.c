/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as a kernel command line, through the merge to the printed plan.
 */
#include <stdio.h>
#include <stdlib.h>

#include "plan/format.h"
#include "plan/merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct machine machine = {
		.has_mac = true, .mac = {2}, .serial = "0123456789abcdef"};
	static const struct conf conf;
	struct cmdline c;
	struct notes notes = {.n = 0};
	struct err err;
	struct plan plan;
	struct plan_sources src = {&c, &conf, NULL, &machine, NULL, true};
	FILE *null;

	if (cmdline_parse(span_of(data, size), &c, &err) < 0 ||
		plan_merge(&src, &plan, &notes, &err) < 0)
		return 0;
	null = fopen("/dev/null", "w");
	if (!null)
		abort();
	format_plan(null, &plan, NULL, &notes);
	fclose(null);
	return 0;
}

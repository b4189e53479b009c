/* SPDX-License-Identifier: GPL-2.0-or-later
 * The plan as text: what `pinet plan` prints, and the oracle of the tests. Secrets are masked.
 */
#ifndef PLAN_FORMAT_H
#define PLAN_FORMAT_H

#include <stdio.h>

#include "base/notes.h"
#include "plan/plan.h"

/*
 * One line a field: name, value, origin; then, unless @lease is NULL, what DHCP says beside the boot;
 * then the remarks.
 */
void format_plan(
	FILE *to, const struct plan *plan, const struct lease *lease, const struct notes *notes);

/* The same as a JSON object: active, inactive (why), fields (name, value, from, word), notes. */
void format_plan_json(
	FILE *to, const struct plan *plan, const struct lease *lease, const struct notes *notes);

/* "command line: pinet.server", "DHCP: option 66", "default", into @out of @size bytes. */
void format_origin(const struct plan_origin *o, char *out, size_t size);

/* HOST:PORT with an IPv6 host in brackets. */
void format_portal(const struct portal *p, char *out, size_t size);

/* "LABEL=writable", "part:2", "/dev/mapper/root", "nothing". */
void format_root(const struct plan *plan, char *out, size_t size);

#endif

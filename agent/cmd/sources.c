/* SPDX-License-Identifier: GPL-2.0-or-later
 * The sources that are there before the network is: read together, as boot and plan need them.
 */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "cmd/sources.h"

int sources_read(
	struct sources *ret, const char *cmdline_path, const char *conf_path, struct err *reterr)
{
	const char *path = cmdline_path ? cmdline_path : "/proc/cmdline";
	ssize_t n;
	int r;

	memset(ret, 0, sizeof(*ret));
	machine_read(&ret->machine);
	n = fs_read(path, ret->text, sizeof(ret->text));
	if (n < 0) {
		ret->text[0] = '\0';
		return err_sys(reterr, (int)n, "cannot read %s", path);
	}
	r = cmdline_parse(span_of(ret->text, (size_t)n), &ret->cmdline, reterr);
	if (r < 0)
		return r;
	return conf_load(conf_path, &ret->conf, reterr);
}

static void add_notes(const struct notes *from, struct notes *to)
{
	for (unsigned int i = 0; i < from->n; i++)
		notes_add(to, "%s", from->text[i]);
	to->dropped += from->dropped;
}

void sources_notes(const struct sources *s, struct notes *notes)
{
	add_notes(&s->cmdline.notes, notes);
	add_notes(&s->conf.notes, notes);
}

struct plan_sources sources_for_plan(struct sources *s, const struct lease *lease, bool final)
{
	const char *name = s->cmdline.ip.hostname[0] ? s->cmdline.ip.hostname
			   : lease                   ? lease->hostname
						     : "";

	(void)!span_copy(
		span_str(name), s->machine.hostname, sizeof(s->machine.hostname)); /* or "" */
	return (struct plan_sources){.cmdline = &s->cmdline,
		.conf = &s->conf,
		.machine = &s->machine,
		.lease = lease,
		.final = final};
}

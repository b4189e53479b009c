/* SPDX-License-Identifier: GPL-2.0-or-later
 * The sources that are there before the network is: read together, as boot and plan need them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "cmd/sources.h"

int sources_read(
	struct sources *ret, const char *cmdline_path, const char *conf_path, struct err *reterr)
{
	const char *path = cmdline_path ? cmdline_path : "/proc/cmdline";
	struct err conf_err;
	ssize_t n;
	int r, conf_r;

	memset(ret, 0, sizeof(*ret));
	machine_read(&ret->machine);
	n = fs_read(path, ret->text, sizeof(ret->text));
	if (n < 0)
		ret->text[0] = '\0';
	r = n < 0 ? err_sys(reterr, (int)n, "cannot read %s", path)
		  : cmdline_parse(span_of(ret->text, (size_t)n), &ret->cmdline, reterr);
	ret->cmdline_failed = r < 0;
	conf_r = conf_load(conf_path, &ret->conf, &conf_err);
	if (r < 0 || conf_r == 0)
		return r;
	*reterr = conf_err;
	return conf_r;
}

bool sources_want_ibft(const struct sources *s)
{
	static const enum setting_id known[] = {SETTING_TARGET, SETTING_PORTAL, SETTING_SERVER};
	const struct cmdline *c = &s->cmdline;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (c->set.one[known[i]].present || s->conf.set.one[known[i]].present)
			return c->iscsi_auto && !c->off;
	return (c->iscsi_auto || c->pinet_words) && !c->off && !c->nfs_root;
}

void sources_read_ibft(struct sources *s, const char *path)
{
	_cleanup_fd_ int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	s->has_ibft = fd >= 0 && ibft_load(fd, &s->ibft) == 0;
}

bool sources_are_for_us(const struct sources *s)
{
	char server[SETTING_VALUE_SIZE];
	struct span text = span_str(s->text);

	if (span_eq_str(cmdline_peek(text, "pinet"), "off"))
		return false;
	return cmdline_is_for_us(text) ||
	       conf_peek(NULL, settings_name(SETTING_SERVER), server, sizeof(server)) == 0;
}

enum plan_onfail sources_onfail(const struct sources *s)
{
	static const char *const names[] = {"shell", "reboot", "poweroff", "local"};
	struct span v = cmdline_peek(span_str(s->text), "pinet.onfail");
	char value[16];

	if (!v.p && conf_peek(NULL, settings_name(SETTING_ONFAIL), value, sizeof(value)) == 0)
		v = span_str(value);
	for (unsigned int i = 0; v.p && i < 4; i++)
		if (span_eq_str(v, names[i]))
			return (enum plan_onfail)i;
	return PLAN_ONFAIL_SHELL;
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
	if (s->has_ibft)
		add_notes(&s->ibft.notes, notes);
}

struct plan_sources sources_for_plan(const struct sources *s, const struct lease *lease, bool final)
{
	return (struct plan_sources){.cmdline = &s->cmdline,
		.conf = &s->conf,
		.ibft = s->has_ibft ? &s->ibft : NULL,
		.machine = &s->machine,
		.lease = lease,
		.final = final};
}

static enum dhcp_rank rank_offer(void *ctx, const struct lease *offer)
{
	struct plan_sources src = sources_for_plan(ctx, NULL, true);

	return plan_rank_offer(&src, offer);
}

struct dhcp_judge sources_judge(struct sources *s)
{
	return (struct dhcp_judge){.rank = rank_offer, .ctx = s};
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet discover: what a boot server shows this initiator, and what a boot would take of it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/sources.h"
#include "state/state.h"
#include "step/iscsi_dial.h"
#include "step/iscsi_discovery.h"

#define DISCOVER_MS 15000

struct options {
	const char *cmdline, *conf, *initiator;
	struct machine machine;
};

static int parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{"cmdline", required_argument, NULL, 'c'},
		{"conf", required_argument, NULL, 'f'},
		{"initiator", required_argument, NULL, 'i'},
		{"mac", required_argument, NULL, 'm'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'c')
			opt->cmdline = optarg;
		else if (c == 'f')
			opt->conf = optarg;
		else if (c == 'i')
			opt->initiator = optarg;
		else if (c == 'm')
			opt->machine.has_mac = true;
		else
			return -EINVAL;
		if (c == 'm' && num_parse_mac(span_str(optarg), opt->machine.mac) < 0) {
			log_error("discover: --mac %s: it must be as 52:54:00:12:34:56", optarg);
			return -EINVAL;
		}
	}
	return argc - optind > 1 ? -EINVAL : 0;
}

/* A portal as text, if there is one: it takes the place of those of the plan. */
static int take_portal(struct plan *plan, const char *text, struct err *reterr)
{
	if (!text || !text[0])
		return 0;
	if (settings_parse_portal(span_str(text), &plan->portal[0], reterr) < 0)
		return -EINVAL;
	plan->n_portals = 1;
	return 0;
}

/* Who we are and whom to ask: as given, as the sources say, or as the boot of this machine had it. */
static int make_plan(
	const struct options *opt, const char *portal, struct plan *plan, struct err *reterr)
{
	struct sources all = {.text = {0}};
	struct notes notes = {.n = 0};
	struct state st = {.n = 0};
	struct plan_sources src;
	const char *initiator;
	int r = sources_read(&all, opt->cmdline, opt->conf, reterr);

	if (r < 0)
		return r;
	(void)!state_load(STATE_BOOT, &st, NULL); /* it helps, but there need not be one */
	initiator = opt->initiator ? opt->initiator : state_get(&st, "session.initiator");
	if (opt->machine.has_mac)
		all.machine = opt->machine;
	else if (!all.machine.has_mac)
		all.machine.has_mac = num_parse_mac(span_str(state_get(&st, "network.mac")),
					      all.machine.mac) == 0;
	src = sources_for_plan(&all, NULL, false);
	r = plan_merge(&src, plan, &notes, reterr);
	if (r == 0)
		r = take_portal(plan, portal, reterr);
	if (r == 0 && !plan->n_portals)
		r = take_portal(plan, state_get(&st, "session.portal"), reterr);
	if (r < 0)
		return r;
	if (!plan->n_portals)
		return err_set(reterr, -EDESTADDRREQ,
			"no boot server is known: name one, as in pinet discover 192.168.20.1");
	if (initiator[0] && !opt->machine.has_mac)
		r = span_copy(span_str(initiator), plan->initiator, sizeof(plan->initiator));
	if (r < 0 || strchr(plan->initiator, '%'))
		return err_set(reterr, -EINVAL,
			"the name of this initiator is not known: say --initiator or --mac");
	return 0;
}

static void print_value(const char *before, struct span value)
{
	char shown[PLAN_NAME_SIZE * 4];

	printf("%s%s\n", before, span_escape(value, shown, sizeof(shown)));
}

static void print_targets(const struct plan *plan, const struct iscsi_discovery *found)
{
	struct span text = span_of(found->text.bytes, found->text.len);
	char where[ISCSI_WHERE_SIZE], name[PLAN_NAME_SIZE];
	struct err err = {.code = 0};
	struct iscsi_target target;

	iscsi_portal_text(&found->portal, where);
	printf("%s shows to %s:\n", where, plan->initiator);
	while (iscsi_targets_next(&text, &target)) {
		struct span address;

		print_value("  ", target.name);
		while (iscsi_targets_address(&target.addresses, &address))
			print_value("    ", address);
	}
	text = span_of(found->text.bytes, found->text.len);
	if (plan->target[0] && !strchr(plan->target, '%'))
		printf("A boot takes %s, as it is set.\n", plan->target);
	else if (iscsi_targets_choose(text, plan->id, where, plan->initiator, name, &err) == 0)
		printf("A boot without target= takes %s.\n", name);
	else
		printf("A boot without target= fails: %s\n", err.text);
}

int cmd_discover(int argc, char **argv)
{
	struct options opt = {.cmdline = NULL};
	struct iscsi_discovery found = {.text.bytes = NULL};
	struct err err = {.code = 0};
	struct plan plan;
	int r;

	if (parse_options(argc, argv, &opt) < 0)
		return EXIT_USAGE;
	r = make_plan(&opt, optind < argc ? argv[optind] : NULL, &plan, &err);
	for (unsigned int i = 0; r == 0 && i < plan.n_portals; i++) {
		r = iscsi_discovery_run(
			&plan, &plan.portal[i], clock_now_ms() + DISCOVER_MS, &found, &err);
		if (r == 0)
			break;
		if (i + 1 < plan.n_portals) {
			log_warning("%s", err.text);
			r = 0;
		}
	}
	if (r < 0) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	print_targets(&plan, &found);
	free(found.text.bytes);
	return EXIT_OK;
}

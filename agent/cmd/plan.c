/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet plan: runs the sources and prints the plan without acting.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/sources.h"
#include "plan/format.h"
#include "plan/merge.h"
#include "state/state.h"
#include "step/look.h"

#define LEASE_BYTES 1500

#define DHCP_MS 10000

struct options {
	const char *cmdline, *conf, *ibft, *lease, *dhcp;
	bool json;
	struct machine machine;
};

static int parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{"cmdline", required_argument, NULL, 'c'},
		{"conf", required_argument, NULL, 'f'},
		{"ibft", required_argument, NULL, 'i'},
		{"lease", required_argument, NULL, 'l'},
		{"dhcp", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
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
			opt->ibft = optarg;
		else if (c == 'l')
			opt->lease = optarg;
		else if (c == 'd')
			opt->dhcp = optarg;
		else if (c == 'j')
			opt->json = true;
		else if (c == 'm')
			opt->machine.has_mac = true;
		else
			return -EINVAL;
		if (c == 'm' && num_parse_mac(span_str(optarg), opt->machine.mac) < 0) {
			log_error("plan: --mac %s: it must be as 52:54:00:12:34:56", optarg);
			return -EINVAL;
		}
	}
	if (opt->dhcp && opt->lease) {
		log_error("plan: --dhcp asks the network, --lease a file: it must be one of them");
		return -EINVAL;
	}
	if (optind < argc) {
		log_error("plan: unexpected argument \"%s\"", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

/* A DHCP message as hexadecimal digits, blanks between them ignored. */
static int read_lease(const char *path, struct lease *ret, struct notes *notes, struct err *reterr)
{
	char text[4 * LEASE_BYTES];
	uint8_t bytes[LEASE_BYTES];
	ssize_t n = fs_read(path, text, sizeof(text));
	size_t digits = 0;

	if (n < 0)
		return err_sys(reterr, (int)n, "cannot read %s", path);
	for (ssize_t i = 0; i < n; i++)
		if (!isspace((unsigned char)text[i]))
			text[digits++] = text[i];
	if (digits % 2 || digits / 2 > sizeof(bytes))
		return err_set(reterr, -EINVAL, "%s: no DHCP message in hexadecimal", path);
	for (size_t i = 0; i < digits / 2; i++) {
		uint32_t v;

		if (num_parse_hex32(span_of(text + 2 * i, 2), 255, &v) < 0)
			return err_set(reterr, -EINVAL, "%s: no DHCP message in hexadecimal", path);
		bytes[i] = (uint8_t)v;
	}
	return dhcp_lease_parse(span_of(bytes, digits / 2), ret, notes, reterr);
}

/* The NIC that carried the root of this boot, if pinet brought it up. */
static void mac_from_state(struct machine *m)
{
	struct state st;

	if (state_load(STATE_BOOT, &st, NULL) == 0)
		m->has_mac = num_parse_mac(span_str(state_get(&st, "network.mac")), m->mac) == 0;
}

/* The machine whose plan it is; with --mac another one, of which nothing else is known. */
static int find_machine(const struct options *opt, struct machine *m, struct err *reterr)
{
	char path[64], text[32];

	if (opt->machine.has_mac) {
		*m = opt->machine;
		return 0;
	}
	if (!opt->dhcp) {
		mac_from_state(m);
		return 0;
	}
	(void)snprintf(path, sizeof(path), "/sys/class/net/%.20s/address", opt->dhcp); /* fits */
	m->has_mac = fs_read_line(path, text, sizeof(text)) > 0 &&
		     num_parse_mac(span_str(text), m->mac) == 0;
	if (!m->has_mac)
		return err_set(reterr, -ENODEV, "%.20s is no Ethernet interface", opt->dhcp);
	return 0;
}

/* What DHCP says, if it is asked for. */
static int find_lease(const struct options *opt, struct sources *all, struct lease *ret,
	struct notes *notes, struct err *reterr)
{
	const struct dhcp_judge judge = sources_judge(all);

	if (opt->lease)
		return read_lease(opt->lease, ret, notes, reterr);
	if (opt->dhcp)
		return look_run(opt->dhcp, all->machine.mac, &judge, clock_now_ms() + DHCP_MS, ret,
			notes, reterr);
	return 0;
}

/*
 * The plan as a boot would have it, where the machine is known. For this one DHCP may be needed, which was not asked:
 * then the plan says so. With @chosen it is a machine that somebody has named.
 */
static int make_plan(struct plan_sources *src, bool chosen, struct plan *plan, struct notes *notes,
	struct err *reterr)
{
	unsigned int before = notes->n;
	int r = plan_merge(src, plan, notes, reterr);
	bool needs_dhcp = r == 0 && !src->lease && plan->dhcp == PLAN_TRUST_ALL && !plan->n_portals;

	if (r < 0 || !src->machine->has_mac || (needs_dhcp && !chosen))
		return r;
	notes->n = before;
	src->final = true;
	return plan_merge(src, plan, notes, reterr);
}

int cmd_plan(int argc, char **argv)
{
	struct options opt = {.cmdline = NULL};
	struct sources all = {.text = {0}};
	struct lease lease, *known;
	struct plan plan;
	struct notes notes = {.n = 0};
	struct err err = {.code = 0};
	struct plan_sources src;
	int r;

	if (parse_options(argc, argv, &opt) < 0)
		return EXIT_USAGE;
	known = opt.lease || opt.dhcp ? &lease : NULL;
	r = sources_read(&all, opt.cmdline, opt.conf, &err);
	/* With --mac it is another machine, of which this one's table says nothing. */
	if (r == 0 && (opt.ibft || !opt.machine.has_mac) && sources_want_ibft(&all))
		sources_read_ibft(&all, opt.ibft ? opt.ibft : IBFT_DIR);
	if (r == 0)
		r = find_machine(&opt, &all.machine, &err);
	if (r == 0)
		r = find_lease(&opt, &all, &lease, &notes, &err);
	sources_notes(&all, &notes);
	src = sources_for_plan(&all, known, false);
	if (r == 0)
		r = make_plan(&src, opt.machine.has_mac, &plan, &notes, &err);
	if (r < 0) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	if (opt.json)
		format_plan_json(stdout, &plan, known, &notes);
	else
		format_plan(stdout, &plan, known, &notes);
	return EXIT_OK;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Brings the network up as pinet boot does, and prints the plan that comes of it: what pinet plan --dhcp
 * cannot show, because it takes no address; and the time from carrier to address.
 *
 * Usage: up SECONDS CMDLINE CONF RESOLV [COMMAND]
 * RESOLV is written as /etc/resolv.conf would be. The address stays. After COMMAND the network is asked once
 * more, as before a boot's second attempt; what it says then does not have to be an answer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "cmd/sources.h"
#include "plan/format.h"
#include "step/names.h"
#include "step/step.h"

#define NAMES_MS 5000
#define AGAIN_MS 3000

static void on_waiting(void *ctx, const char *sentence)
{
	(void)ctx;
	log_warning("%s", sentence);
}

static int write_resolv(
	const struct plan *plan, const struct network_report *report, const char *path)
{
	char text[2048];
	int r = netconf_resolv(plan, report, text, sizeof(text));
	FILE *f = r == 0 ? fopen(path, "w") : NULL; /* in place: it may be mounted elsewhere */

	if (!f)
		return r ? r : -1;
	fputs(text, f);
	return fclose(f);
}

static int ask_again(const struct plan *plan, const struct network_watch *watch,
	struct network_report *report, const char *command, struct err *err)
{
	int r = system(command) == 0 ? 0 : err_set(err, -EINVAL, "\"%s\" failed", command);

	if (r == 0)
		r = network_run(plan, clock_now_ms() + AGAIN_MS, watch, report, err);
	return report->ifindex ? 0 : r;
}

static int run(struct sources *all, uint64_t deadline_ms, const char *resolv, const char *command,
	struct err *err)
{
	static struct network_report report;
	static struct plan plan;
	struct network_watch watch = {on_waiting, NULL, sources_judge(all)};
	struct plan_sources src = sources_for_plan(all, NULL, false);
	struct notes notes = {.n = 0};
	int r = plan_merge(&src, &plan, &notes, err);

	if (r == 0)
		r = network_run(&plan, deadline_ms, &watch, &report, err);
	if (r == 0 && command)
		r = ask_again(&plan, &watch, &report, command, err);
	if (r < 0)
		return r;
	all->machine.has_mac = true;
	memcpy(all->machine.mac, report.mac, MAC_LEN);
	src = sources_for_plan(all, network_lease(&report), true);
	r = plan_merge(&src, &plan, &report.notes, err);
	if (r == 0)
		r = write_resolv(&plan, &report, resolv);
	if (r == 0)
		r = network_wait_ipv6(&plan, &report, deadline_ms, err);
	if (r == 0)
		r = names_in_portals(&plan, clock_now_ms() + NAMES_MS, err);
	if (r < 0)
		return r;
	format_plan(stdout, &plan, network_lease(&report), &report.notes);
	printf("up after %llu ms\n",
		(unsigned long long)(report.configured_ms - report.carrier_ms));
	return 0;
}

int main(int argc, char **argv)
{
	static struct sources all;
	struct err err = {.code = 0};
	uint64_t now_ms = clock_now_ms();
	int r;

	if (argc != 5 && argc != 6)
		return EXIT_FAILURE;
	r = sources_read(&all, argv[2], argv[3], &err);
	if (r == 0)
		r = run(&all, now_ms + strtoull(argv[1], NULL, 10) * 1000, argv[4], argv[5], &err);
	if (r < 0)
		fprintf(stderr, "up: %s\n", err.text);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet status: how this machine booted, for a person at a console.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "source/cmdline.h"
#include "state/state.h"
#include "step/session.h"
#include "store/name.h"

#define PLAN_TEXT_SIZE 16384
#define WHEN_SIZE      32
#define DRIFT_SIZE     256

static void __attribute__((format(printf, 2, 3))) line(const char *name, const char *format, ...)
{
	va_list ap;

	printf("%-10s ", name);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

/* Milliseconds between two marks of the boot; 0 when one of them is missing. */
static unsigned int between(const struct state *st, const char *from, const char *to)
{
	uint64_t a = state_get_u64(st, from, 0), b = state_get_u64(st, to, 0);

	return a && b > a ? (unsigned int)(b - a) : 0;
}

static void show_network(const struct state *st)
{
	const char *server = state_get(st, "dhcp.server");

	if (!state_get(st, "network.interface")[0])
		return;
	line("network", "%s %s%s%s, ready after %u ms", state_get(st, "network.interface"),
		state_get(st, "network.address"), server[0] ? " from DHCP server " : " (static)",
		server, between(st, "time.boot_ms", "time.network_ms"));
}

static void show_nfs_root(const struct state *st)
{
	if (state_get(st, "root.source")[0])
		line("root", "%s (%s), mounted after %u ms", state_get(st, "root.source"),
			state_get(st, "root.fstype"),
			between(st, "time.network_ms", "time.root_ms"));
}

static void show_session(const struct state *st)
{
	const char *target = state_get(st, "session.target");
	struct login_report now;
	struct err err = {.code = 0};
	int r;

	if (!target[0])
		return;
	r = session_find(target, &now, &err);
	line("session", "%s at %s by %s, after %u ms: %s", target, state_get(st, "session.portal"),
		state_get(st, "session.engine"), between(st, "time.network_ms", "time.login_ms"),
		r > 0    ? "logged in"
		: r == 0 ? "NOT THERE"
			 : "NOT LOGGED IN");
	line("initiator", "%s", state_get(st, "session.initiator"));
	if (!state_get(st, "root.device")[0])
		return;
	line("root", "%s %s on LUN %s, found after %u ms", state_get(st, "root.device"),
		state_get(st, "root.fstype"), state_get(st, "root.lun"),
		between(st, "time.login_ms", "time.root_ms"));
}

static void show_firmware(const struct state *boot)
{
	struct state st;

	if (state_load(STATE_FIRMWARE, &st, NULL) < 0) {
		line("firmware", "%s",
			state_get_u64(boot, "firmware.on", 0) ? "not mounted yet" : "off");
		return;
	}
	if (state_get_u64(&st, "mounted", 0))
		line("firmware", "%s at %s (NFS %s)", state_get(&st, "source"),
			state_get(&st, "where"), state_get(&st, "version"));
	else
		line("firmware", "NOT MOUNTED: %s", state_get(&st, "error"));
}

/* When @key of the sync happened, in local time; "?" if that is not known. */
static const char *when(const struct state *st, const char *key, char *buf, size_t size)
{
	time_t t = (time_t)state_get_u64(st, key, 0);
	struct tm tm;

	if (t <= 0 || !localtime_r(&t, &tm) || strftime(buf, size, "%Y-%m-%d %H:%M", &tm) == 0)
		return "?";
	return buf;
}

/* The generation that the firmware loaded, as the command line of the kernel says. */
static void show_generation(void)
{
	char text[CMDLINE_SIZE];
	ssize_t n = fs_read("/proc/cmdline", text, sizeof(text));
	struct span name =
		n > 0 ? cmdline_peek(span_of(text, (size_t)n), "pinet.generation") : SPAN_NONE;
	uint32_t number;

	if (name_parse(name, &number, NULL) == 0)
		line("running", "%.*s", (int)name.len, (const char *)name.p);
}

static void show_sync(void)
{
	struct state st;
	char buf[WHEN_SIZE];

	if (state_load(STATE_SYNC, &st, NULL) < 0)
		return;
	if (strcmp(state_get(&st, "result"), "ok") == 0)
		line("sync", "%s is active, %s", state_get(&st, "generation"),
			when(&st, "time", buf, sizeof(buf)));
	else
		line("sync", "PENDING since %s: %s", when(&st, "since", buf, sizeof(buf)),
			state_get(&st, "reason"));
}

/* Why boot files, root and server do not fit; "" if they do, or as far as that is known. */
static const char *drift(char *buf, size_t size)
{
	return fs_read_line(STATE_DRIFT, buf, size) < 0 ? "" : buf;
}

/* For a login: a line if this boot or the next is not what it should be. Reads nothing from a server. */
static int show_pending(void)
{
	struct state st;
	struct err err = {.code = 0};
	char buf[WHEN_SIZE], why[DRIFT_SIZE];
	int r = state_load(STATE_SYNC, &st, &err);

	if (drift(why, sizeof(why))[0])
		printf("pinet: %s\n", why);
	if (r == -ENOENT)
		return EXIT_OK;
	if (r < 0) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	if (strcmp(state_get(&st, "result"), "ok") != 0)
		printf("pinet: the boot files wait to be synchronized since %s: %s\n",
			when(&st, "since", buf, sizeof(buf)), state_get(&st, "reason"));
	return EXIT_OK;
}

/* The plan with the origin of each field, indented. */
static void show_plan(void)
{
	char text[PLAN_TEXT_SIZE];
	ssize_t n = fs_read(STATE_PLAN, text, sizeof(text));

	if (n <= 0)
		return;
	printf("plan of this boot:\n");
	for (char *p = strtok(text, "\n"); p; p = strtok(NULL, "\n"))
		printf("  %s\n", p);
}

static void show_booted(const struct state *st)
{
	char why[DRIFT_SIZE];

	show_network(st);
	show_nfs_root(st);
	show_session(st);
	show_firmware(st);
	show_generation();
	if (drift(why, sizeof(why))[0])
		line("drift", "%s", why);
	show_sync();
	putchar('\n');
	show_plan();
}

/* In the shell of the initramfs, on a console of 25 lines: why it failed has to be the last. */
static void show_failed(const struct state *st)
{
	show_plan();
	show_network(st);
	show_session(st);
	line("boot", "FAILED: %s", state_get(st, "error"));
}

int cmd_status(int argc, char **argv)
{
	static const struct option longs[] = {
		{"pending", no_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
	struct state st;
	struct err err = {.code = 0};
	bool pending = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 'p')
			return EXIT_USAGE;
		pending = true;
	}
	if (optind < argc) {
		log_error("status: unexpected argument \"%s\"", argv[optind]);
		return EXIT_USAGE;
	}
	if (pending)
		return show_pending();
	r = state_load(STATE_BOOT, &st, &err);
	if (r == -ENOENT) {
		printf("pinet did not bring up this machine's root.\n");
		return EXIT_OK;
	}
	if (r < 0) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	if (strcmp(state_get(&st, "result"), "ok") != 0)
		show_failed(&st);
	else
		show_booted(&st);
	return EXIT_OK;
}

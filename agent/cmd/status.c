/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet status: how this machine booted, for a person at a console.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "state/state.h"
#include "step/session.h"

#define PLAN_TEXT_SIZE 16384

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

/* The plan with the origin of each field, indented. */
static void show_plan(void)
{
	char text[PLAN_TEXT_SIZE];
	ssize_t n = fs_read(STATE_PLAN, text, sizeof(text));

	if (n <= 0)
		return;
	printf("\nplan of this boot:\n");
	for (char *p = strtok(text, "\n"); p; p = strtok(NULL, "\n"))
		printf("  %s\n", p);
}

int cmd_status(int argc, char **argv)
{
	struct state st;
	struct err err = {.code = 0};
	int r;

	if (argc > 1) {
		log_error("status: unexpected argument \"%s\"", argv[1]);
		return EXIT_USAGE;
	}
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
		line("boot", "FAILED: %s", state_get(&st, "error"));
	show_network(&st);
	show_session(&st);
	if (strcmp(state_get(&st, "result"), "ok") == 0)
		show_firmware(&st);
	show_plan();
	return EXIT_OK;
}

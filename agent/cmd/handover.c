/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet handover: what the running system has to know of the session and its interface, left in /run
 * before init starts.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/span.h"
#include "cmd/cmd.h"
#include "cmd/remote_log.h"
#include "state/state.h"
#include "step/managers.h"
#include "step/names.h"

#define CONF_SIZE   65536
#define ISCSID_CONF STATE_DIR "/iscsid.conf"
#define DROP_IN_DIR "/run/systemd/system/iscsid.service.d"

/*
 * iscsid takes the session over with the time-outs of iscsid.conf, where a session that is away for
 * two minutes fails: the root would not outlive a longer restart of its server. Other sessions of
 * this machine are made by iscsiadm, which reads the file itself.
 */
static const char heading[] = "\n# Added by pinet, for the session of the root.\n";

static const char drop_in[] =
	"# Made by pinet: iscsid sees the configuration with the patience that the root needs.\n"
	"[Service]\n"
	"BindReadOnlyPaths=-" ISCSID_CONF ":/etc/iscsi/iscsid.conf\n";

/* The words NAME=VALUE as lines of iscsid.conf, the last of which counts. */
static void add_options(char *out, size_t size, const char *words)
{
	struct span rest = span_str(words);

	while (rest.len) {
		struct span value = span_cut(&rest, ' '), name = span_cut(&value, '=');
		size_t at = strlen(out);

		(void)snprintf(out + at, size - at, "%.*s = %.*s\n", (int)name.len,
			(const char *)name.p, (int)value.len,
			(const char *)value.p); /* has the room: STATE_VALUE_SIZE */
	}
}

static int write_files(const char *root, const char *options, struct err *reterr)
{
	char path[4096], text[CONF_SIZE + sizeof(heading) + 2 * STATE_VALUE_SIZE];
	ssize_t n;
	int r = fs_join(path, sizeof(path), root, "etc/iscsi/iscsid.conf");

	if (r < 0)
		return err_set(reterr, r, "%.60s...: the path is too long", root);
	n = fs_read(path, text, CONF_SIZE);
	if (n < 0)
		return err_sys(reterr, (int)n,
			"cannot read %s: the session will not be repaired after an outage", path);
	strcpy(text + n, heading);
	add_options(text, sizeof(text), options);
	r = fs_replace(ISCSID_CONF, text, 0600); /* it may hold secrets, as the original does */
	if (r == 0)
		r = fs_mkdirs(DROP_IN_DIR, 0755);
	if (r == 0)
		r = fs_replace(DROP_IN_DIR "/pinet.conf", drop_in, 0644);
	return r < 0 ? err_sys(reterr, r, "cannot prepare iscsid") : 0;
}

/* The names are those that the boot itself has used. */
static void read_resolv(struct managers_net *net)
{
	char text[4096];
	struct names_conf c = {.n_servers = 0};
	ssize_t n = fs_read("/etc/resolv.conf", text, sizeof(text));
	size_t at = 0;

	if (n > 0)
		names_conf_parse(span_of(text, (size_t)n), &c);
	for (unsigned int i = 0; i < c.n_servers; i++)
		at += (size_t)snprintf(net->dns + at, sizeof(net->dns) - at, "%s%s", at ? " " : "",
			c.server[i]); /* four of them fit */
	at = 0;
	for (unsigned int i = 0; i < c.n_search && at < sizeof(net->search); i++)
		at += (size_t)snprintf(net->search + at, sizeof(net->search) - at, "%s%s",
			at ? " " : "", c.search[i]);
	if (at >= sizeof(net->search))
		net->search[0] = '\0'; /* half a name would be another one */
}

/* Whatever manages networks there is not to touch the root's. */
static int tame_managers(const char *root, const struct state *st, struct err *reterr)
{
	struct managers_net net = {.dns = ""};

	if (span_copy(span_str(state_get(st, "network.interface")), net.ifname,
		    sizeof(net.ifname)) < 0 ||
		!net.ifname[0])
		return 0; /* the root came up without one of ours */
	read_resolv(&net);
	return managers_write(root, "/run", &net, reterr);
}

int cmd_handover(int argc, char **argv)
{
	static const struct option longs[] = {
		{"root", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	const char *root = "";
	struct err err = {.code = 0};
	struct syslog log;
	struct state st;
	int c, r;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 'r')
			return EXIT_USAGE;
		root = optarg;
	}
	if (optind < argc) {
		log_error("handover: unexpected argument \"%s\"", argv[optind]);
		return EXIT_USAGE;
	}
	if (state_load(STATE_BOOT, &st, NULL) < 0 || strcmp(state_get(&st, "result"), "ok") != 0)
		return EXIT_OK; /* the root is none of ours */
	log_setup(LOG_LEVEL_WARNING, true);
	remote_log_resume(&log, &st, true);
	r = tame_managers(root, &st, &err);
	if (r < 0)
		log_warning("%s", err.text);
	if (state_get(&st, "session.target")[0] &&
		write_files(root, state_get(&st, "session.options"), &err) < 0) {
		log_warning("%s", err.text);
		r = -1;
	}
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

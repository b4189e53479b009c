/* SPDX-License-Identifier: GPL-2.0-or-later
 * The sessions of the root between their login and iscsid.
 *
 * The target takes the login for a new one of the same session, and drops what it has of the old
 * connection (RFC 7143 section 6.3.5). The kernel keeps its own count of commands, and so the login
 * goes on with the CmdSN that it will use next; it sends all again that has not been answered.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "step/guard.h"
#include "step/session.h"

#define TABLE_SIZE 65536 /* a line for each socket, of 110 bytes */

static int open_directory(const char *path, int *ret_fd, struct err *reterr)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret_fd = fd;
	return fd < 0 ? err_sys(reterr, -errno, "cannot open %s", path) : 0;
}

/* The sessions, and what each comes back to. */
static int list_sessions(const char *target, struct guard *g, struct err *reterr)
{
	struct session list[SETTING_PORTALS];
	char portal[SETTING_VALUE_SIZE];
	int r = 0;

	g->n = session_list(target, list);
	for (unsigned int i = 0; r == 0 && i < g->n; i++) {
		g->session[i].sid = list[i].sid;
		session_portal(list[i].sid, portal);
		r = settings_parse_portal(span_str(portal), &g->session[i].portal, reterr);
	}
	return r;
}

int guard_open(const struct plan *plan, const struct login_report *report, struct guard *ret,
	struct err *reterr)
{
	struct guard g = {.proc_fd = -1,
		.sys_fd = -1,
		.login_s = plan->option[PLAN_LOGIN_S],
		.before = strcmp(report->engine, "iscsistart") == 0 ? -1u : 0};
	int r = list_sessions(report->target, &g, reterr);

	if (r == 0)
		r = chap_keys_take(&plan->chap, &g.chap, reterr);
	if (r == 0)
		r = open_directory("/proc", &g.proc_fd, reterr);
	if (r == 0)
		r = open_directory("/sys", &g.sys_fd, reterr);
	if (r == 0)
		r = iscsi_nl_open(&g.nl, reterr);
	if (r < 0) {
		cleanup_fd(&g.proc_fd);
		cleanup_fd(&g.sys_fd);
		return r;
	}
	g.config = (struct iscsi_dial_config){.initiator = plan->initiator,
		.target = report->target,
		.header_digest = (enum iscsi_digest)plan->option[PLAN_HEADER_DIGEST],
		.data_digest = (enum iscsi_digest)plan->option[PLAN_DATA_DIGEST],
		.option = plan->option};
	*ret = g;
	return 0;
}

/* The next word of a line, which blanks precede. */
static struct span next_word(struct span *line)
{
	struct span word;

	do
		word = span_cut(line, ' ');
	while (!word.len && line->len);
	return word;
}

bool guard_sees_iscsid(struct span table, uint32_t own)
{
	while (table.len) {
		struct span line = span_cut(&table, '\n'), groups;
		uint32_t protocol, pid;

		(void)next_word(&line); /* an address */
		if (num_parse_u32(next_word(&line), UINT32_MAX, &protocol) < 0 ||
			num_parse_u32(next_word(&line), UINT32_MAX, &pid) < 0)
			continue;
		groups = next_word(&line); /* hexadecimal: the first is the lowest bit */
		if (protocol == NETLINK_ISCSI && pid && pid != own && groups.len &&
			strchr("13579bdf", groups.p[groups.len - 1]))
			return true;
	}
	return false;
}

static bool iscsid_is_there(const struct guard *g)
{
	_cleanup_free_ char *table = malloc(TABLE_SIZE);
	ssize_t n = -1;

	if (table && fchdir(g->proc_fd) == 0)
		n = fs_read("self/net/netlink", table, TABLE_SIZE);
	return n > 0 && guard_sees_iscsid(span_of(table, (size_t)n), (uint32_t)getpid());
}

static int repair(struct guard *g, const struct guard_session *s, struct err *reterr)
{
	const struct iscsi_kernel session = {.sid = s->sid, .has_conn = true};
	struct iscsi_dial_config config = g->config;
	struct iscsi_link link = {.fd = -1};
	int r = iscsi_kernel_suspend(&g->nl, &session, &config.commands, reterr);

	if (r < 0)
		return r;
	config.chap = &g->chap;
	config.commands += g->before;
	iscsi_kernel_isid(s->sid, config.isid);
	r = iscsi_dial(&config, &s->portal, clock_now_ms() + 1000ull * g->login_s, &link, reterr);
	/* It may have come meanwhile: two that repair would be one too many. */
	if (r == 0 && iscsid_is_there(g))
		r = GUARD_OVER;
	else if (r == 0)
		r = iscsi_kernel_start(&g->nl, &session, &config, &link, reterr);
	cleanup_fd(&link.fd); /* the kernel has its own hold on it */
	return r == 0 ? GUARD_REPAIRED : r;
}

int guard_look(struct guard *guard, const struct guard_session *session, struct err *reterr)
{
	char path[64], state[32];

	if (iscsid_is_there(guard))
		return GUARD_OVER;
	(void)snprintf(path, sizeof(path), "class/iscsi_session/session%u/state", session->sid);
	if (fchdir(guard->sys_fd) < 0 || fs_read_line(path, state, sizeof(state)) < 0)
		return GUARD_OVER;
	return strcmp(state, SESSION_WELL) == 0 ? GUARD_WELL : repair(guard, session, reterr);
}

void guard_wait(const struct guard *guard, int timeout_ms)
{
	struct pollfd p = {guard->nl.fd, POLLIN, 0};
	uint8_t buf[ISCSI_NL_MSG_MAX];

	(void)poll(&p, 1, timeout_ms);
	while (recv(guard->nl.fd, buf, sizeof(buf), 0) > 0)
		; /* what it says shows in sysfs, too */
}

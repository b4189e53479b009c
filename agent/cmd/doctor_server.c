/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet doctor: what the boot server answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "cmd/doctor.h"
#include "cmd/sources.h"
#include "step/iscsi_discovery.h"
#include "step/iscsi_targets.h"
#include "step/tcp.h"

#define CONNECT_MS  5000
#define DISCOVER_MS 15000
#define FETCH_MS    5000 /* four times a lost packet */
#define NONCE       ".pinet-doctor"
#define NONCE_SIZE  17

static bool read_portal(const struct doctor *d, struct portal *ret)
{
	const char *text = state_get(&d->boot, "session.portal");

	return !d->offline && text[0] && settings_parse_portal(span_str(text), ret, NULL) == 0;
}

static enum doctor_verdict portal(const struct doctor *d, struct doctor_finding *f)
{
	struct err err = {.code = 0};
	struct portal p;
	int fd;

	if (!read_portal(d, &p))
		return DOCTOR_NOTHING;
	fd = tcp_connect(p.host, p.port, clock_now_ms() + CONNECT_MS, &err);
	cleanup_fd(&fd);
	return fd >= 0 ? DOCTOR_FINE
		       : doctor_found(f, "Start the target's service on the boot server.",
				 "The portal of the root's target does not answer: %s", err.text);
}

/* Who we are, with the secret, as the next boot would have it. */
static int make_plan(const struct doctor *d, struct plan *plan, struct err *reterr)
{
	_cleanup_free_ struct sources *all = calloc(1, sizeof(*all));
	struct notes notes = {.n = 0};
	struct plan_sources src;
	int r = all ? sources_read(all, NULL, NULL, reterr) : -ENOMEM;

	if (r < 0)
		return r;
	all->machine.has_mac =
		num_parse_mac(span_str(state_get(&d->boot, "network.mac")), all->machine.mac) == 0;
	src = sources_for_plan(all, NULL, false);
	r = plan_merge(&src, plan, &notes, reterr);
	if (r < 0)
		return r;
	(void)snprintf(plan->initiator, sizeof(plan->initiator), "%.223s",
		state_get(&d->boot, "session.initiator"));
	return 0;
}

/* Only a discovery: a login with the same names would end the session of the root. */
static enum doctor_verdict target(const struct doctor *d, struct doctor_finding *f)
{
	static const char remedy[] =
		"See the ACL and the CHAP secret of the target on the boot server, and "
		"/etc/pinet/chap.conf here; \"pinet discover\" shows what the server says.";
	const char *wanted = state_get(&d->boot, "session.target");
	struct iscsi_discovery found = {.text.bytes = NULL};
	struct iscsi_target t;
	struct err err = {.code = 0};
	struct span text;
	struct portal p;
	struct plan plan;
	bool is = false;
	int r;

	if (!read_portal(d, &p) || !wanted[0] || d->root[0])
		return DOCTOR_NOTHING;
	r = make_plan(d, &plan, &err);
	if (r == 0)
		r = iscsi_discovery_run(&plan, &p, clock_now_ms() + DISCOVER_MS, &found, &err);
	if (r == -ECONNREFUSED || r == -ETIMEDOUT || r == -EHOSTUNREACH)
		return DOCTOR_NOTHING; /* the check before has said it */
	if (r < 0)
		return doctor_found(f, remedy,
			"The boot server refuses this initiator: %s. The next boot will find no "
			"root.",
			err.text);
	text = span_of(found.text.bytes, found.text.len);
	while (!is && iscsi_targets_next(&text, &t))
		is = span_eq_str(t.name, wanted);
	free(found.text.bytes);
	return is ? DOCTOR_FINE
		  : doctor_found(f, remedy,
			    "The boot server does not show %s to this initiator, %s.", wanted,
			    plan.initiator);
}

/* Fetches the nonce under the name @prefix of the directory: 1, 0, or -ETIMEDOUT without an answer. */
static int fetch(const char *host, const char *prefix, const char *wanted)
{
	const char *busybox = fs_exists("/bin/busybox") ? "/bin/busybox" : "/usr/bin/busybox";
	char name[PATH_MAX], got[1024]; /* and its progress */
	size_t n = strlen(prefix);
	const char *const argv[] = {busybox, "tftp", "-g", "-l", "-", "-r", name, host, NULL};
	int r;

	if ((size_t)snprintf(name, sizeof(name), "%s%s" NONCE, prefix,
		    n && prefix[n - 1] != '/' ? "/" : "") >= sizeof(name))
		return 0;
	r = proc_run(argv, clock_now_ms() + FETCH_MS, got, sizeof(got));
	return r == -ETIMEDOUT ? r : r == 0 && strstr(got, wanted);
}

/* Under each name that the exported directory may have there: all of its path, its ends, none. */
static int fetch_any(const char *host, const char *path, const char *wanted)
{
	for (const char *p = path; *p; p += strcspn(p, "/")) {
		int r;

		p += strspn(p, "/");
		r = fetch(host, p, wanted);
		if (r != 0)
			return r;
	}
	return fetch(host, "", wanted);
}

/* Writes the nonce by NFS, and reads it by TFTP. Returns 1, 0 or a negative errno. */
static int round_trip(const struct doctor *d)
{
	_cleanup_fd_ int fd = openat(
		d->boot_fd, NONCE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	char nonce[NONCE_SIZE];
	uint64_t random = clock_now_ms();
	int r;

	if (fd < 0)
		return -errno;
	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK); /* the time does as well */
	(void)snprintf(nonce, sizeof(nonce), "%016llx", (unsigned long long)random); /* fits */
	if (fchmod(fd, 0644) < 0 || write(fd, nonce, strlen(nonce)) != NONCE_SIZE - 1 ||
		fsync(fd) < 0)
		r = -EIO;
	else
		r = fetch_any(state_get(&d->boot, "firmware.host"),
			state_get(&d->boot, "firmware.path"), nonce);
	if (unlinkat(d->boot_fd, NONCE, 0) < 0 && r >= 0)
		r = -errno;
	return r;
}

static bool asks_tftp(const struct doctor *d)
{
	return !d->offline && d->boot_fd >= 0 && state_get(&d->boot, "firmware.host")[0] &&
	       (fs_exists("/bin/busybox") || fs_exists("/usr/bin/busybox"));
}

static enum doctor_verdict tftp(const struct doctor *d, struct doctor_finding *f)
{
	int r = asks_tftp(d) ? round_trip(d) : -ENOENT;

	if (r > 0)
		return DOCTOR_FINE;
	if (r < 0 && r != -ETIMEDOUT)
		return DOCTOR_NOTHING; /* it cannot be written: another check says it */
	if (r == -ETIMEDOUT)
		return doctor_found(f,
			"Start the TFTP server on the boot server, and see its firewall.",
			"The TFTP server %s does not answer: the firmware would load nothing.",
			state_get(&d->boot, "firmware.host"));
	return doctor_found(f,
		"On the boot server, compare the root of the TFTP server with the exported "
		"directory; "
		"pinet-server check looks at both.",
		"A file that was written over NFS is not shown by the TFTP server %s: updates "
		"would not "
		"be loaded.",
		state_get(&d->boot, "firmware.host"));
}

const struct doctor_check doctor_server[] = {
	{"portal", "the boot server answers", portal},
	{"target", "it shows the root's target", target},
	{"tftp", "TFTP and NFS show the same directory", tftp},
	{NULL, NULL, NULL},
};

/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet doctor: the session, the address and the lease, and who manages the interface.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/num.h"
#include "cmd/doctor.h"

#define SESSIONS   "sys/class/iscsi_session"
#define PATIENCE_S 600 /* a restart of a server takes that long, with checks of its disks */

/* An attribute of the session with @target; "" if there is none. */
static void session_attr(const struct doctor *d, const char *attr, char *out, size_t size)
{
	char path[PATH_MAX], name[PATH_MAX], target[256];
	_cleanup_dir_ DIR *dir = opendir(doctor_path(d, SESSIONS, path));
	struct dirent *e;

	out[0] = '\0';
	while (dir && (e = readdir(dir))) {
		(void)snprintf(
			name, sizeof(name), SESSIONS "/%.64s/targetname", e->d_name); /* fits */
		if (fs_read_line(doctor_path(d, name, path), target, sizeof(target)) < 0 ||
			strcmp(target, state_get(&d->boot, "session.target")) != 0)
			continue;
		(void)snprintf(
			name, sizeof(name), SESSIONS "/%.64s/%s", e->d_name, attr); /* fits */
		if (fs_read_line(doctor_path(d, name, path), out, size) < 0)
			out[0] = '\0';
		else if (strcmp(attr, "state") != 0 || strcmp(out, "LOGGED_IN") == 0)
			return; /* of several the one that is up */
	}
}

static enum doctor_verdict session(const struct doctor *d, struct doctor_finding *f)
{
	char state[32];

	if (!state_get(&d->boot, "session.target")[0])
		return DOCTOR_NOTHING;
	session_attr(d, "state", state, sizeof(state));
	if (strcmp(state, "LOGGED_IN") == 0)
		return DOCTOR_FINE;
	return doctor_found(f,
		"Start the target on the boot server, and see \"journalctl -u iscsid\"; nothing is "
		"lost "
		"while it waits.",
		"The session with %s is not logged in (%s): what is not in memory waits.",
		state_get(&d->boot, "session.target"), state[0] ? state : "there is none");
}

static enum doctor_verdict patience(const struct doctor *d, struct doctor_finding *f)
{
	char text[32];
	uint32_t s;

	if (!state_get(&d->boot, "session.target")[0])
		return DOCTOR_NOTHING;
	session_attr(d, "recovery_tmo", text, sizeof(text));
	if (!text[0])
		return DOCTOR_NOTHING;
	/* A number below zero stands for "for ever". */
	if (num_parse_u32(span_str(text), UINT32_MAX, &s) < 0 || s == 0 || s >= PATIENCE_S)
		return DOCTOR_FINE;
	return doctor_found(f,
		"systemctl restart iscsid after a boot with pinet, which sets a day; look for "
		"replacement_timeout in /etc/iscsi/iscsid.conf.",
		"The root waits for its server for %u s only: after a longer outage every file "
		"gives "
		"errors.",
		s);
}

/* /proc/net/fib_trie lists each address of this machine as a leaf, "/32 host LOCAL" behind it. */
static enum doctor_verdict address(const struct doctor *d, struct doctor_finding *f)
{
	char text[DOCTOR_FILE_SIZE], wanted[64];
	struct span shown = span_str(state_get(&d->boot, "network.address"));
	struct span ip = span_cut(&shown, '/');
	struct in_addr a;
	const char *at;

	if (!d->booted || num_parse_ip4(ip, &a) < 0 ||
		doctor_read(d, "proc/net/fib_trie", text, sizeof(text)) <= 0)
		return DOCTOR_NOTHING;
	(void)snprintf(wanted, sizeof(wanted), "|-- %.*s\n", (int)ip.len, (const char *)ip.p);
	for (at = strstr(text, wanted); at; at = strstr(at + 1, wanted)) {
		const char *line = strchr(at, '\n');

		if (line && strncmp(line + 1 + strspn(line + 1, " "), "/32 host LOCAL", 14) == 0)
			return DOCTOR_FINE;
	}
	return doctor_found(f,
		"ip address add it again at once, from the console if need be, and see which "
		"manager "
		"took it: journalctl -b",
		"The root's address %s is not on this machine any more.",
		state_get(&d->boot, "network.address"));
}

static enum doctor_verdict lease_kept(const struct doctor *d, struct doctor_finding *f)
{
	if (!d->has_lease || state_get_u64(&d->lease, "lease_s", UINT32_MAX) == UINT32_MAX)
		return DOCTOR_NOTHING;
	if (d->has_renewal)
		return DOCTOR_FINE;
	return doctor_found(f, "systemctl enable --now pinet-lease.service",
		"Nobody renews the lease of %s: the DHCP server may give it to another machine.",
		state_get(&d->lease, "address"));
}

static enum doctor_verdict lease_fine(const struct doctor *d, struct doctor_finding *f)
{
	const char *problem = state_get(&d->renewal, "problem");

	if (!d->has_renewal)
		return DOCTOR_NOTHING;
	if (!problem[0])
		return DOCTOR_FINE;
	return doctor_found(f, "Mend it on the DHCP server, then: systemctl reload pinet-lease",
		"%s.", problem);
}

/* Another client at the same interface has another identity, and so another lease. */
static enum doctor_verdict one_client(const struct doctor *d, struct doctor_finding *f)
{
	static const char *const traces[] = {"run/dhclient.%s.pid", "run/dhclient-%s.pid",
		"run/dhcpcd/%s.pid", "run/dhcpcd-%s.pid"};
	const char *ifname = doctor_interface(d);
	char name[128], path[PATH_MAX], index[16];

	if (!d->booted || !ifname[0])
		return DOCTOR_NOTHING;
	(void)snprintf(name, sizeof(name), "sys/class/net/%.20s/ifindex", ifname); /* fits */
	if (fs_read_line(doctor_path(d, name, path), index, sizeof(index)) > 0) {
		(void)snprintf(name, sizeof(name), "run/systemd/netif/leases/%.10s", index);
		if (doctor_has(d, name))
			return doctor_found(f,
				"Remove DHCP= for it, or let pinet's 00-pinet.network match: "
				"\"networkctl "
				"status\" shows the file.",
				"systemd-networkd has a lease of its own for %s: its address may "
				"replace "
				"the root's.",
				ifname);
	}
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
		size_t before = strcspn(traces[i], "%");

		(void)snprintf(name, sizeof(name), "%.*s%.20s%s", (int)before, traces[i], ifname,
			traces[i] + before + 2); /* fits */
		if (doctor_has(d, name))
			return doctor_found(f,
				"Kill that client without letting it release the lease (kill -9), "
				"and take "
				"the interface out of /etc/network/interfaces or dhcpcd.conf.",
				"A second DHCP client works at %s (/%s): its address may replace "
				"the "
				"root's.",
				ifname, name);
	}
	return DOCTOR_FINE;
}

static enum doctor_verdict managers(const struct doctor *d, struct doctor_finding *f)
{
	static const struct {
		const char *name, *program, *file;
	} all[] = {
		{"systemd-networkd", "lib/systemd/systemd-networkd",
			"run/systemd/network/00-pinet.network"},
		{"NetworkManager", "usr/sbin/NetworkManager",
			"run/NetworkManager/conf.d/00-pinet.conf"},
		{"ifupdown", "sbin/ifup", "run/systemd/system/networking.service.d/pinet.conf"},
	};

	if (!d->booted || !doctor_interface(d)[0])
		return DOCTOR_NOTHING;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (doctor_has(d, all[i].program) && !doctor_has(d, all[i].file))
			return doctor_found(f,
				"Reboot, which writes it; until then do not start or restart that "
				"manager.",
				"/%s is not there: %s, if it is started, takes over the interface "
				"of the "
				"root.",
				all[i].file, all[i].name);
	return DOCTOR_FINE;
}

static enum doctor_verdict names(const struct doctor *d, struct doctor_finding *f)
{
	char text[4096];

	if (!d->has_lease || !state_get(&d->lease, "dns")[0])
		return DOCTOR_NOTHING;
	/* A link, to resolved's stub for example, is followed by nobody here: it is somebody's. */
	if (doctor_read(d, "etc/resolv.conf", text, sizeof(text)) == -ELOOP ||
		strstr(text, "nameserver "))
		return DOCTOR_FINE;
	return doctor_found(f,
		"apt install systemd-resolved or resolvconf, or write \"nameserver ADDRESS\" to "
		"/etc/resolv.conf.",
		"/etc/resolv.conf has no name server, though DHCP named %s.",
		state_get(&d->lease, "dns"));
}

const struct doctor_check doctor_network[] = {
	{"session", "the session is logged in", session},
	{"patience", "the root waits for its server", patience},
	{"address", "the root's address is there", address},
	{"lease-kept", "the lease is renewed", lease_kept},
	{"lease", "the DHCP server agrees", lease_fine},
	{"one-client", "no other DHCP client is at work", one_client},
	{"managers", "network managers keep away", managers},
	{"names", "there is a name server", names},
	{NULL, NULL, NULL},
};

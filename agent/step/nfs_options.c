/* SPDX-License-Identifier: GPL-2.0-or-later
 * The options of an NFS mount: from how they stand in fstab to what mount(2) takes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/num.h"
#include "step/nfs.h"

#define NFS_PORT 2049

/*
 * Of boot files. Soft: a request to a server that is away is given up after 20 s (5 + 3 * 5: a disk there may have to
 * wake up), and what waits on it gets an error in place of hanging for ever, df and the shutdown included. To open a file
 * takes ten times as long, for NFS 4 first tries to get its lease back. An error of a write must not be lost:
 * what is written there is written by tools that check, and a half-written boot file never becomes
 * the active one. The owner may say hard.
 */
#define FIRMWARE_DATA  "softerr,timeo=50,retrans=3"
#define FIRMWARE_FLAGS (MS_NOATIME | MS_NOSUID | MS_NODEV)
#define ROOT_DATA      "hard"

static const struct {
	const char *name;
	unsigned long set, clear;
} flags[] = {
	{"ro", MS_RDONLY, 0},
	{"rw", 0, MS_RDONLY},
	{"nosuid", MS_NOSUID, 0},
	{"suid", 0, MS_NOSUID},
	{"nodev", MS_NODEV, 0},
	{"dev", 0, MS_NODEV},
	{"noexec", MS_NOEXEC, 0},
	{"exec", 0, MS_NOEXEC},
	{"sync", MS_SYNCHRONOUS, 0},
	{"async", 0, MS_SYNCHRONOUS},
	{"dirsync", MS_DIRSYNC, 0},
	{"noatime", MS_NOATIME, 0},
	{"atime", 0, MS_NOATIME},
	{"relatime", MS_RELATIME, MS_NOATIME},
	{"nodiratime", MS_NODIRATIME, 0},
};

/* Known to mount(8), mount.nfs(8) and systemd, not to the kernel. "=" at the end: with a value. */
static const char *const ignored[] = {"defaults", "auto", "noauto", "nofail", "_netdev", "bg", "fg",
	"user", "nouser", "users", "owner", "retry=", "comment=", "addr=", "mountaddr="};

static bool is_ignored(struct span option)
{
	if (span_starts(option, "x-") || span_starts(option, "X-"))
		return true;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		if (ignored[i][strlen(ignored[i]) - 1] == '=' ? span_starts(option, ignored[i])
							      : span_eq_str(option, ignored[i]))
			return true;
	}
	return false;
}

static bool take_flag(struct span option, unsigned long *to)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!span_eq_str(option, flags[i].name))
			continue;
		*to = (*to & ~flags[i].clear) | flags[i].set;
		return true;
	}
	return false;
}

/* vers=4 leaves the choice of the minor version to us; any other is tried alone. */
static int choose_versions(struct span value, struct nfs_wishes *w)
{
	static const char *const single[] = {"3", "4.0", "4.1", "4.2"};

	if (span_eq_str(value, "4")) {
		memcpy(w->versions, (const char *const[]){"4.2", "4.1", "4.0", NULL},
			sizeof(w->versions));
		return 0;
	}
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
		if (span_eq_str(value, single[i])) {
			w->versions[0] = single[i];
			w->versions[1] = NULL;
			return 0;
		}
	}
	return -EINVAL;
}

int nfs_wishes_parse(
	enum nfs_use use, struct span options, struct nfs_wishes *ret, struct err *reterr)
{
	const char *what = use == NFS_USE_ROOT ? "nfsroot" : "firmware.options";
	struct nfs_wishes w = {.versions = {"4.2", "4.1", "3"},
		.common = use == NFS_USE_ROOT ? ROOT_DATA : FIRMWARE_DATA,
		.port = NFS_PORT,
		.flags = use == NFS_USE_ROOT ? 0 : FIRMWARE_FLAGS};
	size_t at = 0;

	while (options.len) {
		struct span option = span_cut(&options, ','), value = option, name;
		char shown[64];
		uint32_t port;

		span_escape(option, shown, sizeof(shown));
		name = span_cut(&value, '=');
		if (!option.len || is_ignored(option) || take_flag(option, &w.flags))
			continue;
		if (span_eq_str(name, "vers") || span_eq_str(name, "nfsvers")) {
			if (choose_versions(value, &w) < 0)
				return err_set(reterr, -EINVAL,
					"%s: %s: it must be 3, 4, 4.0, 4.1 or 4.2", what, shown);
			continue;
		}
		if (span_eq_str(name, "port")) {
			if (num_parse_u32(value, UINT16_MAX, &port) < 0 || port == 0)
				return err_set(reterr, -EINVAL,
					"%s: %s: it must be a port, 1 to 65535", what, shown);
			w.port = (uint16_t)port; /* and to the kernel, below */
		}
		if (span_starts(option, "v") &&
			choose_versions(span_sub(option, 1, option.len), &w) == 0)
			continue; /* nfs(5): v4.2 is vers=4.2 */
		if (at + (at > 0) + option.len >= sizeof(w.data) || !span_is_graph(option))
			return err_set(reterr, -EINVAL, "%s: too long, or no printable text: %s",
				what, shown);
		if (at)
			w.data[at++] = ',';
		memcpy(w.data + at, option.p, option.len);
		at += option.len;
	}
	*ret = w;
	return 0;
}

int nfs_source(const struct nfs_mount *m, char *out, size_t size)
{
	int n = snprintf(out, size, strchr(m->host, ':') ? "[%s]:%s" : "%s:%s", m->host, m->path);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int nfs_data(const struct nfs_mount *m, char *out, size_t size)
{
	/* The kernel asks no name server, and wants the protocol of the address by its name. */
	const char *address = m->address ? m->address : m->host;
	const char *proto = strchr(address, ':') ? "tcp6" : "tcp";
	const char *data = m->wishes->data;
	int n = snprintf(out, size, "vers=%s,addr=%s,proto=%s,%s", m->version, address, proto,
		m->wishes->common);

	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	out += n;
	size -= (size_t)n;
	/* Without rpc.statd there is no lock protocol for version 3. */
	if (m->version[0] == '3')
		n = snprintf(
			out, size, ",nolock,mountproto=%s%s%s", proto, data[0] ? "," : "", data);
	else
		n = snprintf(out, size, "%s%s", data[0] ? "," : "", data);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int nfs_options(const struct nfs_mount *m, char *out, size_t size)
{
	int r = nfs_data(m, out, size);
	size_t at;

	if (r < 0)
		return r;
	at = strlen(out);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int n;

		if (!flags[i].set || !(m->wishes->flags & flags[i].set))
			continue;
		n = snprintf(out + at, size - at, ",%s", flags[i].name);
		if (n < 0 || (size_t)n >= size - at)
			return -ENAMETOOLONG;
		at += (size_t)n;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Files in /run that keep the network managers of the root away from its interface.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/span.h"
#include "step/managers.h"

#define HEAD   "# Made by pinet: the root is behind \1.\n"
#define SYSTEM "systemd/system/"

struct file {
	const char *path; /* below /run */
	const char *text; /* NULL: a link to /dev/null, which masks the unit */
	const char *separator; /* between the parts of a list */
	bool about_dns; /* not written without a server */
};

/*
 * Names sort before the owner's and before netplan's 10-netplan-*: of .network files the first that
 * matches counts. All are written whatever the root has: its owner may install a manager while the
 * root is behind the interface, and most packages start what they bring.
 */
static const struct file files[] = {
	/*
	 * systemd.network(5): KeepConfiguration=yes keeps addresses and routes at start, stop and
	 * reload, also those that networkd did not set. It manages the interface for all that, so
	 * that it passes DNS= on and systemd-networkd-wait-online is content: 257 (trixie) would wait
	 * for ever for an IPv6 router without ConfigureWithoutCarrier=.
	 */
	{"systemd/network/00-pinet.network",
		HEAD "[Match]\nName=\1\n\n[Network]\nKeepConfiguration=yes\nIgnoreCarrierLoss=yes\n"
		     "ConfigureWithoutCarrier=yes\nDNS=\2\nDomains=\3\n",
		" ", false},
	/* NetworkManager.conf(5), "Device List Format" and "GLOBAL-DNS SECTION": /etc has the last word */
	{"NetworkManager/conf.d/00-pinet.conf",
		HEAD "[device-pinet]\nmatch-device=interface-name:=\1\nmanaged=0\n", " ", false},
	{"NetworkManager/conf.d/00-pinet-dns.conf",
		HEAD "[global-dns]\nsearches=\3\n\n[global-dns-domain-*]\nservers=\2\n", ",", true},
	/* ifup(8), --read-environment: for `ifup -a` and `ifdown -a` of the service */
	{SYSTEM "networking.service.d/pinet.conf",
		HEAD "[Service]\nEnvironment=EXCLUDE_INTERFACES=\1\n", " ", false},
	/* interfaces(5) has allow-hotplug; ifup@.service takes the interface down when it stops */
	{SYSTEM "ifup@\1.service", NULL, " ", false},
	/* What ifupdown itself would have written: ifquery reads the one, `ifup -a` by hand the other */
	{"network/ifstate", "\1=\1\n", " ", false},
	{"network/ifstate.\1", "\1\n", " ", false},
	{SYSTEM "dhcpcd@\1.service", NULL, " ", false},
	/* What its hook 20-resolv.conf would have left; it puts these together to /etc/resolv.conf */
	{"dhcpcd/hook-state/resolv.conf/\1.pinet", "nameserver \2\nsearch \4\n", "\nnameserver ",
		true},
	/* resolvconf(8), "FILES": a record, and that it waits for resolvconf to be started */
	{"resolvconf/interface/\1.pinet", "nameserver \2\nsearch \4\n", "\nnameserver ", true},
	{"resolvconf/postponed-update", "", " ", true},
	/* resolved.conf(5); beside networkd it says the same twice */
	/* The name servers of this boot, for who has no manager */
	{"pinet/resolv.conf", HEAD "nameserver \2\nsearch \4\n", "\nnameserver ", true},
	{"systemd/resolved.conf.d/pinet.conf", HEAD "[Resolve]\nDNS=\2\nDomains=\3\n", " ", true},
};

/*
 * Where nobody makes /etc/resolv.conf, it becomes a link to ours, which has the servers of each boot;
 * tmpfiles.d(5): only if there is nothing of that name, and after the files of others.
 */
static const char *const resolvers[] = {"usr/sbin/NetworkManager", "usr/sbin/resolvconf",
	"sbin/resolvconf", "usr/lib/systemd/systemd-resolved", "lib/systemd/systemd-resolved",
	NULL};
static const struct file resolver = {"tmpfiles.d/zz-pinet.conf",
	HEAD "L /etc/resolv.conf - - - - ../run/pinet/resolv.conf\n", " ", true};

/*
 * dhcpcd.conf(5): denyinterfaces is a global option, so it stands before any interface block. There
 * is no directory for parts of it; the service sees a copy in its place.
 */
#define DHCPCD_CONF "pinet/dhcpcd.conf"
static const char dhcpcd_unit[] =
	HEAD "[Service]\nRuntimeDirectoryPreserve=yes\nBindReadOnlyPaths=-/run/" DHCPCD_CONF
	     ":/etc/dhcpcd.conf\n";

static struct span value(const struct managers_net *net, uint8_t c)
{
	return c == '\1'                ? span_str(net->ifname)
	       : c == '\2'              ? span_str(net->dns)
	       : c == '\3' || c == '\4' ? span_str(net->search)
					: SPAN_NONE;
}

/* True if @line stands for something that there is not. */
static bool is_void(struct span line, const struct managers_net *net)
{
	for (size_t i = 0; i < line.len; i++) {
		struct span v = value(net, line.p[i]);

		if (v.p && !v.len)
			return true;
	}
	return false;
}

static int put(struct span s, char *out, size_t size, size_t *at)
{
	if (s.len >= size - *at)
		return -ENOSPC;
	if (s.len)
		memcpy(out + *at, s.p, s.len);
	*at += s.len;
	out[*at] = '\0';
	return 0;
}

/* The parts of @list with @separator between them. */
static int put_list(struct span list, const char *separator, char *out, size_t size, size_t *at)
{
	int r = 0;

	while (r == 0 && list.p) {
		r = put(span_cut(&list, ' '), out, size, at);
		if (r == 0 && list.p)
			r = put(span_str(separator), out, size, at);
	}
	return r;
}

int managers_expand(const char *template, const struct managers_net *net, const char *separator,
	char *out, size_t size)
{
	struct span rest = span_str(template);
	size_t at = 0;
	int r = 0;

	out[0] = '\0';
	while (r == 0 && rest.len) {
		struct span line = span_cut(&rest, '\n');

		if (is_void(line, net))
			continue;
		for (size_t i = 0; r == 0 && i < line.len; i++) {
			struct span v = value(net, line.p[i]);

			r = v.p ? put_list(v, line.p[i] == '\4' ? " " : separator, out, size, &at)
				: put(span_sub(line, i, 1), out, size, &at);
		}
		if (r == 0 && rest.p)
			r = put(span_str("\n"), out, size, &at);
	}
	return r;
}

static bool is_there(const char *root, const char *const *probe)
{
	char path[PATH_MAX];

	for (; *probe; probe++)
		if (fs_join(path, sizeof(path), root, *probe) == 0 && fs_exists(path))
			return true;
	return false;
}

/* Writes @text, or with NULL the link that masks a unit, to @path below @run. */
static int write_file(const char *run, const char *path, const char *text)
{
	char full[PATH_MAX], dir[PATH_MAX];
	int r = fs_join(full, sizeof(full), run, path);

	if (r < 0)
		return r;
	strcpy(dir, full);
	*strrchr(dir, '/') = '\0';
	r = fs_mkdirs(dir, 0755);
	if (r < 0)
		return r;
	if (text)
		return fs_replace(full, text, 0644);
	return symlink("/dev/null", full) < 0 && errno != EEXIST ? -errno : 0;
}

static int write_one(
	const struct file *f, const char *run, const struct managers_net *net, struct err *reterr)
{
	char path[256], text[MANAGERS_TEXT_SIZE];
	int r = managers_expand(f->path, net, "", path, sizeof(path));

	if (r == 0 && f->text)
		r = managers_expand(f->text, net, f->separator, text, sizeof(text));
	if (r == 0)
		r = write_file(run, path, f->text ? text : NULL);
	return r < 0 ? err_sys(reterr, r, "cannot write %s/%s", run, f->path) : 1;
}

/* Returns as managers_write(). */
static int write_dhcpcd(
	const char *root, const char *run, const struct managers_net *net, struct err *reterr)
{
	char path[PATH_MAX], text[MANAGERS_TEXT_SIZE], unit[256];
	int head = snprintf(text, sizeof(text), "denyinterfaces %s\n", net->ifname), r;
	ssize_t n = fs_join(path, sizeof(path), root, "etc/dhcpcd.conf");

	if (n == 0)
		n = fs_read(path, text + head, sizeof(text) - (size_t)head);
	if (n == -ENOENT)
		n = 0; /* it may come */
	if (n < 0)
		return err_sys(reterr, (int)n,
			"cannot read %s: dhcpcd may take the root's interface", path);
	r = managers_expand(dhcpcd_unit, net, " ", unit, sizeof(unit));
	if (r == 0)
		r = write_file(run, DHCPCD_CONF, text);
	if (r == 0)
		r = write_file(run, SYSTEM "dhcpcd.service.d/pinet.conf", unit);
	return r < 0 ? err_sys(reterr, r, "cannot write %s/" DHCPCD_CONF, run) : 2;
}

/* Where there is something to say. Returns as managers_write(). */
static int write_said(
	const struct file *f, const char *run, const struct managers_net *net, struct err *reterr)
{
	return f->about_dns && !net->dns[0] ? 0 : write_one(f, run, net, reterr);
}

/* All of them, or those with names. Returns as managers_write(). */
static int write_files(
	bool names_only, const char *run, const struct managers_net *net, struct err *reterr)
{
	int written = 0, failed = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		bool names = files[i].text && strchr(files[i].text, '\2');
		int r = !names_only || names
				? write_said(&files[i], run, net, failed < 0 ? NULL : reterr)
				: 0;

		written += r > 0 ? r : 0;
		failed = failed < 0 ? failed : r < 0 ? r : 0;
	}
	return failed < 0 ? failed : written;
}

int managers_write(
	const char *root, const char *run, const struct managers_net *net, struct err *reterr)
{
	int n = write_files(false, run, net, reterr), r = 0;

	if (!is_there(root, resolvers))
		r = write_said(&resolver, run, net, n < 0 ? NULL : reterr);
	n = n < 0 ? n : r < 0 ? r : n + r;
	r = write_dhcpcd(root, run, net, n < 0 ? NULL : reterr);
	return n < 0 ? n : r < 0 ? r : n + r;
}

int managers_write_names(const char *run, const struct managers_net *net, struct err *reterr)
{
	return write_files(true, run, net, reterr);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step firmware: the TFTP copy of the boot files at its mount point, and its systemd unit.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "step/mount_point.h"
#include "step/nfs.h"
#include "step/step.h"

/* Fills in what is known before the mount. */
static int describe(const struct plan *plan, struct nfs_mount *m, struct firmware_report *out,
	struct err *reterr)
{
	m->host = plan->firmware_host;
	m->path = plan->firmware_path;
	strcpy(out->where, plan->firmware_dir);
	if (nfs_source(m, out->source, sizeof(out->source)) < 0)
		return err_set(reterr, -ENAMETOOLONG, "the source of the boot files is too long");
	return 0;
}

int firmware_mount(const struct plan *plan, const char *where, uint64_t deadline_ms,
	struct firmware_report *report, struct err *reterr)
{
	struct firmware_report out = {.mounted = false};
	char address[NFS_ADDRESS_SIZE];
	struct nfs_wishes wishes;
	struct nfs_mount m = {.where = where, .wishes = &wishes};
	int r = describe(plan, &m, &out, reterr);

	if (r < 0)
		return r;
	*report = out;
	r = nfs_wishes_parse(NFS_USE_FIRMWARE, span_str(plan->firmware_options), &wishes, reterr);
	if (r == 0)
		r = nfs_mount_best(&m, address, deadline_ms, reterr);
	if (r != 0) {
		err_prefix(reterr, "cannot mount %s", out.source);
		return r;
	}
	strcpy(out.version, m.version);
	strcpy(out.misread, m.misread ? m.misread : "");
	if (nfs_options(&m, out.options, sizeof(out.options)) < 0)
		out.options[0] = '\0'; /* cannot be: nfs_data() fits into less */
	out.mounted = true;
	*report = out;
	return 0;
}

int firmware_place(const struct plan *plan, const char *rootmnt, uint64_t deadline_ms,
	const char *early, struct firmware_report *report, struct err *reterr)
{
	struct firmware_report out = {.mounted = false};
	struct nfs_mount m = {.host = NULL};
	char found[PLAN_PATH_SIZE], where[PATH_MAX];
	int r = describe(plan, &m, &out, reterr);

	if (r < 0)
		return r;
	if (report->mounted && strcmp(report->source, out.source) == 0)
		out = *report;
	else if (report->mounted)
		(void)umount2(early, MNT_DETACH); /* DHCP has named another server since */
	r = mount_point_find(rootmnt, plan->firmware_dir, found, sizeof(found), reterr);
	if (r == 0 &&
		(size_t)snprintf(where, sizeof(where), "%s%s", rootmnt, found) >= sizeof(where))
		r = err_set(reterr, -ENAMETOOLONG, "the path of the mount point is too long");
	if (r == 0 && out.mounted && mount(early, where, NULL, MS_MOVE, NULL) < 0)
		r = err_sys(reterr, -errno, "moving the mount to %s failed", where);
	if (r < 0) {
		if (out.mounted)
			(void)umount2(early, MNT_DETACH); /* it is of no use there */
		out.mounted = false;
		err_prefix(reterr, "cannot mount %s", out.source);
	} else if (!out.mounted) {
		r = firmware_mount(plan, where, deadline_ms, &out, reterr);
	}
	if (r == 0)
		strcpy(out.where, found);
	*report = out;
	return r;
}

/* @s with % doubled, which systemd expands; blanks and quotes are not in paths here. */
static int escape_specifiers(const char *s, char *out, size_t size)
{
	size_t at = 0;

	for (; *s; s++) {
		if (at + 3 > size)
			return -ENOSPC;
		out[at++] = *s;
		if (*s == '%')
			out[at++] = '%';
	}
	out[at] = '\0';
	return 0;
}

int firmware_unit(const struct firmware_report *report, char *out, size_t size)
{
	char what[2 * sizeof(report->source)], where[2 * sizeof(report->where)];
	int n;

	if (escape_specifiers(report->source, what, sizeof(what)) < 0 ||
		escape_specifiers(report->where, where, sizeof(where)) < 0)
		return -ENOSPC;
	/*
	 * The mount is there already; the unit stands in for the one that systemd would make of fstab.
	 * After=network.target is for the way down: units stop in reverse order, so it is unmounted
	 * while the network still is up (systemd.mount(5), systemd.special(7)). Without default
	 * dependencies: local-fs.target, which fstab makes require it, would come after it and close
	 * a circle, and nothing waits for network-online.target. The options are those of mount(2), addr=
	 * included, so that mount(8) can do a remount where mount.nfs is not installed.
	 *
	 * When the server was away the unit still is needed: without it systemd would mount what fstab
	 * says there, a boot partition of the LUN that nobody boots from. The condition lets the start
	 * pass without doing anything, so that local-fs.target, which requires the unit, is reached.
	 */
	n = snprintf(out, size,
		"# Made by pinet while it booted this machine; it takes precedence over fstab.\n"
		"[Unit]\n"
		"Description=Boot files of this machine on its boot server\n"
		"Documentation=man:pinet(8)\n"
		"DefaultDependencies=no\n"
		"After=network.target remote-fs-pre.target\n"
		"Before=remote-fs.target umount.target\n"
		"Conflicts=umount.target\n"
		"%s%s%s\n"
		"[Mount]\n"
		"What=%s\n"
		"Where=%s\n"
		"Type=%s\n"
		"Options=%s\n",
		report->mounted ? "" : "ConditionPathIsMountPoint=", report->mounted ? "" : where,
		report->mounted ? "" : "\n", what, where,
		report->version[0] == '3' ? "nfs" : "nfs4", report->options);
	return n < 0 || (size_t)n >= size ? -ENOSPC : 0;
}

int firmware_unit_name(const char *where, char *out, size_t size)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.";
	struct span rest = span_str(where);
	size_t at = 0;

	/* systemd.unit(5), "String escaping for inclusion in unit names", for paths */
	while (rest.p) {
		struct span part = span_cut(&rest, '/');

		if (!part.len)
			continue;
		if (at + 1 >= size)
			return -ENOSPC;
		if (at)
			out[at++] = '-';
		for (size_t i = 0; i < part.len; i++) {
			bool lead = at == 0 && part.p[i] == '.';

			if (at + 5 >= size)
				return -ENOSPC;
			if (strchr(plain, part.p[i]) && !lead)
				out[at++] = (char)part.p[i];
			else
				at += (size_t)snprintf(out + at, size - at, "\\x%02x", part.p[i]);
		}
	}
	if ((size_t)snprintf(out + at, size - at, ".mount") >= size - at)
		return -ENOSPC;
	return 0;
}

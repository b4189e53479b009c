/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step firmware: the TFTP copy of the boot files at its mount point, and its systemd unit.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/nfs.h"
#include "step/step.h"
#include "step/tcp.h"

#define NFS_PORT     2049
#define PORTMAP_PORT 111
#define CONNECT_MS   3000
#define ATTEMPT_MS   8000

static const char *const versions[] = {"4.2", "4.1", "3"};

/* True if the owner's options choose the version: then it is the only one that is tried. */
static const char *chosen_version(const char *options)
{
	struct span rest = span_str(options);

	while (rest.len) {
		struct span value = span_cut(&rest, ','), name = span_cut(&value, '=');

		if (!span_eq_str(name, "vers") && !span_eq_str(name, "nfsvers"))
			continue;
		for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
			if (span_eq_str(value, versions[i]))
				return versions[i];
		if (span_eq_str(value, "4"))
			return versions[0];
	}
	return NULL;
}

/* The options without vers= and nfsvers=, which the attempt sets itself. */
static void other_options(const char *options, char *out, size_t size)
{
	struct span rest = span_str(options);
	size_t at = 0;

	out[0] = '\0';
	while (rest.len) {
		struct span one = span_cut(&rest, ',');

		if (!one.len || span_starts(one, "vers=") || span_starts(one, "nfsvers="))
			continue;
		at += (size_t)snprintf(out + at, size - at, "%s%.*s", at ? "," : "", (int)one.len,
			(const char *)one.p); /* never longer than @options, whose size @out has */
	}
}

/*
 * Makes the mount point if the root is writable; below @rootmnt no link is followed out of it.
 * Returns 0, or a negative errno with @reterr.
 */
static int prepare_mount_point(
	const char *rootmnt, const char *dir, char *out, size_t size, struct err *reterr)
{
	char real[PATH_MAX];
	struct stat st;
	size_t len = strlen(rootmnt);

	if ((size_t)snprintf(out, size, "%s%s", rootmnt, dir) >= size)
		return err_set(reterr, -ENAMETOOLONG, "%s: the path is too long", dir);
	/* A root that is still read-only refuses mkdir even where the directory is there. */
	if (stat(out, &st) < 0 && mkdir(out, 0755) < 0)
		return err_sys(
			reterr, -errno, "the root has no directory %s and it cannot be made", dir);
	if (stat(out, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(reterr, -ENOTDIR, "%s is no directory", dir);
	if (!realpath(out, real) || strncmp(real, rootmnt, len) != 0 || (len && real[len] != '/'))
		return err_set(reterr, -ELOOP, "%s is a link that leaves the root", dir);
	return 0;
}

/* A server that is off is found out by one connection, not by three attempts of the kernel. */
static int check_server(
	const struct plan *plan, uint64_t deadline_ms, bool *ret_v4, struct err *reterr)
{
	uint64_t until_ms = clock_min(deadline_ms, clock_now_ms() + CONNECT_MS);
	_cleanup_fd_ int nfs = tcp_connect(plan->firmware_host, NFS_PORT, until_ms, reterr);
	_cleanup_fd_ int portmap = -1;

	*ret_v4 = nfs >= 0;
	if (nfs != -ECONNREFUSED)
		return nfs < 0 ? nfs : 0;
	/* Version 3 may be at another port, which the port mapper knows. */
	portmap = tcp_connect(plan->firmware_host, PORTMAP_PORT, until_ms, NULL);
	return portmap < 0 ? nfs : 0;
}

static int try_versions(const struct plan *plan, const char *where, bool v4, uint64_t deadline_ms,
	struct firmware_report *report, struct err *reterr)
{
	const char *only = chosen_version(plan->firmware_options);
	char options[SETTING_VALUE_SIZE];
	struct nfs_mount m = {.host = plan->firmware_host,
		.path = plan->firmware_path,
		.where = where,
		.options = options};
	int r = -EPROTONOSUPPORT;
	size_t at = 0;

	other_options(plan->firmware_options, options, sizeof(options));
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct err err = {.code = 0};

		if ((only && only != versions[i]) || (!v4 && versions[i][0] == '4'))
			continue;
		m.version = versions[i];
		r = nfs_mount(&m, clock_min(deadline_ms, clock_now_ms() + ATTEMPT_MS), &err);
		if (r == 0) {
			strcpy(report->version, m.version);
			if (nfs_options(&m, report->options, sizeof(report->options)) < 0)
				report->options[0] = '\0';
			return 0;
		}
		reterr->code = r;
		at += (size_t)snprintf(reterr->text + at, sizeof(reterr->text) - at, "%sNFS %s: %s",
			at ? "; " : "", m.version, err.text);
		if (at >= sizeof(reterr->text) || clock_now_ms() >= deadline_ms)
			break;
	}
	return r;
}

int firmware_run(const struct plan *plan, const char *rootmnt, uint64_t deadline_ms,
	struct firmware_report *report, struct err *reterr)
{
	struct firmware_report out = {.mounted = false};
	struct nfs_mount shown = {.host = plan->firmware_host, .path = plan->firmware_path};
	char where[PATH_MAX];
	bool v4;
	int r;

	strcpy(out.where, plan->firmware_dir);
	if (nfs_source(&shown, out.source, sizeof(out.source)) < 0)
		return err_set(reterr, -ENAMETOOLONG, "the source of the boot files is too long");
	*report = out;
	r = prepare_mount_point(rootmnt, plan->firmware_dir, where, sizeof(where), reterr);
	if (r == 0)
		r = check_server(plan, deadline_ms, &v4, reterr);
	if (r == 0)
		r = try_versions(plan, where, v4, deadline_ms, &out, reterr);
	if (r < 0) {
		err_prefix(reterr, "cannot mount %s", out.source);
		return r;
	}
	out.mounted = true;
	*report = out;
	return 0;
}

/* @s with what systemd expands or splits escaped: % doubled; blanks and quotes are not in paths here. */
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
	 * while the network still is up (systemd.mount(5), systemd.special(7)).
	 */
	n = snprintf(out, size,
		"# Made by pinet while it booted this machine; it takes precedence over fstab.\n"
		"[Unit]\n"
		"Description=Boot files of this machine on its boot server\n"
		"Documentation=man:pinet(8)\n"
		"DefaultDependencies=no\n"
		"After=network.target remote-fs-pre.target\n"
		"Before=umount.target\n"
		"Conflicts=umount.target\n"
		"\n"
		"[Mount]\n"
		"What=%s\n"
		"Where=%s\n"
		"Type=%s\n"
		"Options=%s\n",
		what, where, report->version[0] == '3' ? "nfs" : "nfs4", report->options);
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

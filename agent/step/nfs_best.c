/* SPDX-License-Identifier: GPL-2.0-or-later
 * One NFS mount by the best version that its server has.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/names.h"
#include "step/nfs.h"
#include "step/tcp.h"

#define PORTMAP_PORT 111
#define CONNECT_MS   3000
#define ATTEMPT_MS   8000

/* A server that is off is found out by one connection, not by three attempts of the kernel. */
static int check_server(
	const char *host, uint16_t port, uint64_t deadline_ms, bool *ret_v4, struct err *reterr)
{
	uint64_t until_ms = clock_min(deadline_ms, clock_now_ms() + CONNECT_MS);
	_cleanup_fd_ int nfs = tcp_connect(host, port, until_ms, reterr);
	_cleanup_fd_ int portmap = -1;

	*ret_v4 = nfs >= 0;
	if (nfs != -ECONNREFUSED)
		return nfs < 0 ? nfs : 0;
	/* Version 3 may be at another port, which the port mapper knows. */
	portmap = tcp_connect(host, PORTMAP_PORT, until_ms, NULL);
	return portmap < 0 ? nfs : 0;
}

/* "NFS 4.2 and 4.1: REASON; NFS 3: REASON", the same reason once. */
static void join_reasons(
	const char *const tried[], const struct err err[], size_t n, struct err *reterr)
{
	char text[ERR_TEXT_SIZE];
	size_t at = 0;

	for (size_t i = 0; i < n && at < sizeof(text); i++) {
		bool same = i > 0 && strcmp(err[i].text, err[i - 1].text) == 0;
		bool more = i + 1 < n && strcmp(err[i].text, err[i + 1].text) == 0;

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s%s%s",
			same ? more ? ", " : " and "
			: i  ? "; NFS "
			     : "NFS ",
			tried[i], more ? "" : ": ", more ? "" : err[i].text); /* cut when full */
	}
	err_fill(reterr, err[n - 1].code, "%s", text);
}

/* Mounts @m and tries to read by version 4.2; nothing stays mounted if that does not work. */
static int mount_and_read(struct nfs_mount *m, uint64_t deadline_ms, struct err *reterr)
{
	int r = nfs_mount(m, deadline_ms, reterr);

	if (r < 0 || strcmp(m->version, "4.2") != 0)
		return r;
	r = nfs_check_reads(m->where, deadline_ms);
	if (r == 0 || r == -ENODATA)
		return 0;
	(void)umount2(m->where, MNT_DETACH); /* mounted just now: it can only succeed */
	m->misread = r == -EBADMSG ? m->version : m->misread;
	return r == -EBADMSG ? err_set(reterr, r, "the server gives files without their contents")
			     : err_sys(reterr, r, "cannot read a file");
}

/* Tries the versions in order. @m is complete but for its version, which is set to what it was. */
static int try_versions(struct nfs_mount *m, bool v4, uint64_t deadline_ms, struct err *reterr)
{
	const char *tried[NFS_VERSIONS];
	struct err err[NFS_VERSIONS];
	size_t n = 0;

	for (const char *const *v = m->wishes->versions; *v; v++) {
		if (!v4 && (*v)[0] == '4')
			continue;
		if (n > 0 && clock_now_ms() >= deadline_ms)
			break;
		m->version = tried[n] = *v;
		if (mount_and_read(
			    m, clock_min(deadline_ms, clock_now_ms() + ATTEMPT_MS), &err[n]) == 0)
			return 0;
		n++;
	}
	if (!n)
		return err_set(reterr, -ECONNREFUSED,
			"%s refuses connections to port %u: is the NFS server running?", m->host,
			m->wishes->port);
	join_reasons(tried, err, n, reterr);
	return err[n - 1].code;
}

int nfs_mount_best(struct nfs_mount *m, char address[NFS_ADDRESS_SIZE], uint64_t deadline_ms,
	struct err *reterr)
{
	struct names names = {.n = 0};
	bool v4;
	int r = names_find(m->host, deadline_ms, &names, reterr), first = r;

	for (unsigned int i = 0; i < names.n; i++) {
		strcpy(address, names.address[i]);
		m->address = address;
		r = check_server(address, m->wishes->port, deadline_ms, &v4, i ? NULL : reterr);
		if (r == 0)
			r = try_versions(m, v4, deadline_ms, i ? NULL : reterr);
		if (r == 0)
			return 0;
		first = i ? first : r; /* it speaks for all */
	}
	return first;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * One NFS mount by mount(2), without a helper program and with a deadline.
 */
#include <errno.h>
#include <sys/mount.h>

#include "step/bounded.h"
#include "step/nfs.h"

#define SOURCE_SIZE 600

/* The kernel's errno as a sentence about the server. */
static int explain(
	int r, const struct nfs_mount *m, const char *source, const char *data, struct err *reterr)
{
	switch (-r) {
	case EACCES:
	case EPERM:
		return err_set(reterr, r,
			"the server does not let this client mount %s: check its exports", source);
	case ENOENT:
		return err_set(reterr, r, "the server has no directory %s", m->path);
	case ENOTDIR:
		return err_set(reterr, r, "%s is no directory on the server", m->path);
	case EPROTONOSUPPORT:
		return err_set(reterr, r, "the server does not speak this version");
	case ECONNREFUSED:
		return err_set(reterr, r, "%s refuses the connection: is the NFS server running?",
			m->host);
	case ETIMEDOUT:
		return err_set(reterr, r, "%s does not answer", m->host);
	case EINVAL:
		return err_set(reterr, r, "the kernel does not take the options %s", data);
	case ENODEV:
		return err_set(reterr, r,
			"this kernel has no NFS of this version: the module is not in the "
			"initramfs");
	default:
		return err_sys(reterr, r, "mounting %s failed", source);
	}
}

/* The arguments of mount(2). */
struct job {
	const char *source, *where, *type, *data;
	unsigned long flags;
};

static int do_mount(const void *arg)
{
	const struct job *j = arg;

	return mount(j->source, j->where, j->type, j->flags, j->data) < 0 ? -errno : 0;
}

int nfs_mount(const struct nfs_mount *m, uint64_t deadline_ms, struct err *reterr)
{
	char source[SOURCE_SIZE], data[NFS_OPTIONS_SIZE];
	struct job job = {.source = source,
		.where = m->where,
		.type = m->version[0] == '3' ? "nfs" : "nfs4",
		.data = data,
		.flags = m->wishes->flags};
	int r;

	if (nfs_source(m, source, sizeof(source)) < 0 || nfs_data(m, data, sizeof(data)) < 0)
		return err_set(reterr, -ENAMETOOLONG, "%.60s...: the names are too long", m->path);
	r = bounded_run(do_mount, &job, deadline_ms);
	if (r == 0)
		return 0;
	/* The child may have been killed just after the mount; without one, there is nothing to undo. */
	if (r == -ETIMEDOUT || r == -EINTR)
		(void)umount2(m->where, MNT_DETACH);
	return explain(r, m, source, data, reterr);
}

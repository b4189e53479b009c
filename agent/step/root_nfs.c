/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step root when it is a directory of an NFS server.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "step/nfs.h"
#include "step/step.h"

#define ATTEMPT_MS 20000

int nfs_root_run(const struct plan *plan, const char *where, uint64_t deadline_ms,
	struct root_report *report, struct err *reterr)
{
	char options[sizeof(plan->nfs_options) + 4], source[sizeof(report->source)];
	char address[NFS_ADDRESS_SIZE];
	struct nfs_wishes wishes;
	struct nfs_mount m = {
		.host = plan->nfs_host, .path = plan->nfs_path, .where = where, .wishes = &wishes};
	int r;

	/* The owner's own ro or rw stands behind ours. */
	(void)snprintf(options, sizeof(options), "%s,%s", plan->read_write ? "rw" : "ro",
		plan->nfs_options); /* fits */
	if (nfs_source(&m, source, sizeof(source)) < 0)
		return err_set(reterr, -ENAMETOOLONG, "nfsroot: the name of the root is too long");
	r = nfs_wishes_parse(NFS_USE_ROOT, span_str(options), &wishes, reterr);
	if (r == 0)
		r = nfs_mount_best(
			&m, address, clock_min(deadline_ms, clock_now_ms() + ATTEMPT_MS), reterr);
	if (r < 0) {
		err_prefix(reterr, "cannot mount the root %s", source);
		return r;
	}
	memset(report, 0, sizeof(*report));
	strcpy(report->source, source);
	(void)snprintf(report->fstype, sizeof(report->fstype), "NFS %s", m.version); /* fits */
	return 0;
}

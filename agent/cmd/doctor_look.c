/* SPDX-License-Identifier: GPL-2.0-or-later
 * What pinet doctor knows of the machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "cmd/doctor.h"
#include "step/nfs_mounted.h"
#include "store/files.h"
#include "store/generation.h"

#define ROOM_BYTES 200000000 /* two generations of a large image */

const char *doctor_path(const struct doctor *d, const char *name, char out[PATH_MAX])
{
	if ((size_t)snprintf(out, PATH_MAX, "%s/%s", d->root, name) >= PATH_MAX)
		out[0] = '\0';
	return out;
}

bool doctor_has(const struct doctor *d, const char *name)
{
	char path[PATH_MAX];

	return fs_exists(doctor_path(d, name, path));
}

ssize_t doctor_read(const struct doctor *d, const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];
	ssize_t n = fs_read(doctor_path(d, name, path), buf, size);

	if (n < 0)
		buf[0] = '\0';
	return n;
}

const char *doctor_interface(const struct doctor *d)
{
	return state_get(&d->boot, "network.interface");
}

enum doctor_verdict doctor_found(
	struct doctor_finding *f, const char *remedy, const char *format, ...)
{
	va_list ap;

	(void)snprintf(f->remedy, sizeof(f->remedy), "%s", remedy); /* literals fit */
	va_start(ap, format);
	(void)vsnprintf(f->what, sizeof(f->what), format, ap); /* may be cut */
	va_end(ap);
	return DOCTOR_FINDING;
}

static bool load(const struct doctor *d, const char *path, struct state *ret)
{
	char full[PATH_MAX];

	return state_load(doctor_path(d, path + 1, full), ret, NULL) == 0;
}

/* One line of /proc. */
static void read_line(const struct doctor *d, const char *name, char *out, size_t size)
{
	char path[PATH_MAX];

	if (fs_read_line(doctor_path(d, name, path), out, size) < 0)
		out[0] = '\0';
}

static void look_at_boot_files(struct doctor *d)
{
	const char *dir = state_get(&d->boot, "firmware.dir");
	char path[PATH_MAX];

	if (d->has_firmware && state_get(&d->firmware, "where")[0] == '/')
		dir = state_get(&d->firmware, "where");
	if (state_get_u64(&d->boot, "firmware.on", 0) != 1 || dir[0] != '/')
		return;
	d->nfs_answers =
		nfs_mounted_answers(doctor_path(d, "proc/self/mounts", path), dir, &d->nfs_err);
	if (d->nfs_answers < 0)
		return;
	d->boot_fd = open(doctor_path(d, dir + 1, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d->ours_fd = d->boot_fd < 0 ? -1 : files_open_ours(d->boot_fd, false, NULL);
	if (d->boot_fd < 0 || active_layout(d->boot_fd, &d->layout, NULL) < 0 ||
		active_read(d->boot_fd, d->ours_fd, d->layout, d->active, NULL) <= 0)
		return;
	if (generation_load(d->ours_fd, d->active, &d->manifest, &d->manifest_err) < 0)
		d->manifest.n = 0;
}

int doctor_look(struct doctor *d, const char *root, struct err *reterr)
{
	char path[PATH_MAX];
	size_t n = strlen(root);

	memset(d, 0, sizeof(*d));
	d->boot_fd = d->ours_fd = -1;
	while (n && root[n - 1] == '/')
		n--;
	if (n >= sizeof(d->root))
		return err_set(reterr, -ENAMETOOLONG, "the path of the root is too long");
	memcpy(d->root, root, n);
	d->now_s = (uint64_t)time(NULL);
	d->room_bytes = ROOM_BYTES;
	read_line(d, "proc/sys/kernel/osrelease", d->kernel, sizeof(d->kernel));
	read_line(d, "proc/cmdline", d->cmdline, sizeof(d->cmdline));
	d->booted =
		load(d, STATE_BOOT, &d->boot) && strcmp(state_get(&d->boot, "result"), "ok") == 0;
	d->has_lease = load(d, STATE_LEASE, &d->lease);
	d->has_renewal = load(d, STATE_RENEWAL, &d->renewal);
	d->has_firmware = load(d, STATE_FIRMWARE, &d->firmware);
	d->has_sync = load(d, STATE_SYNC, &d->sync);
	if (doctor_has(d, "etc/pinet/pinet.conf"))
		d->has_conf = conf_load(doctor_path(d, "etc/pinet/pinet.conf", path), &d->conf,
				      &d->conf_err) == 0;
	look_at_boot_files(d);
	return 0;
}

void doctor_done(struct doctor *d)
{
	cleanup_fd(&d->boot_fd);
	cleanup_fd(&d->ours_fd);
	d->boot_fd = d->ours_fd = -1;
	manifest_done(&d->manifest);
}

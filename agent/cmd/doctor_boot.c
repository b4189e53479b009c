/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet doctor: the boot files, their generations, and the initramfs of this kernel.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "cmd/doctor.h"
#include "source/initramfs.h"
#include "store/generation.h"
#include "store/states.h"

#define LIST_MS 60000
#define PROBE   ".pinet-doctor-write"

static bool wants_boot_files(const struct doctor *d)
{
	return d->booted && state_get_u64(&d->boot, "firmware.on", 0) == 1;
}

static const char *boot_place(const struct doctor *d)
{
	const char *where = d->has_firmware ? state_get(&d->firmware, "where") : "";

	return where[0] ? where : state_get(&d->boot, "firmware.dir");
}

static enum doctor_verdict mounted(const struct doctor *d, struct doctor_finding *f)
{
	const char *error = state_get(&d->firmware, "error");

	if (!wants_boot_files(d) || !doctor_has(d, "proc/self/mounts"))
		return DOCTOR_NOTHING;
	if (d->nfs_answers)
		return DOCTOR_FINE;
	return doctor_found(f,
		"When the NFS server is there: systemctl restart boot-firmware.mount (or the mount "
		"unit "
		"of that directory), then pinet sync",
		"The boot files are not mounted at %s%s%s: updates of the kernel wait here.",
		boot_place(d), error[0] ? ": " : "", error);
}

static enum doctor_verdict nfs(const struct doctor *d, struct doctor_finding *f)
{
	if (!d->nfs_answers)
		return DOCTOR_NOTHING;
	if (d->nfs_answers > 0)
		return DOCTOR_FINE;
	return doctor_found(f,
		"Start the NFS server on the boot server; the mount mends itself then. Updates of "
		"the kernel wait here, "
		"and whoever opens a file there waits for minutes.",
		"The boot files are mounted at %s, but their server is away: %s", boot_place(d),
		d->nfs_err.text);
}

static enum doctor_verdict writable(const struct doctor *d, struct doctor_finding *f)
{
	_cleanup_fd_ int fd = -1;

	if (d->boot_fd < 0)
		return DOCTOR_NOTHING;
	fd = openat(d->boot_fd, PROBE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		(void)!unlinkat(d->boot_fd, PROBE, 0); /* the next check overwrites it */
		return DOCTOR_FINE;
	}
	return doctor_found(f,
		"Export it with rw and no_root_squash on the boot server, and run \"exportfs -ra\" "
		"there.",
		"root of this machine cannot write to its boot files at %s: %s.", boot_place(d),
		strerror(errno));
}

/*
 * dnsmasq and tftpd-hpa refuse what not everybody may read. The files of generations are made so;
 * where one is active, initramfs images beside it are not what is booted.
 */
static enum doctor_verdict readable(const struct doctor *d, struct doctor_finding *f)
{
	int fd = d->boot_fd < 0 ? -1 : openat(d->boot_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char shown[128];
	struct dirent *e;
	struct stat st;

	if (!dir)
		return DOCTOR_NOTHING;
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.' || (d->active[0] && strncmp(e->d_name, "init", 4) == 0) ||
			fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISREG(st.st_mode) || (st.st_mode & 0444) == 0444)
			continue;
		return doctor_found(f, "chmod a+r that file; TFTP has no secrets",
			"%s/%s is not readable by everybody: TFTP servers refuse to send it to the "
			"firmware.",
			boot_place(d), span_escape(span_str(e->d_name), shown, sizeof(shown)));
	}
	return DOCTOR_FINE;
}

static enum doctor_verdict room(const struct doctor *d, struct doctor_finding *f)
{
	struct statvfs st;
	uint64_t bytes;

	if (d->boot_fd < 0 || fstatvfs(d->boot_fd, &st) < 0)
		return DOCTOR_NOTHING;
	bytes = (uint64_t)st.f_bavail * st.f_frsize;
	if (bytes >= d->room_bytes)
		return DOCTOR_FINE;
	return doctor_found(f,
		"Make room on the boot server, or keep fewer generations: pinet sync --keep 2",
		"The boot server has %llu MB free for boot files: the next generation may not fit.",
		(unsigned long long)(bytes / 1000000));
}

static enum doctor_verdict active_whole(const struct doctor *d, struct doctor_finding *f)
{
	struct err err = d->manifest_err;

	if (d->boot_fd < 0 || !d->active[0])
		return DOCTOR_NOTHING;
	if (d->manifest.n && generation_check(d->ours_fd, &d->manifest, false, &err) == 0)
		return DOCTOR_FINE;
	return doctor_found(f, "pinet sync --force, or pinet rollback to another one",
		"The generation of the next boot is damaged: %s", err.text);
}

static enum doctor_verdict active_fits(const struct doctor *d, struct doctor_finding *f)
{
	char name[PATH_MAX];

	if (!d->manifest.n || !d->manifest.kernel[0])
		return DOCTOR_NOTHING;
	(void)snprintf(name, sizeof(name), "lib/modules/%s", d->manifest.kernel); /* fits */
	if (doctor_has(d, name))
		return DOCTOR_FINE;
	return doctor_found(f,
		"Install the package of that kernel again, or run \"pinet sync\" for one that is "
		"installed.",
		"The next boot loads the kernel %s, whose modules are not on this root.",
		d->manifest.kernel);
}

static enum doctor_verdict came_up(const struct doctor *d, struct doctor_finding *f)
{
	_cleanup_free_ struct states *st = calloc(1, sizeof(*st));
	const struct states_entry *e;

	if (d->boot_fd < 0 || !d->active[0] || !st || states_load(d->ours_fd, st, NULL) < 0)
		return DOCTOR_NOTHING;
	e = states_find(st, d->active);
	if (!e || (e->mark != STATES_BAD && e->attempts < 2))
		return DOCTOR_FINE;
	return doctor_found(f,
		"journalctl -u pinet-good.service tells what keeps a boot from being a good one.",
		"%s, which the next boot loads, has been booted %u times without coming up as a "
		"good "
		"one.",
		d->active, e->attempts);
}

static enum doctor_verdict drift(const struct doctor *d, struct doctor_finding *f)
{
	char text[256];

	if (!d->booted)
		return DOCTOR_NOTHING;
	if (doctor_read(d, &STATE_DRIFT[1], text, sizeof(text)) <= 0)
		return DOCTOR_FINE;
	return doctor_found(
		f, "pinet generations shows them; pinet sync, then reboot", "%s.", text);
}

static enum doctor_verdict sync_done(const struct doctor *d, struct doctor_finding *f)
{
	if (!d->has_sync)
		return DOCTOR_NOTHING;
	if (strcmp(state_get(&d->sync, "result"), "ok") == 0)
		return DOCTOR_FINE;
	return doctor_found(f, "Mend the cause, then: pinet sync",
		"Boot files wait to be synchronized: %s.", state_get(&d->sync, "reason"));
}

static enum doctor_verdict modules(const struct doctor *d, struct doctor_finding *f)
{
	char name[PATH_MAX];

	if (!d->kernel[0])
		return DOCTOR_NOTHING;
	(void)snprintf(name, sizeof(name), "lib/modules/%s", d->kernel); /* fits */
	if (doctor_has(d, name))
		return DOCTOR_FINE;
	return doctor_found(f, "Install the package of that kernel, or reboot into one that is.",
		"The running kernel %s has no modules on this root: new devices and file systems "
		"will "
		"not work.",
		d->kernel);
}

/* The driver of the interface that carries the root; "" if it is not a module. */
static void find_driver(const struct doctor *d, char *out, size_t size)
{
	char name[PATH_MAX], path[PATH_MAX], to[PATH_MAX];
	ssize_t n;

	out[0] = '\0';
	(void)snprintf(name, sizeof(name), "sys/class/net/%s/device/driver/module",
		doctor_interface(d)); /* fits */
	n = readlink(doctor_path(d, name, path), to, sizeof(to) - 1);
	if (n <= 0)
		return;
	to[n] = '\0';
	(void)snprintf(out, size, "%.63s", strrchr(to, '/') ? strrchr(to, '/') + 1 : to);
}

/* Lists the initramfs of the running kernel. True with @ret. */
static bool list_initramfs(const struct doctor *d, struct initramfs *ret, const char *driver)
{
	char name[PATH_MAX], path[PATH_MAX];

	(void)snprintf(name, sizeof(name), "boot/initrd.img-%s", d->kernel); /* fits */
	memset(ret, 0, sizeof(*ret));
	if (driver[0])
		ret->wanted[ret->n_wanted++] = driver;
	return d->kernel[0] && doctor_has(d, name) &&
	       initramfs_list(AT_FDCWD, doctor_path(d, name, path), clock_now_ms() + LIST_MS, ret,
		       NULL) == 0;
}

static enum doctor_verdict initramfs_agent(const struct doctor *d, struct doctor_finding *f)
{
	_cleanup_free_ struct initramfs *list = malloc(sizeof(*list));

	if (!list || !list_initramfs(d, list, ""))
		return DOCTOR_NOTHING;
	if (list->has_agent)
		return DOCTOR_FINE;
	return doctor_found(f,
		"apt install --reinstall pinet-initramfs, then update-initramfs -u; look for what "
		"it "
		"complains of",
		"The initramfs of %s does not have pinet: a boot with it finds no root.",
		d->kernel);
}

static enum doctor_verdict initramfs_driver(const struct doctor *d, struct doctor_finding *f)
{
	_cleanup_free_ struct initramfs *list = malloc(sizeof(*list));
	char driver[64];

	find_driver(d, driver, sizeof(driver));
	if (!driver[0] || !list || !list_initramfs(d, list, driver) || !list->has_modules)
		return DOCTOR_NOTHING;
	if (list->found[0])
		return DOCTOR_FINE;
	return doctor_found(f,
		"Add it to /etc/initramfs-tools/modules and run \"update-initramfs -u\".",
		"The initramfs of %s lacks %s, the driver of %s: a boot with it has no network.",
		d->kernel, driver, doctor_interface(d));
}

const struct doctor_check doctor_boot[] = {
	{"mounted", "the boot files are mounted", mounted},
	{"nfs", "their NFS server answers", nfs},
	{"writable", "root may write to them", writable},
	{"readable", "TFTP servers may read them", readable},
	{"room", "the boot server has room", room},
	{"active", "the next boot's generation is whole", active_whole},
	{"active-kernel", "its kernel has modules here", active_fits},
	{"came-up", "it has come up", came_up},
	{"drift", "what was booted is what is active", drift},
	{"sync", "boot files are synchronized", sync_done},
	{"modules", "the running kernel has its modules", modules},
	{"initramfs", "the initramfs has pinet", initramfs_agent},
	{"initramfs-nic", "the initramfs has the driver of the NIC", initramfs_driver},
	{NULL, NULL, NULL},
};

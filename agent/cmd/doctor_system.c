/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet doctor: the installed system, what it mounts, and its clock.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "cmd/doctor.h"

#define YEAR_2025 1735689600u
#define WANTS     "etc/systemd/system/multi-user.target.wants/"

/* The next word of a line of fstab or mounts. */
static struct span next_word(struct span *line)
{
	size_t n = 0;

	while (line->len && (line->p[0] == ' ' || line->p[0] == '\t'))
		*line = span_sub(*line, 1, line->len);
	while (n < line->len && line->p[n] != ' ' && line->p[n] != '\t')
		n++;
	*line = span_sub(*line, n, line->len);
	return span_of(line->p - n, n);
}

/* The line of fstab for the mount point @where: true with what it mounts and as what. */
static bool find_fstab(
	const struct doctor *d, const char *where, char *source, char *type, size_t size)
{
	char text[DOCTOR_FILE_SIZE];
	ssize_t n = doctor_read(d, "etc/fstab", text, sizeof(text));
	struct span rest = span_of(text, n > 0 ? (size_t)n : 0);

	while (rest.len) {
		struct span line = span_trim(span_cut(&rest, '\n')), what, at;

		if (!line.len || line.p[0] == '#')
			continue;
		what = next_word(&line);
		at = next_word(&line);
		if (span_eq_str(at, where) && span_copy(what, source, size) == 0 &&
			span_copy(next_word(&line), type, size) == 0)
			return true;
	}
	return false;
}

static enum doctor_verdict fstab_boot(const struct doctor *d, struct doctor_finding *f)
{
	const char *where = state_get(&d->boot, "firmware.dir");
	char source[256], type[256];

	if (!d->booted || state_get_u64(&d->boot, "firmware.on", 0) != 1)
		return DOCTOR_NOTHING;
	if (!find_fstab(d, where, source, type, sizeof(source)) || strncmp(type, "nfs", 3) == 0)
		return DOCTOR_FINE;
	return doctor_found(f,
		"Remove the line, or put # in front of it: pinet mounts the boot files itself.",
		"/etc/fstab mounts %s over the boot files at %s: what \"mount -a\" brings there is "
		"not "
		"what this machine boots from.",
		source, where);
}

static enum doctor_verdict fstab_root(const struct doctor *d, struct doctor_finding *f)
{
	char source[256], type[256];

	if (!find_fstab(d, "/", source, type, sizeof(source)))
		return DOCTOR_NOTHING;
	if (strncmp(source, "/dev/sd", 7) != 0 && strncmp(source, "/dev/mmcblk", 11) != 0)
		return DOCTOR_FINE;
	return doctor_found(f,
		"Write UUID= or LABEL= of the root there: \"findmnt -no UUID /\" shows it.",
		"/etc/fstab calls the root %s, which may be another disk at the next boot; it "
		"would be "
		"checked or mounted in place of the root.",
		source);
}

/* /dev/sda2 and sda: the disk that the partition is on. */
static bool is_on_disk(struct span device, const char *root_device)
{
	size_t n = strlen(root_device);

	while (n && root_device[n - 1] >= '0' && root_device[n - 1] <= '9')
		n--;
	return n > 5 && device.len >= n && memcmp(device.p, root_device, n) == 0;
}

static enum doctor_verdict swap(const struct doctor *d, struct doctor_finding *f)
{
	const char *root = state_get(&d->boot, "root.device");
	char text[4096], path[PATH_MAX];
	ssize_t n = doctor_read(d, "proc/swaps", text, sizeof(text));
	struct span rest = span_of(text, n > 0 ? (size_t)n : 0);

	if (!d->booted || n < 0)
		return DOCTOR_NOTHING;
	(void)span_cut(&rest, '\n'); /* the heading */
	while (rest.len) {
		struct span line = span_cut(&rest, '\n'), what = next_word(&line);
		bool file = span_eq_str(next_word(&line), "file");

		if (!file && !is_on_disk(what, root))
			continue;
		(void)!span_copy(what, path, sizeof(path)); /* a name of the kernel's */
		return doctor_found(f,
			"swapoff it and take it out of /etc/fstab; zram (systemd-zram-generator) "
			"does "
			"without a disk.",
			"This machine swaps to the network (%s): short of memory, it needs memory "
			"to get "
			"some, and stands still.",
			path);
	}
	return DOCTOR_FINE;
}

static enum doctor_verdict clock_is_set(const struct doctor *d, struct doctor_finding *f)
{
	static const char *const later[] = {"var/lib/systemd/timesync/clock", "var/lib/pinet/sync"};
	char path[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (stat(doctor_path(d, later[i], path), &st) == 0 &&
			(uint64_t)st.st_mtime > d->now_s + 3600)
			return doctor_found(f,
				"Let DHCP name a time server (option 42) or set NTP= in "
				"/etc/systemd/timesyncd.conf.",
				"The clock is wrong: it is before the time of /%s. Certificates "
				"and apt "
				"will not be believed.",
				later[i]);
	if (d->now_s >= YEAR_2025)
		return DOCTOR_FINE;
	return doctor_found(f,
		"Let DHCP name a time server (option 42) or set NTP= in "
		"/etc/systemd/timesyncd.conf.",
		"The clock is not set: it is before 2025.");
}

static enum doctor_verdict units(const struct doctor *d, struct doctor_finding *f)
{
	static const char *const names[] = {
		"pinet-good.service", "pinet-sync.service", "pinet-sync.path"};
	char path[PATH_MAX], link[PATH_MAX];
	struct stat st;

	if (!d->booted)
		return DOCTOR_NOTHING;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(link, sizeof(link), WANTS "%s", names[i]); /* fits */
		if (lstat(doctor_path(d, link, path), &st) < 0)
			return doctor_found(f,
				"systemctl enable --now pinet-good.service pinet-sync.service "
				"pinet-sync.path pinet-retry.timer",
				"%s is not enabled: boots are not marked good, or changed boot "
				"files stay "
				"here.",
				names[i]);
	}
	return DOCTOR_FINE;
}

static enum doctor_verdict hooks(const struct doctor *d, struct doctor_finding *f)
{
	static const char *const names[] = {"etc/kernel/postinst.d/zz-pinet",
		"etc/kernel/postrm.d/zz-pinet", "etc/initramfs/post-update.d/zz-pinet"};
	char path[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (stat(doctor_path(d, names[i], path), &st) < 0 || !(st.st_mode & 0100))
			return doctor_found(f,
				"apt install --reinstall -o Dpkg::Options::=--force-confmiss "
				"pinet-initramfs",
				"/%s is missing or cannot be run: an update of the kernel would "
				"not reach "
				"the boot server.",
				names[i]);
	return DOCTOR_FINE;
}

static enum doctor_verdict iscsid_runs(const struct doctor *d, struct doctor_finding *f)
{
	if (!state_get(&d->boot, "session.target")[0])
		return DOCTOR_NOTHING;
	if (doctor_has(d, "run/iscsid.pid") || doctor_has(d, "run/initramfs/iscsid.pid"))
		return DOCTOR_FINE;
	return doctor_found(f, "systemctl enable --now iscsid.service",
		"iscsid is not running: when the connection to the root breaks, nobody makes it "
		"anew.");
}

/*
 * True if a record of the target in open-iscsi's own list has automatic login. The record of a portal is
 * the file ADDRESS,PORT,TAG, or in it "default", which stands for the interface that is none in particular.
 */
static bool logs_in_too(const struct doctor *d, const char *dir)
{
	static const char *const below[] = {"", "/default"};
	char path[PATH_MAX], name[PATH_MAX], text[16384];
	_cleanup_dir_ DIR *list = opendir(doctor_path(d, dir, path));
	struct dirent *e;

	while (list && (e = readdir(list))) {
		if (e->d_name[0] == '.')
			continue;
		for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
			if ((size_t)snprintf(name, sizeof(name), "%s/%s%s", dir, e->d_name,
				    below[i]) < sizeof(name) &&
				doctor_read(d, name, text, sizeof(text)) > 0 &&
				strstr(text, "node.startup = automatic"))
				return true;
	}
	return false;
}

static enum doctor_verdict one_login(const struct doctor *d, struct doctor_finding *f)
{
	const char *target = state_get(&d->boot, "session.target");
	char dir[PATH_MAX];

	if (!target[0])
		return DOCTOR_NOTHING;
	(void)snprintf(dir, sizeof(dir), "etc/iscsi/nodes/%s", target); /* fits */
	if (!logs_in_too(d, dir))
		return DOCTOR_FINE;
	return doctor_found(f,
		"iscsiadm -m node -T TARGET -o update -n node.startup -v onboot, or -o delete",
		"open-iscsi is configured to log in to the root's target %s as well: two sessions "
		"show one disk twice.",
		target);
}

static enum doctor_verdict mount_dir(const struct doctor *d, struct doctor_finding *f)
{
	const char *where = state_get(&d->boot, "firmware.dir");

	if (!d->booted || strcmp(where, "/boot/firmware") == 0 || !where[0])
		return DOCTOR_NOTHING;
	if (doctor_has(d, "etc/systemd/system/pinet-sync.path.d"))
		return DOCTOR_FINE;
	return doctor_found(f,
		"systemctl edit pinet-sync.path, with PathChanged= of cmdline.txt and config.txt "
		"there",
		"The boot files are at %s, but changes are watched for in /boot/firmware.", where);
}

const struct doctor_check doctor_system[] = {
	{"fstab-boot", "fstab leaves the boot files alone", fstab_boot},
	{"fstab-root", "fstab names the root in a lasting way", fstab_root},
	{"swap", "nothing is swapped to the network", swap},
	{"clock", "the clock is set", clock_is_set},
	{"units", "pinet's units are enabled", units},
	{"hooks", "updates of kernels are noticed", hooks},
	{"watched", "changes of the boot files are noticed", mount_dir},
	{"iscsid", "iscsid looks after the session", iscsid_runs},
	{"one-login", "nobody else logs in to the root's target", one_login},
	{NULL, NULL, NULL},
};

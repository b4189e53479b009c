/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet doctor: what the owner wrote, and the next boot that comes of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/doctor.h"
#include "plan/merge.h"
#include "store/files.h"

static enum doctor_verdict booted(const struct doctor *d, struct doctor_finding *f)
{
	const char *error = state_get(&d->boot, "error");

	if (d->booted)
		return DOCTOR_FINE;
	if (error[0])
		return doctor_found(f,
			"See \"pinet plan\" for what a boot would do, and mend what it failed at.",
			"pinet did not bring up this root, which is a local one: %s", error);
	return doctor_found(f,
		"Add pinet.server=ADDRESS to the kernel command line; \"pinet plan\" shows what "
		"comes "
		"of it.",
		"pinet did not boot this machine: its kernel command line does not ask for it.");
}

static enum doctor_verdict conf_parses(const struct doctor *d, struct doctor_finding *f)
{
	if (d->has_conf)
		return DOCTOR_FINE;
	if (!d->conf_err.code)
		return DOCTOR_NOTHING;
	return doctor_found(f, "Mend the line (see pinet.conf(5)) and run \"update-initramfs -u\".",
		"/etc/pinet/pinet.conf is malformed, and the next boot would fail: %s",
		d->conf_err.text);
}

static enum doctor_verdict conf_known(const struct doctor *d, struct doctor_finding *f)
{
	if (!d->has_conf)
		return DOCTOR_NOTHING;
	if (!d->conf.notes.n)
		return DOCTOR_FINE;
	return doctor_found(f, "Mend or remove the line (see pinet.conf(5)).",
		"/etc/pinet/pinet.conf says something that is ignored: %s", d->conf.notes.text[0]);
}

/* An image with it makes clients that fight for one session. */
static enum doctor_verdict initiator_is_own(const struct doctor *d, struct doctor_finding *f)
{
	const struct setting *s = &d->conf.set.one[SETTING_INITIATOR];

	if (!d->has_conf || !s->present)
		return DOCTOR_NOTHING;
	if (strchr(s->value, '%'))
		return DOCTOR_FINE;
	return doctor_found(f,
		"Write %i, %m or %s into the name, as in iqn.1993-08.org.debian:01:%i, or leave "
		"the "
		"setting out.",
		"The initiator name in /etc/pinet/pinet.conf is the same on every machine that "
		"gets a "
		"copy of this root: %s",
		s->value);
}

static enum doctor_verdict chap_is_private(const struct doctor *d, struct doctor_finding *f)
{
	char path[PATH_MAX];
	struct stat st;

	if (lstat(doctor_path(d, "etc/pinet/chap.conf", path), &st) < 0)
		return DOCTOR_NOTHING;
	if ((st.st_mode & 077) == 0 && st.st_uid == 0)
		return DOCTOR_FINE;
	return doctor_found(f,
		"chown root: /etc/pinet/chap.conf && chmod 0600 /etc/pinet/chap.conf",
		"/etc/pinet/chap.conf has the secret of the session and is open to others (mode "
		"%04o, owner %u): a boot refuses it.",
		(unsigned int)st.st_mode & 07777, st.st_uid);
}

static enum doctor_verdict cmdline_has_no_secret(const struct doctor *d, struct doctor_finding *f)
{
	static const char *const words[] = {
		"iscsi_password", "iscsi_in_password", "ISCSI_PASSWORD", "ISCSI_IN_PASSWORD"};

	if (!d->cmdline[0])
		return DOCTOR_NOTHING;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (cmdline_peek(span_str(d->cmdline), words[i]).p)
			return doctor_found(f,
				"Move it to /etc/pinet/chap.conf (mode 0600) and run "
				"\"update-initramfs "
				"-u\".",
				"The kernel command line has the CHAP secret (%s), which every "
				"user of "
				"this machine can read.",
				words[i]);
	return DOCTOR_FINE;
}

/* The command line that the boot loader will read. Returns its length, or a negative errno. */
static ssize_t next_cmdline(const struct doctor *d, char *text, size_t size)
{
	char name[NAME_SIZE + 40];

	if (d->boot_fd < 0)
		return -ENOENT;
	(void)snprintf(name, sizeof(name), "%s%s%scmdline.txt", d->active[0] ? FILES_DIR "/" : "",
		d->active, d->active[0] ? "/" : ""); /* fits */
	return files_read(d->boot_fd, name, text, size);
}

static enum doctor_verdict next_boot_has_plan(const struct doctor *d, struct doctor_finding *f)
{
	static const char remedy[] =
		"Mend cmdline.txt of the boot directory, then run \"pinet sync\"; \"pinet plan "
		"--cmdline FILE\" tries it.";
	char text[CMDLINE_SIZE];
	struct cmdline cmdline;
	struct machine machine = {.has_mac = false};
	struct notes notes = {.n = 0};
	struct err err = {.code = 0};
	struct plan_sources src = {.cmdline = &cmdline, .conf = &d->conf, .machine = &machine};
	struct plan plan;
	ssize_t n = next_cmdline(d, text, sizeof(text));

	if (n < 0)
		return DOCTOR_NOTHING;
	machine.has_mac =
		num_parse_mac(span_str(state_get(&d->boot, "network.mac")), machine.mac) == 0;
	if (cmdline_parse(span_of(text, (size_t)n), &cmdline, &err) < 0 ||
		plan_merge(&src, &plan, &notes, &err) < 0)
		return doctor_found(
			f, remedy, "The next boot would fail at its command line: %s", err.text);
	if (!plan.active)
		return doctor_found(f, remedy,
			"The next boot would not be by pinet: its command line has no word for "
			"it.");
	return DOCTOR_FINE;
}

const struct doctor_check doctor_settings[] = {
	{"booted", "pinet has booted this machine", booted},
	{"conf", "pinet.conf is well-formed", conf_parses},
	{"conf-words", "all of pinet.conf is understood", conf_known},
	{"initiator", "the initiator name is this machine's own", initiator_is_own},
	{"chap-mode", "the CHAP secret is root's alone", chap_is_private},
	{"secret", "no secret is on the command line", cmdline_has_no_secret},
	{"next-cmdline", "the next boot has a command line to go by", next_boot_has_plan},
	{NULL, NULL, NULL},
};

/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet sync: the boot files become a generation; what could not be done stays pending.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/num.h"
#include "cmd/boot_dir.h"
#include "cmd/cmd.h"
#include "step/sync.h"

#define KEEP_MAX  100
#define DPKG_LOCK "var/lib/dpkg/lock"

struct options {
	const char *dir, *root, *tftp_prefix;
	bool defer, retry, force, adopt, once, quiet;
	enum sync_verify verify;
	unsigned int keep;
};

static const struct option longs[] = {
	{"dir", required_argument, NULL, 'd'},
	{"root", required_argument, NULL, 'r'},
	{"defer", no_argument, NULL, 'D'},
	{"retry", no_argument, NULL, 'R'},
	{"force", no_argument, NULL, 'f'},
	{"adopt", no_argument, NULL, 'a'},
	{"try", no_argument, NULL, 't'},
	{"verify", required_argument, NULL, 'v'},
	{"tftp-prefix", required_argument, NULL, 'p'},
	{"keep", required_argument, NULL, 'k'},
	{"quiet", no_argument, NULL, 'q'},
	{NULL, 0, NULL, 0},
};

static int parse_verify(const char *text, enum sync_verify *ret)
{
	static const char *const names[] = {[SYNC_VERIFY_READ] = "read",
		[SYNC_VERIFY_TFTP] = "tftp",
		[SYNC_VERIFY_NONE] = "none"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*ret = (enum sync_verify)i;
		return 0;
	}
	log_error("sync: --verify=%.40s: it must be read, tftp or none", text);
	return -EINVAL;
}

static int parse_keep(const char *text, unsigned int *ret)
{
	uint32_t n;

	if (num_parse_u32(span_str(text), KEEP_MAX, &n) < 0 || n == 0) {
		log_error("sync: --keep=%.40s: it must be 1 to %d", text, KEEP_MAX);
		return -EINVAL;
	}
	*ret = n;
	return 0;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'd')
			o->dir = optarg;
		else if (c == 'r')
			o->root = optarg;
		else if (c == 'D')
			o->defer = true;
		else if (c == 'R')
			o->retry = true;
		else if (c == 'f')
			o->force = true;
		else if (c == 'a')
			o->adopt = true;
		else if (c == 't')
			o->once = true;
		else if (c == 'v' && parse_verify(optarg, &o->verify) == 0)
			continue;
		else if (c == 'p')
			o->tftp_prefix = optarg;
		else if (c == 'k' && parse_keep(optarg, &o->keep) == 0)
			continue;
		else if (c == 'q')
			o->quiet = true;
		else
			return -EINVAL;
	}
	if (optind == argc)
		return 0;
	log_error("sync: unexpected argument \"%.40s\"", argv[optind]);
	return -EINVAL;
}

/* The state of the sync, which outlives a restart; empty if there is none. */
static void load_state(const struct boot_dir *d, struct state *st)
{
	char path[PATH_MAX];

	if (boot_dir_path(d, &STATE_SYNC[1], path, sizeof(path)) < 0 ||
		state_load(path, st, NULL) < 0)
		memset(st, 0, sizeof(*st)); /* nothing is known */
}

static void save_state(const struct boot_dir *d, const struct state *st)
{
	struct err err = {.code = 0};
	char path[PATH_MAX];

	if (boot_dir_path(d, &STATE_SYNC[1], path, sizeof(path)) == 0 &&
		state_save(st, path, &err) < 0)
		log_warning("sync: %s", err.text);
}

static bool is_pending(const struct state *st)
{
	return strcmp(state_get(st, "result"), "pending") == 0;
}

static void say_done(const struct sync_report *r, const struct sync_wish *w, uint64_t ms)
{
	char size[24], was[NAME_SIZE + 8] = "";

	for (unsigned int i = 0; i < r->notes.n; i++)
		log_warning("sync: %s", r->notes.text[i]);
	if (r->put_back[0])
		log_warning("sync: cmdline.txt had lost %s and has it again", r->put_back);
	if (r->previous[0])
		(void)snprintf(was, sizeof(was), " (was %s)", r->previous);
	switch (r->verdict) {
	case SYNC_NOTHING:
		log_step("sync: nothing to do, %s is active", r->generation);
		break;
	case SYNC_HELD:
		log_step("sync: nothing new; %s is active, %s is the newest (pinet rollback %s)",
			r->generation, r->newest, r->newest);
		break;
	case SYNC_ACTIVE:
	case SYNC_ONCE:
		log_step("sync: %s %s, %u files, %u new, %s written in %llu.%llu s%s",
			r->generation,
			r->verdict == SYNC_ACTIVE ? "active" : "for one boot: reboot '0 tryboot'",
			r->n_files, r->n_written,
			boot_dir_size(r->bytes_written, size, sizeof(size)),
			(unsigned long long)(ms / 1000), (unsigned long long)(ms / 100 % 10), was);
		break;
	}
	if (r->n_removed)
		log_step("sync: %u older removed, %u kept", r->n_removed, w->keep);
}

static void note_done(
	const struct boot_dir *d, const struct sync_report *r, uint32_t now_s, struct state *st)
{
	char tried[NAME_SIZE];

	(void)snprintf(tried, sizeof(tried), "%.*s", NAME_SIZE - 1, state_get(st, "tried"));
	memset(st, 0, sizeof(*st));
	state_put(st, "result", "ok");
	state_put(st, "generation", "%s", r->verdict == SYNC_ONCE ? r->previous : r->generation);
	state_put(st, "time", "%u", now_s);
	if (r->verdict == SYNC_ONCE)
		state_put(st, "tried", "%s", r->generation);
	else if (r->verdict != SYNC_ACTIVE && tried[0] && strcmp(tried, r->generation) != 0)
		state_put(st, "tried", "%s", tried);
	save_state(d, st);
}

/* Keeps the failure for status and the next try. Returns the exit status. */
static int pending(const struct options *o, const struct boot_dir *d, struct state *st,
	const struct err *err, uint32_t now_s)
{
	bool is_new = !is_pending(st) || strcmp(state_get(st, "reason"), err->text) != 0;

	if (!is_pending(st))
		state_put(st, "since", "%u", now_s);
	state_put(st, "result", "pending");
	state_put(st, "reason", "%s", err->text);
	state_put(st, "time", "%u", now_s);
	save_state(d, st);
	if (!o->defer)
		log_error("sync: %s", err->text);
	else if (!o->retry || is_new)
		log_warning("sync: it has to wait: %s", err->text);
	return o->defer ? EXIT_OK : EXIT_FAILED;
}

/* True if this boot found that the boot loader had loaded something else than what is active. */
static bool has_drifted(const struct boot_dir *d)
{
	char path[PATH_MAX];

	return boot_dir_path(d, &STATE_DRIFT[1], path, sizeof(path)) == 0 && fs_exists(path);
}

/* True if a process has the file @name locked. */
static bool is_locked(const struct boot_dir *d, const char *name)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	_cleanup_fd_ int fd = -1;
	char path[PATH_MAX];

	if (boot_dir_path(d, name, path, sizeof(path)) < 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/*
 * True if dpkg is at work, and this is no part of it: it may have unpacked a kernel without having
 * made the initramfs of it. It has a file locked from its first to its last step (dpkg(1)), and tells
 * its scripts its version; apt, which calls it several times, has another locked meanwhile.
 */
static bool dpkg_is_at_work(const struct boot_dir *d)
{
	return !getenv("DPKG_RUNNING_VERSION") &&
	       (is_locked(d, DPKG_LOCK) || is_locked(d, DPKG_LOCK "-frontend"));
}

static int run(const struct options *o, struct boot_dir *d, struct state *st, struct err *reterr)
{
	uint64_t started_ms = clock_now_ms();
	bool automatic = o->defer || o->retry;
	const struct sync_wish wish = {
		.boot_dirfd = d->fd,
		.root = d->root,
		.kernel = d->kernel,
		.interface = state_get(&d->boot, "network.interface"),
		.booted = span_str(d->cmdline),
		.drifted = has_drifted(d),
		.iscsi = state_get(&d->boot, "session.target")[0] != '\0',
		.tried = automatic ? "" : state_get(st, "tried"),
		.force = o->force,
		.adopt = o->adopt,
		.once = o->once,
		.careful = is_pending(st),
		.verify = o->verify,
		.tftp_host = state_get(&d->boot, "firmware.host"),
		.tftp_path = state_get(&d->boot, "firmware.path"),
		.tftp_prefix = o->tftp_prefix,
		.keep = o->keep,
		.now_s = (uint32_t)time(NULL),
	};
	struct sync_report report;
	int r = sync_run(&wish, &report, reterr);

	if (r < 0) {
		for (unsigned int i = 0; i < report.notes.n; i++)
			log_warning("sync: %s", report.notes.text[i]);
		return r;
	}
	if (o->retry && report.verdict == SYNC_NOTHING)
		log_setup(LOG_LEVEL_WARNING, false); /* it was done by somebody else: no news */
	say_done(&report, &wish, clock_now_ms() - started_ms);
	note_done(d, &report, wish.now_s, st);
	return 0;
}

int cmd_sync(int argc, char **argv)
{
	struct options o = {.root = "/", .keep = SYNC_KEEP};
	_cleanup_boot_dir_ struct boot_dir d = {.fd = -1, .ours_fd = -1, .claim_fd = -1};
	struct err err = {.code = 0};
	struct state st;
	int r;

	if (parse_options(argc, argv, &o) < 0)
		return EXIT_USAGE;
	log_setup(o.quiet ? LOG_LEVEL_WARNING : LOG_LEVEL_STEP, false);
	r = boot_dir_look(&d, o.root, &err);
	load_state(&d, &st);
	if (o.retry && !is_pending(&st))
		return EXIT_OK; /* no server is asked */
	if (r == 0)
		r = boot_dir_open(&d, o.dir, &err);
	if (d.not_ours) {
		log_step("sync: this machine does not boot from a boot server: nothing to do");
		return EXIT_OK;
	}
	if (r == 0)
		r = boot_dir_claim(&d, &err);
	load_state(&d, &st); /* whoever was waited for may have changed it */
	/* Whoever says so himself knows what he does. */
	if (r == 0 && (o.defer || o.retry) && dpkg_is_at_work(&d))
		r = err_set(&err, -EAGAIN,
			"apt or dpkg is at work, and the boot files may not be complete before it "
			"is done");
	if (r == 0)
		r = run(&o, &d, &st, &err);
	return r < 0 ? pending(&o, &d, &st, &err, (uint32_t)time(NULL)) : EXIT_OK;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet boot: from the sources to a root that initramfs-tools can mount.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "cmd/boot_report.h"
#include "cmd/boot_root.h"
#include "cmd/cmd.h"
#include "cmd/early.h"
#include "cmd/guard.h"
#include "cmd/onfail.h"
#include "cmd/remote_log.h"
#include "cmd/retry.h"
#include "cmd/sources.h"
#include "state/state.h"
#include "step/modules.h"
#include "step/names.h"
#include "step/session.h"
#include "step/udev.h"

#define ROOTMNT      "/root" /* of initramfs-tools */
#define ROOT_WAIT_S  30 /* as initramfs-tools waits for a local disk */
#define NAMES_MS     20000
#define ASK_AGAIN_MS 10000 /* DHCP, when there is a lease already: it may have new answers */

/* The two in the middle are for sd_mod: Linux 6.1 calls modprobe for each that is not there then. */
static const char *const modules[] = {
	"af_packet", "crct10dif_generic", "crc64_rocksoft_generic", "iscsi_tcp", "sd_mod", NULL};

/* One boot: what is known so far, and what the steps reported. */
struct boot {
	const char *handover;
	uint64_t started_ms, deadline_ms;
	struct sources sources;
	struct plan plan;
	struct notes notes; /* of the plan: shown once it is final */
	bool network_up;
	bool final; /* what failed is nothing that waiting cures */
	int filesystem_pid; /* of what loads the file system of rootfstype=, or negative */
	struct boot_report report;
	struct syslog log;
};

static void on_waiting(void *ctx, const char *sentence)
{
	(void)ctx; /* the sentence says it all */
	log_warning("%s", sentence);
}

static int make_plan(struct boot *b, bool final, struct err *reterr)
{
	struct plan_sources src =
		sources_for_plan(&b->sources, network_lease(&b->report.network), final);

	int r;

	b->notes.n = b->notes.dropped = 0;
	sources_notes(&b->sources, &b->notes);
	r = plan_merge(&src, &b->plan, &b->notes, reterr);
	b->final = r < 0 && r != -EAGAIN;
	if (r == 0)
		b->deadline_ms = b->plan.timeout_s ? b->started_ms + b->plan.timeout_s * 1000ull
						   : CLOCK_FOREVER;
	return r;
}

static void adopt_network(struct boot *b)
{
	const struct network_report *n = &b->report.network;

	b->network_up = true;
	b->report.notes_shown = false; /* what DHCP says may be worth others */
	b->sources.machine.has_mac = n->ifname[0] != '\0';
	memcpy(b->sources.machine.mac, n->mac, MAC_LEN);
	boot_report_network(&b->report, &b->plan);
}

static struct network_watch watch(struct boot *b)
{
	return (struct network_watch){on_waiting, NULL, sources_judge(&b->sources)};
}

static int bring_up_network(struct boot *b, struct err *reterr)
{
	const struct network_watch w = watch(b);
	int r = network_run(&b->plan, b->deadline_ms, &w, &b->report.network, reterr);

	if (r == 0)
		adopt_network(b);
	return r;
}

/*
 * An attempt failed, perhaps by what DHCP said: its server may know better now. One that is silent
 * takes nothing away, and a session keeps the address that it was made with.
 */
static int ask_dhcp_again(struct boot *b, struct err *reterr)
{
	struct network_report *old = &b->report.network, now = *old;
	uint64_t until_ms = clock_min(b->deadline_ms, clock_now_ms() + ASK_AGAIN_MS);
	const struct network_watch w = watch(b);
	int r;

	if (!network_lease(old) || b->report.login.target[0])
		return 0;
	r = network_run(&b->plan, until_ms, &w, &now, reterr);
	if (r < 0 && now.ifindex) {
		log_warning("%s; going on with the lease of before", reterr->text);
		return 0;
	}
	b->network_up = r == 0;
	now.lease.xid = old->lease.xid; /* this one always differs */
	/* Were there padding that differs, the lease would count as new, and nothing be lost. */
	if (r == 0 && now.ifindex == old->ifindex && /* NOLINTNEXTLINE(*-exp42-c,*-comparison) */
		memcmp(&now.lease, &old->lease, sizeof(now.lease)) == 0)
		return 0;
	boot_report_forget_network(&b->report);
	*old = now;
	if (r == 0)
		adopt_network(b);
	return r;
}

static int find_root(struct boot *b, struct err *reterr)
{
	unsigned int wait_s = b->sources.cmdline.rootdelay_s;
	uint64_t now_ms = clock_now_ms();
	int r;

	if (wait_s < ROOT_WAIT_S)
		wait_s = ROOT_WAIT_S;
	b->report.root_started_ms = now_ms;
	r = root_run(&b->plan, &b->report.login,
		clock_min(b->deadline_ms, now_ms + wait_s * 1000ull), &b->report.root, reterr);
	if (r == 0)
		boot_report_root(&b->report, &b->plan);
	return r;
}

/* The file system that the root should have: it is large, and the network makes everybody wait. */
static void start_filesystem(struct boot *b)
{
	const char *const names[] = {b->sources.cmdline.rootfstype, NULL};

	if (b->plan.root_kind != PLAN_ROOT_NFS && names[0][0])
		b->filesystem_pid = modules_start(names); /* the one that it has is loaded below */
}

/* The file system that it has: at the mount, the kernel would have to start modprobe. */
static void load_filesystem(const struct boot *b)
{
	const char *const names[] = {b->report.root.fstype, NULL};
	struct err err = {.code = 0};

	modules_wait(b->filesystem_pid);
	if (b->filesystem_pid >= 0 && strcmp(names[0], b->sources.cmdline.rootfstype) == 0)
		return;
	if (b->report.root.device[0] && names[0][0] && modules_load(names, &err) < 0)
		log_warning("%s", err.text); /* the mount will tell */
}

/* Mounted here, because initramfs-tools' own program for it knows NFS 2 and 3 only. */
static int mount_nfs_root(struct boot *b, struct err *reterr)
{
	static const char *const nfs[] = {"nfsv4", "nfsv3", NULL};
	int r;

	if (b->report.root.source[0])
		return 0; /* at an earlier attempt */
	r = modules_load(nfs, reterr);
	if (r < 0)
		log_warning("%s", reterr->text); /* they may be built in; the step will tell */
	b->report.root_started_ms = clock_now_ms();
	r = nfs_root_run(&b->plan, ROOTMNT, b->deadline_ms, &b->report.root, reterr);
	if (r == 0)
		boot_report_root(&b->report, &b->plan);
	b->final = r == -EINVAL && b->plan.origin[PLAN_NFS_ROOT].from == ORIGIN_CMDLINE;
	return r;
}

static int log_in(struct boot *b, struct err *reterr)
{
	struct plan plan = b->plan;
	int r;

	b->report.login_started_ms = clock_now_ms();
	r = names_in_portals(&plan, clock_min(b->deadline_ms, clock_now_ms() + NAMES_MS), reterr);
	if (r < 0)
		return r;
	r = login_run(&plan, b->deadline_ms, &b->report.login, reterr);
	if (r == 0)
		boot_report_login(&b->report);
	b->final = r < 0 && !retry_helps_login(&b->plan,
				    b->report.network.have_lease || b->report.network.informed, r);
	return r;
}

/* Everything once; what is done stays done when a later step fails and the boot tries again. */
static int attempt(struct boot *b, struct err *reterr)
{
	int r = b->network_up ? ask_dhcp_again(b, reterr) : bring_up_network(b, reterr);

	if (r < 0)
		return r;
	r = make_plan(b, true, reterr);
	remote_log_start(&b->log, &b->plan); /* of before, if there is no other */
	if (r < 0)
		return r;
	if (b->plan.debug && !b->report.notes_shown) {
		log_setup(LOG_LEVEL_DEBUG, true); /* DHCP may have said so */
		boot_report_plan(&b->report, &b->plan, &b->notes);
	}
	for (unsigned int i = 0; i < b->notes.n && !b->report.notes_shown; i++)
		log_warning("%s", b->notes.text[i]);
	b->report.notes_shown = true;
	r = network_wait_ipv6(&b->plan, &b->report.network, b->deadline_ms, reterr);
	if (r < 0)
		return r;
	if (b->plan.root_kind == PLAN_ROOT_NFS)
		r = mount_nfs_root(b, reterr);
	else
		r = log_in(b, reterr);
	if (r == 0 && b->plan.root_kind != PLAN_ROOT_NFS)
		r = find_root(b, reterr);
	/* Not before: it would take its time from what the root waits for. */
	if (b->plan.firmware_on)
		early_start(&b->plan, b->sources.cmdline.generation);
	if (r == 0)
		load_filesystem(b);
	return r;
}

static int attempt_until_done(struct boot *b, struct err *reterr)
{
	struct retry retry = {.pause_ms = 0};

	for (;;) {
		int r = attempt(b, reterr);
		uint64_t pause_ms;

		if (r == 0 || b->final)
			return r;
		pause_ms = retry_pause_ms(&retry, clock_now_ms(), b->deadline_ms);
		if (!pause_ms) {
			err_prefix(reterr, "given up after %u s", b->plan.timeout_s);
			return r;
		}
		log_warning("%s; trying again in %u s", reterr->text,
			(unsigned int)((pause_ms + 999) / 1000));
		(void)poll(NULL, 0, (int)pause_ms); /* between attempts there is no event */
	}
}

/* For initramfs-tools, which reads the file in its own shell, after each boot script. */
static int hand_over(const struct boot *b, struct err *reterr)
{
	char text[BOOT_ROOT_SIZE];
	int r;

	boot_root_text(&b->plan, &b->report, b->sources.cmdline.has_rootfstype, text);
	/* A device that others make may be named in pinet.conf alone. */
	if (!b->handover || !text[0])
		return 0;
	r = fs_append(b->handover, text, 0644);
	return r < 0 ? err_sys(reterr, r, "cannot write %s", b->handover) : 0;
}

/* The local system finds the network as if nobody had been there. */
static void leave_network(struct boot *b)
{
	struct err err = {.code = 0};

	early_stop();
	if (b->report.login.target[0]) {
		/* Without its network, every look at its disks would hang. */
		log_warning("the session with %s and its network stay", b->report.login.target);
	} else if (b->network_up && b->plan.net.method != PLAN_METHOD_OFF) {
		boot_report_forget_network(&b->report);
		if (network_release(&b->report.network, &err) < 0)
			log_warning("%s", err.text);
	}
}

static int fail(struct boot *b, const struct err *why)
{
	boot_report_failure(&b->report, &b->plan, &b->notes, why);
	if (onfail_act(b->plan.onfail) < 0)
		return EXIT_FAILED;
	leave_network(b);
	return EXIT_OK;
}

/*
 * True if an earlier call has settled it, perhaps by hand in the shell. A boot that failed is tried
 * again by whoever leaves that.
 */
static bool is_over(void)
{
	struct state st;

	return state_load(STATE_BOOT, &st, NULL) == 0 &&
	       strcmp(state_get(&st, "result"), "failed") != 0;
}

/* What the firmware booted from; without the module nobody sees it. */
static void look_for_ibft(struct boot *b)
{
	struct err err = {.code = 0};

	if (modules_load((const char *const[]){"iscsi_ibft", NULL}, &err) < 0)
		log_warning("%s", err.text); /* it may be built in */
	sources_read_ibft(&b->sources, IBFT_DIR);
}

/* What the root has to outlive: outages, of several paths those of all. */
static void keep_session(const struct boot *b)
{
	const struct login_report *login = &b->report.login;
	struct err err = {.code = 0};

	if (!login->target[0])
		return;
	if (login->paths < 2 && session_make_patient(login->host, &err) < 0)
		log_warning("%s: the root may not outlive an outage of more than 3 min", err.text);
	guard_start(&b->plan, login);
}

static int run(struct boot *b)
{
	struct err err = {.code = 0};
	int r;

	if (is_over())
		return EXIT_OK;
	b->started_ms = b->report.started_ms = clock_now_ms();
	remote_log_keep(&b->log);
	r = sources_read(&b->sources, NULL, NULL, &err);
	log_setup(b->sources.cmdline.quiet ? LOG_LEVEL_WARNING : LOG_LEVEL_STEP, true);
	if (r < 0 && !sources_are_for_us(&b->sources)) {
		/* A machine that does not want us is not to suffer; our own files are our business. */
		if (!b->sources.cmdline_failed && !b->sources.cmdline.off)
			log_warning("%s", err.text);
		return EXIT_OK;
	}
	if (r == 0 && sources_want_ibft(&b->sources))
		look_for_ibft(b);
	if (r == 0)
		r = make_plan(b, false, &err);
	if (r < 0) {
		b->plan.onfail = sources_onfail(&b->sources);
		return fail(b, &err);
	}
	if (!b->plan.active)
		return EXIT_OK;
	if (b->plan.debug)
		log_setup(LOG_LEVEL_DEBUG, true);
	udev_yield();
	start_filesystem(b);
	r = modules_load(modules, &err);
	if (r >= 0 && b->plan.net.vlan_id)
		r = modules_load((const char *const[]){"8021q", NULL}, &err);
	if (r < 0)
		log_warning("%s", err.text); /* they may be built in; the step will tell */
	r = attempt_until_done(b, &err);
	if (r == 0)
		r = hand_over(b, &err);
	if (r == 0)
		r = boot_report_save(&b->report, &b->plan, &b->notes, &err);
	if (r < 0)
		return fail(b, &err);
	keep_session(b);
	return EXIT_OK;
}

int cmd_boot(int argc, char **argv)
{
	static const struct option longs[] = {
		{"handover", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
	struct boot b = {.handover = NULL, .filesystem_pid = -1};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 'o')
			return EXIT_USAGE;
		b.handover = optarg;
	}
	if (optind < argc) {
		log_error("boot: unexpected argument \"%s\"", argv[optind]);
		return EXIT_USAGE;
	}
	return run(&b);
}

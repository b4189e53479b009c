/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet lease: renews the lease of the root's interface for as long as the machine runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "cmd/cmd.h"
#include "cmd/lease_names.h"
#include "state/state.h"
#include "step/nic.h"
#include "step/renew_io.h"

#define STATUS_SIZE 700

struct keeper {
	struct state lease, renewal;
	struct renew renew;
	struct renew_io io;
	enum renew_phase shown_phase; /* as STATE_RENEWAL has it */
	char shown[ERR_TEXT_SIZE]; /* the problem, as it was told */
	int signal_fd;
};

static int read_address(const struct state *st, const char *key, struct in_addr *ret)
{
	return num_parse_ip4(span_str(state_get(st, key)), ret);
}

static int read_lease(struct keeper *k, struct renew_lease *ret, uint8_t mac[MAC_LEN])
{
	const struct state *st = &k->lease;

	memset(ret, 0, sizeof(*ret));
	(void)read_address(st, "server", &ret->server); /* 0.0.0.0: any server is asked */
	ret->obtained_ms = state_get_u64(st, "obtained_ms", 0);
	ret->lease_s = (uint32_t)state_get_u64(st, "lease_s", LEASE_FOREVER);
	ret->t1_s = (uint32_t)state_get_u64(st, "t1_s", 0);
	ret->t2_s = (uint32_t)state_get_u64(st, "t2_s", 0);
	if (read_address(st, "address", &ret->address) < 0 ||
		num_parse_mac(span_str(state_get(st, "mac")), mac) < 0 ||
		!state_get(st, "interface")[0])
		return -EINVAL;
	return 0;
}

/* Where the service manager shows one line. */
static void notify(const struct keeper *k)
{
	const struct renew *r = &k->renew;
	char text[STATUS_SIZE], address[IP4_TEXT_SIZE];

	num_format_ip4(r->lease.address, address);
	(void)snprintf(text, sizeof(text), "READY=1\nSTATUS=%s: %s%s%s", address,
		renew_phase_name(r->phase), r->problem.code ? ": " : "", r->problem.text);
	(void)notify_send(text); /* nobody may be interested */
}

/* For `pinet status`: how it stands now. */
static void save_renewal(struct keeper *k)
{
	struct err err = {.code = 0};

	k->shown_phase = k->renew.phase;
	state_put(&k->renewal, "phase", "%s", renew_phase_name(k->renew.phase));
	state_put(&k->renewal, "problem", "%s", k->renew.problem.text);
	if (state_save(&k->renewal, STATE_RENEWAL, &err) < 0)
		log_warning("lease: %s", err.text);
	notify(k);
}

static void save_lease(struct keeper *k)
{
	const struct renew_lease *l = &k->renew.lease;
	char server[IP4_TEXT_SIZE];
	struct err err = {.code = 0};
	int r = lease_names_update(&k->lease, &k->renew.answer, "/run", &err);

	if (r < 0)
		log_warning("lease: the name servers have changed: %s", err.text);
	else if (r > 0)
		log_step("lease: the name servers are %s now", state_get(&k->lease, "dns"));
	num_format_ip4(l->server, server);
	state_put(&k->lease, "server", "%s", server);
	state_put(&k->lease, "obtained_ms", "%llu", (unsigned long long)l->obtained_ms);
	state_put(&k->lease, "lease_s", "%u", l->lease_s);
	state_put(&k->lease, "t1_s", "%u", l->t1_s);
	state_put(&k->lease, "t2_s", "%u", l->t2_s);
	if (state_save(&k->lease, STATE_LEASE, &err) < 0)
		log_warning("lease: %s", err.text);
}

static void on_renewed(struct keeper *k)
{
	char address[IP4_TEXT_SIZE], server[IP4_TEXT_SIZE];

	num_format_ip4(k->renew.lease.address, address);
	num_format_ip4(k->renew.lease.server, server);
	save_lease(k);
	state_put(&k->renewal, "renewed", "%lld", (long long)time(NULL));
	state_put(&k->renewal, "renewals", "%llu",
		(unsigned long long)state_get_u64(&k->renewal, "renewals", 0) + 1);
	if (k->shown[0] && !k->renew.problem.code)
		log_warning("lease: %s is renewed by %s again", address, server);
}

/* Says what is new. */
static void tell(struct keeper *k)
{
	if (strcmp(k->shown, k->renew.problem.text) == 0)
		return;
	strcpy(k->shown, k->renew.problem.text);
	if (!k->shown[0]) {
		state_put(&k->renewal, "since", "0");
		return;
	}
	if (!state_get_u64(&k->renewal, "since", 0))
		state_put(&k->renewal, "since", "%lld", (long long)time(NULL));
	log_warning("lease: %s", k->shown);
}

static void on_signal(struct keeper *k)
{
	struct signalfd_siginfo info;

	if (read(k->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		renew_now(&k->renew, clock_now_ms());
}

static int keep(struct keeper *k)
{
	save_renewal(k);
	for (;;) {
		uint64_t now_ms = clock_now_ms();
		struct pollfd p[2] = {{k->io.link.fd, POLLIN, 0}, {k->signal_fd, POLLIN, 0}};
		uint64_t wait_ms = clock_min(k->renew.deadline_ms, now_ms + 3600000);
		bool renewed, new_problem;

		if (poll(p, 2, clock_poll_ms(now_ms, wait_ms)) < 0 && errno != EINTR) {
			log_error("lease: cannot wait: %s", strerror(errno));
			return EXIT_FAILED;
		}
		if (p[1].revents)
			on_signal(k);
		renewed = renew_process(&k->renew, clock_now_ms()) > 0;
		if (renewed)
			on_renewed(k);
		new_problem = strcmp(k->shown, k->renew.problem.text) != 0;
		tell(k);
		if (renewed || new_problem || k->shown_phase != k->renew.phase)
			save_renewal(k);
	}
}

/*
 * While the root's server is away, all that is read from the root waits for it, and so does who
 * writes to a journal on it. The lease does not: the program stays in memory, and its lines are
 * lost rather than waited for.
 */
static void stand_alone(void)
{
	int flags = fcntl(STDERR_FILENO, F_GETFL);

	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		log_warning("lease: cannot stay in memory: %s", strerror(errno));
	if (getenv("NOTIFY_SOCKET") && flags >= 0)
		(void)fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
}

static int start(struct keeper *k, struct err *reterr)
{
	struct renew_transport io;
	struct renew_lease lease;
	uint8_t mac[MAC_LEN];
	uint32_t seed = (uint32_t)clock_now_ms();
	sigset_t set;

	if (read_lease(k, &lease, mac) < 0)
		return err_set(reterr, -EINVAL,
			STATE_LEASE " does not tell of a lease: has it been changed by hand?");
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(reterr, -errno, "cannot block SIGHUP");
	k->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (k->signal_fd < 0)
		return err_sys(reterr, -errno, "cannot wait for SIGHUP");
	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK); /* the time does as well */
	renew_io_init(&k->io, state_get(&k->lease, "interface"), mac, lease.address);
	io = renew_io_transport(&k->io);
	renew_init(&k->renew, &io, mac, &lease, seed);
	k->renew.arch = nic_arch();
	if (state_load(STATE_RENEWAL, &k->renewal, NULL) < 0)
		k->renewal.n = 0; /* the first start of this boot */
	return 0;
}

int cmd_lease(int argc, char **argv)
{
	_cleanup_free_ struct keeper *k = calloc(1, sizeof(*k));
	struct err err = {.code = 0};
	int r;

	if (getopt(argc, argv, "") != -1)
		return EXIT_USAGE;
	if (optind < argc) {
		log_error("lease: unexpected argument \"%.40s\"", argv[optind]);
		return EXIT_USAGE;
	}
	r = k ? state_load(STATE_LEASE, &k->lease, &err) : err_set(&err, -ENOMEM, "no memory");
	if (r == -ENOENT) {
		log_step("lease: this machine's root has no address from DHCP: nothing to renew");
		return EXIT_OK;
	}
	if (r == 0)
		r = start(k, &err);
	if (r < 0) {
		log_error("lease: %s", err.text);
		return EXIT_FAILED;
	}
	if (k->renew.lease.lease_s == LEASE_FOREVER) {
		log_step("lease: it has no end: nothing to renew");
		return EXIT_OK;
	}
	stand_alone();
	return keep(k);
}

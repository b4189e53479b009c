/* SPDX-License-Identifier: GPL-2.0-or-later
 * The renewal of the root's lease: when it asks whom, and what it does not fall for.
 */
#include "dhcp_fixture.h"

#include <arpa/inet.h>

#include "step/renew.h"

struct renewal {
	struct net net; /* broadcasts; first: the transport of the client is given this */
	struct renew r;
	unsigned int n_unicasts, n_rests;
	int unicast_result;
	struct in_addr asked;
	uint64_t now;
};

static int send_unicast(void *ctx, struct in_addr server, const uint8_t *message, size_t len)
{
	struct renewal *f = ctx;

	if (f->unicast_result < 0)
		return f->unicast_result;
	assert_int_equal(dhcp_msg_parse(span_of(message, len), &f->net.sent, NULL), 0);
	f->n_unicasts++;
	f->asked = server;
	return 0;
}

static void rest(void *ctx)
{
	struct renewal *f = ctx;

	f->n_rests++;
}

static void init(struct renewal *f, uint32_t lease_s, uint32_t t1_s, uint32_t t2_s)
{
	static const uint8_t mac[MAC_LEN] = PACKET_MAC;
	const struct renew_transport io = {
		.link = {.ctx = f,
			.send = net_send,
			.receive = net_receive,
			.probe = net_probe,
			.conflict = net_conflict},
		.unicast = send_unicast,
		.rest = rest,
	};
	const struct renew_lease lease = {.address.s_addr = inet_addr("192.168.77.107"),
		.server.s_addr = inet_addr("192.168.77.1"),
		.obtained_ms = 1000,
		.lease_s = lease_s,
		.t1_s = t1_s,
		.t2_s = t2_s};

	renew_init(&f->r, &io, mac, &lease, 42);
}

static int begin(void **state)
{
	struct renewal *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->now = 1000;
	init(f, 600, 300, 525);
	*state = f;
	return 0;
}

static int step(struct renewal *f)
{
	int r = renew_process(&f->r, f->now);

	if (f->net.n_taken == f->net.n_waiting)
		f->net.n_taken = f->net.n_waiting = 0;
	return r;
}

/* To the next deadline, and what happens there. */
static void jump(struct renewal *f)
{
	assert_true(f->r.deadline_ms > f->now && f->r.deadline_ms != CLOCK_FOREVER);
	f->now = f->r.deadline_ms;
	assert_int_equal(step(f), 0);
}

/* To the first message of @phase. */
static void jump_to(struct renewal *f, enum renew_phase phase)
{
	for (unsigned int i = 0; f->r.phase != phase; i++) {
		assert_true(i < 50);
		jump(f);
	}
}

static struct packet *reply(struct renewal *f, enum dhcp_type type)
{
	struct packet *k = &f->net.waiting[f->net.n_waiting++];

	packet_begin_lease(k, type);
	num_put_be32(k->p + 4, f->r.xid);
	return k;
}

static unsigned int type_sent(const struct renewal *f)
{
	struct span val = dhcp_msg_option(&f->net.sent, DHCP_OPT_TYPE);

	return val.len == 1 ? val.p[0] : 0;
}

static void test_renewed(void **state)
{
	struct renewal *f = *state;
	uint64_t sent_ms;

	assert_int_equal(step(f), 0);
	assert_int_equal(f->r.deadline_ms, 301000);
	f->now = 300999;
	assert_int_equal(step(f), 0);
	assert_int_equal(f->n_unicasts, 0);
	jump(f);
	assert_int_equal(f->r.phase, RENEW_RENEWING);
	assert_int_equal(f->n_unicasts, 1);
	assert_int_equal(f->net.n_sent, 0);
	assert_int_equal(f->asked.s_addr, inet_addr("192.168.77.1"));
	assert_int_equal(type_sent(f), DHCP_REQUEST);

	/* RFC 2131 table 5: ciaddr, and neither requested address nor server; the same identity. */
	assert_int_equal(f->net.sent.ciaddr.s_addr, inet_addr("192.168.77.107"));
	assert_int_equal(dhcp_msg_option(&f->net.sent, DHCP_OPT_REQUESTED).len, 0);
	assert_int_equal(dhcp_msg_option(&f->net.sent, DHCP_OPT_SERVER_ID).len, 0);
	assert_memory_equal(
		dhcp_msg_option(&f->net.sent, DHCP_OPT_CLIENT_ID).p, "\1\2\0\0\0\0\7", 7);
	assert_int_equal(f->net.sent.secs, 0);
	assert_int_equal(f->net.sent.flags, 0);

	sent_ms = f->now;
	f->now += 12;
	reply(f, DHCP_ACK);
	assert_int_equal(step(f), 1);
	assert_int_equal(f->r.phase, RENEW_BOUND);
	assert_int_equal(f->r.lease.obtained_ms, sent_ms);
	assert_int_equal(f->r.lease.lease_s, 600);
	assert_int_equal(f->r.deadline_ms, sent_ms + 300000);
	assert_int_equal(f->r.problem.code, 0);
	assert_int_equal(f->n_rests, 1);
	assert_int_equal(step(f), 0); /* told once */
}

/* The pauses of RFC 2131 section 4.4.5: half of what is left, not less than an eighth here. */
static void test_pauses(void **state)
{
	struct renewal *f = *state;
	uint64_t before;

	jump_to(f, RENEW_RENEWING);
	before = f->now;
	assert_in_range(f->r.deadline_ms - before, 112500, 112500 + 112500 / 8);
	jump(f);
	assert_in_range(f->r.deadline_ms - f->now, 60000, 70000);
	while (f->r.phase == RENEW_RENEWING)
		jump(f);
	assert_int_equal(f->now, 526000); /* T2 to the millisecond */
	assert_int_equal(f->n_unicasts, 3);
	assert_int_equal(f->net.n_sent, 1);
	assert_int_equal(f->r.phase, RENEW_REBINDING);
	assert_int_equal(f->net.sent.secs, 225);
	assert_non_null(strstr(f->r.problem.text, "192.168.77.1 does not renew"));
	jump_to(f, RENEW_LOST);
	assert_int_equal(f->now, 601000);
	assert_non_null(strstr(f->r.problem.text, "has ended and no DHCP server answers"));
	for (unsigned int i = 0; i < 100; i++) {
		before = f->now;
		jump(f);
		assert_in_range(f->now - before, 4000, 67500);
		assert_int_equal(f->net.n_sent, 4 + i);
	}
}

static void test_short_lease(void **state)
{
	struct renewal *f = *state;

	init(f, 120, 60, 105);
	jump_to(f, RENEW_RENEWING);
	assert_int_equal(f->now, 61000);
	jump(f);
	assert_int_equal(f->n_unicasts, 2);
	jump_to(f, RENEW_LOST);
	assert_int_equal(f->now, 121000);
}

/* Another server may take over while all are asked. */
static void test_rebound(void **state)
{
	struct renewal *f = *state;
	struct packet *k;

	jump_to(f, RENEW_REBINDING);
	assert_int_equal(f->net.sent.ciaddr.s_addr, inet_addr("192.168.77.107"));
	k = reply(f, DHCP_ACK);
	k->p[248] = 9; /* option 54 */
	assert_int_equal(step(f), 1);
	assert_int_equal(f->r.lease.server.s_addr, inet_addr("192.168.77.9"));
	assert_int_equal(f->r.problem.code, 0);
	jump(f);
	assert_int_equal(f->asked.s_addr, inet_addr("192.168.77.9"));
}

/* The server was away beyond the end of the lease, and remembers it. */
static void test_back_after_end(void **state)
{
	struct renewal *f = *state;

	jump_to(f, RENEW_LOST);
	assert_int_equal(type_sent(f), DHCP_REQUEST);
	assert_int_equal(f->net.sent.ciaddr.s_addr, inet_addr("192.168.77.107"));
	reply(f, DHCP_ACK);
	assert_int_equal(step(f), 1);
	assert_int_equal(f->r.phase, RENEW_BOUND);
}

/* It has forgotten the lease, and gives the address anew. */
static void test_offer_after_end(void **state)
{
	struct renewal *f = *state;
	unsigned int n;

	jump_to(f, RENEW_LOST);
	jump(f);
	assert_int_equal(type_sent(f), DHCP_DISCOVER);
	assert_int_equal(f->net.sent.ciaddr.s_addr, 0);
	assert_memory_equal(
		dhcp_msg_option(&f->net.sent, DHCP_OPT_REQUESTED).p, "\xc0\xa8\x4d\x6b", 4);
	reply(f, DHCP_OFFER);
	reply(f, DHCP_OFFER)->p[248] = 9;
	n = f->net.n_sent;
	assert_int_equal(step(f), 0);
	assert_int_equal(f->net.n_sent, n + 1); /* the first one is taken */
	assert_int_equal(type_sent(f), DHCP_REQUEST);
	assert_memory_equal(
		dhcp_msg_option(&f->net.sent, DHCP_OPT_SERVER_ID).p, "\xc0\xa8\x4d\x01", 4);
	assert_memory_equal(
		dhcp_msg_option(&f->net.sent, DHCP_OPT_REQUESTED).p, "\xc0\xa8\x4d\x6b", 4);
	reply(f, DHCP_ACK);
	assert_int_equal(step(f), 1);
	assert_int_equal(f->r.problem.code, 0);
	assert_int_equal(f->r.lease.obtained_ms, f->now);
}

static void test_nak(void **state)
{
	struct renewal *f = *state;
	char first[ERR_TEXT_SIZE];

	jump_to(f, RENEW_RENEWING);
	packet_text(reply(f, DHCP_NAK), DHCP_OPT_MESSAGE, "address in use");
	assert_int_equal(step(f), 0);
	assert_int_equal(f->r.phase, RENEW_LOST);
	assert_int_equal(f->r.problem.code, -EPERM);
	assert_non_null(strstr(f->r.problem.text,
		"192.168.77.1 refuses the root's address 192.168.77.107 (NAK: address in use): "
		"the root keeps it"));
	strcpy(first, f->r.problem.text);
	jump(f);
	assert_int_equal(type_sent(f), DHCP_DISCOVER);
	jump(f);
	assert_int_equal(type_sent(f), DHCP_REQUEST);
	reply(f, DHCP_NAK);
	assert_int_equal(step(f), 0);
	assert_string_equal(f->r.problem.text, first); /* no news */
	jump(f);
	jump(f);
	reply(f, DHCP_ACK);
	assert_int_equal(step(f), 1);
	assert_int_equal(f->r.problem.code, 0);
	assert_int_equal(f->r.phase, RENEW_BOUND);
}

/* A flood of refusals makes no flood of questions. */
static void test_many_naks(void **state)
{
	struct renewal *f = *state;
	unsigned int n;

	jump_to(f, RENEW_RENEWING);
	for (unsigned int i = 0; i < 100; i++)
		reply(f, DHCP_NAK);
	assert_int_equal(step(f), 0);
	assert_int_equal(f->net.n_taken, 64);
	assert_int_equal(step(f), 0);
	n = f->net.n_sent;
	for (uint64_t end = f->now + 600000; f->now < end;) {
		jump(f);
		reply(f, DHCP_NAK);
		assert_int_equal(step(f), 0);
	}
	assert_in_range(f->net.n_sent - n, 8, 16);
}

static void test_other_address(void **state)
{
	struct renewal *f = *state;
	struct packet *k;

	jump_to(f, RENEW_RENEWING);
	k = reply(f, DHCP_ACK);
	k->p[19] = 55; /* yiaddr */
	assert_int_equal(step(f), 0);
	assert_int_equal(f->r.phase, RENEW_RENEWING); /* other servers have their turn */
	assert_int_equal(f->r.problem.code, -EADDRNOTAVAIL);
	assert_non_null(strstr(f->r.problem.text,
		"192.168.77.1 gives this machine 192.168.77.55 in place of 192.168.77.107"));
	jump_to(f, RENEW_LOST);
	jump(f);
	k = reply(f, DHCP_OFFER);
	k->p[19] = 56;
	assert_int_equal(step(f), 0);
	assert_int_equal(type_sent(f), DHCP_DISCOVER); /* not requested */
	assert_non_null(strstr(f->r.problem.text, "192.168.77.56 in place of"));
	assert_int_equal(f->r.lease.address.s_addr, inet_addr("192.168.77.107"));
}

static void test_conflict(void **state)
{
	struct renewal *f = *state;

	f->net.in_use = true;
	jump_to(f, RENEW_RENEWING);
	assert_int_equal(f->net.probed.s_addr, inet_addr("192.168.77.107"));
	reply(f, DHCP_ACK);
	assert_int_equal(step(f), 1); /* the lease is ours for all that */
	assert_int_equal(f->r.problem.code, -EADDRINUSE);
	assert_non_null(strstr(f->r.problem.text,
		"192.168.77.107 is used by another machine, too (02:00:00:00:00:63)"));
	f->net.in_use = false;
	jump(f);
	reply(f, DHCP_ACK);
	assert_int_equal(step(f), 1);
	assert_int_equal(f->r.problem.code, 0);
}

/* Port 68 is another program's, the link is down: the next way, the next time. */
static void test_no_socket(void **state)
{
	struct renewal *f = *state;

	f->unicast_result = -EADDRINUSE;
	jump_to(f, RENEW_RENEWING);
	assert_int_equal(f->net.n_sent, 1);
	assert_int_equal(f->r.problem.code, 0);
	f->net.send_result = -ENETDOWN;
	jump(f);
	assert_int_equal(f->r.problem.code, -ENETDOWN);
	assert_string_equal(f->r.problem.text,
		"cannot ask for the lease of the root's address: Network is down");
	f->net.receive_result = -ENETDOWN;
	assert_int_equal(step(f), 0);
	f->net.send_result = 0;
	jump(f);
	reply(f, DHCP_ACK);
	assert_int_equal(step(f), 1);
	assert_int_equal(f->r.problem.code, 0);
}

static void test_not_ours(void **state)
{
	struct renewal *f = *state;

	jump_to(f, RENEW_RENEWING);
	reply(f, DHCP_ACK)->p[7]++; /* another exchange */
	reply(f, DHCP_ACK)->p[33]++; /* another client */
	reply(f, DHCP_OFFER); /* nobody asked for one */
	reply(f, DHCP_ACK)->len = 239; /* cut */
	f->net.waiting[f->net.n_waiting++].len = 0; /* malformed below DHCP */
	assert_int_equal(step(f), 0);
	assert_int_equal(f->r.phase, RENEW_RENEWING);
	assert_int_equal(f->n_unicasts, 1);
	assert_int_equal(f->net.n_sent, 0);
	f->now += 10;
	reply(f, DHCP_ACK);
	assert_int_equal(step(f), 1);
	reply(f, DHCP_NAK); /* late */
	assert_int_equal(step(f), 0);
	assert_int_equal(f->r.phase, RENEW_BOUND);
}

/* SIGHUP: asks before its time, and goes on as if nothing had been when there is no answer. */
static void test_now(void **state)
{
	struct renewal *f = *state;

	f->now = 5000;
	renew_now(&f->r, f->now);
	assert_int_equal(f->n_unicasts, 1);
	jump(f);
	assert_int_equal(f->n_unicasts, 2);
	assert_int_equal(f->r.phase, RENEW_RENEWING);
	reply(f, DHCP_ACK);
	assert_int_equal(step(f), 1);
	assert_int_equal(f->r.lease.obtained_ms, f->now);
}

/* Started again in the middle of a lease, after its end, or with one that has none. */
static void test_taken_over(void **state)
{
	struct renewal *f = *state;

	f->now = 400000;
	assert_int_equal(step(f), 0);
	assert_int_equal(f->r.phase, RENEW_RENEWING);
	init(f, 600, 300, 525);
	f->now = 10000000;
	assert_int_equal(step(f), 0);
	assert_int_equal(f->r.phase, RENEW_LOST);
	init(f, LEASE_FOREVER, LEASE_FOREVER, LEASE_FOREVER);
	assert_true(f->r.deadline_ms == CLOCK_FOREVER);
	assert_int_equal(step(f), 0);
	assert_int_equal(f->r.phase, RENEW_BOUND);
}

/* Times that make no sense, of a server or of a file. */
static void test_odd_times(void **state)
{
	struct renewal *f = *state;

	init(f, 0, 0, 0);
	assert_int_equal(f->r.lease.lease_s, 16);
	assert_int_equal(f->r.lease.t2_s, 14);
	assert_int_equal(f->r.lease.t1_s, 7);
	init(f, 1000, 0, 2000);
	assert_int_equal(f->r.lease.t2_s, 875);
	assert_int_equal(f->r.lease.t1_s, 437);
	init(f, 1000, 900, 800);
	assert_int_equal(f->r.lease.t1_s, 400);
	init(f, LEASE_FOREVER - 1, LEASE_FOREVER - 1, LEASE_FOREVER - 1);
	assert_int_equal(f->r.lease.t1_s, LEASE_FOREVER - 1);
	init(f, 600, 300, 525);
	jump_to(f, RENEW_RENEWING);
	packet_hex(reply(f, DHCP_ACK), "3304ffffffff");
	f->net.waiting[0].p[257] = 0xff; /* the option's first one, 51: joined, it is no number */
	(void)step(f); /* nothing is written where it must not be */
	assert_true(f->r.deadline_ms > f->now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_renewed, begin, teardown),
		cmocka_unit_test_setup_teardown(test_pauses, begin, teardown),
		cmocka_unit_test_setup_teardown(test_short_lease, begin, teardown),
		cmocka_unit_test_setup_teardown(test_rebound, begin, teardown),
		cmocka_unit_test_setup_teardown(test_back_after_end, begin, teardown),
		cmocka_unit_test_setup_teardown(test_offer_after_end, begin, teardown),
		cmocka_unit_test_setup_teardown(test_nak, begin, teardown),
		cmocka_unit_test_setup_teardown(test_many_naks, begin, teardown),
		cmocka_unit_test_setup_teardown(test_other_address, begin, teardown),
		cmocka_unit_test_setup_teardown(test_conflict, begin, teardown),
		cmocka_unit_test_setup_teardown(test_no_socket, begin, teardown),
		cmocka_unit_test_setup_teardown(test_not_ours, begin, teardown),
		cmocka_unit_test_setup_teardown(test_now, begin, teardown),
		cmocka_unit_test_setup_teardown(test_taken_over, begin, teardown),
		cmocka_unit_test_setup_teardown(test_odd_times, begin, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

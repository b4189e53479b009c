/* SPDX-License-Identifier: GPL-2.0-or-later
 * The DHCP client among several servers: which offer it takes, and when; addresses that are in use.
 */
#include "dhcp_fixture.h"

static int setup_judge(void **state)
{
	int r = setup(state);

	if (r == 0)
		((struct fixture *)*state)->c.choice.judge.rank = rank_by_name;
	return r;
}

static bool sent_as_pxe(const struct fixture *f)
{
	return span_starts(dhcp_msg_option(&f->net.sent, DHCP_OPT_CLASS), "PXEClient");
}

static unsigned int requested_of(const struct fixture *f)
{
	struct span id = dhcp_msg_option(&f->net.sent, DHCP_OPT_SERVER_ID);

	assert_int_equal(sent_type(f), DHCP_REQUEST);
	assert_int_equal(id.len, 4);
	return id.p[3];
}

/* Nothing waits for an offer that answers everything. */
static void test_full_at_once(void **state)
{
	struct fixture *f = *state;

	start(f);
	offer_of(f, 1, "full");
	assert_int_equal(process(f), 0);
	assert_int_equal(requested_of(f), 1);
	assert_false(sent_as_pxe(f));
}

/* The foreign server is first, the right one 30 ms later. */
static void test_foreign_first(void **state)
{
	struct fixture *f = *state;

	start(f);
	offer_of(f, 9, "poor");
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.state, DHCP_STATE_SELECTING);
	assert_true(f->c.deadline_ms == f->now + 250);
	f->now += 30;
	offer_of(f, 1, "full");
	assert_int_equal(process(f), 0);
	assert_int_equal(requested_of(f), 1);
	assert_int_equal(f->c.choice.n_seen, 2);
}

/* The window is of the first offer: later ones do not make it longer. */
static void test_window(void **state)
{
	struct fixture *f = *state;
	uint64_t end;

	start(f);
	f->now += 1000;
	offer_of(f, 9, "poor");
	assert_int_equal(process(f), 0);
	end = f->now + 250;
	f->now += 200;
	offer_of(f, 8, "guess");
	offer_of(f, 7, "guess");
	assert_int_equal(process(f), 0);
	assert_true(f->c.deadline_ms == end);
	f->now = end - 1;
	assert_int_equal(process(f), 0);
	assert_int_equal(f->net.n_sent, 1);
	f->now = end;
	assert_int_equal(process(f), 0);
	assert_int_equal(f->net.n_sent, 2);
	assert_int_equal(sent_type(f), DHCP_DISCOVER);
	assert_true(sent_as_pxe(f));
	assert_int_equal(f->net.sent.xid, f->c.xid);
	/* nobody answers that class: the best of before, as the class that it was made to */
	f->now = f->c.deadline_ms;
	assert_true(f->now == end + 2000);
	assert_int_equal(process(f), 0);
	assert_int_equal(requested_of(f), 8);
	assert_false(sent_as_pxe(f));
}

/* A server that knows PXE clients only by more than an address. */
static void test_better_as_pxe(void **state)
{
	struct fixture *f = *state;

	start(f);
	offer_of(f, 1, "guess");
	assert_int_equal(process(f), 0);
	f->now += 250;
	assert_int_equal(process(f), 0);
	packet_text(offer_of(f, 1, "guess"), 43, "Raspberry Pi Boot");
	f->now += 3;
	assert_int_equal(process(f), 0);
	assert_int_equal(requested_of(f), 1);
	assert_true(sent_as_pxe(f));
	assert_int_equal(f->c.choice.n_seen, 1);
	packet_text(answer(f, DHCP_ACK), 43, "Raspberry Pi Boot");
	assert_int_equal(process(f), 1);
}

/* A server that took a second to think answers the first question after the second was put. */
static void test_late_answer(void **state)
{
	struct fixture *f = *state;
	struct packet *k;
	uint32_t first;

	start(f);
	first = f->c.xid;
	offer_of(f, 9, "guess");
	assert_int_equal(process(f), 0);
	f->now += 250;
	assert_int_equal(process(f), 0);
	assert_int_not_equal(f->c.xid, first);
	k = offer_of(f, 1, "full");
	num_put_be32(k->p + 4, first);
	assert_int_equal(process(f), 0);
	assert_int_equal(requested_of(f), 1);
	assert_false(sent_as_pxe(f)); /* or the acknowledgement would not be the same */
	assert_int_equal(f->net.sent.xid, first);
	num_put_be32(answer(f, DHCP_ACK)->p + 4, f->c.xids[1]);
	assert_int_equal(process(f), 0);
	answer(f, DHCP_ACK);
	assert_int_equal(process(f), 1);
}

static struct packet *proxy_offer(struct fixture *f)
{
	struct packet *k = answer(f, DHCP_OFFER);

	memset(k->p + 16, 0, 4); /* yiaddr */
	memcpy(k->p + 20, "\xc0\xa8\x4d\x05", 4); /* siaddr */
	k->p[248] = 5;
	packet_text(k, 60, "PXEClient");
	return k;
}

/* As plan/offer has it for a machine that knows nothing of its server. */
static enum dhcp_rank rank_by_server(void *ctx, const struct lease *offer)
{
	(void)ctx;
	return dhcp_lease_names_server(offer) ? DHCP_RANK_FULL : DHCP_RANK_GUESS;
}

/* A proxy beside a router: a second late, without an address, and not to be requested. */
static void test_proxy(void **state)
{
	struct fixture *f = *state;

	start(f);
	offer_of(f, 1, "poor");
	assert_int_equal(process(f), 0);
	f->now += 250;
	assert_int_equal(process(f), 0);
	assert_true(f->c.window_ms == f->now + 4000); /* it cannot boot with that offer */
	f->now += 1001;
	packet_text(proxy_offer(f), 43, "Raspberry Pi Boot");
	assert_int_equal(process(f), 0);
	assert_int_equal(requested_of(f), 1);
	assert_false(sent_as_pxe(f)); /* the router's offer was to the first class */
	answer(f, DHCP_ACK);
	assert_int_equal(process(f), 1);
	assert_string_equal(f->c.lease.boot.one[SETTING_SERVER].value, "192.168.77.5");
	assert_string_equal(f->c.lease.boot.one[SETTING_SERVER].word, "proxy siaddr");
	assert_true(f->c.lease.pi_boot_server);
	assert_int_equal(f->c.lease.server_id.s_addr, htonl(0xc0a84d01));
}

/* One that says only that it is there wants to be asked at its own port. */
static void test_proxy_port(void **state)
{
	struct fixture *f = *state;
	struct dhcp_choice *c = &f->c.choice;

	f->c.choice.judge.rank = rank_by_server;
	start(f);
	answer(f, DHCP_OFFER);
	assert_int_equal(process(f), 0);
	assert_false(dhcp_choice_asks_proxy(c));
	proxy_offer(f);
	assert_int_equal(process(f), 0);
	assert_int_equal(c->rank, DHCP_RANK_GUESS);
	assert_true(dhcp_choice_asks_proxy(c));
	f->c.choice.judge.rank = NULL; /* all is configured */
	start(f);
	proxy_offer(f);
	answer(f, DHCP_OFFER);
	assert_int_equal(process(f), 0);
	assert_false(dhcp_choice_asks_proxy(c));
	f->c.choice.judge.rank = rank_by_server;
	start(f);
	packet_text(proxy_offer(f), 67, "boot.efi");
	answer(f, DHCP_OFFER);
	assert_int_equal(process(f), 0);
	assert_int_equal(c->rank, DHCP_RANK_FULL);
	assert_false(dhcp_choice_asks_proxy(c));
}

/* What it says there has its place in the lease, which had only its address so far. */
static void test_proxy_port_answer(void **state)
{
	struct lease lease = {.server_id = {1}}, proxy = {.server_id = {2}}, answer = proxy;

	(void)state;
	assert_int_equal(settings_put(&lease.boot, SETTING_SERVER, "option 54",
				 span_str("192.168.77.1"), NULL),
		0);
	assert_int_equal(
		settings_put(&proxy.boot, SETTING_SERVER, "siaddr", span_str("192.168.77.5"), NULL),
		0);
	assert_int_equal(settings_put(&answer.boot, SETTING_SERVER, "siaddr",
				 span_str("192.168.77.9"), NULL),
		0);
	strcpy(answer.bootfile, "boot.efi");
	dhcp_choice_merge(&lease, &proxy);
	assert_string_equal(lease.boot.one[SETTING_SERVER].value, "192.168.77.5");
	assert_false(dhcp_lease_names_server(&lease));
	dhcp_choice_merge(&lease, &answer);
	assert_string_equal(lease.boot.one[SETTING_SERVER].value, "192.168.77.9");
	assert_string_equal(lease.boot.one[SETTING_SERVER].word, "proxy siaddr");
	assert_true(dhcp_lease_names_server(&lease));
	dhcp_choice_merge(&lease, &proxy);
	assert_string_equal(lease.boot.one[SETTING_SERVER].value, "192.168.77.9");
}

/* A proxy alone gives no address: the DISCOVERs go on. */
static void test_proxy_alone(void **state)
{
	struct fixture *f = *state;

	start(f);
	proxy_offer(f);
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.state, DHCP_STATE_SELECTING);
	assert_true(f->c.window_ms == CLOCK_FOREVER);
	f->now = f->c.deadline_ms;
	assert_int_equal(process(f), 0);
	assert_int_equal(sent_type(f), DHCP_DISCOVER);
	assert_true(sent_as_pxe(f));
}

/* Without any answer, both classes take turns. */
static void test_turns(void **state)
{
	struct fixture *f = *state;

	start(f);
	for (unsigned int i = 1; i < 6; i++) {
		f->now = f->c.deadline_ms;
		assert_int_equal(process(f), 0);
		assert_int_equal(sent_as_pxe(f), i % 2);
	}
	/* the one that was answered as PXE client asks as itself before it takes less */
	offer_of(f, 1, "guess");
	assert_int_equal(process(f), 0);
	f->now += 250;
	assert_int_equal(process(f), 0);
	assert_int_equal(sent_type(f), DHCP_DISCOVER);
	assert_false(sent_as_pxe(f));
	f->now += 250;
	assert_int_equal(process(f), 0);
	assert_int_equal(requested_of(f), 1);
	assert_true(sent_as_pxe(f));
}

/* Nothing better comes: what is there is requested. */
static void let_window_pass(struct fixture *f)
{
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.state, DHCP_STATE_SELECTING);
	while (f->c.state == DHCP_STATE_SELECTING) {
		f->now = f->c.deadline_ms;
		assert_int_equal(process(f), 0);
	}
}

/* One probe goes out with the REQUEST; what answers it by the ACK counts. */
static void test_decline(void **state)
{
	struct fixture *f = *state;
	uint32_t xid;

	f->net.in_use = true;
	start(f);
	offer_of(f, 1, "full");
	assert_int_equal(process(f), 0);
	assert_int_equal(f->net.n_probes, 1);
	assert_int_equal(f->net.probed.s_addr, htonl(0xc0a84d65));
	xid = f->c.xid;
	answer(f, DHCP_ACK)->p[19] = 101;
	assert_int_equal(process(f), 0);
	/* DECLINE and a new DISCOVER */
	assert_int_equal(f->net.n_sent, 4);
	assert_int_equal(sent_type(f), DHCP_DISCOVER);
	assert_int_not_equal(f->c.xid, xid);
	assert_string_equal(f->c.ignored.text,
		"the DHCP server gave the address 192.168.77.101, which 02:00:00:00:00:63 has "
		"already: declined");
	/* A second one that is in use: then it is time to be patient. */
	offer_of(f, 1, "full");
	answer(f, DHCP_ACK)->p[19] = 101;
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.state, DHCP_STATE_INIT);
	assert_int_equal(sent_type(f), DHCP_DECLINE);
	assert_memory_equal(
		dhcp_msg_option(&f->net.sent, DHCP_OPT_REQUESTED).p, "\xc0\xa8\x4d\x65", 4);
	assert_memory_equal(
		dhcp_msg_option(&f->net.sent, DHCP_OPT_SERVER_ID).p, "\xc0\xa8\x4d\x01", 4);
	assert_in_range(f->c.deadline_ms - f->now, 3000, 5000);
	f->net.in_use = false;
	f->now = f->c.deadline_ms;
	assert_int_equal(process(f), 0);
	offer_of(f, 1, "full");
	let_window_pass(f); /* another server would be welcome by now */
	answer(f, DHCP_ACK);
	assert_int_equal(process(f), 1);
	assert_int_equal(f->c.notes.n, 0);
}

/* Four REQUESTs to the first server stay without answer. */
static void be_left_alone_by(struct fixture *f, unsigned int n)
{
	assert_int_equal(requested_of(f), n);
	while (f->c.state == DHCP_STATE_REQUESTING) {
		f->now = f->c.deadline_ms;
		assert_int_equal(process(f), 0);
	}
	assert_int_equal(sent_type(f), DHCP_DISCOVER);
}

/* The fast server offers and never acknowledges; the other one has its turn then. */
static void test_unanswered(void **state)
{
	struct fixture *f = *state;

	start(f);
	offer_of(f, 9, "full");
	assert_int_equal(process(f), 0);
	be_left_alone_by(f, 9);
	assert_string_equal(f->c.ignored.text,
		"the DHCP server 192.168.77.9 offered the address 192.168.77.109 and does not "
		"acknowledge it");
	offer_of(f, 9, "full");
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.state, DHCP_STATE_SELECTING);
	f->now += 25;
	offer_of(f, 1, "full");
	assert_int_equal(process(f), 0);
	assert_int_equal(requested_of(f), 1);
	answer(f, DHCP_ACK);
	assert_int_equal(process(f), 1);
	assert_int_equal(f->c.notes.n, 1);
	assert_string_equal(f->c.notes.text[0],
		"the DHCP server 192.168.77.9 offers addresses and gives no lease: passed over");
}

/* One that refuses what it offers has a second chance, and no third before the others. */
static void test_refused(void **state)
{
	struct fixture *f = *state;

	start(f);
	for (unsigned int i = 0; i < 2; i++) {
		offer_of(f, 1, "full");
		assert_int_equal(process(f), 0);
		assert_int_equal(requested_of(f), 1);
		answer(f, DHCP_NAK);
		assert_int_equal(process(f), 0);
	}
	assert_int_equal(f->c.state, DHCP_STATE_INIT);
	f->now = f->c.deadline_ms;
	assert_int_equal(process(f), 0);
	offer_of(f, 1, "full");
	offer_of(f, 2, "guess");
	let_window_pass(f);
	assert_int_equal(requested_of(f), 2);
}

/* No server is left out for ever, nor for one with which the machine cannot boot. */
static void test_all_failed(void **state)
{
	struct fixture *f = *state;

	start(f);
	offer_of(f, 9, "full");
	assert_int_equal(process(f), 0);
	be_left_alone_by(f, 9);
	offer_of(f, 8, "poor");
	offer_of(f, 9, "full");
	let_window_pass(f);
	be_left_alone_by(f, 9);
	offer_of(f, 9, "full");
	offer_of(f, 7, "full");
	assert_int_equal(process(f), 0);
	be_left_alone_by(f, 7);
	offer_of(f, 9, "full");
	offer_of(f, 7, "full");
	let_window_pass(f);
	be_left_alone_by(f, 9);
	offer_of(f, 9, "full");
	offer_of(f, 7, "full");
	assert_int_equal(process(f), 0);
	assert_int_equal(requested_of(f), 7);
	/* more of them than are remembered */
	for (unsigned int n = 10; n < 16; n++) {
		be_left_alone_by(f, n == 10 ? 7 : n - 1);
		offer_of(f, n, "full");
		assert_int_equal(process(f), 0);
	}
	assert_in_range(f->c.choice.failed.n, 1, DHCP_CHOICE_FAILED);
}

static void start_inform(struct fixture *f)
{
	const struct in_addr mine = {htonl(0xc0a84d32)};

	assert_int_equal(dhcp_client_inform(&f->c, mine, f->now, &f->err), 0);
	assert_int_equal(sent_type(f), DHCP_INFORM);
	assert_int_equal(f->net.sent.ciaddr.s_addr, mine.s_addr);
	assert_int_equal(f->net.sent.flags, 0);
}

/* An answer to INFORM has no address, and needs no REQUEST. */
static void test_inform(void **state)
{
	struct fixture *f = *state;
	struct packet *k;

	start_inform(f);
	answer(f, DHCP_OFFER); /* that is no answer */
	k = answer(f, DHCP_ACK);
	memset(k->p + 16, 0, 4);
	packet_text(k, 12, "full");
	assert_int_equal(process(f), 1);
	assert_int_equal(f->net.n_sent, 1);
	assert_int_equal(f->net.n_probes, 0);
	assert_string_equal(f->c.lease.hostname, "full");
	assert_int_equal(f->c.lease.address.s_addr, htonl(0xc0a84d32));
}

static void test_inform_among_servers(void **state)
{
	struct fixture *f = *state;

	start_inform(f);
	f->now = f->c.deadline_ms;
	assert_int_equal(process(f), 0);
	assert_int_equal(sent_type(f), DHCP_INFORM);
	answer(f, DHCP_ACK);
	assert_int_equal(process(f), 0);
	packet_text(answer(f, DHCP_ACK), 12, "guess");
	assert_int_equal(process(f), 0);
	f->now += 250;
	assert_int_equal(process(f), 0);
	assert_int_equal(sent_type(f), DHCP_INFORM);
	f->now = f->c.deadline_ms;
	assert_int_equal(process(f), 1);
	assert_string_equal(f->c.lease.hostname, "guess");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_judge, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_full_at_once),
		TEST(test_foreign_first),
		TEST(test_window),
		TEST(test_better_as_pxe),
		TEST(test_late_answer),
		TEST(test_proxy),
		TEST(test_proxy_port),
		TEST(test_proxy_port_answer),
		TEST(test_proxy_alone),
		TEST(test_turns),
		TEST(test_decline),
		TEST(test_unanswered),
		TEST(test_refused),
		TEST(test_all_failed),
		TEST(test_inform),
		TEST(test_inform_among_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

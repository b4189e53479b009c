/* SPDX-License-Identifier: GPL-2.0-or-later
 * The DHCP client: exchange, schedule, and what it does not fall for.
 */
#include "dhcp_fixture.h"

static void start_requesting(struct fixture *f)
{
	start(f);
	answer(f, DHCP_OFFER);
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.state, DHCP_STATE_REQUESTING);
}

static void test_idle(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->c.state, DHCP_STATE_INIT);
	assert_true(f->c.deadline_ms == CLOCK_FOREVER);
	assert_int_equal(process(f), 0);
	answer(f, DHCP_OFFER);
	assert_int_equal(process(f), 0); /* is taken off the socket, and nothing else */
	assert_int_equal(f->net.n_sent, 0);
	assert_int_equal(f->net.n_waiting, 0);
}

static void test_exchange(void **state)
{
	struct fixture *f = *state;
	uint32_t xid;

	start(f);
	xid = f->net.sent.xid;
	assert_int_equal(f->c.xid, xid);
	assert_int_equal(f->net.sent.flags, 0); /* nobody else need look at the answer */
	assert_memory_equal(f->net.sent.chaddr, f->c.mac, MAC_LEN);
	assert_int_equal(f->net.sent.secs, 0);

	f->now += 7;
	packet_text(answer(f, DHCP_OFFER), 12, "offered");
	assert_int_equal(process(f), 0);
	assert_int_equal(f->net.n_sent, 2);
	assert_int_equal(sent_type(f), DHCP_REQUEST);
	assert_int_equal(f->net.sent.xid, xid);
	assert_int_equal(f->net.sent.ciaddr.s_addr, 0);
	assert_memory_equal(
		dhcp_msg_option(&f->net.sent, DHCP_OPT_REQUESTED).p, "\xc0\xa8\x4d\x6b", 4);
	assert_memory_equal(
		dhcp_msg_option(&f->net.sent, DHCP_OPT_SERVER_ID).p, "\xc0\xa8\x4d\x01", 4);

	f->now += 7;
	packet_hex(answer(f, DHCP_ACK), "0c05 626f756e64 1a0101");
	assert_int_equal(process(f), 1);
	assert_int_equal(f->c.state, DHCP_STATE_BOUND);
	assert_string_equal(f->c.lease.hostname, "bound");
	assert_int_equal(f->c.lease.lease_s, 600);
	assert_int_equal(f->c.notes.n, 1);
	assert_string_equal(f->c.notes.text[0], "option 26: ignored: 1 bytes instead of 2");
	assert_true(f->c.deadline_ms == CLOCK_FOREVER);

	/* Later packets change nothing: a lease is told once. */
	answer(f, DHCP_ACK);
	answer(f, DHCP_NAK);
	f->now += 1000000;
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.state, DHCP_STATE_BOUND);
	assert_int_equal(f->net.n_sent, 2);
}

/* OFFER and ACK wait together: one call is enough. */
static void test_exchange_one_call(void **state)
{
	struct fixture *f = *state;

	start(f);
	answer(f, DHCP_OFFER);
	answer(f, DHCP_ACK);
	assert_int_equal(process(f), 1);
}

static void test_schedule(void **state)
{
	static const unsigned int pause_s[] = {4, 8, 16, 32, 64, 64, 64, 64};
	struct fixture *f = *state;
	uint64_t first = f->now;

	start(f);
	for (size_t i = 0; i < sizeof(pause_s) / sizeof(pause_s[0]); i++) {
		uint64_t pause = f->c.deadline_ms - f->now;
		uint32_t xid = f->c.xids[(i + 1) % 2];

		assert_in_range(pause, pause_s[i] * 1000 - 1000, pause_s[i] * 1000 + 1000);
		f->now = f->c.deadline_ms - 1;
		assert_int_equal(process(f), 0);
		assert_int_equal(f->net.n_sent, i + 1);
		f->now++;
		assert_int_equal(process(f), 0);
		assert_int_equal(f->net.n_sent, i + 2);
		assert_int_equal(sent_type(f), DHCP_DISCOVER);
		assert_int_equal(f->net.sent.xid, xid); /* of its class: a late answer fits */
		assert_int_equal(f->net.sent.secs, (f->now - first) / 1000);
		assert_int_equal(f->net.sent.flags, 0x8000); /* after one that may have had none */
	}
	f->now += 100000000;
	assert_int_equal(process(f), 0);
	assert_int_equal(f->net.sent.secs, 65535);
}

/* Clients that were switched on together spread over the whole two seconds. */
static void test_spread(void **state)
{
	struct fixture *f = *state;
	unsigned int early = 0, late = 0, same_xid = 0;
	uint32_t last_xid = 0;

	for (unsigned int i = 0; i < 400; i++) {
		uint8_t mac[MAC_LEN] = PACKET_MAC;
		struct dhcp_transport io = f->c.io;
		uint64_t pause;

		mac[5] = (uint8_t)i;
		mac[4] = (uint8_t)(i >> 8);
		dhcp_client_init(&f->c, &io, mac, 42);
		start(f);
		pause = f->c.deadline_ms - f->now;
		early += pause < 3200;
		late += pause > 4800;
		same_xid += f->c.xid == last_xid;
		last_xid = f->c.xid;
	}
	assert_in_range(early, 20, 80);
	assert_in_range(late, 20, 80);
	assert_int_equal(same_xid, 0);
}

/* A seed that would stop the generator. */
static void test_seed(void **state)
{
	struct fixture *f = *state;
	struct dhcp_transport io = f->c.io;
	const uint8_t mac[MAC_LEN] = PACKET_MAC;

	dhcp_client_init(&f->c, &io, mac, 7);
	assert_int_not_equal(f->c.random, 0);
	start(f);
	assert_int_not_equal(f->c.xid, 0);
}

/* Each is no usable OFFER; the good one behind it is taken all the same. */
static void test_offer_ignored(void **state)
{
	static const struct {
		size_t at;
		uint8_t bytes[4];
		const char *why; /* NULL: none of our business */
	} table[] = {
		{4, {1, 2, 3, 4}, NULL}, /* another exchange */
		{28, {2, 0, 0, 1}, NULL}, /* another client */
		{16, {0, 0, 0, 0}, "offer of 0.0.0.0 from server 192.168.77.1"},
		{16, {127, 0, 0, 1}, "that is no host's address"},
		{16, {224, 0, 0, 1}, "that is no host's address"},
		{16, {255, 255, 255, 255}, "that is no host's address"},
		{245, {0, 0, 0, 0}, "which server"},
		{245, {255, 255, 255, 255}, "which server"},
		{240, {53, 1, DHCP_ACK, 54}, NULL}, /* out of order */
		{240, {53, 1, DHCP_NAK, 54}, NULL},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		start(f);
		f->c.n_unusable = 0;
		memcpy(answer(f, DHCP_OFFER)->p + table[i].at, table[i].bytes, 4);
		assert_int_equal(process(f), 0);
		assert_int_equal(f->c.state, DHCP_STATE_SELECTING);
		assert_int_equal(f->c.n_unusable, table[i].why ? 1 : 0);
		if (table[i].why && !strstr(f->c.ignored.text, table[i].why))
			fail_msg("\"%s\" is not in \"%s\"", table[i].why, f->c.ignored.text);
		answer(f, DHCP_OFFER);
		assert_int_equal(process(f), 0);
		assert_int_equal(f->c.state, DHCP_STATE_REQUESTING);
		assert_int_equal(f->c.n_malformed, 0);
	}
}

static void test_ack_ignored(void **state)
{
	static const struct {
		size_t at;
		uint8_t bytes[4];
	} table[] = {
		{4, {1, 2, 3, 4}}, {28, {2, 0, 0, 1}}, {16, {0, 0, 0, 0}},
		{245, {192, 168, 77, 2}}, /* another server */
		{245, {0, 0, 0, 0}}, {240, {53, 1, DHCP_OFFER, 54}}, /* an OFFER that comes late */
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		unsigned int sent;

		start_requesting(f);
		sent = f->net.n_sent;
		memcpy(answer(f, DHCP_ACK)->p + table[i].at, table[i].bytes, 4);
		assert_int_equal(process(f), 0);
		assert_int_equal(f->c.state, DHCP_STATE_REQUESTING);
		assert_int_equal(f->net.n_sent, sent);
		answer(f, DHCP_ACK);
		assert_int_equal(process(f), 1);
	}
}

static void test_malformed(void **state)
{
	struct fixture *f = *state;

	start(f);
	packet_hex(answer(f, DHCP_OFFER), "0cff"); /* runs past the end */
	answer(f, DHCP_OFFER)->p[0] = 1; /* a client's message */
	answer(f, DHCP_OFFER)->len = 0; /* the transport dropped it */
	answer(f, DHCP_OFFER)->len = 100;
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.n_malformed, 4);
	assert_int_equal(f->c.state, DHCP_STATE_SELECTING);
	assert_string_equal(
		f->c.ignored.text, "DHCP message of 100 bytes: it must have 240 to 1500");
}

/* What a server answers to another client is no reason why this one got no address. */
static void test_malformed_for_another(void **state)
{
	struct fixture *f = *state;
	struct packet *k;

	start(f);
	k = answer(f, DHCP_OFFER);
	packet_hex(k, "0cff"); /* runs past the end */
	k->p[28] ^= 1; /* chaddr */
	k = answer(f, DHCP_OFFER);
	k->p[240] = 0; /* no option 53: BOOTP */
	k->p[241] = k->p[242] = 0;
	k->p[4] ^= 1; /* xid */
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.n_malformed, 0);
	assert_int_equal(f->c.ignored.code, 0);
	k = answer(f, DHCP_OFFER);
	k->len = 43; /* too short to tell for whom */
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.n_malformed, 1);
}

/* An unanswered REQUEST is sent four times with the same secs; then everything starts again. */
static void test_request_unanswered(void **state)
{
	static const unsigned int pause_s[] = {4, 8, 16, 32};
	struct fixture *f = *state;
	uint64_t first = f->now;
	uint32_t xid;

	start(f);
	f->now = f->c.deadline_ms;
	assert_int_equal(process(f), 0); /* the second DISCOVER */
	f->now += 500;
	answer(f, DHCP_OFFER);
	assert_int_equal(process(f), 0);
	xid = f->c.xid;
	for (size_t i = 0; i < 4; i++) {
		uint64_t pause = f->c.deadline_ms - f->now;

		assert_int_equal(sent_type(f), DHCP_REQUEST);
		assert_int_equal(f->net.n_sent, 3 + i);
		assert_int_equal(f->net.sent.xid, xid);
		assert_in_range(f->net.sent.secs, 3, 5);
		assert_in_range(pause, pause_s[i] * 1000 - 1000, pause_s[i] * 1000 + 1000);
		f->now = f->c.deadline_ms;
		assert_int_equal(process(f), 0);
	}
	assert_int_equal(f->c.state, DHCP_STATE_SELECTING);
	assert_int_equal(sent_type(f), DHCP_DISCOVER);
	assert_int_equal(f->net.n_sent, 7);
	assert_int_not_equal(f->net.sent.xid, xid);
	assert_int_equal(f->net.sent.secs, (f->now - first) / 1000);
	assert_in_range(f->c.deadline_ms - f->now, 3000, 5000);
}

static void test_nak(void **state)
{
	struct fixture *f = *state;
	uint32_t xid;

	start_requesting(f);
	xid = f->c.xid;
	packet_text(answer(f, DHCP_NAK), 56, "address in use");
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.state, DHCP_STATE_SELECTING);
	assert_int_equal(sent_type(f), DHCP_DISCOVER);
	assert_int_equal(f->net.n_sent, 3);
	assert_int_not_equal(f->c.xid, xid);
	assert_int_equal(f->c.n_naks, 1);
	assert_string_equal(f->c.ignored.text,
		"the DHCP server offered an address and refused it (NAK: address in use)");
	/* The exchange after it ends well. */
	answer(f, DHCP_OFFER);
	answer(f, DHCP_ACK);
	assert_int_equal(process(f), 1);
}

/* NAKs that are not for this REQUEST. */
static void test_nak_ignored(void **state)
{
	struct fixture *f = *state;

	start_requesting(f);
	memcpy(answer(f, DHCP_NAK)->p + 4, "\1\2\3\4", 4);
	memcpy(answer(f, DHCP_NAK)->p + 28, "\2\0\0\1", 4);
	memcpy(answer(f, DHCP_NAK)->p + 245, "\xc0\xa8\x4d\x02", 4);
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.state, DHCP_STATE_REQUESTING);
	assert_int_equal(f->c.n_naks, 0);
}

/* A server that offers and refuses for ever: the pauses grow to 64 s. */
static void test_nak_storm(void **state)
{
	struct fixture *f = *state;
	uint64_t first = f->now;
	unsigned int naks = 0;

	start(f);
	while (f->now < first + 600000) {
		if (f->c.state == DHCP_STATE_SELECTING) {
			answer(f, DHCP_OFFER);
			assert_int_equal(process(f), 0);
			while (f->c.state == DHCP_STATE_SELECTING) { /* for other servers */
				f->now = f->c.deadline_ms;
				assert_int_equal(process(f), 0);
			}
			answer(f, DHCP_NAK);
			naks++;
			assert_int_equal(process(f), 0);
			if (naks == 1)
				assert_int_equal(f->c.state, DHCP_STATE_SELECTING);
			continue;
		}
		assert_int_equal(f->c.state, DHCP_STATE_INIT);
		if (naks >= 6)
			assert_in_range(f->c.deadline_ms - f->now, 63000, 65000);
		f->now = f->c.deadline_ms;
		assert_int_equal(process(f), 0);
	}
	assert_int_equal(f->c.n_naks, naks);
	assert_in_range(naks, 12, 17);
	assert_true(f->net.n_sent <= 4 * naks + 1);
}

/* A flood is taken in portions, and does not keep the client from its deadline. */
static void test_flood(void **state)
{
	struct fixture *f = *state;

	start(f);
	for (unsigned int i = 0; i < QUEUE - 1; i++)
		memcpy(answer(f, DHCP_OFFER)->p + 4, "\1\2\3\4", 4);
	answer(f, DHCP_OFFER);
	f->now = f->c.deadline_ms;
	assert_int_equal(process(f), 0);
	assert_int_equal(f->net.n_taken, 64);
	assert_int_equal(f->net.n_sent, 2);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(process(f), 0);
	assert_int_equal(f->net.n_waiting, 0);
	assert_int_equal(f->c.state, DHCP_STATE_REQUESTING);
}

static void test_stop(void **state)
{
	struct fixture *f = *state;
	uint32_t xid;

	start_requesting(f);
	xid = f->c.xid;
	dhcp_client_stop(&f->c);
	assert_int_equal(f->c.state, DHCP_STATE_INIT);
	assert_true(f->c.deadline_ms == CLOCK_FOREVER);
	answer(f, DHCP_ACK);
	f->now += 100000;
	assert_int_equal(process(f), 0);
	assert_int_equal(f->c.state, DHCP_STATE_INIT);
	start(f);
	assert_int_not_equal(f->c.xid, xid);
	assert_int_equal(f->net.sent.secs, 0);
}

/* A full queue or a link that is down for a moment is a lost packet; no device is an error. */
static void test_send_errors(void **state)
{
	static const int passing[] = {-EAGAIN, -ENOBUFS, -ENETDOWN};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		f->net.send_result = passing[i];
		start(f);
		assert_in_range(f->c.deadline_ms - f->now, 3000, 5000);
	}
	f->net.send_result = -ENXIO;
	assert_int_equal(dhcp_client_start(&f->c, f->now, &f->err), -ENXIO);
	assert_string_equal(f->err.text, "sending DHCPDISCOVER: No such device or address");
	f->net.send_result = 0;
	start(f);
	f->net.send_result = -ENXIO;
	answer(f, DHCP_OFFER);
	assert_int_equal(process(f), -ENXIO);
	assert_string_equal(f->err.text, "sending DHCPREQUEST: No such device or address");
}

static void test_receive_errors(void **state)
{
	struct fixture *f = *state;

	start(f);
	f->net.receive_result = -ENETDOWN;
	assert_int_equal(process(f), 0);
	f->net.receive_result = -ENXIO;
	assert_int_equal(process(f), -ENXIO);
	assert_string_equal(f->err.text, "receiving DHCP answers: No such device or address");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_idle),
		TEST(test_exchange),
		TEST(test_exchange_one_call),
		TEST(test_schedule),
		TEST(test_spread),
		TEST(test_seed),
		TEST(test_offer_ignored),
		TEST(test_ack_ignored),
		TEST(test_malformed),
		TEST(test_malformed_for_another),
		TEST(test_request_unanswered),
		TEST(test_nak),
		TEST(test_nak_ignored),
		TEST(test_nak_storm),
		TEST(test_flood),
		TEST(test_stop),
		TEST(test_send_errors),
		TEST(test_receive_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/iscsi_wire: PDUs in pieces, an end in every place, more than was allowed, and silence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "step/iscsi_wire.h"

static struct iscsi_wire wire;
static int peer = -1;

static void connect_wire(void)
{
	int fds[2];

	if (peer >= 0)
		close(peer);
	if (wire.where)
		close(wire.fd);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	wire = (struct iscsi_wire){.fd = fds[0], .where = "nas:3260"};
	peer = fds[1];
}

static void say(const void *p, size_t n)
{
	assert_int_equal(send(peer, p, n, 0), n);
}

static void test_receive(void **state)
{
	uint8_t pdu[2 * 60] = {ISCSI_TEXT_RESPONSE, 0x80};
	struct err err = {.code = 0};

	(void)state;
	connect_wire();
	pdu[7] = 9; /* and three to fill up */
	memcpy(pdu + ISCSI_BHS_SIZE, "TargetN=x", 9);
	pdu[60] = ISCSI_NOP_IN;
	say(pdu, 60 + ISCSI_BHS_SIZE);
	assert_int_equal(iscsi_wire_receive(&wire, 9, &err), 0);
	assert_int_equal(wire.len, 9);
	assert_memory_equal(wire.bhs, pdu, ISCSI_BHS_SIZE);
	assert_memory_equal(wire.data, "TargetN=x", 9);
	/* What follows is still there: it may be for the kernel. */
	assert_int_equal(iscsi_wire_receive(&wire, 0, &err), 0);
	assert_int_equal(wire.bhs[0], ISCSI_NOP_IN);
	assert_int_equal(wire.len, 0);
}

static void test_too_much(void **state)
{
	uint8_t bhs[ISCSI_BHS_SIZE] = {ISCSI_TEXT_RESPONSE};
	struct err err = {.code = 0};

	(void)state;
	connect_wire();
	memset(bhs + 5, 0xff, 3);
	say(bhs, sizeof(bhs));
	assert_int_equal(iscsi_wire_receive(&wire, ISCSI_RECV_MAX, &err), -EMSGSIZE);
	assert_string_equal(err.text,
		"nas:3260: the target sends 16777215 bytes of data in a PDU where 32768 are "
		"allowed");
}

static void test_end(void **state)
{
	uint8_t pdu[52] = {ISCSI_TEXT_RESPONSE};

	(void)state;
	pdu[7] = 4;
	for (size_t n = 0; n < sizeof(pdu); n++) {
		struct err err = {.code = 0};

		connect_wire();
		if (n)
			say(pdu, n);
		shutdown(peer, SHUT_WR);
		assert_int_equal(iscsi_wire_receive(&wire, 4, &err), -ECONNRESET);
		assert_string_equal(
			err.text, "nas:3260 closes the connection in the middle of the exchange");
	}
}

/* The deadline is over: what is there is taken, and nothing is waited for. */
static void test_silence(void **state)
{
	uint8_t pdu[52] = {ISCSI_TEXT_RESPONSE};

	(void)state;
	pdu[7] = 4;
	for (size_t n = 0; n < sizeof(pdu); n += 4) {
		struct err err = {.code = 0};

		connect_wire();
		if (n)
			say(pdu, n);
		assert_int_equal(iscsi_wire_receive(&wire, 4, &err), -ETIMEDOUT);
		assert_string_equal(err.text, "nas:3260 does not answer any more");
	}
}

static void test_send(void **state)
{
	static struct iscsi_request req;
	const struct iscsi_tags tags = {1, 2, 3};
	uint8_t got[100];
	struct err err = {.code = 0};
	int r;

	(void)state;
	connect_wire();
	iscsi_pdu_logout(&req, &tags);
	assert_int_equal(iscsi_wire_send(&wire, &req, &err), 0);
	assert_int_equal(recv(peer, got, sizeof(got), 0), ISCSI_BHS_SIZE);
	assert_memory_equal(got, req.buf, ISCSI_BHS_SIZE);
	do /* until nothing more fits: nobody reads */
		r = iscsi_wire_send(&wire, &req, &err);
	while (r == 0);
	assert_int_equal(r, -ETIMEDOUT);
	shutdown(peer, SHUT_RDWR);
	assert_int_equal(iscsi_wire_send(&wire, &req, &err), -ECONNRESET);
}

static int finish(void **state)
{
	(void)state;
	close(wire.fd);
	close(peer);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receive),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_send),
	};

	return cmocka_run_group_tests(tests, NULL, finish);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/iscsi_nl: messages byte by byte, answers from every cut of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "step/iscsi_nl.h"

static uint8_t msg[ISCSI_NL_MSG_MAX];

static uint32_t at(size_t offset)
{
	uint32_t v;

	memcpy(&v, msg + 16 + offset, sizeof(v));
	return v;
}

/* Builds @req and looks at what all requests have in common. */
static void build(const struct iscsi_nl_request *req, size_t value)
{
	uint64_t transport;
	uint32_t len;
	uint16_t type;

	memset(msg, 0xff, sizeof(msg));
	assert_int_equal(iscsi_nl_build(req, msg), 72 + value);
	memcpy(&len, msg, sizeof(len));
	memcpy(&type, msg + 4, sizeof(type));
	memcpy(&transport, msg + 16 + 8, sizeof(transport));
	assert_int_equal(len, 72 + value);
	assert_int_equal(type, req->type);
	assert_int_equal(at(0), req->type);
	assert_int_equal(at(4), 0);
	assert_true(transport == req->transport);
	for (size_t i = 6; i < 16; i++)
		assert_int_equal(msg[i], 0);
}

static void test_build(void **state)
{
	struct iscsi_nl_request req = {.type = ISCSI_NL_CREATE_SESSION,
		.transport = 0xffffffffc0123456u,
		.cmd_sn = 1,
		.cmds_max = 128,
		.queue_depth = 32};
	uint16_t half[2];

	(void)state;
	build(&req, 0);
	assert_int_equal(at(16), 1);
	memcpy(half, msg + 16 + 20, sizeof(half));
	assert_int_equal(half[0], 128);
	assert_int_equal(half[1], 32);
	assert_int_equal(at(24), 0);
	req = (struct iscsi_nl_request){
		.type = ISCSI_NL_BIND_CONN, .sid = 7, .cid = 3, .socket = 5};
	build(&req, 0);
	assert_int_equal(at(16), 7);
	assert_int_equal(at(20), 3);
	assert_int_equal(at(24), 5);
	assert_int_equal(at(28), 0);
	assert_int_equal(at(32), 1);
	req = (struct iscsi_nl_request){.type = ISCSI_NL_STOP_CONN, .sid = 7, .flag = 1};
	build(&req, 0);
	assert_int_equal(at(24), 0);
	assert_int_equal(at(32), 1);
	req = (struct iscsi_nl_request){.type = ISCSI_NL_DESTROY_SESSION, .sid = 9};
	build(&req, 0);
	assert_int_equal(at(16), 9);
}

static void test_value(void **state)
{
	static char value[ISCSI_NL_VALUE_MAX];
	struct iscsi_nl_request req = {.type = ISCSI_NL_SET_PARAM,
		.sid = 7,
		.param = ISCSI_NL_TARGET_NAME,
		.value = span_str("iqn.t")};

	(void)state;
	build(&req, 6);
	assert_int_equal(at(24), 15);
	assert_int_equal(at(28), 6);
	assert_string_equal((const char *)msg + 72, "iqn.t");
	req.value = span_of(value, ISCSI_NL_VALUE_MAX - 1);
	build(&req, ISCSI_NL_VALUE_MAX);
	req.value = span_of(value, ISCSI_NL_VALUE_MAX);
	assert_int_equal(iscsi_nl_build(&req, msg), -EMSGSIZE);
}

static void put(size_t offset, uint32_t v)
{
	memcpy(msg + 16 + offset, &v, sizeof(v));
}

static void test_parse(void **state)
{
	struct iscsi_nl_reply r = {.error = 1};

	(void)state;
	memset(msg, 0, sizeof(msg));
	put(0, ISCSI_NL_CREATE_SESSION);
	put(40, 4);
	put(44, 2);
	assert_int_equal(iscsi_nl_parse(span_of(msg, 72), ISCSI_NL_CREATE_SESSION, 40, &r), 1);
	assert_int_equal(r.error, 0);
	assert_int_equal(r.word[0], 4);
	assert_int_equal(r.word[1], 2);
	put(36, 9);
	assert_int_equal(iscsi_nl_parse(span_of(msg, 72), ISCSI_NL_CREATE_SESSION, 36, &r), 1);
	assert_int_equal(r.word[0], 9);
	assert_int_equal(r.word[1], 4);
	assert_int_equal(iscsi_nl_parse(span_of(msg, 72), ISCSI_NL_CREATE_CONN, 40, &r), 0);
	put(0, 102); /* a connection that broke: nobody asked */
	assert_int_equal(iscsi_nl_parse(span_of(msg, 72), ISCSI_NL_CREATE_CONN, 40, &r), 0);
	put(0, 103);
	put(4, (uint32_t)-ENOMEM);
	assert_int_equal(iscsi_nl_parse(span_of(msg, 72), ISCSI_NL_CREATE_CONN, 40, &r), 1);
	assert_int_equal(r.error, -ENOMEM);
	put(4, 5);
	assert_int_equal(iscsi_nl_parse(span_of(msg, 72), ISCSI_NL_CREATE_CONN, 40, &r), 1);
	assert_int_equal(r.error, -EIO);
}

static void test_stats(void **state)
{
	struct iscsi_nl_reply r = {.error = 1};

	(void)state;
	memset(msg, 0, sizeof(msg));
	put(0, ISCSI_NL_GET_STATS);
	put(40, 4);
	put(56 + 20, 1234);
	for (size_t n = 72; n < 72 + 28; n++)
		assert_int_equal(
			iscsi_nl_parse(span_of(msg, n), ISCSI_NL_GET_STATS, 40, &r), -EBADMSG);
	assert_int_equal(r.error, 1);
	assert_int_equal(iscsi_nl_parse(span_of(msg, 72 + 28), ISCSI_NL_GET_STATS, 36, &r), 1);
	assert_int_equal(r.error, 0);
	assert_int_equal(r.word[0], 1234);
	/* Somebody else has asked. */
	assert_int_equal(iscsi_nl_parse(span_of(msg, 72 + 28), ISCSI_NL_STOP_CONN, 40, &r), 0);
}

static void test_truncation(void **state)
{
	struct iscsi_nl_reply r = {.error = 1};

	(void)state;
	memset(msg, 0, sizeof(msg));
	put(0, ISCSI_NL_CREATE_SESSION);
	for (size_t n = 0; n < 72; n++) {
		uint8_t *copy = malloc(n + 1);

		memcpy(copy, msg, n);
		assert_int_equal(iscsi_nl_parse(span_of(copy, n), ISCSI_NL_CREATE_SESSION, 40, &r),
			-EBADMSG);
		free(copy);
	}
	assert_int_equal(r.error, 1);
}

static void test_machines(void **state)
{
	(void)state;
	assert_int_equal(iscsi_nl_reply_at("x86_64"), 40);
	assert_int_equal(iscsi_nl_reply_at("i686"), 36);
	assert_int_equal(iscsi_nl_reply_at("i386"), 36);
	assert_int_equal(iscsi_nl_reply_at("ia64"), 40);
	assert_int_equal(iscsi_nl_reply_at("aarch64"), 40);
	assert_int_equal(iscsi_nl_reply_at("armv7l"), 40);
	assert_int_equal(iscsi_nl_reply_at("i"), 40);
	assert_int_equal(iscsi_nl_reply_at(""), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

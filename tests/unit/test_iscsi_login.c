/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/iscsi_login: whole logins against a target that is a script, and everything it may do wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "step/iscsi_login.h"

#define ITT 0x70696e65u

static struct chap_keys chap;
static struct iscsi_login login;
static struct err err;

static void begin(const char *target, bool secret, bool mutual)
{
	static struct chap c;
	struct iscsi_login_config config = {.where = "192.168.77.1:3260",
		.initiator = "iqn.i",
		.target = target,
		.chap = &chap,
		.chap_offer = CHAP_OFFER_ALL,
		.isid = {0, 2, 0x3d, 0, 0, 1},
		.chap_id = 0x5a};

	c = (struct chap){.present = secret,
		.mutual = mutual,
		.user = "pi",
		.secret = "correct-horse",
		.user_in = "nas",
		.secret_in = "target-side-secret"};
	memset(config.chap_challenge, 0xa5, sizeof(config.chap_challenge));
	assert_int_equal(chap_keys_take(&c, &chap, &err), 0);
	iscsi_login_end(&login);
	assert_int_equal(iscsi_login_start(&login, &config, &err), 0);
}

/* The request that goes out: stages, "T" for transit, its text with "|" for NUL. */
static const char *sent(void)
{
	static char out[ISCSI_DATA_MAX];
	const uint8_t *p = login.out.buf;
	size_t n = (size_t)p[5] << 16 | num_be16(p + 6);
	int at;

	assert_int_equal(p[0], 0x43);
	assert_int_equal(num_be32(p + 16), ITT);
	assert_int_equal(num_be32(p + 24), ISCSI_FIRST_CMD_SN);
	assert_memory_equal(p + 8, "\0\2\x3d\0\0\1\0\0", 8);
	assert_int_equal(login.out.len, ISCSI_BHS_SIZE + (n + 3) / 4 * 4);
	at = snprintf(out, sizeof(out), "%u%s ", p[1] >> 2 & 3,
		p[1] & 0x80 ? ((p[1] & 3) == 3 ? "T3" : "T1") : "");
	for (size_t i = 0; i < n; i++)
		out[(size_t)at + i] = p[ISCSI_BHS_SIZE + i] ? (char)p[ISCSI_BHS_SIZE + i] : '|';
	out[(size_t)at + n] = '\0';
	return out;
}

struct says {
	uint8_t opcode, flags, class, detail;
	uint16_t tsih;
	uint32_t itt;
};

/* The target answers; the next request as sent(), "done", "redirect" or the error. */
static const char *say(struct says s, const char *text)
{
	static uint32_t stat_sn = 100;
	uint8_t bhs[ISCSI_BHS_SIZE] = {s.opcode, s.flags};
	char copy[2000];
	size_t n = strlen(text);
	int r;

	for (size_t i = 0; i < n; i++)
		copy[i] = text[i] == '|' ? '\0' : text[i];
	bhs[14] = (uint8_t)(s.tsih >> 8);
	bhs[15] = (uint8_t)s.tsih;
	bhs[36] = s.class;
	bhs[37] = s.detail;
	num_put_be32(bhs + 16, s.itt);
	num_put_be32(bhs + 24, ++stat_sn);
	err.code = 0;
	r = iscsi_login_feed(&login, bhs, span_of(copy, n), &err);
	if (r < 0) {
		assert_int_equal(r, err.code);
		return err.text;
	}
	if (r == ISCSI_LOGIN_SEND)
		assert_int_equal(num_be32(login.out.buf + 28), stat_sn + 1);
	return r == ISCSI_LOGIN_DONE ? "done" : r == ISCSI_LOGIN_REDIRECT ? "redirect" : sent();
}

static const char *answer(uint8_t flags, const char *text)
{
	return say((struct says){0x23, flags, 0, 0, 7, ITT}, text);
}

#define TO_OPERATIONAL 0x81
#define TO_FULL        0x87
#define OPERATIONAL    0x04
#define MORE           0x40

#define OFFERS                                                                                     \
	"HeaderDigest=None|DataDigest=None|InitialR2T=No|ImmediateData=Yes|"                       \
	"MaxRecvDataSegmentLength=262144|MaxBurstLength=16776192|FirstBurstLength=262144|"         \
	"DefaultTime2Wait=2|DefaultTime2Retain=0|MaxOutstandingR2T=1|DataPDUInOrder=Yes|"          \
	"DataSequenceInOrder=Yes|ErrorRecoveryLevel=0|MaxConnections=1|"

/* A session that goes on counts on. */
static void test_commands(void **state)
{
	static const struct iscsi_login_config config = {.where = "192.168.77.1:3260",
		.initiator = "iqn.i",
		.target = "iqn.t",
		.chap = &chap,
		.chap_offer = CHAP_OFFER_ALL,
		.commands = 1233};

	(void)state;
	begin("iqn.t", false, false);
	iscsi_login_end(&login);
	assert_int_equal(iscsi_login_start(&login, &config, &err), 0);
	assert_int_equal(num_be32(login.out.buf + 24), 1234);
}

static void test_none(void **state)
{
	(void)state;
	begin("iqn.t", false, false);
	assert_string_equal(sent(),
		"0T1 InitiatorName=iqn.i|SessionType=Normal|TargetName=iqn.t|AuthMethod=None|");
	assert_string_equal(
		answer(TO_OPERATIONAL, "AuthMethod=None|TargetPortalGroupTag=1|"), "1T3 " OFFERS);
	assert_string_equal(answer(TO_FULL, "InitialR2T=No|MaxBurstLength=262144|"), "done");
	assert_int_equal(login.tsih, 7);
	assert_int_equal(login.keys.tpgt, 1);
	assert_int_equal(login.keys.value[ISCSI_MAX_BURST], 262144);
	assert_int_equal(login.keys.value[ISCSI_INITIAL_R2T], 0);
}

/* A target that goes slowly, asks for things itself and spreads its text over PDUs. */
static void test_slow_target(void **state)
{
	(void)state;
	begin("iqn.t", false, false);
	assert_string_equal(answer(0, "AuthMethod=None|"), "0T1 ");
	assert_string_equal(answer(TO_OPERATIONAL, ""), "1T3 " OFFERS);
	assert_string_equal(answer(OPERATIONAL | MORE, "MaxBurstLength=26"), "1 ");
	assert_string_equal(answer(OPERATIONAL | MORE, "2144|X-a"), "1 ");
	assert_string_equal(
		answer(OPERATIONAL, "=b|IFMarker=Yes|"), "1T3 X-a=NotUnderstood|IFMarker=No|");
	assert_string_equal(answer(TO_FULL, "FirstBurstLength=512|"), "done");
	assert_int_equal(login.keys.value[ISCSI_MAX_BURST], 262144);
	assert_int_equal(login.keys.value[ISCSI_FIRST_BURST], 512);
}

static void test_discovery(void **state)
{
	(void)state;
	begin(NULL, true, false);
	assert_string_equal(
		sent(), "0 InitiatorName=iqn.i|SessionType=Discovery|AuthMethod=CHAP,None|");
	assert_string_equal(answer(0, "AuthMethod=None|"), "0T1 ");
	assert_non_null(strstr(answer(TO_OPERATIONAL, ""), "MaxRecvDataSegmentLength=32768"));
	assert_string_equal(answer(TO_FULL, ""), "done");
}

#define CHALLENGE "CHAP_A=5|CHAP_I=7|CHAP_C=0x000102030405060708090a0b0c0d0e0f|"
#define RESPONSE  "CHAP_N=pi|CHAP_R=0xb391793580cedb9d3abdf81ecf1be2c6|"

static void test_chap(void **state)
{
	(void)state;
	begin("iqn.t", true, false);
	assert_non_null(strstr(sent(), "0 Init"));
	assert_non_null(strstr(sent(), "AuthMethod=CHAP,None|"));
	assert_string_equal(answer(0, "AuthMethod=CHAP|"), "0 CHAP_A=8,7,6,5|");
	assert_string_equal(answer(0, CHALLENGE), "0T1 " RESPONSE);
	assert_string_equal(answer(TO_OPERATIONAL, ""), "1T3 " OFFERS);
	assert_string_equal(answer(TO_FULL, ""), "done");
}

static void begin_mutual(void)
{
	begin("iqn.t", true, true);
	assert_non_null(strstr(sent(), "AuthMethod=CHAP|"));
	assert_string_equal(answer(0, "AuthMethod=CHAP|"), "0 CHAP_A=8,7,6,5|");
	assert_string_equal(answer(0, CHALLENGE),
		"0T1 " RESPONSE "CHAP_I=90|CHAP_C="
		"0xa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5|");
}

static void test_mutual(void **state)
{
	(void)state;
	begin_mutual();
	assert_string_equal(
		answer(TO_OPERATIONAL, "CHAP_N=nas|CHAP_R=0xad4f795affbe112913b77a6c06870b45|"),
		"1T3 " OFFERS);
	assert_string_equal(answer(TO_FULL, ""), "done");
	/* The proof may come before the transit. */
	begin_mutual();
	assert_string_equal(
		answer(0, "CHAP_N=nas|CHAP_R=0xad4f795affbe112913b77a6c06870b45|"), "0T1 ");
	assert_string_equal(answer(TO_OPERATIONAL, ""), "1T3 " OFFERS);
	begin_mutual();
	assert_non_null(strstr(answer(TO_OPERATIONAL, ""), "does not prove"));
	assert_int_equal(err.code, -EACCES);
	begin_mutual();
	assert_string_equal(answer(0, "TargetAlias=x|"), "0T1 ");
	assert_non_null(strstr(answer(TO_OPERATIONAL, ""), "does not prove"));
	begin_mutual();
	assert_non_null(strstr(
		answer(TO_OPERATIONAL, "CHAP_N=nas|CHAP_R=0xb391793580cedb9d3abdf81ecf1be2c6|"),
		"192.168.77.1:3260: the target does not know its CHAP secret"));
	/* A target that wants no CHAP is not the right one. */
	begin("iqn.t", true, true);
	assert_non_null(strstr(answer(0, "AuthMethod=None|"), "does without CHAP"));
	assert_int_equal(err.code, -EACCES);
	begin("iqn.t", true, true);
	assert_non_null(strstr(answer(0, ""), "does without CHAP"));
}

static void test_methods(void **state)
{
	(void)state;
	begin("iqn.t", false, false);
	assert_string_equal(answer(0, "AuthMethod=CHAP|"),
		"192.168.77.1:3260 wants to authenticate by \"CHAP\", where None was offered: "
		"/etc/pinet/chap.conf has no secret");
	assert_int_equal(err.code, -EACCES);
	begin("iqn.t", true, false);
	assert_string_equal(answer(0, "AuthMethod=KRB5|"),
		"192.168.77.1:3260 wants to authenticate by \"KRB5\", where CHAP,None was "
		"offered");
	begin("iqn.t", true, false);
	assert_string_equal(answer(0, "AuthMethod=CHAP|"), "0 CHAP_A=8,7,6,5|");
	assert_non_null(strstr(answer(0, "CHAP_A=9|"), "algorithm \"9\""));
}

static const char *refused(uint8_t class, uint8_t detail, int want)
{
	const char *text = say((struct says){0x23, 0, class, detail, 0, ITT}, "");

	assert_int_equal(err.code, want);
	return text;
}

static void test_status(void **state)
{
	static const struct {
		uint8_t class, detail;
		int code;
		const char *text;
	} table[] = {
		{2, 2, -EACCES,
			"the target 192.168.77.1:3260 does not accept initiator iqn.i for iqn.t: "
			"its "
			"access list has no such name"},
		{2, 3, -ENOENT,
			"192.168.77.1:3260 has no target iqn.t, or does not show it to iqn.i: "
			"check "
			"pinet.target= and the target's list of initiators"},
		{2, 4, -ENOENT,
			"192.168.77.1:3260 had the target iqn.t, but it was removed and left no "
			"new "
			"address"},
		{2, 5, -EPROTO, "192.168.77.1:3260 speaks another version of iSCSI"},
		{2, 6, -EAGAIN, "192.168.77.1:3260 has no more room for sessions with iqn.t"},
		{2, 9, -EPROTO, "192.168.77.1:3260 allows no normal sessions"},
		{2, 11, -EPROTO,
			"192.168.77.1:3260 refuses the login of iqn.i to iqn.t with status 0x020b"},
		{3, 0, -EAGAIN,
			"192.168.77.1:3260 answers that it cannot serve the login now (status "
			"0x0300)"},
		{3, 1, -EAGAIN,
			"192.168.77.1:3260 answers that it cannot serve the login now: the target "
			"is not in service, or not there (status 0x0301)"},
		{3, 2, -EAGAIN,
			"192.168.77.1:3260 answers that it cannot serve the login now: it is out "
			"of "
			"resources (status 0x0302)"},
		{9, 1, -EPROTO,
			"192.168.77.1:3260 answers the login with the unknown status 0x0901"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		begin("iqn.t", false, false);
		assert_string_equal(
			refused(table[i].class, table[i].detail, table[i].code), table[i].text);
	}
	begin("iqn.t", false, false);
	assert_non_null(strstr(refused(2, 1, -EACCES), "wants a name and a secret"));
	begin("iqn.t", true, false);
	assert_string_equal(refused(2, 1, -EACCES),
		"192.168.77.1:3260 refuses the CHAP name or secret of iqn.i (as \"pi\")");
	begin(NULL, true, false);
	assert_non_null(strstr(refused(2, 2, -EACCES), "for discovery"));
	begin(NULL, true, false);
	assert_non_null(strstr(refused(2, 9, -EPROTO), "allows no discovery: name the target"));
}

static const char *redirected(uint8_t detail, const char *text)
{
	begin("iqn.t", false, false);
	return say((struct says){0x23, 0, 1, detail, 0, ITT}, text);
}

static void test_redirect(void **state)
{
	(void)state;
	assert_string_equal(redirected(1, "TargetAddress=192.168.77.2:3261,4|"), "redirect");
	assert_string_equal(login.redirect.host, "192.168.77.2");
	assert_int_equal(login.redirect.port, 3261);
	assert_int_equal(login.redirect.tpgt, 4);
	assert_string_equal(redirected(2, "TargetAddress=[2001:db8::1]|"), "redirect");
	assert_string_equal(login.redirect.host, "2001:db8::1");
	assert_true(login.redirect.ipv6);
	assert_int_equal(login.redirect.port, 3260);
	assert_string_equal(redirected(2, "TargetAddress=nas.example:3260|"), "redirect");
	assert_string_equal(redirected(1, ""),
		"192.168.77.1:3260 says that the target has moved, but not where");
	assert_string_equal(redirected(1, "TargetAddress=192.168.77.2:0|"),
		"192.168.77.1:3260 sends us on: portal 192.168.77.2:0 is not "
		"ADDRESS[:PORT][,TPGT]");
	assert_non_null(strstr(redirected(1, "TargetAddress=[::x]|"), "no IPv6 address"));
	assert_non_null(strstr(redirected(1, "TargetAddress=a b|"), "no address or host name"));
}

static void test_wrong_pdus(void **state)
{
	(void)state;
	begin("iqn.t", false, false);
	assert_string_equal(say((struct says){0x3f, 0x80, 0, 0, 0, ITT}, ""),
		"192.168.77.1:3260 rejects the login for the reason 0x00");
	assert_string_equal(say((struct says){0x32, 0x80, 2, 0, 0, ITT}, ""),
		"192.168.77.1:3260 ends the session during the login (event 2)");
	assert_string_equal(say((struct says){0x21, 0x80, 0, 0, 0, ITT}, ""),
		"192.168.77.1:3260 answers the login with something else (PDU 0x21)");
	assert_string_equal(say((struct says){0x23, 0x81, 0, 0, 0, ITT + 1}, ""),
		"192.168.77.1:3260 answers a request 0x70696e66, which was never made");
}

static void test_wrong_stages(void **state)
{
	(void)state;
	begin("iqn.t", false, false);
	assert_non_null(strstr(answer(OPERATIONAL, ""), "answers in stage 1, where we are in 0"));
	assert_non_null(strstr(answer(0x83, ""), "goes to stage 3, which was not asked for"));
	assert_non_null(strstr(answer(TO_OPERATIONAL | MORE, ""), "goes to stage 1"));
	begin("iqn.t", true, false); /* which does not ask for a transit */
	assert_non_null(strstr(answer(TO_OPERATIONAL, "AuthMethod=None|"), "goes to stage 1"));
	begin("iqn.t", false, false);
	assert_string_equal(answer(TO_OPERATIONAL, ""), "1T3 " OFFERS);
	assert_string_equal(say((struct says){0x23, TO_FULL, 0, 0, 0, ITT}, ""),
		"192.168.77.1:3260 ends the login without a session");
	assert_non_null(strstr(answer(TO_FULL, "IFMarker=Yes|"), "asks something and ends"));
}

static void test_malformed_text(void **state)
{
	(void)state;
	begin("iqn.t", false, false);
	assert_string_equal(answer(TO_OPERATIONAL, "AuthMethod=None"),
		"192.168.77.1:3260: the target sends text that ends within \"AuthMethod=None\"");
	assert_int_equal(err.code, -EBADMSG);
	begin("iqn.t", false, false);
	assert_string_equal(answer(TO_OPERATIONAL, ""), "1T3 " OFFERS);
	assert_string_equal(answer(TO_FULL, "InitialR2T=Maybe|"),
		"192.168.77.1:3260: the target answers InitialR2T=Maybe, which it cannot be");
}

/* A target that never comes to an end, or says more than anybody needs. */
static void test_endless(void **state)
{
	static char line[1900];
	unsigned int n = 0;

	(void)state;
	begin("iqn.t", false, false);
	while (answer(0, "TargetAlias=x|")[0] == '0')
		n++;
	assert_in_range(n, 8, 40);
	assert_string_equal(
		err.text, "192.168.77.1:3260 has not finished the login after 32 requests");
	begin("iqn.t", false, false);
	memset(line, 'x', sizeof(line) - 1);
	n = 0;
	while (answer(MORE, line)[0] == '0')
		n++;
	assert_in_range(n, 8, 40);
	begin("iqn.t", false, false);
	for (size_t i = 0; i + 5 < sizeof(line); i += 5)
		memcpy(line + i, "X-a=|", 5);
	line[1000] = '\0';
	assert_non_null(strstr(answer(0, line), "asks for more than one answer can hold"));
}

/* Every cut of a text that several stages understand: an end, an error, never more. */
static void test_truncation(void **state)
{
	static const char text[] = "AuthMethod=None|TargetPortalGroupTag=1|IFMarker=No|";
	char cut[sizeof(text)];

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		memcpy(cut, text, n);
		cut[n] = '\0';
		begin("iqn.t", false, false);
		answer(TO_OPERATIONAL, cut);
		assert_int_equal(err.code, n == 0 || cut[n - 1] == '|' ? 0 : -EBADMSG);
	}
}

static int finish(void **state)
{
	(void)state;
	iscsi_login_end(&login);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_slow_target),
		cmocka_unit_test(test_discovery),
		cmocka_unit_test(test_chap),
		cmocka_unit_test(test_mutual),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_wrong_pdus),
		cmocka_unit_test(test_wrong_stages),
		cmocka_unit_test(test_malformed_text),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, finish);
}

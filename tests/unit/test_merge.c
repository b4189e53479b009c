/* SPDX-License-Identifier: GPL-2.0-or-later
 * merge: which errors of a plan DHCP may still mend; the values are the golden plans' business.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/format.h"
#include "plan/merge.h"

#define TARGET "pinet.target=iqn.2025-02.dev.example:root "
#define ROOT   "root=LABEL=writable "

/* A plan of @words and, if @lease is given, of what DHCP says, once the network is up. */
static int merge(const char *words, const struct lease *lease, struct plan *plan, struct err *err)
{
	const struct machine machine = {.has_mac = true, .mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56}};
	const struct conf conf = {.notes.n = 0};
	struct notes notes = {.n = 0};
	struct cmdline cmdline;
	struct plan_sources src = {&cmdline, &conf, NULL, &machine, lease, true};

	assert_int_equal(cmdline_parse(span_str(words), &cmdline, err), 0);
	return plan_merge(&src, plan, &notes, err);
}

static struct lease lease_with(enum setting_id id, const char *value)
{
	struct lease lease = {.prefix = 24};

	assert_int_equal(settings_put(&lease.boot, id, "option 224", span_str(value), NULL), 0);
	return lease;
}

static void expect(const char *words, const struct lease *lease, int wanted, const char *sentence)
{
	struct plan plan = {.timeout_s = 77};
	struct err err = {.code = 0};

	assert_int_equal(merge(words, lease, &plan, &err), wanted);
	assert_int_equal(err.code, wanted);
	if (!strstr(err.text, sentence))
		fail_msg("\"%s\" is not in \"%s\"", sentence, err.text);
	assert_int_equal(plan.timeout_s, 77); /* left alone */
}

/* DHCP said nothing of a server: it may at the next time, unless nobody asks or believes it. */
static void test_no_server(void **state)
{
	const struct lease empty = {.prefix = 24};

	(void)state;
	expect(TARGET ROOT, &empty, -EAGAIN, "no boot server");
	expect(TARGET ROOT "pinet.server=dhcp", &empty, -EAGAIN, "no boot server");
	expect(TARGET ROOT "pinet.dhcp=address", &empty, -EDESTADDRREQ, "no boot server");
	expect(TARGET ROOT "ip=10.0.0.5::10.0.0.1:24", NULL, -EDESTADDRREQ, "no boot server");
}

/* A value that is wrong is its owner's to mend. */
static void test_bad_template(void **state)
{
	const struct lease dhcp = lease_with(SETTING_TARGET, "iqn.2025-02.dev.example:%q");
	const struct lease empty = {.prefix = 24};

	(void)state;
	expect(ROOT "pinet.server=10.0.0.1", &dhcp, -EAGAIN, "unknown template %q");
	expect(ROOT "pinet.server=10.0.0.1 pinet.target=iqn.2025-02.dev.example:%q", &empty,
		-EINVAL, "unknown template %q");
	expect(ROOT "pinet.server=10.0.0.1 pinet.target=iqn.2025-02.dev.example:%s", &empty,
		-ENODATA, "Raspberry Pi serial number");
}

/* The host name is the one part of a template that DHCP may add to what the owner wrote. */
static void test_no_hostname(void **state)
{
	const struct lease empty = {.prefix = 24};

	(void)state;
	expect(TARGET ROOT "pinet.server=10.0.0.1 pinet.id=hostname", &empty, -EAGAIN, "host name");
	expect(TARGET ROOT "pinet.server=10.0.0.1 pinet.id=hostname ip=10.0.0.5::10.0.0.1:24", NULL,
		-ENODATA, "host name");
}

/* With dhcp=address no option takes part in a name, not even the host name. */
static void test_hostname_not_believed(void **state)
{
	struct lease lease = {.prefix = 24, .hostname = "client7"};
	struct plan plan;

	(void)state;
	assert_int_equal(
		merge(TARGET ROOT "pinet.server=10.0.0.1 pinet.id=hostname", &lease, &plan, NULL),
		0);
	assert_string_equal(plan.id, "client7");
	expect(TARGET ROOT "pinet.server=10.0.0.1 pinet.id=hostname pinet.dhcp=address", &lease,
		-ENODATA, "host name");
}

/* The message says what to write on the command line; no server can do that. */
static void test_no_root(void **state)
{
	const struct lease empty = {.prefix = 24};

	(void)state;
	expect(TARGET "pinet.server=10.0.0.1", &empty, -EINVAL, "no root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_server),
		cmocka_unit_test(test_bad_template),
		cmocka_unit_test(test_no_hostname),
		cmocka_unit_test(test_hostname_not_believed),
		cmocka_unit_test(test_no_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

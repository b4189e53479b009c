/* SPDX-License-Identifier: GPL-2.0-or-later
 * cmd/lease_names: which renewals change the name servers of the system.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "cmd/boot_lease.h"
#include "cmd/lease_names.h"

struct place {
	char run[48];
	struct state st;
	struct lease lease;
};

static void name_server(struct lease *l, unsigned int n, const char *address)
{
	assert_int_equal(num_parse_ip4(span_str(address), &l->dns[n]), 0);
	l->n_dns = n + 1;
}

/* Leaves @text as what the boot has written. */
static void booted_with(const struct place *p, const char *text)
{
	char path[100];

	(void)snprintf(path, sizeof(path), "%s/pinet", p->run);
	assert_int_equal(fs_mkdirs(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/pinet/resolv.conf", p->run);
	assert_int_equal(fs_replace(path, text, 0644), 0);
}

static int begin(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	strcpy(p->run, "/tmp/test-lease-names-XXXXXX");
	if (!mkdtemp(p->run))
		return -1;
	state_put(&p->st, "interface", "eth0");
	name_server(&p->lease, 0, "10.0.0.1");
	name_server(&p->lease, 1, "10.0.0.2");
	strcpy(p->lease.domain, "lab.example");
	boot_lease_put_names(&p->st, &p->lease);
	*state = p;
	return 0;
}

static int end(void **state)
{
	struct place *p = *state;
	const char *const argv[] = {"/bin/rm", "-rf", p->run, NULL};
	int r = proc_run(argv, clock_now_ms() + 10000, NULL, 0);

	free(p);
	return r;
}

static void is(const struct place *p, const char *wanted)
{
	char path[100], text[1024];

	(void)snprintf(path, sizeof(path), "%s/pinet/resolv.conf", p->run);
	assert_true(fs_read(path, text, sizeof(text)) >= 0);
	assert_string_equal(text, wanted);
}

static int update(struct place *p)
{
	struct err err = {.code = 0};
	int r = lease_names_update(&p->st, &p->lease, p->run, &err);

	assert_int_equal(err.code, r < 0 ? r : 0);
	return r;
}

static void test_same(void **state)
{
	struct place *p = *state;

	booted_with(p, "nameserver 10.0.0.1\n");
	assert_int_equal(update(p), 0);
	is(p, "nameserver 10.0.0.1\n");
}

static void test_others(void **state)
{
	struct place *p = *state;

	booted_with(p, "nameserver 10.0.0.1\nnameserver 10.0.0.2\nsearch lab.example\n");
	p->lease.n_dns = 0;
	name_server(&p->lease, 0, "10.0.0.9");
	assert_int_equal(update(p), 1);
	is(p, "# Made by pinet: the root is behind eth0.\nnameserver 10.0.0.9\n"
	      "search lab.example\n");
	assert_string_equal(state_get(&p->st, "dns"), "10.0.0.9");
	assert_int_equal(update(p), 0);
	name_server(&p->lease, 1, "10.0.0.1");
	strcpy(p->lease.search, "a.example b.example");
	assert_int_equal(update(p), 1);
	is(p, "# Made by pinet: the root is behind eth0.\nnameserver 10.0.0.9\n"
	      "nameserver 10.0.0.1\nsearch a.example b.example\n");
}

/* The first that the boot has ever had. */
static void test_first(void **state)
{
	struct place *p = *state;

	state_put(&p->st, "dns", "%s", "");
	assert_int_equal(update(p), 1);
	is(p, "# Made by pinet: the root is behind eth0.\nnameserver 10.0.0.1\n"
	      "nameserver 10.0.0.2\nsearch lab.example\n");
}

static void test_none_any_more(void **state)
{
	struct place *p = *state;

	booted_with(p, "nameserver 10.0.0.1\n");
	p->lease.n_dns = 0;
	assert_int_equal(update(p), 0);
	is(p, "nameserver 10.0.0.1\n");
	assert_string_equal(state_get(&p->st, "dns"), "10.0.0.1 10.0.0.2");
}

/* ip= has named a server, which the boot has used in place of the lease's. */
static void test_of_the_owner(void **state)
{
	struct place *p = *state;

	booted_with(p, "nameserver 9.9.9.9\n");
	name_server(&p->lease, 0, "10.0.0.9");
	assert_int_equal(update(p), 0);
	is(p, "nameserver 9.9.9.9\n");
}

static void test_no_interface(void **state)
{
	struct place *p = *state;

	booted_with(p, "nameserver 10.0.0.1\n");
	name_server(&p->lease, 0, "10.0.0.9");
	state_put(&p->st, "interface", "%s", "");
	assert_int_equal(update(p), -EINVAL);
	is(p, "nameserver 10.0.0.1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same, begin, end),
		cmocka_unit_test_setup_teardown(test_others, begin, end),
		cmocka_unit_test_setup_teardown(test_first, begin, end),
		cmocka_unit_test_setup_teardown(test_none_any_more, begin, end),
		cmocka_unit_test_setup_teardown(test_of_the_owner, begin, end),
		cmocka_unit_test_setup_teardown(test_no_interface, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

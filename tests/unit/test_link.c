/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/link: when a new answer of DHCP changes an interface, and when it does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "step/link.h"

static const struct network_report base = {
	.ifname = "eth0",
	.ifindex = 2,
	.address = {0x6b4da8c0},
	.prefix = 24,
	.have_lease = true,
	.lease =
		{
			.xid = 1,
			.mtu = 1500,
			.n_routes = 1,
			.route = {{.gateway = {0x014da8c0}}},
			.lease_s = 600,
			.hostname = "a",
		},
};

static void test_same(void **state)
{
	struct network_report other = base;

	(void)state;
	other.lease.xid = 2;
	other.lease.lease_s = 60;
	other.carrier_ms = 7;
	other.lease.route[1].prefix = 9; /* behind the last one */
	strcpy(other.lease.hostname, "b");
	assert_true(link_is_same(&base, &other));
	other = base;
	other.have_lease = false;
	assert_false(link_is_same(&base, &other));
}

static void test_changes(void **state)
{
	struct network_report other[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		other[i] = base;
	other[0].ifindex = 3;
	other[1].address.s_addr++;
	other[2].prefix = 25;
	other[3].lease.mtu = 1400;
	other[4].lease.broadcast.s_addr = 1;
	other[5].lease.n_routes = 0;
	other[6].lease.route[0].gateway.s_addr++;
	other[7].lease.route[0].prefix = 8;
	for (size_t i = 0; i < 8; i++)
		assert_false(link_is_same(&base, &other[i]));
}

/* Without a lease its leftovers do not count: the address is static. */
static void test_static(void **state)
{
	struct network_report a = base, b = base;

	(void)state;
	a.have_lease = b.have_lease = false;
	b.lease.mtu = 1400;
	assert_true(link_is_same(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_static),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

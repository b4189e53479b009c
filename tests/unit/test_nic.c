/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/nic: which interfaces race, and what is said of them while they do. step/uevent with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <net/if_arp.h>

#include "step/nic.h"
#include "step/uevent.h"

static const uint8_t mac_a[MAC_LEN] = {2, 0, 0, 0, 0, 0xa}, mac_b[MAC_LEN] = {2, 0, 0, 0, 0, 0xb};

/* No interface of this name exists: it has no hardware behind it as far as sysfs is concerned. */
static struct rtnl_link made_up(void)
{
	struct rtnl_link link = {
		.ifindex = 99, .name = "pinet-none", .type = ARPHRD_ETHER, .has_mac = true};

	memcpy(link.mac, mac_a, MAC_LEN);
	return link;
}

static void test_wanted(void **state)
{
	struct rtnl_link link = made_up();
	struct plan any = {.active = true}, named = {.net.ifname = "pinet-none"},
		    other = {.net.ifname = "pinet-non"}, a = {.net.has_mac = true},
		    b = {.net.has_mac = true};

	(void)state;
	memcpy(a.net.mac, mac_a, MAC_LEN);
	memcpy(b.net.mac, mac_b, MAC_LEN);
	assert_false(nic_is_wanted(&any, &link)); /* virtual */
	assert_true(nic_is_wanted(&named, &link));
	assert_false(nic_is_wanted(&other, &link));
	assert_true(nic_is_wanted(&a, &link));
	assert_false(nic_is_wanted(&b, &link));
	link.enslaved = true; /* the bridge has its address, too */
	assert_false(nic_is_wanted(&a, &link));
	assert_true(nic_is_lost(&a, &link));
	link.enslaved = false;
	assert_false(nic_is_lost(&a, &link));
	assert_true(nic_is_lost(&other, &link)); /* renamed */
	link.flags = IFF_LOOPBACK;
	assert_false(nic_is_wanted(&named, &link));
	link.flags = 0;
	link.has_mac = false;
	assert_false(nic_is_wanted(&a, &link));
}

static void test_describe(void **state)
{
	static struct nic nics[NICS_MAX];
	struct plan plan = {.net.ifname = "pinet-none"};
	char out[400];

	(void)state;
	nic_describe(&plan, nics, 0, out, sizeof(out));
	assert_non_null(strstr(out, "there is no network interface pinet-none yet"));
	plan.net.ifname[0] = '\0';
	nic_describe(&plan, nics, 0, out, sizeof(out));
	assert_non_null(strstr(out, "no wired network interface yet"));
	assert_non_null(strstr(out, ": is its driver in the initramfs?"));
	plan.net.has_mac = true;
	memcpy(plan.net.mac, mac_a, MAC_LEN);
	nic_describe(&plan, nics, 0, out, sizeof(out));
	assert_non_null(strstr(out, "with the address 02:00:00:00:00:0a yet"));

	nics[0] = (struct nic){.ifindex = 2, .name = "eth0"};
	nics[3] = (struct nic){.ifindex = 3,
		.name = "eth1",
		.carrier = true,
		.running = true,
		.discover_ms = 1000};
	nics[4] = (struct nic){.ifindex = 4, .name = "eth2"};
	(void)err_set(&nics[4].failure, -EIO, "cannot set the link up");
	nic_describe(&plan, nics, 13999, out, sizeof(out));
	assert_string_equal(out, "eth0: no carrier, is the cable in?; "
				 "eth1: no DHCP answer for 12 s; eth2: cannot set the link up");
	for (size_t size = 1; size < sizeof(out); size++) {
		memset(out, 'x', sizeof(out));
		nic_describe(&plan, nics, 13999, out, size);
		assert_true(memchr(out, '\0', size));
		assert_int_equal(out[size], 'x');
	}
}

static bool is_block(const char *text, size_t len)
{
	return uevent_is_block(span_of(text, len));
}

#define IS_BLOCK(text) is_block(text, sizeof(text) - 1)

static void test_uevent(void **state)
{
	(void)state;
	assert_true(IS_BLOCK("add@/devices/x/block/sda\0ACTION=add\0SUBSYSTEM=block\0SEQNUM=1\0"));
	assert_true(IS_BLOCK("SUBSYSTEM=block")); /* cut, but clear */
	assert_false(IS_BLOCK("add@/devices/x\0SUBSYSTEM=blocks\0"));
	assert_false(IS_BLOCK("add@/devices/SUBSYSTEM=block\0SUBSYSTEM=net\0"));
	assert_false(IS_BLOCK(""));
	assert_false(IS_BLOCK("\0\0\0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_uevent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/netconf: the klibc file as a shell reads it, and resolv.conf.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "step/step.h"

static struct network_report leased(void)
{
	struct network_report r = {.ifname = "eth0", .prefix = 24, .have_lease = true};

	r.address.s_addr = inet_addr("192.168.77.107");
	r.lease.has_lease_time = true;
	r.lease.lease_s = 3600;
	r.lease.n_routes = 2;
	r.lease.route[0].dst.s_addr = inet_addr("10.0.0.0");
	r.lease.route[0].prefix = 8;
	r.lease.route[0].gateway.s_addr = inet_addr("192.168.77.9");
	r.lease.route[1].gateway.s_addr = inet_addr("192.168.77.254");
	r.lease.n_dns = 1;
	r.lease.dns[0].s_addr = inet_addr("192.168.77.1");
	strcpy(r.lease.hostname, "pi4");
	strcpy(r.lease.domain, "lab.example");
	strcpy(r.lease.search, "lab.example example");
	strcpy(r.lease.rootpath, "iscsi:192.168.77.1::::iqn.x");
	strcpy(r.lease.bootfile, "pxelinux.0");
	return r;
}

/* Everything but the line with the time since boot. */
static void without_uptime(char *text)
{
	char *from = strstr(text, "UPTIME="), *to = from ? strchr(from, '\n') : NULL;

	assert_non_null(to);
	memmove(from, to + 1, strlen(to + 1) + 1);
}

static void test_dhcp(void **state)
{
	struct network_report r = leased();
	struct plan p = {.server = "192.168.77.2"};
	char out[2048];

	(void)state;
	assert_int_equal(netconf_format(&p, &r, out, sizeof(out)), 0);
	without_uptime(out);
	assert_string_equal(out,
		"DEVICE='eth0'\nPROTO='dhcp'\nIPV4ADDR='192.168.77.107'\n"
		"IPV4BROADCAST='192.168.77.255'\nIPV4NETMASK='255.255.255.0'\n"
		"IPV4GATEWAY='192.168.77.254'\nIPV4DNS0='192.168.77.1'\nIPV4DNS1='0.0.0.0'\n"
		"HOSTNAME='pi4'\nDNSDOMAIN='lab.example'\nNISDOMAIN=''\n"
		"ROOTSERVER='192.168.77.2'\nROOTPATH='iscsi:192.168.77.1::::iqn.x'\n"
		"filename='pxelinux.0'\nDHCPLEASETIME='3600'\n"
		"DOMAINSEARCH='lab.example example'\n");
	assert_int_equal(netconf_resolv(&p, &r, out, sizeof(out)), 0);
	assert_string_equal(out, "nameserver 192.168.77.1\nsearch lab.example example\n");
}

static void test_static(void **state)
{
	struct network_report r = {.ifname = "eth0", .prefix = 16};
	struct plan p = {.net = {.method = PLAN_METHOD_STATIC, .hostname = "client"}};
	char out[2048];

	(void)state;
	r.address.s_addr = inet_addr("10.10.0.5");
	p.net.gateway.s_addr = inet_addr("10.10.0.1");
	p.net.dns[1].s_addr = inet_addr("1.1.1.1");
	assert_int_equal(netconf_format(&p, &r, out, sizeof(out)), 0);
	assert_non_null(
		strstr(out, "PROTO='none'\nIPV4ADDR='10.10.0.5'\nIPV4BROADCAST='10.10.255.255'\n"
			    "IPV4NETMASK='255.255.0.0'\nIPV4GATEWAY='10.10.0.1'\n"));
	assert_non_null(strstr(out, "HOSTNAME='client'\n"));
	assert_int_equal(netconf_resolv(&p, &r, out, sizeof(out)), 0);
	assert_string_equal(out, "nameserver 1.1.1.1\n");
	p.net.dns[1].s_addr = 0;
	assert_int_equal(netconf_resolv(&p, &r, out, sizeof(out)), 0);
	assert_string_equal(out, "");
}

/* IPv6 alone: readers of klibc's words find no address there. */
static void test_ipv6(void **state)
{
	struct network_report r = {.ifname = "eth0", .prefix = 64, .ipv6 = true};
	struct plan p = {.net = {.method = PLAN_METHOD_STATIC6, .dns = {{htonl(0x01010101)}}}};
	char out[2048];

	(void)state;
	assert_int_equal(inet_pton(AF_INET6, "fd00::5", &r.address6), 1);
	assert_int_equal(inet_pton(AF_INET6, "fd00::1", &p.net.gateway6), 1);
	assert_int_equal(inet_pton(AF_INET6, "fd00::53", &p.net.dns6[0]), 1);
	assert_int_equal(netconf_format(&p, &r, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "PROTO='none'\nIPV4ADDR='0.0.0.0'\nIPV4BROADCAST='0.0.0.0'\n"
				    "IPV4NETMASK='0.0.0.0'\nIPV4GATEWAY='0.0.0.0'\n"));
	assert_non_null(strstr(out, "DOMAINSEARCH=''\nIPV6PROTO='none'\nIPV6ADDR='fd00::5'\n"
				    "IPV6NETMASK='64'\nIPV6GATEWAY='fd00::1'\n"
				    "IPV6DNS0='fd00::53'\nIPV6DNS1=''\n"));
	assert_int_equal(netconf_resolv(&p, &r, out, sizeof(out)), 0);
	assert_string_equal(out, "nameserver 1.1.1.1\nnameserver fd00::53\n");
	network_address_text(&r, out);
	assert_string_equal(out, "fd00::5/64");
	r.ipv6 = false;
	r.address.s_addr = inet_addr("10.10.0.5");
	network_address_text(&r, out);
	assert_string_equal(out, "10.10.0.5/64");
}

/* dhcp=address: nothing that a boot script would follow. */
static void test_address_only(void **state)
{
	struct network_report r = leased();
	struct plan p = {.dhcp = PLAN_TRUST_ADDRESS};
	char out[2048];

	(void)state;
	r.lease.siaddr.s_addr = inet_addr("192.168.77.3");
	assert_int_equal(netconf_format(&p, &r, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "HOSTNAME=''\nDNSDOMAIN='lab.example'\n"));
	assert_non_null(strstr(out, "ROOTSERVER='0.0.0.0'\nROOTPATH=''\nfilename=''\n"));
	assert_non_null(strstr(out, "IPV4DNS0='192.168.77.1'\n"));
	p.dhcp = PLAN_TRUST_ALL;
	assert_int_equal(netconf_format(&p, &r, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "ROOTSERVER='192.168.77.3'\n"));
	assert_non_null(strstr(out, "HOSTNAME='pi4'\n"));
}

/* A static address, and names that came with the answer to an INFORM. */
static void test_informed(void **state)
{
	struct network_report r = leased();
	struct plan p = {.net = {.method = PLAN_METHOD_STATIC}};
	char out[2048];

	(void)state;
	r.have_lease = false;
	r.informed = true;
	assert_int_equal(netconf_format(&p, &r, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "PROTO='none'\n"));
	assert_non_null(strstr(out, "IPV4GATEWAY='0.0.0.0'\nIPV4DNS0='192.168.77.1'\n"));
	assert_non_null(strstr(out, "DNSDOMAIN='lab.example'\n"));
	assert_int_equal(netconf_resolv(&p, &r, out, sizeof(out)), 0);
	assert_string_equal(out, "nameserver 192.168.77.1\nsearch lab.example example\n");
}

/* Whatever a name holds, a shell that sources the file runs nothing and sees it as it is. */
static void test_hostile_values_in_a_shell(void **state)
{
	static const char *const values[] = {"a'b", "$(touch /tmp/pinet-owned)", "`id`", "a\\",
		"''';id;'", "a\"b", "${IFS}", "-n"};
	char path[] = "/tmp/pinet-test-XXXXXX", command[200], text[2048], out[300];
	const char *const argv[] = {"/bin/dash", "-c", command, NULL};
	struct network_report r = leased();
	struct plan p = {.server = ""};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(command, sizeof(command),
		". %s && printf '%%s|%%s' \"$ROOTPATH\" \"$DOMAINSEARCH\"", path);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char want[300];

		strcpy(r.lease.rootpath, values[i]);
		assert_int_equal(netconf_format(&p, &r, text, sizeof(text)), 0);
		assert_int_equal(fs_replace(path, text, 0600), 0);
		assert_int_equal(proc_run(argv, clock_now_ms() + 10000, out, sizeof(out)), 0);
		snprintf(want, sizeof(want), "%s|lab.example example", values[i]);
		assert_string_equal(out, want);
	}
	assert_false(fs_exists("/tmp/pinet-owned"));
	unlink(path);
}

static void test_size(void **state)
{
	struct network_report r = leased();
	struct plan p = {.server = ""};
	char out[2048];
	size_t len;

	(void)state;
	assert_int_equal(netconf_format(&p, &r, out, sizeof(out)), 0);
	len = strlen(out);
	for (size_t n = 0; n <= len; n++)
		assert_int_equal(netconf_format(&p, &r, out, n), -ENOSPC);
	assert_int_equal(netconf_resolv(&p, &r, out, 10), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dhcp),
		cmocka_unit_test(test_static),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_address_only),
		cmocka_unit_test(test_informed),
		cmocka_unit_test(test_hostile_values_in_a_shell),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

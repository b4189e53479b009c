/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/managers: which files a root's managers get, and what is in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/proc.h"
#include "base/clock.h"
#include "step/managers.h"

static const struct managers_net eth0 = {
	.ifname = "eth0", .dns = "192.168.77.1 192.168.77.2", .search = "lab.example example"};
static const struct managers_net no_dns = {.ifname = "end0"};

#define ALL 15 /* files that each root gets, if there are name servers */

struct place {
	char dir[40], root[48], run[48];
};

static int begin(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	strcpy(p->dir, "/tmp/test-managers-XXXXXX");
	if (!mkdtemp(p->dir))
		return -1;
	(void)snprintf(p->root, sizeof(p->root), "%s/root", p->dir);
	(void)snprintf(p->run, sizeof(p->run), "%s/run", p->dir);
	*state = p;
	return fs_mkdirs(p->root, 0755) < 0 || fs_mkdirs(p->run, 0755) < 0;
}

static int end(void **state)
{
	struct place *p = *state;
	const char *const argv[] = {"/bin/rm", "-rf", p->dir, NULL};
	int r = proc_run(argv, clock_now_ms() + 10000, NULL, 0);

	free(p);
	return r;
}

/* Puts a file into the root. */
static void have(const struct place *p, const char *path, const char *text)
{
	char full[200], dir[200];

	(void)snprintf(full, sizeof(full), "%s/%s", p->root, path);
	strcpy(dir, full);
	*strrchr(dir, '/') = '\0';
	assert_int_equal(fs_mkdirs(dir, 0755), 0);
	assert_int_equal(fs_replace(full, text, 0755), 0);
}

static void is(const struct place *p, const char *path, const char *wanted)
{
	char full[200], text[1024];

	(void)snprintf(full, sizeof(full), "%s/%s", p->run, path);
	assert_true(fs_read(full, text, sizeof(text)) >= 0);
	assert_string_equal(text, wanted);
}

static void is_masked(const struct place *p, const char *path)
{
	char full[200], to[32] = "";

	(void)snprintf(full, sizeof(full), "%s/%s", p->run, path);
	assert_int_equal(readlink(full, to, sizeof(to) - 1), 9);
	assert_string_equal(to, "/dev/null");
}

static int write_all(const struct place *p, const struct managers_net *net)
{
	struct err err = {.code = 0};

	return managers_write(p->root, p->run, net, &err);
}

static bool has(const struct place *p, const char *path)
{
	char full[200];

	(void)snprintf(full, sizeof(full), "%s/%s", p->run, path);
	return fs_exists(full);
}

/* A manager that is installed later finds its file, too. */
static void test_none(void **state)
{
	const struct place *p = *state;

	assert_int_equal(write_all(p, &eth0), ALL + 1);
	assert_true(has(p, "systemd/network/00-pinet.network"));
	assert_true(has(p, "NetworkManager/conf.d/00-pinet.conf"));
	is(p, "pinet/dhcpcd.conf", "denyinterfaces eth0\n");
	is(p, "pinet/resolv.conf",
		"# Made by pinet: the root is behind eth0.\nnameserver 192.168.77.1\n"
		"nameserver 192.168.77.2\nsearch lab.example example\n");
	is(p, "tmpfiles.d/zz-pinet.conf",
		"# Made by pinet: the root is behind eth0.\n"
		"L /etc/resolv.conf - - - - ../run/pinet/resolv.conf\n");
}

/* Who makes /etc/resolv.conf goes on to do so. */
static void test_resolvers(void **state)
{
	static const char *const resolver[] = {
		"usr/sbin/NetworkManager", "sbin/resolvconf", "usr/lib/systemd/systemd-resolved"};
	const struct place *p = *state;
	char path[200];

	assert_int_equal(write_all(p, &no_dns), ALL - 6);
	assert_false(has(p, "tmpfiles.d/zz-pinet.conf"));
	for (size_t i = 0; i < sizeof(resolver) / sizeof(resolver[0]); i++) {
		have(p, resolver[i], "");
		assert_int_equal(write_all(p, &eth0), ALL);
		assert_false(has(p, "tmpfiles.d/zz-pinet.conf"));
		(void)snprintf(path, sizeof(path), "%s/%s", p->root, resolver[i]);
		assert_int_equal(unlink(path), 0);
	}
}

static void test_networkd(void **state)
{
	const struct place *p = *state;

	assert_true(write_all(p, &eth0) > 0);
	is(p, "systemd/network/00-pinet.network",
		"# Made by pinet: the root is behind eth0.\n[Match]\nName=eth0\n\n[Network]\n"
		"KeepConfiguration=yes\nIgnoreCarrierLoss=yes\nConfigureWithoutCarrier=yes\n"
		"DNS=192.168.77.1 192.168.77.2\n"
		"Domains=lab.example example\n");
	assert_true(write_all(p, &no_dns) > 0);
	is(p, "systemd/network/00-pinet.network",
		"# Made by pinet: the root is behind end0.\n[Match]\nName=end0\n\n[Network]\n"
		"KeepConfiguration=yes\nIgnoreCarrierLoss=yes\nConfigureWithoutCarrier=yes\n");
}

static void test_networkmanager(void **state)
{
	const struct place *p = *state;

	assert_true(write_all(p, &no_dns) > 0);
	is(p, "NetworkManager/conf.d/00-pinet.conf",
		"# Made by pinet: the root is behind end0.\n[device-pinet]\n"
		"match-device=interface-name:=end0\nmanaged=0\n");
	assert_false(has(p, "NetworkManager/conf.d/00-pinet-dns.conf"));
	assert_true(write_all(p, &eth0) > 0);
	is(p, "NetworkManager/conf.d/00-pinet-dns.conf",
		"# Made by pinet: the root is behind eth0.\n[global-dns]\n"
		"searches=lab.example,example\n\n[global-dns-domain-*]\n"
		"servers=192.168.77.1,192.168.77.2\n");
}

static void test_ifupdown(void **state)
{
	const struct place *p = *state;

	assert_true(write_all(p, &eth0) > 0);
	is(p, "systemd/system/networking.service.d/pinet.conf",
		"# Made by pinet: the root is behind eth0.\n[Service]\n"
		"Environment=EXCLUDE_INTERFACES=eth0\n");
	is_masked(p, "systemd/system/ifup@eth0.service");
	is(p, "network/ifstate", "eth0=eth0\n");
	is(p, "network/ifstate.eth0", "eth0\n");
	is(p, "resolvconf/interface/eth0.pinet",
		"nameserver 192.168.77.1\nnameserver 192.168.77.2\nsearch lab.example example\n");
	is(p, "resolvconf/postponed-update", "");
	assert_true(write_all(p, &eth0) > 0); /* the boot was tried again */
}

static void test_dhcpcd(void **state)
{
	const struct place *p = *state;

	have(p, "etc/dhcpcd.conf", "hostname\ninterface eth1\nstatic ip_address=10.0.0.1/8\n");
	assert_true(write_all(p, &eth0) > 0);
	is_masked(p, "systemd/system/dhcpcd@eth0.service");
	is(p, "dhcpcd/hook-state/resolv.conf/eth0.pinet",
		"nameserver 192.168.77.1\nnameserver 192.168.77.2\nsearch lab.example example\n");
	is(p, "pinet/dhcpcd.conf",
		"denyinterfaces eth0\nhostname\ninterface eth1\nstatic ip_address=10.0.0.1/8\n");
	is(p, "systemd/system/dhcpcd.service.d/pinet.conf",
		"# Made by pinet: the root is behind eth0.\n[Service]\n"
		"RuntimeDirectoryPreserve=yes\nBindReadOnlyPaths=-/run/pinet/dhcpcd.conf:/etc/"
		"dhcpcd.conf\n");
}

static void test_resolved(void **state)
{
	const struct place *p = *state;

	assert_true(write_all(p, &eth0) > 0);
	is(p, "systemd/resolved.conf.d/pinet.conf",
		"# Made by pinet: the root is behind eth0.\n[Resolve]\n"
		"DNS=192.168.77.1 192.168.77.2\nDomains=lab.example example\n");
}

/* One that cannot be written keeps no other from being. */
static void test_failure(void **state)
{
	const struct place *p = *state;
	struct err err = {.code = 0};
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/systemd", p->run);
	assert_int_equal(fs_replace(path, "a file", 0644), 0);
	assert_int_equal(managers_write(p->root, p->run, &no_dns, &err), -ENOTDIR);
	assert_non_null(strstr(err.text, "systemd/network/00-pinet.network: Not a directory"));
	is(p, "NetworkManager/conf.d/00-pinet.conf",
		"# Made by pinet: the root is behind end0.\n[device-pinet]\n"
		"match-device=interface-name:=end0\nmanaged=0\n");
}

static void test_large_dhcpcd_conf(void **state)
{
	const struct place *p = *state;
	char text[MANAGERS_TEXT_SIZE + 1];
	struct err err = {.code = 0};

	memset(text, '#', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	have(p, "etc/dhcpcd.conf", text);
	assert_int_equal(managers_write(p->root, p->run, &eth0, &err), -EFBIG);
	assert_non_null(strstr(err.text, "dhcpcd may take the root's interface"));
}

/* Every size that is too small is refused, and nothing is written behind the end. */
static void test_sizes(void **state)
{
	char out[64];
	size_t full = strlen("eth0 192.168.77.1,192.168.77.2");

	(void)state;
	for (size_t size = 1; size < sizeof(out); size++) {
		memset(out, 'x', sizeof(out));
		assert_int_equal(
			managers_expand("\1 \2", &eth0, ",", out, size), size > full ? 0 : -ENOSPC);
		assert_true(strlen(out) < size);
		assert_int_equal(out[size], 'x');
	}
	assert_int_equal(managers_expand("", &eth0, ",", out, 1), 0);
	assert_int_equal(managers_expand("a\3\nb\n\2\n", &no_dns, ",", out, sizeof(out)), 0);
	assert_string_equal(out, "b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_none, begin, end),
		cmocka_unit_test_setup_teardown(test_resolvers, begin, end),
		cmocka_unit_test_setup_teardown(test_networkd, begin, end),
		cmocka_unit_test_setup_teardown(test_networkmanager, begin, end),
		cmocka_unit_test_setup_teardown(test_ifupdown, begin, end),
		cmocka_unit_test_setup_teardown(test_dhcpcd, begin, end),
		cmocka_unit_test_setup_teardown(test_resolved, begin, end),
		cmocka_unit_test_setup_teardown(test_failure, begin, end),
		cmocka_unit_test_setup_teardown(test_large_dhcpcd_conf, begin, end),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

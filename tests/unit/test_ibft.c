/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/ibft: what comes of a table, whole, damaged or not there; golden plans have the usual ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/ibft.h"

#define NAME "iqn.2025-02.dev.example:san"

/* A table as "name=value" strings, the last one of a name counts. */
static ssize_t find(void *ctx, const char *name, char *buf, size_t size)
{
	const char *const *table = ctx, *hit = NULL;
	size_t n = strlen(name);

	for (size_t i = 0; table[i]; i++)
		if (strncmp(table[i], name, n) == 0 && table[i][n] == '=')
			hit = table[i] + n + 1;
	if (!hit)
		return -ENOENT;
	assert_true(strlen(hit) < size);
	strcpy(buf, hit);
	return (ssize_t)strlen(hit);
}

#define PARSE(ret, ...)                                                                            \
	ibft_parse(find,                                                                           \
		(void *)(const char *const[]){"target0/flags=3", "target0/target-name=" NAME,      \
			"target0/ip-addr=10.0.0.6", ##__VA_ARGS__, NULL},                          \
		ret)

static const char *portal(const char *address, const char *port, struct ibft *ibft)
{
	char a[80], p[80];

	memset(ibft, 0, sizeof(*ibft));
	(void)snprintf(a, sizeof(a), "target0/ip-addr=%s", address);
	(void)snprintf(p, sizeof(p), "target0/port=%s", port);
	assert_int_equal(PARSE(ibft, a, p), 0);
	return ibft->set.n_portals ? ibft->set.portal[0] : ibft->notes.text[0];
}

static void test_portal(void **state)
{
	struct ibft ibft;

	(void)state;
	assert_string_equal(portal("10.0.0.6", "3261", &ibft), "10.0.0.6:3261");
	assert_string_equal(portal("10.0.0.6", "0", &ibft), "10.0.0.6:3260");
	assert_string_equal(portal("fd00::6", "3260", &ibft), "[fd00::6]:3260");
	assert_non_null(strstr(portal("10.0.0.6", "65536", &ibft), "must be ADDRESS[:PORT]"));
	assert_non_null(strstr(portal("10.0.0.6", "x", &ibft), "10.0.0.6:3260"));
	assert_non_null(strstr(ibft.notes.text[0], "target0/port \"x\": it is no number"));
	assert_non_null(strstr(portal("\x1b[2J", "1", &ibft), "\\x1b[2J"));
}

static void test_lun(void **state)
{
	static const struct {
		const char *text, *lun;
	} table[] = {
		{"00000000", "0"},
		{"01000000", "1"},
		{"0f000000", "15"},
		{"010000000", "16"},
		{"0ff000000", "255"},
		{"4010000000", "16"}, /* flat addressing: two digits and two */
		{"410000000", "256"},
		{"7fff000000", "16383"},
		{"", NULL},
		{"0", NULL},
		{"0000000", NULL},
		{"00000001", NULL},
		{"00100000", NULL},
		{"0100000000", NULL},
		{"c001000000", NULL}, /* extended addressing */
		{"80000000", NULL},
		{"7fff0000000", NULL},
		{"0g000000", NULL},
		{"ffffffffffffffff", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct ibft ibft;
		char lun[40];

		(void)snprintf(lun, sizeof(lun), "target0/lun=%s", table[i].text);
		assert_int_equal(PARSE(&ibft, lun), 0);
		if (table[i].lun) {
			assert_string_equal(ibft.set.one[SETTING_LUN].value, table[i].lun);
			assert_string_equal(ibft.set.one[SETTING_LUN].word, "target0/lun");
		} else {
			assert_false(ibft.set.one[SETTING_LUN].present);
			assert_int_equal(ibft.notes.n, table[i].text[0] ? 1 : 0);
		}
	}
}

static void test_chap(void **state)
{
	struct ibft ibft;

	(void)state;
	assert_int_equal(PARSE(&ibft, "target0/chap-type=0", "target0/chap-name=joe"), 0);
	assert_false(ibft.chap.present);
	assert_int_equal(PARSE(&ibft, "target0/chap-type=1", "target0/chap-name=joe",
				 "target0/chap-secret=sesame"),
		0);
	assert_true(ibft.chap.present);
	assert_false(ibft.chap.mutual);
	assert_string_equal(ibft.chap.secret, "sesame");
	/* Half of it is nothing; a secret is in no message. */
	assert_int_equal(PARSE(&ibft, "target0/chap-type=2", "target0/chap-name=joe",
				 "target0/chap-secret=sesame", "target0/rev-chap-name=nas"),
		0);
	assert_false(ibft.chap.present);
	assert_int_equal(ibft.notes.n, 1);
	assert_non_null(strstr(ibft.notes.text[0], "target0/rev-chap-name-secret is missing"));
	assert_null(strstr(ibft.notes.text[0], "sesame"));
}

static void test_adapter(void **state)
{
	struct ibft ibft;

	(void)state;
	assert_int_equal(PARSE(&ibft, "target0/nic-assoc=1", "ethernet0/flags=3",
				 "ethernet0/mac=52:54:00:00:00:01", "ethernet1/flags=1",
				 "ethernet1/mac=52:54:00:00:00:02", "ethernet1/ip-addr=10.0.0.50",
				 "ethernet1/vlan=4094"),
		0);
	assert_true(ibft.has_mac);
	assert_int_equal(ibft.mac[5], 2);
	assert_int_equal(ibft.vlan_id, 4094);
	assert_int_equal(ibft.ip.method, IP_STATIC);
	assert_int_equal(ibft.ip.prefix, 8);
	/* Invalid, out of the table's range, by DHCP. */
	assert_int_equal(PARSE(&ibft, "ethernet0/flags=2", "ethernet0/mac=52:54:00:00:00:01"), 0);
	assert_false(ibft.has_mac);
	assert_int_equal(PARSE(&ibft, "target0/nic-assoc=4294967295"), 0);
	assert_false(ibft.has_mac);
	assert_int_equal(PARSE(&ibft, "ethernet0/flags=1", "ethernet0/mac=52:54:00:00:00:01",
				 "ethernet0/ip-addr=10.0.0.50", "ethernet0/origin=3"),
		0);
	assert_true(ibft.has_mac);
	assert_int_equal(ibft.ip.method, IP_DHCP);
	/* IPv6: as it is, or as a router says it. */
	assert_int_equal(PARSE(&ibft, "ethernet0/flags=1", "ethernet0/mac=52:54:00:00:00:01",
				 "ethernet0/ip-addr=fd00::50", "ethernet0/prefix-len=48",
				 "ethernet0/gateway=fe80::1"),
		0);
	assert_int_equal(ibft.ip.method, IP_STATIC6);
	assert_int_equal(ibft.ip.prefix6, 48);
	assert_int_equal(ibft.ip.gateway6.s6_addr[0], 0xfe);
	assert_int_equal(PARSE(&ibft, "ethernet0/flags=1", "ethernet0/mac=52:54:00:00:00:01",
				 "ethernet0/ip-addr=fd00::50", "ethernet0/prefix-len=129",
				 "ethernet0/origin=4"),
		0);
	assert_int_equal(ibft.ip.method, IP_AUTO6);
	assert_int_equal(ibft.ip.prefix6, 64);
	assert_int_equal(PARSE(&ibft, "ethernet0/flags=1", "ethernet0/mac=52:54"), 0);
	assert_false(ibft.has_mac);
	assert_non_null(strstr(ibft.notes.text[0], "ethernet0/mac \"52:54\""));
}

static void test_targets(void **state)
{
	struct ibft ibft = {.vlan_id = 77};

	(void)state;
	assert_int_equal(PARSE(&ibft, "target0/flags=1", "target1/flags=3",
				 "target1/target-name=iqn.x", "target1/ip-addr=10.0.0.7"),
		0);
	assert_string_equal(ibft.set.one[SETTING_TARGET].value, "iqn.x");
	assert_int_equal(ibft.set.n_portals, 1);
	assert_int_equal(PARSE(&ibft, "target1/flags=1", "target1/target-name=" NAME,
				 "target1/ip-addr=10.0.0.7"),
		0);
	assert_int_equal(ibft.set.n_portals, 2);
	assert_string_equal(ibft.set.portal[1], "10.0.0.7:3260");
	ibft.vlan_id = 77;
	assert_int_equal(PARSE(&ibft, "target0/flags=2"), -ENOENT);
	assert_int_equal(PARSE(&ibft, "target0/target-name="), -ENOENT);
	assert_int_equal(PARSE(&ibft, "target0/target-name=no name"), -ENOENT);
	assert_int_equal(PARSE(&ibft, "target0/target-name=%i"), -ENOENT);
	assert_int_equal(ibft.vlan_id, 77); /* left alone */
}

static void write_file(int dir, const char *name, const char *text, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void test_load(void **state)
{
	char path[] = "/tmp/pinet-ibft.XXXXXX", big[2 * IBFT_TEXT_SIZE];
	static const char *const files[] = {"target0/flags", "target0/target-name", "target0/lun",
		"target0/ip-addr", "target0"};
	struct ibft ibft;
	int dir;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	assert_int_equal(ibft_load(dir, &ibft), -ENOENT);
	assert_int_equal(mkdirat(dir, "target0", 0700), 0);
	write_file(dir, "target0/flags", "3\n", 2);
	write_file(dir, "target0/target-name", NAME, strlen(NAME)); /* without a newline */
	memset(big, 'x', sizeof(big));
	write_file(dir, "target0/ip-addr", big, sizeof(big));
	write_file(dir, "target0/lun", "0\0000000000\n", 11);
	assert_int_equal(ibft_load(dir, &ibft), 0);
	assert_string_equal(ibft.set.one[SETTING_TARGET].value, NAME);
	assert_int_equal(ibft.set.n_portals, 0);
	assert_int_equal(ibft.notes.n, 2);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_int_equal(unlinkat(dir, files[i], i == 4 ? AT_REMOVEDIR : 0), 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_portal),
		cmocka_unit_test(test_lun),
		cmocka_unit_test(test_chap),
		cmocka_unit_test(test_adapter),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/firmware, step/nfs: options, the unit and its name, and refusals that need no server.
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
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "step/nfs.h"
#include "step/step.h"

static void test_options(void **state)
{
	struct nfs_mount m = {"192.168.77.1", "/srv", "/mnt", "4.2", ""};
	char out[200];

	(void)state;
	assert_int_equal(nfs_options(&m, out, sizeof(out)), 0);
	assert_string_equal(out, "vers=4.2,addr=192.168.77.1,soft,timeo=100,retrans=5,proto=tcp");
	m.version = "3";
	m.options = "rsize=65536";
	assert_int_equal(nfs_options(&m, out, sizeof(out)), 0);
	assert_string_equal(out,
		"vers=3,addr=192.168.77.1,soft,timeo=100,retrans=5,proto=tcp,nolock,"
		"mountproto=tcp,rsize=65536");
	assert_int_equal(nfs_options(&m, out, strlen(out) + 1), 0);
	assert_int_equal(nfs_options(&m, out, strlen(out)), -ENAMETOOLONG);
}

static void test_source(void **state)
{
	struct nfs_mount m = {"fd00::1", "/srv/a", "/mnt", "4.2", ""};
	char out[32];

	(void)state;
	assert_int_equal(nfs_source(&m, out, sizeof(out)), 0);
	assert_string_equal(out, "[fd00::1]:/srv/a");
	m.host = "10.0.0.1";
	assert_int_equal(nfs_source(&m, out, 16), 0);
	assert_string_equal(out, "10.0.0.1:/srv/a");
	assert_int_equal(nfs_source(&m, out, 15), -ENAMETOOLONG);
}

/* As systemd-escape --path --suffix=mount has it. */
static void test_unit_name(void **state)
{
	static const char *const table[][2] = {
		{"/boot/firmware", "boot-firmware.mount"},
		{"/boot", "boot.mount"},
		{"//boot//firmware/", "boot-firmware.mount"},
		{"/boot/fw-1", "boot-fw\\x2d1.mount"},
		{"/.hidden/.x", "\\x2ehidden-.x.mount"},
		{"/a@b\xc3", "a\\x40b\\xc3.mount"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(firmware_unit_name(table[i][0], out, sizeof(out)), 0);
		assert_string_equal(out, table[i][1]);
	}
	for (size_t n = 1; n < sizeof("boot-firmware.mount"); n++)
		assert_int_equal(firmware_unit_name("/boot/firmware", out, n), -ENOSPC);
}

static void test_unit(void **state)
{
	struct firmware_report r = {.mounted = true,
		.source = "10.0.0.1:/srv/%i",
		.where = "/boot/firmware",
		.options = "vers=3,addr=10.0.0.1",
		.version = "3"};
	char out[1024];

	(void)state;
	assert_int_equal(firmware_unit(&r, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "\nWhat=10.0.0.1:/srv/%%i\nWhere=/boot/firmware\nType=nfs\n"
				    "Options=vers=3,addr=10.0.0.1\n"));
	assert_non_null(strstr(out, "\nAfter=network.target"));
	strcpy(r.version, "4.2");
	assert_int_equal(firmware_unit(&r, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "\nType=nfs4\n"));
	assert_int_equal(firmware_unit(&r, out, 100), -ENOSPC);
}

/* What fails before any packet is sent: nothing is mounted, the sentence names the cause. */
static void test_refusals(void **state)
{
	char root[] = "/tmp/pinet-test-XXXXXX", path[64];
	struct plan p = {.firmware_on = true};
	struct firmware_report r;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(root));
	strcpy(p.firmware_host, "boot.lab");
	strcpy(p.firmware_path, "/srv");
	strcpy(p.firmware_dir, "/boot/firmware");
	assert_int_equal(firmware_run(&p, root, clock_now_ms() + 1000, &r, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no directory /boot/firmware"));
	assert_false(r.mounted);

	snprintf(path, sizeof(path), "%s/boot", root);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(firmware_run(&p, root, clock_now_ms() + 1000, &r, &err), -EDESTADDRREQ);
	assert_non_null(strstr(err.text, "boot.lab is a name"));

	snprintf(path, sizeof(path), "%s/boot/firmware", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/etc", path), 0);
	assert_int_equal(firmware_run(&p, root, clock_now_ms() + 1000, &r, &err), -ELOOP);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/boot", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_unit_name),
		cmocka_unit_test(test_unit),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * cmd/firmware_files: the plan as it was left, and where the mount unit is put.
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

#include "base/fs.h"
#include "cmd/firmware_files.h"

#define WANTS "units/remote-fs.target.wants"

/* The working directory of a test is an empty one of its own. */
static int begin(void **state)
{
	static char dir[64];

	strcpy(dir, "/tmp/test_firmware_files.XXXXXX");
	*state = dir;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int end(void **state)
{
	return chdir("/") == 0 ? rmdir(*state) : -1;
}

static struct firmware_report report_of(const char *where)
{
	struct firmware_report report = {
		.mounted = true, .source = "10.0.0.1:/x", .version = "4.2"};

	(void)snprintf(report.where, sizeof(report.where), "%s", where);
	return report;
}

static void drop(const char *path)
{
	assert_int_equal(remove(path), 0);
}

/* "units/NAME" is a unit for @where, and "WANTS/NAME" leads to it. */
static void has_unit(const char *name, const char *where)
{
	char path[256], to[64], text[2048], line[128];
	ssize_t n;

	(void)snprintf(path, sizeof(path), WANTS "/%s", name);
	n = readlink(path, to, sizeof(to) - 1);
	assert_true(n > 3);
	to[n] = '\0';
	assert_int_equal(strncmp(to, "../", 3), 0);
	assert_string_equal(to + 3, name);
	(void)snprintf(path, sizeof(path), "units/%s", name);
	assert_true(fs_read(path, text, sizeof(text)) > 0);
	(void)snprintf(line, sizeof(line), "\nWhere=%s\n", where);
	assert_non_null(strstr(text, line));
}

static void test_unit(void **state)
{
	struct firmware_report report = report_of("/boot/firmware");
	struct err err = {.code = 0};

	(void)state;
	/* Once more when it has come late. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(firmware_files_unit("units", &report, &err), 0);
		has_unit("boot-firmware.mount", "/boot/firmware");
	}
	drop("units/boot-firmware.mount");
	drop(WANTS "/boot-firmware.mount");
	report = report_of("/boot files");
	assert_int_equal(firmware_files_unit("units", &report, &err), 0);
	has_unit("boot\\x20files.mount", "/boot files");
	drop("units/boot\\x20files.mount");
	drop(WANTS "/boot\\x20files.mount");
	drop(WANTS);
	drop("units");
}

static void test_refused(void **state)
{
	struct firmware_report report = report_of("/boot/firmware");
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(fs_replace("units", "a file", 0600), 0);
	assert_int_equal(firmware_files_unit("units", &report, &err), -ENOTDIR);
	assert_non_null(
		strstr(err.text, "cannot write the mount unit of /boot/firmware to units: "));
	drop("units");
	/* Nothing is written over. */
	assert_int_equal(fs_mkdirs("units/boot-firmware.mount", 0700), 0);
	assert_int_equal(firmware_files_unit("units", &report, &err), -EISDIR);
	drop("units/boot-firmware.mount");
	drop(WANTS);
	drop("units");
}

static void test_plan(void **state)
{
	struct state st = {.n = 0};
	struct plan plan;

	(void)state;
	firmware_files_plan(&st, &plan);
	assert_false(plan.firmware_on);
	assert_false(plan.firmware_required);
	assert_string_equal(plan.firmware_host, "");
	state_put(&st, "firmware.on", "1");
	state_put(&st, "firmware.required", "1");
	state_put(&st, "firmware.host", "10.0.0.1");
	state_put(&st, "firmware.path", "/x");
	state_put(&st, "firmware.dir", "/boot");
	state_put(&st, "firmware.options", "vers=3");
	state_put(&st, "timeout_s", "60");
	firmware_files_plan(&st, &plan);
	assert_true(plan.firmware_on);
	assert_true(plan.firmware_required);
	assert_string_equal(plan.firmware_host, "10.0.0.1");
	assert_string_equal(plan.firmware_path, "/x");
	assert_string_equal(plan.firmware_dir, "/boot");
	assert_string_equal(plan.firmware_options, "vers=3");
	assert_int_equal(plan.timeout_s, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unit, begin, end),
		cmocka_unit_test_setup_teardown(test_refused, begin, end),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

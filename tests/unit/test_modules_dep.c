/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/modules_dep: lines of modules.dep, and words of modprobe.d and of a kernel command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "step/modules_dep.h"

/* "FILE: NEED NEED", the needs in the order in which they are to be loaded, or "none". */
static const char *found(struct span table, const char *name)
{
	static char out[256];
	struct span file, needs;
	size_t at;

	if (!modules_dep_find(table, name, &file, &needs))
		return "none";
	at = (size_t)snprintf(out, sizeof(out), "%.*s:", (int)file.len, (const char *)file.p);
	while (needs.len) {
		struct span need = modules_dep_last(&needs);

		at += (size_t)snprintf(
			out + at, sizeof(out) - at, " %.*s", (int)need.len, (const char *)need.p);
	}
	return out;
}

static void test_find(void **state)
{
	const char *text = "kernel/lib/crc16.ko:\n"
			   "kernel/lib/crc-t10dif.ko.xz: kernel/crypto/crct10dif_common.ko.xz\n"
			   "kernel/fs/ext4/ext4.ko: a/crc16.ko  b/mbcache.ko c/jbd2.ko \n"
			   "kernel/fs/ext4/ext4_more.ko:\n"
			   "no-colon.ko\n"
			   "\n"
			   "last.ko.zst: x.ko";
	const struct span table = span_str(text);

	(void)state;
	assert_string_equal(found(table, "crc16"), "kernel/lib/crc16.ko:");
	assert_string_equal(found(table, "crc_t10dif"),
		"kernel/lib/crc-t10dif.ko.xz: kernel/crypto/crct10dif_common.ko.xz");
	assert_string_equal(
		found(table, "ext4"), "kernel/fs/ext4/ext4.ko: c/jbd2.ko b/mbcache.ko a/crc16.ko");
	assert_string_equal(found(table, "no_colon"), "no-colon.ko:");
	assert_string_equal(found(table, "last"), "last.ko.zst: x.ko");
	assert_string_equal(found(table, "ext"), "none");
	assert_string_equal(found(table, "ext44"), "none");
	assert_string_equal(found(table, ""), ":"); /* the empty line: no caller asks for it */
	assert_string_equal(found(SPAN_NONE, "ext4"), "none");
	for (size_t len = 0; len < strlen(text); len++)
		(void)found(span_sub(table, 0, len), "last"); /* no read behind it: asan looks */
}

static void test_name(void **state)
{
	char out[MODULES_NAME_SIZE] = "before", file[MODULES_NAME_SIZE + 8] = "a/";

	(void)state;
	assert_int_equal(modules_dep_name(span_str("kernel/lib/crc-t10dif.ko.xz"), out), 0);
	assert_string_equal(out, "crc_t10dif");
	assert_int_equal(modules_dep_name(span_str("ext4"), out), 0);
	assert_string_equal(out, "ext4");
	memset(file + 2, 'x', MODULES_NAME_SIZE - 1);
	strcpy(file + 2 + MODULES_NAME_SIZE - 1, ".ko");
	assert_int_equal(modules_dep_name(span_str(file), out), 0);
	assert_int_equal(strlen(out), MODULES_NAME_SIZE - 1);
	strcpy(file + 2 + MODULES_NAME_SIZE - 1, "x.ko");
	assert_int_equal(modules_dep_name(span_str(file), out), -ENAMETOOLONG);
	assert_int_equal(strlen(out), MODULES_NAME_SIZE - 1);
}

static bool named(const char *text, const char *name)
{
	return modules_dep_is_named(span_str(text), name);
}

static void test_is_named(void **state)
{
	(void)state;
	assert_true(named("options iscsi_tcp debug=1\n", "iscsi_tcp"));
	assert_true(named("options\tiscsi-tcp", "iscsi_tcp"));
	assert_true(named("blacklist x\nblacklist sd_mod\n", "sd_mod"));
	assert_true(named("quiet scsi_mod.scan=sync ro\n", "scsi_mod"));
	assert_true(named("ext4", "ext4"));
	assert_false(named("root=x rootfstype=ext4 ro\n", "ext4"));
	assert_false(named("root.ext4=1 ext44 ext ext4_more\n", "ext4"));
	assert_false(named("", "ext4"));
	assert_false(named(" \n\t.", "ext4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

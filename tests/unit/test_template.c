/* SPDX-License-Identifier: GPL-2.0-or-later
 * plan/template: every letter, what is not known yet, what never will be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "plan/template.h"

static const struct machine pi = {
	.has_mac = true,
	.mac = {0xdc, 0xa6, 0x32, 0xe9, 0x00, 0x4c},
	.serial = "10000000abcdef12",
	.uuid = "4c4c4544-0042-3510-8052-b4c04f4e3632",
	.hostname = "pi4",
};
static const struct machine blank;

static void test_letters(void **state)
{
	char out[256];

	(void)state;
	assert_int_equal(
		template_expand("%m %s %S %u %h %i %%x", &pi, "ID", true, out, sizeof(out), NULL),
		0);
	assert_string_equal(out, "dc-a6-32-e9-00-4c abcdef12 10000000abcdef12 "
				 "4c4c4544-0042-3510-8052-b4c04f4e3632 pi4 ID %x");
}

static void test_unknown(void **state)
{
	char out[256] = "before";
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(template_expand("a-%m-%%", &blank, "", false, out, sizeof(out), &err), 0);
	assert_string_equal(out, "a-%m-%");
	assert_int_equal(
		template_expand("a-%s", &blank, "", true, out, sizeof(out), &err), -ENODATA);
	assert_non_null(strstr(err.text, "no Raspberry Pi serial number"));
	assert_int_equal(template_expand("a%", &pi, "", true, out, sizeof(out), &err), -EINVAL);
	assert_int_equal(template_expand("a%d", &pi, "", false, out, sizeof(out), &err), -EINVAL);
	assert_string_equal(out, "a-%m-%"); /* left alone */
}

static void test_size(void **state)
{
	char out[9] = "";

	(void)state;
	assert_int_equal(template_expand("%s", &pi, "", true, out, sizeof(out), NULL), 0);
	assert_int_equal(template_expand("%sx", &pi, "", true, out, sizeof(out), NULL), -ENOSPC);
	assert_string_equal(out, "abcdef12");
}

static void test_ids(void **state)
{
	char out[256];

	(void)state;
	assert_int_equal(template_id("mac", &pi, true, out, sizeof(out), NULL), 0);
	assert_string_equal(out, "dc-a6-32-e9-00-4c");
	assert_int_equal(template_id("serial", &pi, true, out, sizeof(out), NULL), 0);
	assert_string_equal(out, "abcdef12");
	assert_int_equal(template_id("running-lion", &blank, true, out, sizeof(out), NULL), 0);
	assert_string_equal(out, "running-lion");
	assert_int_equal(template_id("mac", &blank, false, out, sizeof(out), NULL), 0);
	assert_string_equal(out, "");
	assert_int_equal(template_id("uuid", &blank, true, out, sizeof(out), NULL), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/machine: the serial number in cpuinfo, which kernels without a device tree property have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "source/machine.h"

static const char *serial(const char *cpuinfo)
{
	static char out[17];

	strcpy(out, "-");
	machine_cpuinfo_serial(span_str(cpuinfo), out);
	return out;
}

static void test_serial(void **state)
{
	(void)state;
	assert_string_equal(serial("processor\t: 0\nBogoMIPS\t: 108.00\n\nHardware\t: BCM2835\n"
				   "Revision\t: c03111\nSerial\t\t: 10000000A1B2C3D4\n"
				   "Model\t\t: Raspberry Pi 4 Model B Rev 1.1\n"),
		"10000000a1b2c3d4");
	assert_string_equal(serial("Serial : 00000000deadbeef"), "00000000deadbeef");
	assert_string_equal(serial("Serial\t\t: 0000000000000000\n"), "-"); /* other boards */
	assert_string_equal(serial("Serial\t\t: 10000000a1b2c3d\n"), "-");
	assert_string_equal(serial("Serial\t\t: 10000000a1b2c3d44\n"), "-");
	assert_string_equal(serial("Serial\t\t: 10000000a1b2c3/4\n"), "-");
	assert_string_equal(serial("Serials\t: 10000000a1b2c3d4\nSerial\n"), "-");
	assert_string_equal(serial(""), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

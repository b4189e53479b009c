/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/guard: who else repairs sessions, as the kernel lists it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "step/guard.h"

#define HEAD                                                                                       \
	"sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    "      \
	"Inode\n"
#define KERNEL "0000000041fa3a1c 8   0          00000000 0        0        0     2        0  7\n"
#define OURS   "00000000f1b0c9d2 8   150        00000001 0        0        0     2        0  9\n"
#define ROUTE  "00000000a1b0c9d2 0   212        00000001 0        0        0     2        0  8\n"
#define OTHER  "00000000c1b0c9d2 8   212        00000002 0        0        0     2        0  8\n"
#define ISCSID "00000000d1b0c9d2 8   212        00000001 0        0        0     2        0  8\n"
#define ALL    "00000000d1b0c9d2 8   4294963 0000000f 0        0        0     2        0  8"

static void test_iscsid(void **state)
{
	(void)state;
	assert_true(guard_sees_iscsid(span_str(HEAD KERNEL OURS ISCSID), 150));
	assert_true(guard_sees_iscsid(span_str(HEAD ISCSID ROUTE OURS), 150));
	assert_true(guard_sees_iscsid(span_str(HEAD ALL), 150));
	assert_true(guard_sees_iscsid(span_str(HEAD OURS), 151));
}

static void test_nobody(void **state)
{
	(void)state;
	assert_false(guard_sees_iscsid(span_str(""), 150));
	assert_false(guard_sees_iscsid(span_str(HEAD), 150));
	assert_false(guard_sees_iscsid(span_str(HEAD KERNEL OURS ROUTE OTHER), 150));
	assert_false(guard_sees_iscsid(span_str(HEAD "\n\n   \n8 8 8\n"), 150));
}

static void test_truncation(void **state)
{
	size_t whole = strlen(ISCSID);

	(void)state;
	for (size_t n = 0; n <= whole; n++) {
		char *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, ISCSID, n);
		/* It is enough to have the groups. */
		if (n < strlen("00000000d1b0c9d2 8   212        0000000"))
			assert_false(guard_sees_iscsid(span_of(copy, n), 150));
		else if (n > strlen("00000000d1b0c9d2 8   212        0000000"))
			assert_true(guard_sees_iscsid(span_of(copy, n), 150));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iscsid),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * base/notes: a list that ends, and says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/notes.h"

static void test_room(void **state)
{
	struct notes notes = {.n = 0};

	(void)state;
	for (unsigned int i = 0; i < NOTES_MAX; i++)
		notes_add(&notes, "remark %u", i);
	assert_int_equal(notes.n, NOTES_MAX);
	assert_int_equal(notes.dropped, 0);
	assert_string_equal(notes.text[0], "remark 0");
	notes_add(&notes, "one over");
	notes_add(&notes, "and another");
	assert_int_equal(notes.n, NOTES_MAX);
	assert_int_equal(notes.dropped, 2);
	assert_string_equal(notes.text[NOTES_MAX - 1], "remark 23");
}

static void test_length(void **state)
{
	struct notes notes = {.n = 0};
	char text[NOTES_TEXT_SIZE + 1];

	(void)state;
	memset(text, 'x', NOTES_TEXT_SIZE);
	text[NOTES_TEXT_SIZE] = '\0';
	notes_add(&notes, "%s", text);
	assert_int_equal(strlen(notes.text[0]), NOTES_TEXT_SIZE - 1);
	notes_add(&notes, "%s", text + 1);
	assert_int_equal(strlen(notes.text[1]), NOTES_TEXT_SIZE - 1);
	notes_add(&notes, "%s", "");
	assert_string_equal(notes.text[2], "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

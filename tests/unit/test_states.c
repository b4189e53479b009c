/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/states: what is written is read back, whatever the file holds, and the last good one is
 * found.
 */
#include "store_tree.h"

#include "store/states.h"

/* @st as it would be in the file. */
static const char *shown(const struct states *st)
{
	static char out[4096];
	size_t at = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < st->n; i++)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s %s %u %u\n", st->at[i].name,
			states_mark_name(st->at[i].mark), st->at[i].attempts, st->at[i].time_s);
	return out;
}

static const char *parsed(const char *text)
{
	struct states st;

	states_parse(span_str(text), &st);
	return shown(&st);
}

static void test_parse(void **state)
{
	(void)state;
	assert_string_equal(parsed(""), "");
	assert_string_equal(parsed("g000001-6 good 0 1\ng000002-6 trying 2 3\n"),
		"g000001-6 good 0 1\ng000002-6 trying 2 3\n");
	assert_string_equal(parsed("g000001-6 bad 3 4294967295"), "g000001-6 bad 3 4294967295\n");
	assert_string_equal(
		parsed("g000001-6 new 0 1\ng000001-6 good 1 2\n"), "g000001-6 good 1 2\n");
	/* Lines that say nothing. */
	assert_string_equal(parsed("\n\nx\n../x good 0 1\ng000001-6\ng000001-6 good\n"
				   "g000001-6 good 1\ng000001-6 fine 0 1\ng000001-6 good -1 1\n"
				   "g000001-6 good 0 4294967296\ng000001-6 good 0 1 2\n"
				   " g000001-6 good 0 1\n"),
		"");
}

static void test_put(void **state)
{
	struct states st = {.n = 0};
	char name[NAME_SIZE];

	(void)state;
	assert_null(states_find(&st, "g000001-6"));
	assert_int_equal(states_put(&st, "../x", STATES_NEW, 0, 0), -EINVAL);
	for (uint32_t i = 0; i < GENERATIONS; i++) {
		assert_int_equal(name_make(i, "6", name), 0);
		assert_int_equal(states_put(&st, name, STATES_NEW, 0, i), 0);
	}
	assert_int_equal(states_put(&st, "g000999-6", STATES_NEW, 0, 0), -ENOSPC);
	assert_int_equal(states_put(&st, name, STATES_BAD, 3, 7), 0);
	assert_int_equal(st.n, GENERATIONS);
	assert_int_equal(states_find(&st, name)->mark, STATES_BAD);
	assert_int_equal(states_find(&st, "g000007-6")->time_s, 7);
}

static void test_file(void **state)
{
	struct states st = {.n = 0}, again;
	int dir = ours_fd(), before = open_files();
	struct err err;

	(void)state;
	assert_int_equal(states_put(&st, "g000001-6", STATES_GOOD, 0, 5), 0);
	assert_int_equal(states_put(&st, "g000002-6", STATES_TRYING, 1, 6), 0);
	assert_int_equal(states_load(-ENOENT, &again, &err), 0);
	assert_int_equal(again.n, 0);
	assert_int_equal(states_save(-ENOENT, &st, &err), -EBADF);
	assert_int_equal(states_load(dir, &again, &err), 0);
	assert_int_equal(states_save(dir, &st, &err), 0);
	assert_string_equal(get("pinet/states"), "g000001-6 good 0 5\ng000002-6 trying 1 6\n");
	assert_int_equal(states_load(dir, &again, &err), 0);
	assert_string_equal(shown(&again), get("pinet/states"));
	fault_arm(1, ESTALE);
	assert_int_equal(states_load(dir, &again, &err), -ESTALE);
	assert_int_equal(err.code, -ESTALE);
	fault_arm(2, ENOSPC);
	assert_int_equal(states_save(dir, &again, &err), -ENOSPC);
	assert_string_equal(err.text,
		"cannot write pinet/states: No space left on device; the boot server's disk has "
		"to get some room");
	fault.armed = false;
	fault.spoil = ".tmp-states";
	assert_int_equal(states_save(dir, &again, &err), -EBADMSG);
	assert_string_equal(err.text,
		"the boot server has stored something else as pinet/states than it was sent");
	assert_string_equal(get("pinet/states"), "g000001-6 good 0 5\ng000002-6 trying 1 6\n");
	assert_int_equal(entries("pinet"), 1);
	assert_int_equal(truncate("pinet/states", 1 << 20), 0);
	assert_int_equal(states_load(dir, &again, &err), 0);
	assert_int_equal(again.n, 0);
	unlink("pinet/states");
	assert_int_equal(symlink("elsewhere", "pinet/states"), 0);
	assert_int_equal(states_load(dir, &again, &err), -ELOOP);
	assert_int_equal(open_files(), before);
	close(dir);
}

/* The file holds as many generations as there may be, with the longest names. */
static void test_largest(void **state)
{
	struct states *st = calloc(1, sizeof(*st)), *again = calloc(1, sizeof(*again));
	char version[NAME_VERSION_SIZE], name[NAME_SIZE];
	int dir = ours_fd();
	struct err err;

	(void)state;
	memset(version, 'v', sizeof(version));
	version[NAME_VERSION_SIZE - 1] = '\0';
	for (uint32_t i = 0; i < GENERATIONS; i++) {
		assert_int_equal(name_make(NAME_NUMBER_MAX - i, version, name), 0);
		assert_int_equal(states_put(st, name, STATES_TRYING, UINT32_MAX, UINT32_MAX), 0);
	}
	assert_int_equal(states_save(dir, st, &err), 0);
	assert_int_equal(states_load(dir, again, &err), 0);
	assert_memory_equal(st, again, sizeof(*st));
	free(st);
	free(again);
	close(dir);
}

static const char *last_good(const char *text, const char *except)
{
	struct generation_list *list = calloc(1, sizeof(*list));
	const struct generation *g;
	static char out[NAME_SIZE];
	struct states st;

	for (uint32_t i = 1; i <= 4; i++) {
		list->at[list->n].number = i;
		assert_int_equal(name_make(i, "6", list->at[list->n++].name), 0);
	}
	states_parse(span_str(text), &st);
	g = states_last_good(&st, list, except);
	strcpy(out, g ? g->name : "none");
	free(list);
	return out;
}

static void test_last_good(void **state)
{
	(void)state;
	assert_string_equal(last_good("", NULL), "none");
	assert_string_equal(last_good("g000001-6 bad 3 9\ng000002-6 trying 1 9\n", NULL), "none");
	assert_string_equal(
		last_good("g000001-6 good 0 5\ng000002-6 good 0 4\n", NULL), "g000001-6");
	assert_string_equal(
		last_good("g000001-6 good 0 4\ng000002-6 good 0 5\n", NULL), "g000002-6");
	assert_string_equal(
		last_good("g000002-6 good 0 5\ng000001-6 good 0 5\n", NULL), "g000002-6");
	assert_string_equal(last_good("g000001-6 good 0 0\n", NULL), "g000001-6");
	assert_string_equal(last_good("g000009-6 good 0 5\n", NULL), "none");
	assert_string_equal(
		last_good("g000001-6 good 0 4\ng000002-6 good 0 5\n", "g000002-6"), "g000001-6");
}

static void test_keep(void **state)
{
	struct generation_list *list = calloc(1, sizeof(*list));
	struct states st;

	(void)state;
	states_parse(span_str("g000001-6 good 0 1\ng000002-6 bad 3 2\ng000003-6 new 0 3\n"), &st);
	strcpy(list->at[0].name, "g000002-6");
	list->n = 1;
	states_keep(&st, list);
	assert_string_equal(shown(&st), "g000002-6 bad 3 2\n");
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_put),
		in_directory(test_file),
		in_directory(test_largest),
		cmocka_unit_test(test_last_good),
		cmocka_unit_test(test_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

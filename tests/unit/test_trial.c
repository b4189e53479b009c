/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/trial: boots are counted, the third failure is the last, and a root gets the kernel it knows.
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

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "step/trial.h"
#include "store/states.h"

#define G1 "g000001-6.1.0-1-amd64"
#define G2 "g000002-6.1.0-2-amd64"
#define G3 "g000003-6.1.0-3-amd64"

static char top[] = "/tmp/pinet-test-XXXXXX";

static void put(const char *path, const char *text)
{
	char full[256], dir[256];

	snprintf(full, sizeof(full), "%s/%s", top, path);
	snprintf(dir, sizeof(dir), "%s", full);
	*strrchr(dir, '/') = '\0';
	assert_int_equal(fs_mkdirs(dir, 0755), 0);
	assert_int_equal(fs_replace(full, text, 0644), 0);
}

static const char *get(const char *path)
{
	static char text[4096];
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", top, path);
	return fs_read(full, text, sizeof(text)) < 0 ? "absent" : text;
}

/* A generation with a kernel of four bytes. */
static void make_generation(const char *name)
{
	char path[256], text[1024];

	snprintf(path, sizeof(path), "boot/pinet/%s/vmlinuz", name);
	put(path, "abcd");
	snprintf(text, sizeof(text),
		"pinet-manifest 1\ngeneration %s\ncreated 1\nkernel %s\nlayout link\n"
		"file kernel 88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589 4 "
		"vmlinuz\nend\n",
		name, strchr(name, '-') + 1);
	snprintf(path, sizeof(path), "boot/pinet/%s/manifest", name);
	put(path, text);
}

static void activate(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/boot/pinet/active", top);
	(void)unlink(path);
	assert_int_equal(symlink(name, path), 0);
}

static const char *active(void)
{
	static char name[256];
	char path[256];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/boot/pinet/active", top);
	n = readlink(path, name, sizeof(name) - 1);
	assert_true(n > 0);
	name[n] = '\0';
	return name;
}

static int setup(void **state)
{
	(void)state;
	strcpy(top, "/tmp/pinet-test-XXXXXX");
	assert_non_null(mkdtemp(top));
	make_generation(G1);
	make_generation(G2);
	activate(G2);
	return 0;
}

static int teardown(void **state)
{
	const char *const argv[] = {"/bin/rm", "-rf", top, NULL};

	(void)state;
	return proc_run(argv, clock_now_ms() + 10000, NULL, 0);
}

static struct trial_report count(const char *generation, const char *kernel)
{
	struct trial_boot boot = {generation, kernel, 1000};
	struct trial_report report;
	struct err err = {.code = 0};
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/boot", top);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	if (trial_count(fd, &boot, &report, &err) < 0)
		fail_msg("%s", err.text);
	close(fd);
	return report;
}

static void test_counts_and_goes_back(void **state)
{
	struct trial_report r;

	(void)state;
	put("boot/pinet/states", G1 " good 1 500\n");
	for (unsigned int i = 1; i <= TRIAL_ATTEMPTS; i++) {
		r = count(G2, "6.1.0-2-amd64");
		assert_int_equal(r.verdict, TRIAL_COUNTED);
		assert_int_equal(r.attempts, i);
		assert_string_equal(active(), G2);
	}
	assert_non_null(strstr(get("boot/pinet/states"), G2 " trying 3 1000\n"));
	r = count(G2, "6.1.0-2-amd64");
	assert_int_equal(r.verdict, TRIAL_BACK);
	assert_string_equal(r.back, G1);
	assert_string_equal(active(), G1);
	assert_non_null(strstr(get("boot/pinet/states"), G2 " bad 3 1000\n"));
	assert_non_null(strstr(get("boot/pinet/states"), G1 " good 1 500\n"));
	r = count(G1, "6.1.0-1-amd64");
	assert_int_equal(r.verdict, TRIAL_GOOD);
}

/* With no way back the machine goes on trying, and nothing is written. */
static void test_stuck(void **state)
{
	struct trial_report r;

	(void)state;
	put("boot/pinet/states", G2 " trying 3 5\n" G1 " bad 3 5\n");
	r = count(G2, "6.1.0-2-amd64");
	assert_int_equal(r.verdict, TRIAL_STUCK);
	assert_int_equal(r.attempts, 3);
	assert_string_equal(active(), G2);
	assert_string_equal(get("boot/pinet/states"), G2 " trying 3 5\n" G1 " bad 3 5\n");
}

/* A good one that has lost a file is no way back; the one before it is. */
static void test_second_way_back(void **state)
{
	struct trial_report r;

	(void)state;
	make_generation(G3);
	activate(G3);
	put("boot/pinet/states", G1 " good 0 5\n" G2 " good 0 6\n" G3 " trying 3 7\n");
	put("boot/pinet/" G2 "/vmlinuz", "abc");
	r = count(G3, "6.1.0-3-amd64");
	assert_int_equal(r.verdict, TRIAL_BACK);
	assert_string_equal(r.back, G1);
	assert_string_equal(active(), G1);
	assert_non_null(strstr(get("boot/pinet/states"), G2 " good 0 6\n" G3 " bad 3 1000\n"));
}

/* Nor is one that the firmware would not find: with a config.txt it follows no link. */
static void test_other_layout(void **state)
{
	struct trial_boot boot = {G2, "6.1.0-2-amd64", 1000};
	struct err err = {.code = 0};
	struct trial_report r;
	char path[256];
	int fd;

	(void)state;
	put("boot/config.txt", "# pinet: begin\nos_prefix=pinet/" G2 "/\n# pinet: end\n[all]\n");
	put("boot/pinet/states", G1 " good 0 5\n" G2 " trying 3 5\n");
	snprintf(path, sizeof(path), "%s/boot", top);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(trial_count(fd, &boot, &r, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, G1 " was made without a config.txt"));
	close(fd);
	assert_string_equal(active(), G2); /* the link */
	assert_non_null(strstr(get("boot/pinet/states"), G2 " trying 3 5\n"));
}

/* With none left, nothing changes. */
static void test_broken_way_back(void **state)
{
	struct trial_boot boot = {G2, "6.1.0-2-amd64", 1000};
	struct trial_report r;
	struct err err;
	char path[256];
	int fd;

	(void)state;
	put("boot/pinet/states", G1 " good 1 5\n" G2 " trying 3 5\n");
	put("boot/pinet/" G1 "/vmlinuz", "abc");
	snprintf(path, sizeof(path), "%s/boot", top);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(trial_count(fd, &boot, &r, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "vmlinuz"));
	close(fd);
	assert_string_equal(active(), G2);
}

static void test_what_was_loaded(void **state)
{
	(void)state;
	/* The word on the command line decides, without one the version of the kernel. */
	assert_int_equal(count(G1, "6.1.0-2-amd64").verdict, TRIAL_OTHER);
	assert_int_equal(count("", "6.1.0-1-amd64").verdict, TRIAL_OTHER);
	assert_string_equal(get("boot/pinet/states"), "absent");
	assert_int_equal(count("", "6.1.0-2-amd64").verdict, TRIAL_COUNTED);
}

static void test_no_generation(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/boot/pinet/active", top);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(count("", "6.1.0-2-amd64").verdict, TRIAL_NONE);
	assert_string_equal(get("boot/pinet/states"), "absent");
}

static int mend(const char *generation, const char *kernel, char name[NAME_SIZE])
{
	struct trial_boot boot = {generation, kernel, 1000};
	struct err err = {.code = 0};
	char path[256], root[256];
	int fd, r;

	snprintf(path, sizeof(path), "%s/boot", top);
	snprintf(root, sizeof(root), "%s/root", top);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	r = trial_mend(fd, root, &boot, name, &err);
	close(fd);
	return r;
}

/* The root went back to a snapshot that only knows the first kernel. */
static void test_mend(void **state)
{
	char name[NAME_SIZE] = "";

	(void)state;
	put("root/lib/modules/6.1.0-1-amd64/modules.dep", "");
	/* Not known to be loaded: a restart would change nothing. */
	assert_int_equal(mend("", "6.1.0-2-amd64", name), 0);
	put("boot/pinet/states", G1 " bad 3 5\n");
	assert_int_equal(mend(G2, "6.1.0-2-amd64", name), 0);
	assert_string_equal(active(), G2);
	put("boot/pinet/states", G1 " good 1 5\n");
	assert_int_equal(mend(G1, "6.1.0-1-amd64", name), 0);
	assert_string_equal(active(), G2);
	/* A newer one that fits, but has lost its kernel. */
	make_generation("g000003-6.1.0-1-amd64");
	put("boot/pinet/g000003-6.1.0-1-amd64/vmlinuz", "");
	assert_int_equal(mend(G2, "6.1.0-2-amd64", name), 1);
	assert_string_equal(name, G1);
	assert_string_equal(active(), G1);
}

static void test_modules(void **state)
{
	char root[256];

	(void)state;
	snprintf(root, sizeof(root), "%s/root", top);
	assert_true(trial_has_modules(root, "6.1.0-1-amd64")); /* a kernel without modules */
	put("root/lib/modules/6.1.0-1-amd64/modules.dep", "");
	assert_true(trial_has_modules(root, "6.1.0-1-amd64"));
	assert_false(trial_has_modules(root, "6.1.0-2-amd64"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts_and_goes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stuck, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second_way_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_layout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken_way_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_was_loaded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_generation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mend, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modules, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/nfs_read: which file is tried, and when there is none. What a server gets wrong is seen by tests/e2e.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "step/nfs.h"

static int reads(const char *dir)
{
	return nfs_check_reads(dir, clock_now_ms() + 60000);
}

/* Makes @dir/@name with @text in it. */
static void put(const char *dir, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fs_replace(path, text, 0600), 0);
}

static void drop(const char *dir, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(remove(path), 0);
}

static void test_reads(void **state)
{
	char dir[] = "/tmp/test_nfs_read.XXXXXX", etc[64], link[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(etc, sizeof(etc), "%s/etc", dir);
	assert_int_equal(reads(dir), -ENODATA);
	assert_int_equal(mkdir(etc, 0700), 0);
	assert_int_equal(reads(dir), -ENODATA);
	put(dir, "empty", "");
	assert_int_equal(reads(dir), -ENODATA);
	put(etc, "hostname", "client\n");
	assert_int_equal(reads(dir), 0);
	put(dir, "cmdline.txt", "root=LABEL=writable\n");
	drop(etc, "hostname");
	assert_int_equal(reads(dir), 0);
	drop(dir, "cmdline.txt");
	(void)snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(reads(dir), -ENODATA);
	drop(dir, "link");
	drop(dir, "empty");
	drop(dir, "etc");
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(reads(dir), -ENODATA);
}

static void test_deadline(void **state)
{
	(void)state;
	assert_int_equal(nfs_check_reads("/etc", 0), -ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

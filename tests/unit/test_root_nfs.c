/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/root_nfs: options of an NFS root, and refusals that need no server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "step/nfs.h"
#include "step/step.h"

/* A root waits for its server, and its files are no less than those of a disk. */
static void test_options(void **state)
{
	char out[NFS_OPTIONS_SIZE];
	struct nfs_wishes w;
	struct nfs_mount m = {"10.0.0.1", NULL, "/srv", "/mnt", "4.2", &w, NULL};

	(void)state;
	assert_int_equal(nfs_wishes_parse(NFS_USE_ROOT, span_str("ro,"), &w, NULL), 0);
	assert_int_equal(nfs_options(&m, out, sizeof(out)), 0);
	assert_string_equal(out, "vers=4.2,addr=10.0.0.1,proto=tcp,hard,ro");
	assert_int_equal(nfs_wishes_parse(NFS_USE_ROOT, span_str("ro,rw,vers=3"), &w, NULL), 0);
	assert_int_equal(w.flags, 0);
	m.version = "3";
	assert_int_equal(nfs_options(&m, out, sizeof(out)), 0);
	assert_string_equal(out, "vers=3,addr=10.0.0.1,proto=tcp,hard,nolock,mountproto=tcp");
}

static void expect(const char *host, const char *options, int wanted, const char *sentence)
{
	struct root_report report = {.device = "kept"};
	struct err err = {.code = 0};
	struct plan plan = {.nfs_path = "/srv/root"};

	snprintf(plan.nfs_host, sizeof(plan.nfs_host), "%s", host);
	snprintf(plan.nfs_options, sizeof(plan.nfs_options), "%s", options);
	assert_int_equal(
		nfs_root_run(&plan, "/nonexistent", clock_now_ms() + 2000, &report, &err), wanted);
	assert_string_equal(err.text, sentence);
	assert_string_equal(report.device, "kept");
}

static void test_refused(void **state)
{
	(void)state;
	expect("10.0.0.1", "vers=2", -EINVAL,
		"cannot mount the root 10.0.0.1:/srv/root: nfsroot: vers=2: it must be 3, 4, 4.0, "
		"4.1 or 4.2");
	expect("127.0.0.1", "port=1", -ECONNREFUSED,
		"cannot mount the root 127.0.0.1:/srv/root: 127.0.0.1 refuses connections to port "
		"1: is the service running there?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/guard: who else repairs sessions, as the kernel lists it, and which session is to be repaired.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/proc.h"
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

/* A made-up /proc and /sys, in which two sessions are logged in and nobody else repairs them. */
struct machine {
	char top[sizeof("/tmp/pinet-test-XXXXXX")];
	struct guard guard;
};

static void put(const struct machine *m, const char *name, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", m->top, name);
	*strrchr(path, '/') = '\0';
	assert_int_equal(fs_mkdirs(path, 0700), 0);
	path[strlen(path)] = '/';
	assert_int_equal(fs_replace(path, text, 0600), 0);
}

static void put_state(const struct machine *m, unsigned int sid, const char *state)
{
	char name[64];

	snprintf(name, sizeof(name), "class/iscsi_session/session%u/state", sid);
	put(m, name, state);
}

static int make_machine(void **state)
{
	static struct machine m;
	int fd;

	m = (struct machine){.top = "/tmp/pinet-test-XXXXXX"};
	if (!mkdtemp(m.top))
		return -1;
	fd = open(m.top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	m.guard = (struct guard){.nl = {.fd = -1},
		.proc_fd = fd,
		.sys_fd = fd,
		.n = 2,
		.session = {{.sid = 3}, {.sid = 14}}};
	put(&m, "self/net/netlink", HEAD KERNEL ROUTE);
	put_state(&m, 3, "LOGGED_IN\n");
	put_state(&m, 14, "LOGGED_IN\n");
	*state = &m;
	return fd < 0 ? -1 : 0;
}

static int remove_machine(void **state)
{
	struct machine *m = *state;
	const char *const argv[] = {"/bin/rm", "-rf", m->top, NULL};

	close(m->guard.proc_fd);
	return chdir("/") < 0 ? -1 : proc_run(argv, UINT64_MAX, NULL, 0);
}

static int look(struct machine *m, unsigned int i, struct err *reterr)
{
	return guard_look(&m->guard, &m->guard.session[i], reterr);
}

static void test_one_is_lost(void **state)
{
	struct machine *m = *state;
	struct err err = {.code = 0};

	assert_int_equal(look(m, 0, &err), GUARD_WELL);
	assert_int_equal(look(m, 1, &err), GUARD_WELL);
	put_state(m, 14, "FAILED\n");
	assert_int_equal(look(m, 0, &err), GUARD_WELL);
	/* There is no kernel to talk to. */
	assert_int_equal(look(m, 1, &err), -EBADF);
	assert_string_equal(err.text,
		"the kernel's iSCSI transport does not answer (request 18): Bad file descriptor");
}

static void test_one_is_gone(void **state)
{
	struct machine *m = *state;
	struct err err = {.code = 0};

	m->guard.session[0].sid = 4;
	assert_int_equal(look(m, 0, &err), GUARD_OVER);
	assert_int_equal(look(m, 1, &err), GUARD_WELL);
}

static void test_iscsid_repairs(void **state)
{
	struct machine *m = *state;
	struct err err = {.code = 0};

	put_state(m, 3, "FAILED\n");
	put(m, "self/net/netlink", HEAD KERNEL ISCSID);
	assert_int_equal(look(m, 0, &err), GUARD_OVER);
	assert_int_equal(look(m, 1, &err), GUARD_OVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_is_lost, make_machine, remove_machine),
		cmocka_unit_test_setup_teardown(test_one_is_gone, make_machine, remove_machine),
		cmocka_unit_test_setup_teardown(test_iscsid_repairs, make_machine, remove_machine),
		cmocka_unit_test(test_iscsid),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

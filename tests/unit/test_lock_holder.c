/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/lock_holder: a process that is recognized, and one that is gone.
 */
#include "store_self.h"

static void test_self(void **state)
{
	struct lock_holder h, again;
	char text[LOCK_TEXT_SIZE];
	struct err err;

	(void)state;
	assert_int_equal(lock_self("root", &h, &err), 0);
	assert_string_equal(h.machine, "1");
	assert_string_equal(h.host, "one");
	assert_int_equal(strlen(h.boot), 36);
	assert_int_equal(h.pid, getpid());
	assert_true(h.start > 0);
	assert_true(lock_runs(&h));
	lock_format(&h, text);
	assert_int_equal(lock_parse(span_str(text), &again), 0);
	assert_true(lock_same(&h, &again));
	again.start++;
	assert_false(lock_same(&h, &again));
	assert_false(lock_runs(&again));
	unlink("root/etc/hostname");
	assert_int_equal(lock_self("root", &h, &err), 0);
	assert_true(strlen(h.host) > 0);
	put("root/etc/machine-id", "\n");
	assert_int_equal(lock_self("root", &h, &err), -ENOENT);
	assert_string_equal(err.text,
		"cannot tell whose boot directory this is without root/etc/machine-id (see "
		"systemd-machine-id-setup(1)): No such file or directory");
}

static void test_runs(void **state)
{
	struct lock_holder h = self_of();
	siginfo_t info;
	int fds[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		struct lock_holder child = self_of();

		_exit(write(fds[1], &child, sizeof(child)) != sizeof(child));
	}
	assert_int_equal(read(fds[0], &h, sizeof(h)), sizeof(h));
	assert_int_equal(h.pid, pid);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(lock_runs(&h)); /* ended, and nobody has asked how */
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(lock_runs(&h));
	close(fds[0]);
	close(fds[1]);
}

static void test_parse(void **state)
{
	static const char good[] = "machine 1\nhost one\nboot b\npid 7\nstart 8\n";
	struct lock_holder h = {.pid = 9};
	char text[LOCK_TEXT_SIZE];

	(void)state;
	for (size_t len = 0; len < strlen(good) - 2; len++) {
		assert_int_equal(lock_parse(span_of(good, len), &h), -EBADMSG);
		assert_int_equal(h.pid, 9);
	}
	assert_int_equal(lock_parse(span_str(good), &h), 0);
	lock_format(&h, text);
	assert_string_equal(text, good);
	assert_int_equal(lock_parse(span_str("later words\nmachine 1\nhost one\nboot b\npid 7\n"
					     "start 8\n"),
				 &h),
		0);
	assert_int_equal(lock_parse(span_str("machine 1\nmachine 2\nhost one\nboot b\npid 7\n"
					     "start 8\n"),
				 &h),
		-EBADMSG);
	assert_int_equal(
		lock_parse(span_str("machine \nhost one\nboot b\npid 7\nstart 8\n"), &h), -EBADMSG);
	assert_int_equal(
		lock_parse(span_str("machine 1\nhost \033[2J\nboot b\npid 7\nstart 8\n"), &h),
		-EBADMSG);
	assert_int_equal(
		lock_parse(span_str("machine 1\nhost o\nboot b\npid -7\nstart 8\n"), &h), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_root(test_self),
		in_root(test_runs),
		in_root(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

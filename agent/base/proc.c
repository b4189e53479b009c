/* SPDX-License-Identifier: GPL-2.0-or-later
 * Child processes: argv, a deadline, a clean environment, bounded output.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/proc.h"

static const char *const clean_env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};

static void __attribute__((noreturn)) run_child(const char *const argv[], int out_fd, int err_fd)
{
	int null_fd = open("/dev/null", O_RDWR);
	int e;

	if (null_fd >= 0 && setpgid(0, 0) == 0 && dup2(null_fd, 0) >= 0 && dup2(out_fd, 1) >= 0 &&
		dup2(out_fd, 2) >= 0)
		execve(argv[0], (char *const *)argv, (char *const *)clean_env);
	e = errno;
	(void)!write(
		err_fd, &e, sizeof(e)); /* the parent sees EOF instead: reported as EIO there */
	_exit(127);
}

/* Reads what the child prints until it closes its output, ends, or the deadline passes. */
static int collect(int fd, int pidfd, uint64_t deadline_ms, char *out, size_t size)
{
	struct pollfd p[2] = {{fd, POLLIN, 0}, {pidfd, POLLIN, 0}};
	size_t at = 0;

	for (;;) {
		char buf[512];
		int n = poll(p, 2, clock_poll_ms(clock_now_ms(), deadline_ms));
		ssize_t got = 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ETIMEDOUT;
		if (p[0].revents)
			got = read(fd, buf, sizeof(buf));
		for (ssize_t i = 0; i < got; i++)
			if (size && at + 1 < size)
				out[at++] = buf[i];
		if (size)
			out[at] = '\0';
		if (got > 0)
			continue;
		if (p[0].revents)
			p[0].fd = -1; /* closed: wait for the end alone */
		if (p[1].revents)
			return 0;
	}
}

int proc_run(const char *const argv[], uint64_t deadline_ms, char *out, size_t size)
{
	_cleanup_fd_ int out_r = -1, out_w = -1, err_r = -1, err_w = -1, pidfd = -1;
	int pipe_out[2], pipe_err[2], child_errno = 0, status, r;
	pid_t pid;

	if (size)
		out[0] = '\0';
	if (pipe2(pipe_out, O_CLOEXEC) < 0)
		return -errno;
	out_r = pipe_out[0];
	out_w = pipe_out[1];
	if (pipe2(pipe_err, O_CLOEXEC) < 0)
		return -errno;
	err_r = pipe_err[0];
	err_w = pipe_err[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		run_child(argv, out_w, err_w);
	(void)setpgid(pid, pid); /* both sides do it: whoever is first wins */
	(void)close(take_fd(&out_w));
	(void)close(take_fd(&err_w));
	if (read(err_r, &child_errno, sizeof(child_errno)) == sizeof(child_errno)) {
		(void)waitpid(pid, &status, 0);
		return -child_errno;
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	r = pidfd < 0 ? -errno : collect(out_r, pidfd, deadline_ms, out, size);
	if (r < 0)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

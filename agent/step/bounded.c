/* SPDX-License-Identifier: GPL-2.0-or-later
 * A system call that may block for minutes, bounded: it is made in a child that can be left behind.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/bounded.h"

#define DIE_MS 1000 /* a killed process is gone at once, or hangs in the kernel */

/* Waits for the end of a child: 0, -ETIMEDOUT, or another negative errno. */
static int wait_end(int pidfd, uint64_t deadline_ms)
{
	struct pollfd p = {pidfd, POLLIN, 0};
	int n;

	do
		n = poll(&p, 1, clock_poll_ms(clock_now_ms(), deadline_ms));
	while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n == 0 ? -ETIMEDOUT : -errno;
}

int bounded_run(int (*job)(const void *arg), const void *arg, uint64_t deadline_ms)
{
	_cleanup_fd_ int pidfd = -1;
	int status = 0, r;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(-job(arg) & 0xff);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	r = pidfd < 0 ? -errno : wait_end(pidfd, deadline_ms);
	if (r < 0) {
		(void)kill(pid, SIGKILL); /* it is ours and not waited for: it exists */
		if (pidfd >= 0 && wait_end(pidfd, clock_now_ms() + DIE_MS) < 0)
			return r;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

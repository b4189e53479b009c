/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: work that a child process does beside, with a result of fixed size.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "step/sync_child.h"

static void __attribute__((noreturn)) run_child(void (*work)(const void *ctx, void *result),
	const void *ctx, size_t size, int fd, pid_t parent)
{
	char *result = calloc(1, size);
	size_t at = 0;

	/* It must not go on when whoever has the lock is gone. */
	if (!result || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	work(ctx, result);
	while (at < size) {
		ssize_t n = write(fd, result + at, size - at);

		if (n < 0 && errno != EINTR)
			_exit(1);
		at += n < 0 ? 0 : (size_t)n;
	}
	_exit(0);
}

int sync_child_start(struct sync_child *child, void (*work)(const void *ctx, void *result),
	const void *ctx, size_t size)
{
	_cleanup_fd_ int fd_r = -1, fd_w = -1;
	int fds[2];
	pid_t pid, self = getpid();

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	fd_r = fds[0];
	fd_w = fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		run_child(work, ctx, size, fd_w, self);
	child->pid = pid;
	child->fd = take_fd(&fd_r);
	return 0;
}

int sync_child_finish(struct sync_child *child, void *result, size_t size)
{
	size_t at = 0;
	int status;

	while (at < size) {
		ssize_t n = read(child->fd, (char *)result + at, size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)close(child->fd); /* only read */
	child->pid = 0;
	return at == size ? 0 : -EIO;
}

void sync_child_stop(struct sync_child *child)
{
	if (!child->pid)
		return;
	(void)kill(child->pid, SIGKILL); /* it may have ended by itself */
	(void)!sync_child_finish(child, NULL, 0); /* another error is told */
}

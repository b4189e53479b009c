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

#define PIECE_SIZE 65536 /* bytes of output taken at once */

#define DIE_MS 1000

static const char *const clean_env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};

/* What a child is given, and who takes its output. */
struct child {
	const char *const *argv;
	int in_fd; /* -1: nothing to read */
	bool with_stderr; /* standard error goes where the output goes */
	int (*feed)(void *ctx, struct span piece);
	void *ctx;
};

static void __attribute__((noreturn)) run_child(const struct child *c, int out_fd, int err_fd)
{
	int null_fd = open("/dev/null", O_RDWR);
	int e;

	if (null_fd >= 0 && setpgid(0, 0) == 0 &&
		dup2(c->in_fd >= 0 ? c->in_fd : null_fd, 0) >= 0 && dup2(out_fd, 1) >= 0 &&
		dup2(c->with_stderr ? out_fd : null_fd, 2) >= 0)
		execve(c->argv[0], (char *const *)c->argv, (char *const *)clean_env);
	e = errno;
	(void)!write(
		err_fd, &e, sizeof(e)); /* the parent sees EOF instead: reported as EIO there */
	_exit(127);
}

/*
 * Reads what the child prints until it closes its output, ends, or the deadline passes. Returns 0,
 * what feed returned if that is not 0, or a negative errno.
 */
static int collect(const struct child *c, int fd, int pidfd, uint64_t deadline_ms)
{
	struct pollfd p[2] = {{fd, POLLIN, 0}, {pidfd, POLLIN, 0}};

	for (;;) {
		char buf[PIECE_SIZE];
		int n = poll(p, 2, clock_poll_ms(clock_now_ms(), deadline_ms)), r;
		ssize_t got = 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ETIMEDOUT;
		if (p[0].revents)
			got = read(fd, buf, sizeof(buf));
		if (got > 0) {
			r = c->feed(c->ctx, span_of(buf, (size_t)got));
			if (r != 0)
				return r;
			if (clock_now_ms() >= deadline_ms)
				return -ETIMEDOUT; /* it may print without end */
			continue;
		}
		if (p[0].revents)
			p[0].fd = -1; /* closed: wait for the end alone */
		if (p[1].revents)
			return 0;
	}
}

/* True if a killed child ends soon; a system call of it may take as long as a server is away. */
static bool has_ended(int pidfd)
{
	struct pollfd p = {pidfd, POLLIN, 0};
	int n;

	do
		n = poll(&p, 1, DIE_MS);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static int run(const struct child *c, uint64_t deadline_ms)
{
	_cleanup_fd_ int out_r = -1, out_w = -1, err_r = -1, err_w = -1, pidfd = -1;
	int pipe_out[2], pipe_err[2], child_errno = 0, status, r;
	pid_t pid;

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
		run_child(c, out_w, err_w);
	(void)setpgid(pid, pid); /* both sides do it: whoever is first wins */
	(void)close(take_fd(&out_w));
	(void)close(take_fd(&err_w));
	if (read(err_r, &child_errno, sizeof(child_errno)) == sizeof(child_errno)) {
		(void)waitpid(pid, &status, 0);
		return -child_errno;
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	r = pidfd < 0 ? -errno : collect(c, out_r, pidfd, deadline_ms);
	if (r != 0)
		(void)kill(-pid, SIGKILL);
	if (r != 0 && pidfd >= 0 && !has_ended(pidfd))
		return r < 0 ? r : PROC_STOPPED; /* stuck in the kernel: left behind */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r != 0)
		return r < 0 ? r : PROC_STOPPED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* The string that proc_run() fills. */
struct text {
	char *out;
	size_t size, at;
};

static int append(void *ctx, struct span piece)
{
	struct text *t = ctx;

	for (size_t i = 0; i < piece.len && t->at + 1 < t->size; i++)
		t->out[t->at++] = (char)piece.p[i];
	if (t->size)
		t->out[t->at] = '\0';
	return 0;
}

int proc_run(const char *const argv[], uint64_t deadline_ms, char *out, size_t size)
{
	struct text text = {out, size, 0};
	struct child c = {argv, -1, true, append, &text};

	if (size)
		out[0] = '\0';
	return run(&c, deadline_ms);
}

int proc_stream(const char *const argv[], int in_fd, uint64_t deadline_ms,
	int (*feed)(void *ctx, struct span piece), void *ctx)
{
	struct child c = {argv, in_fd, false, feed, ctx};

	return run(&c, deadline_ms);
}

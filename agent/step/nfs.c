/* SPDX-License-Identifier: GPL-2.0-or-later
 * One NFS mount by mount(2), without a helper program and with a deadline.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "step/nfs.h"

#define SOURCE_SIZE  600
#define OPTIONS_SIZE 600

/*
 * soft with long time-outs: a server that is away for a minute is waited for, one that is gone gives
 * an error in place of processes that hang for ever; what is written there is written by tools that
 * check, and a half-written boot file never becomes the active one.
 */
#define COMMON_OPTIONS "soft,timeo=100,retrans=5,proto=tcp"

int nfs_source(const struct nfs_mount *m, char *out, size_t size)
{
	int n = snprintf(out, size, strchr(m->host, ':') ? "[%s]:%s" : "%s:%s", m->host, m->path);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int nfs_options(const struct nfs_mount *m, char *out, size_t size)
{
	/* Without rpc.statd there is no lock protocol for version 3. */
	const char *v3 = m->version[0] == '3' ? ",nolock,mountproto=tcp" : "";
	int n = snprintf(out, size, "vers=%s,addr=%s,%s%s%s%s", m->version, m->host, COMMON_OPTIONS,
		v3, m->options[0] ? "," : "", m->options);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* The kernel's errno as a sentence about the server. */
static int explain(int r, const struct nfs_mount *m, const char *source, struct err *reterr)
{
	switch (-r) {
	case EACCES:
	case EPERM:
		return err_set(reterr, r,
			"the server does not let this client mount %s: check its exports", source);
	case ENOENT:
		return err_set(reterr, r, "the server has no directory %s", m->path);
	case EPROTONOSUPPORT:
		return err_set(reterr, r, "the server does not speak this version");
	case ECONNREFUSED:
		return err_set(reterr, r, "%s refuses the connection: is the NFS server running?",
			m->host);
	case ETIMEDOUT:
		return err_set(reterr, r, "%s does not answer", m->host);
	case ENODEV:
		return err_set(reterr, r,
			"this kernel has no NFS of this version: the module is not in the "
			"initramfs");
	default:
		return err_sys(reterr, r, "mounting %s failed", source);
	}
}

/* Waits for @pid until the deadline: its errno as the exit status, or -ETIMEDOUT. */
static int wait_child(pid_t pid, uint64_t deadline_ms)
{
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {pidfd, POLLIN, 0};
	int n, status, r = 0;

	if (pidfd < 0)
		r = -errno;
	while (r == 0) {
		n = poll(&p, 1, clock_poll_ms(clock_now_ms(), deadline_ms));
		if (n > 0)
			break;
		if (n == 0)
			r = -ETIMEDOUT;
		else if (errno != EINTR)
			r = -errno;
	}
	if (r < 0)
		(void)kill(pid, SIGKILL); /* the kernel's NFS waits can be killed */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int nfs_mount(const struct nfs_mount *m, uint64_t deadline_ms, struct err *reterr)
{
	char source[SOURCE_SIZE], options[OPTIONS_SIZE];
	pid_t pid;
	int r;

	if (nfs_source(m, source, sizeof(source)) < 0 ||
		nfs_options(m, options, sizeof(options)) < 0)
		return err_set(reterr, -ENAMETOOLONG, "%.60s...: the names are too long", m->path);
	pid = fork();
	if (pid < 0)
		return err_sys(reterr, -errno, "cannot start a process");
	if (pid == 0)
		_exit(mount(source, m->where, m->version[0] == '3' ? "nfs" : "nfs4", MS_NOATIME,
			      options) == 0
				? 0
				: errno); /* errno values of Linux are below 256 where mount is concerned */
	r = wait_child(pid, deadline_ms);
	return r < 0 ? explain(r, m, source, reterr) : 0;
}

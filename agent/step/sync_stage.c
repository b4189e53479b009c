/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: the files go to the boot server, and while they do, what it has stored of those
 * before is read back by a child process. The two directions of a network do not hinder each other.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/proc.h"
#include "step/sync_parts.h"
#include "store/config_txt.h"

#define TOUCH_MS     60000 /* the lock is touched that often */
#define PACKAGE_MS   20000
#define PACKAGE_SIZE 4096
#define DPKG_QUERY   "/usr/bin/dpkg-query"

/* A child that reads back the files up to @to. */
struct verifier {
	pid_t pid; /* 0 if there is none */
	int fd; /* its error comes from here */
	size_t done; /* files before this one are verified, or are being */
};

static int verify(const struct stage *stage, size_t from, size_t to, struct err *reterr)
{
	for (size_t i = from; i < to; i++) {
		int r = stage_verify(stage, i, reterr);

		if (r < 0)
			return r;
	}
	return 0;
}

static void __attribute__((noreturn))
run_verifier(const struct stage *stage, size_t from, size_t to, int fd)
{
	struct err err = {.code = 0};

	if (verify(stage, from, to, &err) < 0)
		(void)!write(fd, &err, sizeof(err)); /* its exit status tells, too */
	_exit(err.code ? 1 : 0);
}

/* Starts one for all that is staged and not verified. A failure to start is none: it is done later. */
static void start_verifier(struct verifier *v, const struct stage *stage)
{
	int fds[2];

	if (v->pid || v->done == stage->manifest.n || pipe2(fds, O_CLOEXEC) < 0)
		return;
	v->pid = fork();
	if (v->pid == 0)
		run_verifier(stage, v->done, stage->manifest.n, fds[1]);
	(void)close(fds[1]);
	if (v->pid < 0) {
		v->pid = 0;
		(void)close(fds[0]);
		return;
	}
	v->fd = fds[0];
	v->done = stage->manifest.n;
}

/* Waits for the child. Returns 0 or its error. */
static int finish_verifier(struct verifier *v, struct err *reterr)
{
	struct err err = {.code = 0};
	int status = 0;
	ssize_t n;

	if (!v->pid)
		return 0;
	while ((n = read(v->fd, &err, sizeof(err))) < 0 && errno == EINTR)
		;
	while (waitpid(v->pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)close(v->fd);
	v->pid = 0;
	if (n == sizeof(err))
		return err_set(reterr, err.code, "%s", err.text);
	if (n != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(reterr, -EIO, "reading back from the boot server was interrupted");
	return 0;
}

static void stop_verifier(struct verifier *v)
{
	if (!v->pid)
		return;
	(void)kill(v->pid, SIGKILL);
	(void)finish_verifier(v, NULL); /* another error is told */
}

/* True if the child has ended. */
static bool is_finished(const struct verifier *v)
{
	struct pollfd p = {v->fd, POLLIN, 0};

	return v->pid && poll(&p, 1, 0) > 0;
}

/* Goes on with what was staged since. */
static int keep_verifying(struct verifier *v, const struct stage *stage, struct err *reterr)
{
	if (is_finished(v)) {
		int r = finish_verifier(v, reterr);

		if (r < 0)
			return r;
	}
	start_verifier(v, stage);
	return 0;
}

static int stage_one(struct sync *s, size_t i, struct stage *stage, struct err *reterr)
{
	struct boot_file *f = &s->set.file[i];
	const char *name = stage->manifest.generation;
	char text[SYNC_CMDLINE_SIZE];
	struct stage_result result;
	struct stage_item item = {
		.role = sync_role(f->role),
		.path = f->path,
		.dirfd = s->wish->boot_dirfd,
		.source = f->source,
		.known_digest = sync_digest_known(&s->digest[i]) ? &s->digest[i] : NULL,
		.known_size = (uint32_t)f->st.st_size,
	};
	int r = sync_text(s, i, name, text, reterr);

	if (r < 0)
		return r;
	if (r > 0)
		item.text = text;
	r = stage_file(stage, &item, &result, reterr);
	if (r < 0 || item.text)
		return r;
	s->digest[i] = result.file.digest;
	f->st = result.source;
	return 0;
}

static int stage_config(struct sync *s, struct stage *stage, struct err *reterr)
{
	struct stage_item item = {
		.role = MANIFEST_OTHER, .path = CONFIG_TXT_NAME, .text = s->config};

	return s->config ? stage_file(stage, &item, NULL, reterr) : 0;
}

static int stage_ipxe(struct sync *s, struct stage *stage, struct err *reterr)
{
	char text[SYNC_IPXE_SIZE];
	struct stage_item item = {.role = MANIFEST_OTHER, .path = SYNC_IPXE_NAME, .text = text};
	int r = sync_ipxe(s, stage->manifest.generation, text, reterr);

	return r <= 0 ? r : stage_file(stage, &item, NULL, reterr);
}

/* The large ones first: they are read back while the small ones are made. */
static int stage_files(struct sync *s, const struct lock *lock, struct stage *stage, bool read_back,
	struct err *reterr)
{
	__attribute__((cleanup(stop_verifier))) struct verifier v = {.pid = 0};
	uint64_t touched_ms = clock_now_ms();
	int r;

	for (int large = 1; large >= 0; large--) {
		for (size_t i = 0; i < s->set.n; i++) {
			const struct boot_file *f = &s->set.file[i];
			bool is_large = f->role == BOOT_KERNEL || f->role == BOOT_INITRAMFS;

			if (!f->chosen || is_large != large)
				continue;
			r = stage_one(s, i, stage, reterr);
			if (r == 0 && read_back)
				r = keep_verifying(&v, stage, reterr);
			if (r < 0)
				return r;
			if (clock_now_ms() - touched_ms < TOUCH_MS)
				continue;
			if (!lock_held(lock))
				return err_set(reterr, -EBUSY,
					"another machine has taken the lock of the boot directory");
			touched_ms = clock_now_ms();
		}
	}
	r = stage_config(s, stage, reterr);
	if (r == 0)
		r = stage_ipxe(s, stage, reterr);
	if (r == 0)
		r = finish_verifier(&v, reterr);
	if (r == 0 && read_back)
		r = verify(stage, v.done, stage->manifest.n, reterr);
	return r;
}

/* The lines "NAME VERSION" of a child. */
struct lines {
	char text[PACKAGE_SIZE];
	size_t n;
};

static int take_lines(void *ctx, struct span piece)
{
	struct lines *l = ctx;

	for (size_t i = 0; i < piece.len && l->n < sizeof(l->text); i++)
		l->text[l->n++] = (char)piece.p[i];
	return 0;
}

/* Where the files came from, as far as dpkg knows: nobody depends on it. */
static void add_packages(const struct sync *s, struct manifest *meta)
{
	char root[256], image[BOOT_VERSION_SIZE + 16];
	const char *const argv[] = {DPKG_QUERY, root, "-W", "-f",
		"${db:Status-Abbrev} ${Package} ${Version}\n", image, "raspi-firmware",
		"flash-kernel", "initramfs-tools", "pinet-initramfs", NULL};
	struct lines l = {.n = 0};
	struct span rest;

	(void)snprintf(image, sizeof(image), "linux-image-%s", s->set.version); /* fits */
	if ((size_t)snprintf(root, sizeof(root), "--root=%s/", s->wish->root) >= sizeof(root) ||
		proc_stream(argv, -1, clock_now_ms() + PACKAGE_MS, take_lines, &l) < 0)
		return;
	rest = span_of(l.text, l.n);
	while (rest.len) {
		struct span line = span_cut(&rest, '\n'), status = span_cut(&line, ' ');
		struct span name;

		line = span_trim(line);
		name = span_cut(&line, ' ');
		if (span_starts(status, "ii"))
			(void)!manifest_add_package(meta, name, line); /* malformed: left out */
	}
}

int sync_stage(struct sync *s, const struct lock *lock, const char *name, struct stage *stage,
	struct err *reterr)
{
	_cleanup_free_ struct manifest *meta = calloc(1, sizeof(*meta));
	int r;

	if (!meta)
		return err_set(reterr, -ENOMEM, "no memory for the manifest");
	strcpy(meta->generation, name);
	strcpy(meta->previous, s->active);
	strcpy(meta->kernel, s->set.version);
	meta->layout = s->layout;
	meta->created_s = s->wish->now_s;
	add_packages(s, meta);
	r = stage_begin(s->wish->boot_dirfd, meta, stage, reterr);
	stage->copy_all = s->copy_all;
	if (r == 0)
		r = stage_files(s, lock, stage, s->wish->verify != SYNC_VERIFY_NONE, reterr);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * A large file of a new generation, read back while it is on its way: O_DIRECT by io_submit(2), which
 * NFS does in the background. A write is done when it is committed (nfs_direct_write_iter() of the
 * kernel), so what is read after it is what the server has.
 *
 *     part: read from the source, hashed -> written -> read back, compared -> the next one
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/files.h"
#include "store/manifest.h"
#include "store/stage_direct.h"

#define PARTS 16 /* on their way */
#define ALIGN 4096u /* what O_DIRECT wants of any file system */

enum part_state {
	PART_FREE,
	PART_WRITING,
	PART_READING,
};

struct part {
	enum part_state state;
	uint8_t *data, *back; /* STAGE_DIRECT_PART each, of copy.memory */
	size_t len; /* with what it takes to be aligned */
	uint64_t offset;
	struct iocb cb;
};

struct copy {
	int in_fd, fd;
	aio_context_t ctx; /* 0 if there is none */
	uint8_t *memory;
	struct part part[PARTS];
	unsigned int busy; /* parts */
	bool end; /* of the source */
	struct sha256_sum sum;
	uint64_t size;
};

/* Waits for what is on its way: it uses the memory. */
static void close_copy(struct copy *c)
{
	if (c->ctx)
		(void)syscall(SYS_io_destroy, c->ctx);
	cleanup_fd(&c->fd);
	free(c->memory);
}

static int open_copy(struct copy *c, int dirfd, const char *name)
{
	c->fd = files_create(dirfd, name, O_DIRECT);
	if (c->fd < 0)
		return c->fd == -EINVAL ? -EOPNOTSUPP : c->fd;
	c->memory = aligned_alloc(ALIGN, (size_t)2 * PARTS * STAGE_DIRECT_PART);
	if (!c->memory || syscall(SYS_io_setup, PARTS, &c->ctx) < 0)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < PARTS; i++) {
		c->part[i].data = c->memory + 2 * i * STAGE_DIRECT_PART;
		c->part[i].back = c->part[i].data + STAGE_DIRECT_PART;
	}
	return 0;
}

static int submit(struct copy *c, struct part *p, enum part_state state)
{
	struct iocb *list[] = {&p->cb};
	bool writing = state == PART_WRITING;
	long n;

	p->cb = (struct iocb){
		.aio_data = (uint64_t)(p - c->part),
		.aio_lio_opcode = writing ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)c->fd,
		.aio_buf = (uint64_t)(uintptr_t)(writing ? p->data : p->back),
		.aio_nbytes = p->len,
		.aio_offset = (int64_t)p->offset,
	};
	n = syscall(SYS_io_submit, c->ctx, 1, list);
	if (n != 1)
		return n < 0 && errno != EINVAL && errno != EAGAIN && errno != ENOSYS ? -errno
										      : -EOPNOTSUPP;
	c->busy += p->state == PART_FREE;
	p->state = state;
	return 0;
}

/* Reads the next part of the source, hashes it and sends it. Returns 0 also at the end. */
static int send_next(struct copy *c, struct part *p, bool *ret_reading)
{
	size_t n = 0;

	while (n < STAGE_DIRECT_PART) {
		ssize_t got = read(c->in_fd, p->data + n, STAGE_DIRECT_PART - n);

		if (got < 0 && errno == EINTR)
			continue;
		*ret_reading = got < 0;
		if (got < 0)
			return -errno;
		c->end = got == 0;
		if (c->end)
			break;
		n += (size_t)got;
	}
	if (c->size + n > MANIFEST_FILE_MAX)
		return -EFBIG;
	if (n == 0)
		return 0;
	sha256_add(&c->sum, span_of(p->data, n));
	p->len = (n + ALIGN - 1) / ALIGN * ALIGN;
	memset(p->data + n, 0, p->len - n);
	p->offset = c->size;
	c->size += n;
	return submit(c, p, PART_WRITING);
}

/* What @p did is done, with the result @res. */
static int take(struct copy *c, struct part *p, int64_t res)
{
	if (res < 0)
		return res == -EINVAL ? -EOPNOTSUPP : (int)res;
	if (p->state == PART_WRITING)
		/* One that was cut short: why, the other way of writing finds out. */
		return (uint64_t)res < p->len ? -EOPNOTSUPP : submit(c, p, PART_READING);
	p->state = PART_FREE;
	c->busy--;
	return (uint64_t)res == p->len && memcmp(p->data, p->back, p->len) == 0 ? 0 : -EBADMSG;
}

/* Takes what is done; with @wait, one at least. */
static int reap(struct copy *c, bool wait)
{
	struct timespec at_once = {.tv_sec = 0};
	struct io_event events[PARTS];
	long n;
	int r = 0;

	do
		n = syscall(SYS_io_getevents, c->ctx, wait ? 1 : 0, PARTS, events,
			wait ? NULL : &at_once);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (long i = 0; i < n && r == 0; i++)
		r = take(c, &c->part[events[i].data], events[i].res);
	return r;
}

static struct part *find_free(struct copy *c)
{
	for (size_t i = 0; i < PARTS; i++)
		if (c->part[i].state == PART_FREE)
			return &c->part[i];
	return NULL;
}

/* Cuts off what made the last part a whole one, and puts all of it on the server's disk. */
static int finish(struct copy *c)
{
	struct stat st;

	if (ftruncate(c->fd, (off_t)c->size) < 0 || fstat(c->fd, &st) < 0 || fsync(c->fd) < 0 ||
		close(take_fd(&c->fd)) < 0)
		return -errno;
	return (uint64_t)st.st_size == c->size ? 0 : -EBADMSG;
}

int stage_direct(int in_fd, int dirfd, const char *name, struct sha256 *ret_digest,
	uint64_t *ret_size, bool *ret_reading)
{
	__attribute__((cleanup(close_copy))) struct copy c = {.in_fd = in_fd, .fd = -1};
	int r;

	*ret_reading = false;
	if (lseek(in_fd, 0, SEEK_SET) < 0)
		return -errno;
	sha256_begin(&c.sum);
	r = open_copy(&c, dirfd, name);
	while (r == 0 && (!c.end || c.busy)) {
		struct part *p = c.end ? NULL : find_free(&c);

		if (p)
			r = send_next(&c, p, ret_reading);
		if (r == 0 && c.busy)
			r = reap(&c, !p);
	}
	if (r == 0)
		r = finish(&c);
	if (r < 0)
		return r;
	sha256_end(&c.sum, ret_digest);
	*ret_size = c.size;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Large files of a new generation, read back while they are on their way: O_DIRECT by io_submit(2), which
 * NFS does in the background. A write is done when it is committed (nfs_direct_write_iter() of the
 * kernel), so what is read after it is what the server has.
 *
 *     part: read from the source, hashed -> written -> read back, compared -> the next one
 *
 * A file whose source is read to its end is closed as its last part comes back, which others do not wait for.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "store/files.h"
#include "store/manifest.h"
#include "store/stage_direct.h"

#define PARTS 32 /* on their way */
/*
 * Of them to the server. 1 MiB fills a line of 100 Mbit/s with a round trip of 80 ms. Not more: what is asked
 * for, and the acknowledgements of what comes back, wait behind it on the line, and TCP, which takes that for a
 * long way, sends the slower.
 */
#define WRITING 16
#define OPEN    8 /* files that have some of them */
#define ALIGN   4096u /* what O_DIRECT wants of any file system */

enum part_state {
	PART_FREE,
	PART_WRITING,
	PART_READING,
};

/* A file that is written. */
struct file {
	int fd; /* -1 if there is none */
	char path[NAME_PATH_SIZE]; /* for messages */
	uint64_t size; /* of the source, as far as it is read */
	unsigned int busy; /* parts */
	bool read; /* the source, to its end */
	bool padded; /* its last part was made a whole one */
	bool ended; /* nothing comes behind it: that was read */
};

struct part {
	enum part_state state;
	struct file *file;
	uint8_t *data, *back; /* STAGE_DIRECT_PART each, of memory */
	size_t len; /* of the data */
	bool last; /* the file is to end with it */
	uint64_t offset;
	struct iocb cb;
};

struct stage_direct {
	aio_context_t ctx; /* 0 if there is none */
	uint8_t *memory;
	struct part part[PARTS];
	struct file file[OPEN];
	unsigned int busy; /* parts */
	unsigned int writing; /* of them */
};

int stage_direct_err(const char *path, int r, struct err *reterr)
{
	if (r == -EBADMSG)
		return err_set(reterr, r,
			"the boot server gives back other contents of %s than it was sent", path);
	return files_err(reterr, r, "cannot write %s to the boot server", path);
}

/* Waits for what is on its way: it uses the memory. */
void stage_direct_end(struct stage_direct **direct)
{
	struct stage_direct *d = *direct;

	if (!d)
		return;
	if (d->ctx)
		(void)syscall(SYS_io_destroy, d->ctx);
	for (size_t i = 0; i < OPEN; i++)
		cleanup_fd(&d->file[i].fd);
	free(d->memory);
	free(d);
	*direct = NULL;
}

/* Returns NULL if it cannot be done here. */
static struct stage_direct *begin(void)
{
	struct stage_direct *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	for (size_t i = 0; i < OPEN; i++)
		d->file[i].fd = -1;
	d->memory = aligned_alloc(ALIGN, (size_t)2 * PARTS * STAGE_DIRECT_PART);
	if (!d->memory || syscall(SYS_io_setup, PARTS, &d->ctx) < 0)
		stage_direct_end(&d);
	for (size_t i = 0; d && i < PARTS; i++) {
		d->part[i].data = d->memory + 2 * i * STAGE_DIRECT_PART;
		d->part[i].back = d->part[i].data + STAGE_DIRECT_PART;
	}
	return d;
}

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static int submit(struct stage_direct *d, struct part *p, enum part_state state)
{
	struct iocb *list[] = {&p->cb};
	bool writing = state == PART_WRITING;
	long n;

	p->cb = (struct iocb){
		.aio_data = (uint64_t)(p - d->part),
		.aio_lio_opcode = writing ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)p->file->fd,
		.aio_buf = (uint64_t)(uintptr_t)(writing ? p->data : p->back),
		/* What comes behind the last part is asked for, too. */
		.aio_nbytes = writing || !p->last ? p->len : aligned(p->len + 1),
		.aio_offset = (int64_t)p->offset,
	};
	n = syscall(SYS_io_submit, d->ctx, 1, list);
	if (n != 1)
		return n < 0 && errno != EINVAL && errno != EAGAIN && errno != ENOSYS
			       ? -errno
			       : -EPROTONOSUPPORT;
	if (p->state == PART_FREE) {
		d->busy++;
		p->file->busy++;
	}
	d->writing += writing - (p->state == PART_WRITING);
	p->state = state;
	return 0;
}

/* Cuts off what made the last part a whole one, and puts all of it on the server's disk. */
static int finish(struct file *f)
{
	struct stat st = {.st_size = (off_t)f->size};

	if ((f->padded && ftruncate(f->fd, (off_t)f->size) < 0) ||
		(!f->ended && fstat(f->fd, &st) < 0) || fsync(f->fd) < 0 ||
		close(take_fd(&f->fd)) < 0)
		return -errno;
	return (uint64_t)st.st_size == f->size ? 0 : -EBADMSG;
}

/* File systems but NFS write whole blocks only, past their cache. */
static int pad(struct stage_direct *d, struct part *p)
{
	p->len = aligned(p->len);
	p->file->padded = true;
	return submit(d, p, PART_WRITING);
}

/* What @p did is done, with the result @res. */
static int take(struct stage_direct *d, struct part *p, int64_t res)
{
	if (res == -EINVAL && p->state == PART_WRITING && p->len % ALIGN)
		return pad(d, p);
	if (res < 0)
		return res == -EINVAL ? -EPROTONOSUPPORT : (int)res;
	if (p->state == PART_WRITING)
		/* One that was cut short: why, the other way of writing finds out. */
		return (uint64_t)res < p->len ? -EPROTONOSUPPORT : submit(d, p, PART_READING);
	p->state = PART_FREE;
	d->busy--;
	p->file->busy--;
	if ((uint64_t)res != p->len || memcmp(p->data, p->back, p->len) != 0)
		return -EBADMSG;
	p->file->ended |= p->last && !p->file->padded;
	return p->file->read && !p->file->busy ? finish(p->file) : 0;
}

/* Takes what is done; with @wait, one at least. */
static int reap(struct stage_direct *d, bool wait, struct err *reterr)
{
	struct timespec at_once = {.tv_sec = 0};
	struct io_event events[PARTS];
	long n;

	do
		n = syscall(SYS_io_getevents, d->ctx, wait ? 1 : 0, PARTS, events,
			wait ? NULL : &at_once);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(reterr, -errno, "cannot wait for the boot server");
	for (long i = 0; i < n; i++) {
		struct part *p = &d->part[events[i].data];
		int r = take(d, p, events[i].res);

		if (r < 0)
			return stage_direct_err(p->file->path, r, reterr);
	}
	return 0;
}

/* A free part, or NULL after what is done was waited for. */
static int find_part(struct stage_direct *d, struct part **ret, struct err *reterr)
{
	*ret = NULL;
	for (size_t i = 0; i < PARTS && !*ret && d->writing < WRITING; i++)
		if (d->part[i].state == PART_FREE)
			*ret = &d->part[i];
	return d->busy ? reap(d, !*ret, reterr) : 0;
}

/* Reads the source of @f to its end, hashes it and sends it. */
static int feed(struct stage_direct *d, struct file *f, const struct stage_direct_item *item,
	struct sha256_sum *sum, struct err *reterr)
{
	while (!f->read) {
		struct part *p;
		ssize_t n;
		int r = find_part(d, &p, reterr);

		if (r < 0)
			return r;
		if (!p)
			continue;
		n = fs_read_at(item->in_fd, FS_HERE, p->data, STAGE_DIRECT_PART);
		if (n >= 0 && f->size + (uint64_t)n > MANIFEST_FILE_MAX)
			n = -EFBIG;
		if (n < 0)
			return files_err(reterr, (int)n, "cannot read %s", item->source);
		f->read = n < (ssize_t)STAGE_DIRECT_PART;
		if (n == 0)
			break;
		sha256_add(sum, span_of(p->data, (size_t)n));
		p->file = f;
		p->len = (size_t)n;
		p->last = f->read;
		memset(p->data + n, 0, aligned(p->len) - p->len);
		p->offset = f->size;
		f->size += (uint64_t)n;
		r = submit(d, p, PART_WRITING);
		if (r < 0)
			return stage_direct_err(f->path, r, reterr);
	}
	return 0;
}

/* A place for a file, waiting for one if need be. */
static int find_file(struct stage_direct *d, struct file **ret, struct err *reterr)
{
	int r = 0;

	for (*ret = NULL; r == 0 && !*ret;) {
		for (size_t i = 0; i < OPEN && !*ret; i++)
			if (d->file[i].fd < 0)
				*ret = &d->file[i];
		if (!*ret)
			r = reap(d, true, reterr);
	}
	return r;
}

int stage_direct_add(struct stage_direct **direct, const struct stage_direct_item *item,
	struct sha256 *ret_digest, uint64_t *ret_size, struct err *reterr)
{
	struct sha256_sum sum;
	struct file *f;
	int r;

	if (!*direct)
		*direct = begin();
	if (!*direct)
		return -EOPNOTSUPP;
	if (lseek(item->in_fd, 0, SEEK_SET) < 0)
		return err_sys(reterr, -errno, "cannot read %s", item->source);
	r = find_file(*direct, &f, reterr);
	if (r < 0)
		return r;
	*f = (struct file){.fd = files_create(item->dirfd, item->name, O_DIRECT)};
	if (f->fd == -EINVAL)
		return -EOPNOTSUPP;
	if (f->fd < 0)
		return stage_direct_err(item->path, f->fd, reterr);
	(void)snprintf(f->path, sizeof(f->path), "%s", item->path); /* a cut name is still one */
	sha256_begin(&sum);
	r = feed(*direct, f, item, &sum, reterr);
	if (r == 0 && !f->busy && f->fd >= 0) {
		r = finish(f);
		if (r < 0)
			r = stage_direct_err(f->path, r, reterr);
	}
	if (r < 0)
		return r;
	sha256_end(&sum, ret_digest);
	*ret_size = f->size;
	return 0;
}

int stage_direct_settle(struct stage_direct *direct, struct err *reterr)
{
	int r = 0;

	while (r == 0 && direct && direct->busy)
		r = reap(direct, true, reterr);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The step sync: the files of a generation by TFTP, as the firmware will fetch them. This finds a
 * TFTP root that is not the exported directory, and files that the TFTP server may not read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "step/sync_parts.h"
#include "store/active.h"
#include "store/config_txt.h"
#include "store/files.h"

#define BLOCK      "1428" /* bytes; what fits into a packet */
#define FETCH_MS   30000 /* a file, and what its size adds: */
#define BYTES_MS   20 /* bytes in a millisecond */
#define NAME_MAX_  512
#define CANDIDATES 8

/* Where TFTP servers have their files, as their packages set them up. */
static const char *const tftp_roots[] = {
	"/srv/tftp", "/tftpboot", "/var/lib/tftpboot", "/srv/tftpboot", "/var/tftpboot"};

/* What comes by TFTP. */
struct fetch {
	struct sha256_sum sum;
	uint64_t size, max;
};

static int take(void *ctx, struct span piece)
{
	struct fetch *f = ctx;

	f->size += piece.len;
	sha256_add(&f->sum, piece);
	return f->size > f->max ? -EFBIG : 0;
}

/*
 * Fetches @name and compares it. Returns 0, -EBADMSG if it is something else, -ENOENT if it could
 * not be fetched, or another negative errno.
 */
static int fetch(const struct sync *s, const char *name, const struct sha256 *digest, uint64_t size)
{
	const char *busybox = fs_exists("/bin/busybox") ? "/bin/busybox" : "/usr/bin/busybox";
	const char *const argv[] = {busybox, "tftp", "-g", "-b", BLOCK, "-l", "-", "-r", name,
		s->wish->tftp_host, NULL};
	struct fetch f = {.max = size};
	struct sha256 got;
	int r;

	sha256_begin(&f.sum);
	r = proc_stream(argv, -1, clock_now_ms() + FETCH_MS + size / BYTES_MS, take, &f);
	if (r == -EFBIG)
		return -EBADMSG;
	if (r < 0)
		return r == -ENOENT ? -ENOPKG : r;
	if (r > 0)
		return -ENOENT;
	sha256_end(&f.sum, &got);
	return f.size == size && sha256_eq(&got, digest) ? 0 : -EBADMSG;
}

/* "PREFIX/PATH" without a slash in front. Returns 0 or -ENAMETOOLONG. */
static int top_name(const char *prefix, const char *path, char out[NAME_MAX_])
{
	size_t n = strlen(prefix);
	const char *slash = n && prefix[n - 1] != '/' ? "/" : "";

	return (size_t)snprintf(out, NAME_MAX_, "%s%s%s", prefix, slash, path) < NAME_MAX_
		       ? 0
		       : -ENAMETOOLONG;
}

/* "PREFIX/pinet/NAME/PATH", the same. */
static int tftp_name(const char *prefix, const char *name, const char *path, char out[NAME_MAX_])
{
	char text[NAME_MAX_];

	return (size_t)snprintf(text, sizeof(text), FILES_DIR "/%s/%s", name, path) < sizeof(text)
		       ? top_name(prefix, text, out)
		       : -ENAMETOOLONG;
}

/* Names by which the TFTP server may know the directory, the most likely first. */
static unsigned int guess(const char *path, const char *ret[CANDIDATES])
{
	unsigned int n = 0;
	const char *p = path;

	for (size_t i = 0; i < sizeof(tftp_roots) / sizeof(tftp_roots[0]); i++) {
		size_t len = strlen(tftp_roots[i]);

		if (strncmp(path, tftp_roots[i], len) == 0 && (!path[len] || path[len] == '/'))
			ret[n++] = path + len + strspn(path + len, "/");
	}
	/* All of it, and the parts behind each slash. */
	while (n < CANDIDATES - 1) {
		p += strspn(p, "/");
		if (!*p)
			break;
		ret[n++] = p;
		p += strcspn(p, "/");
	}
	ret[n++] = "";
	return n;
}

/* The digest of the manifest itself, which the boot directory has. */
static int read_manifest(
	const struct sync *s, const char *name, struct sha256 *ret, uint64_t *ret_size)
{
	_cleanup_fd_ int dir = files_open_dir(s->ours_fd, name, false);

	return dir < 0 ? dir : files_read_back(dir, MANIFEST_NAME, ret, ret_size);
}

static int failed(const struct sync *s, int r, const char *name, struct err *reterr)
{
	const char *host = s->wish->tftp_host;

	switch (-r) {
	case ENOPKG:
		return err_set(reterr, -ENOENT, "--verify=tftp needs busybox, which is missing");
	case ENOENT:
		return err_set(reterr, r,
			"the TFTP server %s does not give %s: its directory is another one than "
			"the "
			"exported one, or it may not read the file",
			host, name);
	case EBADMSG:
		return err_set(reterr, r,
			"the TFTP server %s gives another %s than was stored: its directory is "
			"another one than the exported one",
			host, name);
	default:
		return err_sys(reterr, r, "cannot fetch %s by TFTP from %s", name, host);
	}
}

/* Finds the prefix by which the manifest comes. */
static int find_prefix(
	const struct sync *s, const struct manifest *m, const char **ret, struct err *reterr)
{
	const char *candidate[CANDIDATES];
	char name[NAME_MAX_];
	struct sha256 digest;
	uint64_t size;
	unsigned int n = 1;
	int r = read_manifest(s, m->generation, &digest, &size);

	if (r < 0)
		return files_err(reterr, r, "cannot read the manifest of %s", m->generation);
	candidate[0] = s->wish->tftp_prefix;
	if (!candidate[0])
		n = guess(s->wish->tftp_path, candidate);
	for (unsigned int i = 0; i < n; i++) {
		r = tftp_name(candidate[i], m->generation, MANIFEST_NAME, name);
		if (r == 0)
			r = fetch(s, name, &digest, size);
		if (r == 0) {
			*ret = candidate[i];
			return 0;
		}
		/* Another client's directory may have a generation of that name. */
		if (r != -ENOENT && r != -EBADMSG)
			break;
	}
	if (s->wish->tftp_prefix || (r != -ENOENT && r != -EBADMSG))
		return failed(s, r, name, reterr);
	return err_set(reterr, -ENOENT,
		"the TFTP server %s does not show the boot directory %s by any name that was "
		"tried: "
		"its directory is another one than the exported one, it may not read the files, or "
		"give --tftp-prefix",
		s->wish->tftp_host, s->wish->tftp_path);
}

int sync_tftp(const struct sync *s, const struct manifest *m, struct err *reterr)
{
	const char *prefix = "";
	char name[NAME_MAX_];
	int r;

	if (!s->wish->tftp_host[0])
		return err_set(reterr, -EINVAL,
			"--verify=tftp: the boot server is not known, for this machine was not "
			"booted "
			"from it");
	r = find_prefix(s, m, &prefix, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < m->n; i++) {
		const struct manifest_file *f = &m->file[i];

		r = tftp_name(prefix, m->generation, f->path, name);
		if (r == 0)
			r = fetch(s, name, &f->digest, f->size);
		if (r < 0)
			return failed(s, r, name, reterr);
	}
	return r;
}

int sync_tftp_active(const struct sync *s, const struct manifest *m, struct err *reterr)
{
	bool raspi = s->layout == MANIFEST_RASPI;
	const char *prefix = "";
	char name[NAME_MAX_];
	struct sha256 digest;
	uint64_t size;
	int r = find_prefix(s, m, &prefix, reterr);

	if (r < 0)
		return r;
	r = raspi ? files_read_back(s->wish->boot_dirfd, CONFIG_TXT_NAME, &digest, &size)
		  : read_manifest(s, m->generation, &digest, &size);
	if (r < 0)
		return files_err(reterr, r, "cannot read what makes %s active", m->generation);
	r = raspi ? top_name(prefix, CONFIG_TXT_NAME, name)
		  : tftp_name(prefix, ACTIVE_LINK, MANIFEST_NAME, name);
	if (r == 0)
		r = fetch(s, name, &digest, size);
	return r < 0 ? failed(s, r, name, reterr) : 0;
}

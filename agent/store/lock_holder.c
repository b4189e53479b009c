/* SPDX-License-Identifier: GPL-2.0-or-later
 * Who holds the lock: a process on a machine.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/num.h"
#include "store/lock_holder.h"

/* Reads a word of printable characters out of a file. */
static int read_word(const char *root, const char *name, char *ret, size_t size)
{
	char path[PATH_MAX], text[LOCK_TEXT_SIZE];
	int n = snprintf(path, sizeof(path), "%s%s", root, name);
	ssize_t len;

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	len = fs_read_line(path, text, sizeof(text));
	if (len < 0)
		return (int)len;
	if (len == 0 || !span_is_graph(span_str(text)))
		return -ENODATA;
	return span_copy(span_str(text), ret, size);
}

/*
 * When the process @pid was started (proc(5): field 22 of stat).
 * Returns 0, or -ESRCH if there is none or only its exit status is left.
 */
static int process_start(uint32_t pid, uint64_t *ret)
{
	char path[64], text[1024];
	struct span rest, field;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	n = fs_read(path, text, sizeof(text));
	if (n < 0)
		return -ESRCH;
	/* The name in field 2 may hold anything, but for the last parenthesis. */
	rest = span_str(text);
	for (size_t i = rest.len; i; i--)
		if (rest.p[i - 1] == ')') {
			rest = span_sub(rest, i + 1, rest.len);
			break;
		}
	field = span_cut(&rest, ' ');
	if (span_eq_str(field, "Z") || span_eq_str(field, "X"))
		return -ESRCH;
	for (int i = 4; i <= 22; i++)
		field = span_cut(&rest, ' ');
	return num_parse_u64(field, UINT64_MAX, ret) < 0 ? -ESRCH : 0;
}

int lock_self(const char *root, struct lock_holder *ret, struct err *reterr)
{
	struct lock_holder h = {.pid = (uint32_t)getpid()};
	char name[LOCK_HOST_SIZE] = "";
	int r = read_word(root, "/etc/machine-id", h.machine, sizeof(h.machine));

	if (r < 0)
		r = read_word(root, "/var/lib/dbus/machine-id", h.machine, sizeof(h.machine));
	if (r < 0)
		return err_sys(reterr, r,
			"cannot tell whose boot directory this is without %s/etc/machine-id (see "
			"systemd-machine-id-setup(1))",
			root);
	/* The file is the same in the initramfs, in which the machine has no name yet. */
	if (read_word(root, "/etc/hostname", h.host, sizeof(h.host)) < 0) {
		if (gethostname(name, sizeof(name) - 1) < 0 || !name[0] ||
			!span_is_graph(span_str(name)))
			strcpy(name, "unknown");
		strcpy(h.host, name);
	}
	r = read_word("", "/proc/sys/kernel/random/boot_id", h.boot, sizeof(h.boot));
	if (r == 0)
		r = process_start(h.pid, &h.start);
	if (r < 0)
		return err_sys(reterr, r, "cannot find out in /proc what this process is");
	*ret = h;
	return 0;
}

void lock_format(const struct lock_holder *h, char out[LOCK_TEXT_SIZE])
{
	(void)snprintf(out, LOCK_TEXT_SIZE, "machine %s\nhost %s\nboot %s\npid %u\nstart %llu\n",
		h->machine, h->host, h->boot, h->pid,
		(unsigned long long)h->start); /* fits by the sizes of its parts */
}

int lock_word(struct span word, char *ret, size_t size)
{
	return word.len && span_is_graph(word) ? span_copy(word, ret, size) : -EINVAL;
}

int lock_parse(struct span text, struct lock_holder *ret)
{
	struct lock_holder h = {.pid = 0};
	unsigned int have = 0;

	while (text.len) {
		struct span value = span_cut(&text, '\n'), key = span_cut(&value, ' ');
		int r;

		if (span_eq_str(key, "machine"))
			r = lock_word(value, h.machine, sizeof(h.machine)) < 0 ? 0 : 1;
		else if (span_eq_str(key, "host"))
			r = lock_word(value, h.host, sizeof(h.host)) < 0 ? 0 : 2;
		else if (span_eq_str(key, "boot"))
			r = lock_word(value, h.boot, sizeof(h.boot)) < 0 ? 0 : 4;
		else if (span_eq_str(key, "pid"))
			r = num_parse_u32(value, INT_MAX, &h.pid) < 0 ? 0 : 8;
		else if (span_eq_str(key, "start"))
			r = num_parse_u64(value, UINT64_MAX, &h.start) < 0 ? 0 : 16;
		else
			continue;
		if (!r || (have & (unsigned int)r))
			return -EBADMSG;
		have |= (unsigned int)r;
	}
	if (have != 31)
		return -EBADMSG;
	*ret = h;
	return 0;
}

bool lock_same(const struct lock_holder *a, const struct lock_holder *b)
{
	return strcmp(a->machine, b->machine) == 0 && strcmp(a->host, b->host) == 0 &&
	       strcmp(a->boot, b->boot) == 0 && a->pid == b->pid && a->start == b->start;
}

bool lock_runs(const struct lock_holder *h)
{
	uint64_t start;

	return process_start(h->pid, &start) == 0 && start == h->start;
}

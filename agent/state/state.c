/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the boot left for the running system in /run/pinet: written whole, read tolerantly.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/span.h"
#include "state/state.h"

#define STATE_FILE_SIZE (STATE_KEYS * (STATE_KEY_SIZE + STATE_VALUE_SIZE))

static unsigned int find(const struct state *st, const char *key)
{
	unsigned int i = 0;

	while (i < st->n && strcmp(st->at[i].key, key) != 0)
		i++;
	return i;
}

void state_put(struct state *st, const char *key, const char *format, ...)
{
	unsigned int i = find(st, key);
	va_list ap;

	if (i == STATE_KEYS)
		return; /* the keys are a fixed set: see cmd/boot.c and cmd/firmware.c */
	va_start(ap, format);
	(void)vsnprintf(st->at[i].value, STATE_VALUE_SIZE, format, ap); /* may be cut */
	va_end(ap);
	for (char *p = st->at[i].value; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	if (i == st->n) {
		(void)snprintf(st->at[i].key, STATE_KEY_SIZE, "%s", key); /* keys are literals */
		st->n++;
	}
}

const char *state_get(const struct state *st, const char *key)
{
	unsigned int i = find(st, key);

	return i < st->n ? st->at[i].value : "";
}

uint64_t state_get_u64(const struct state *st, const char *key, uint64_t fallback)
{
	const char *text = state_get(st, key);
	char *end;
	uint64_t v;

	if (*text < '0' || *text > '9')
		return fallback;
	errno = 0;
	v = strtoull(text, &end, 10);
	return *end || errno ? fallback : v;
}

static int make_parent(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (n == 0 || n >= sizeof(dir))
		return n ? -ENAMETOOLONG : 0;
	memcpy(dir, path, n);
	dir[n] = '\0';
	return fs_mkdirs(dir, 0755);
}

int state_save(const struct state *st, const char *path, struct err *reterr)
{
	_cleanup_free_ char *text = malloc(STATE_FILE_SIZE);
	size_t at = 0;
	int r;

	if (!text)
		return err_set(reterr, -ENOMEM, "no memory for %s", path);
	text[0] = '\0';
	for (unsigned int i = 0; i < st->n; i++)
		at += (size_t)snprintf(text + at, STATE_FILE_SIZE - at, "%s=%s\n", st->at[i].key,
			st->at[i].value); /* every line fits: the sum of the limits was allocated */
	r = make_parent(path);
	if (r == 0)
		r = fs_replace(path, text, 0644);
	if (r == 0)
		fs_clean(path);
	return r < 0 ? err_sys(reterr, r, "cannot write %s", path) : 0;
}

int state_load(const char *path, struct state *ret, struct err *reterr)
{
	_cleanup_free_ char *text = malloc(STATE_FILE_SIZE);
	struct span rest;
	ssize_t n;

	if (!text)
		return err_set(reterr, -ENOMEM, "no memory for %s", path);
	n = fs_read(path, text, STATE_FILE_SIZE);
	if (n < 0)
		return err_sys(reterr, (int)n, "cannot read %s", path);
	memset(ret, 0, sizeof(*ret));
	rest = span_of(text, (size_t)n);
	while (rest.len) {
		struct span value = span_cut(&rest, '\n'), key = span_cut(&value, '=');
		char name[STATE_KEY_SIZE], copy[STATE_VALUE_SIZE];

		if (value.p && span_copy(key, name, sizeof(name)) == 0 &&
			span_copy(value, copy, sizeof(copy)) == 0)
			state_put(ret, name, "%s", copy);
	}
	return 0;
}

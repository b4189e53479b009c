/* SPDX-License-Identifier: GPL-2.0-or-later
 * Bounded bytes: the only way in which parsers see input.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/span.h"

struct span span_of(const void *p, size_t len)
{
	return (struct span){p, len};
}

struct span span_str(const char *s)
{
	return (struct span){(const uint8_t *)s, strlen(s)};
}

struct span span_sub(struct span s, size_t off, size_t len)
{
	if (off >= s.len)
		return (struct span){s.p ? s.p + s.len : NULL, 0};
	if (len > s.len - off)
		len = s.len - off;
	return (struct span){s.p + off, len};
}

bool span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool span_eq_str(struct span a, const char *s)
{
	return span_eq(a, span_str(s));
}

bool span_eq_str_nocase(struct span a, const char *s)
{
	return a.len == strlen(s) && (a.len == 0 || strncasecmp((const char *)a.p, s, a.len) == 0);
}

bool span_starts(struct span a, const char *prefix)
{
	return a.len >= strlen(prefix) && span_eq_str(span_sub(a, 0, strlen(prefix)), prefix);
}

size_t span_find(struct span s, char c)
{
	const uint8_t *hit = s.len ? memchr(s.p, c, s.len) : NULL;

	return hit ? (size_t)(hit - s.p) : s.len;
}

struct span span_cut(struct span *in, char sep)
{
	size_t at = span_find(*in, sep);
	struct span head = span_sub(*in, 0, at);

	*in = at < in->len ? span_sub(*in, at + 1, in->len) : SPAN_NONE;
	return head;
}

struct span span_trim(struct span s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_sub(s, 1, s.len);
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

int span_copy(struct span s, char *dst, size_t size)
{
	if (s.len >= size)
		return -ENOSPC;
	if (span_find(s, '\0') != s.len)
		return -EINVAL;
	if (s.len)
		memcpy(dst, s.p, s.len);
	dst[s.len] = '\0';
	return 0;
}

bool span_is_graph(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return true;
}

char *span_escape(struct span s, char *dst, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < s.len; i++) {
		bool plain = s.p[i] >= 0x20 && s.p[i] <= 0x7e && s.p[i] != '\\';

		if (at + (plain ? 1 : 4) + sizeof("...") > size) {
			memcpy(dst + at, "...", 3);
			at += 3;
			break;
		}
		if (plain) {
			dst[at++] = (char)s.p[i];
		} else {
			snprintf(dst + at, 5, "\\x%02x", s.p[i]);
			at += 4;
		}
	}
	dst[at] = '\0';
	return dst;
}

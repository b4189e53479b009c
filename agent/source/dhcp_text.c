/* SPDX-License-Identifier: GPL-2.0-or-later
 * Text and names that came in DHCP options, checked before anyone else sees them.
 */
#include <errno.h>
#include <string.h>

#include "source/dhcp_text.h"

#define NAME_MAX_LEN  253 /* RFC 1035 section 2.3.4, as text without the last dot */
#define LABEL_MAX_LEN 63
#define POINTER       0xc0 /* RFC 1035 section 4.1.4 */

struct span dhcp_text_strip(struct span s)
{
	while (s.len && s.p[s.len - 1] == '\0')
		s.len--;
	return s;
}

bool dhcp_text_is_safe(struct span s)
{
	if (!span_is_graph(s))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (strchr("\"'`$\\", s.p[i]))
			return false;
	while (s.len)
		if (span_eq_str(span_cut(&s, '/'), ".."))
			return false;
	return true;
}

static bool is_label(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i], lower = c | 0x20;

		if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
			c != '_')
			return false;
	}
	return s.len > 0 && s.len <= LABEL_MAX_LEN && s.p[0] != '-' && s.p[s.len - 1] != '-';
}

int dhcp_text_name(struct span s, char *dst, size_t size)
{
	struct span rest;

	if (s.len && s.p[s.len - 1] == '.')
		s.len--;
	if (!s.len || s.len > NAME_MAX_LEN)
		return -EINVAL;
	for (rest = s; rest.p;)
		if (!is_label(span_cut(&rest, '.')))
			return -EINVAL;
	return span_copy(s, dst, size);
}

/*
 * Reads one encoded name of @all from *@at on into @name, each label followed by a dot, and moves
 * *@at behind it. Returns the length, or -EBADMSG.
 */
static int read_name(struct span all, size_t *at, uint8_t name[NAME_MAX_LEN + 1])
{
	size_t pos = *at, from = *at, behind = 0, n = 0;

	for (;;) {
		uint8_t len;

		if (pos >= all.len)
			return -EBADMSG;
		len = all.p[pos++];
		if (len >= POINTER) {
			if (pos >= all.len)
				return -EBADMSG;
			if (!behind)
				behind = pos + 1;
			pos = ((size_t)(len - POINTER) << 8) | all.p[pos];
			if (pos >= from)
				return -EBADMSG;
			from = pos;
			continue;
		}
		if (!len)
			break;
		if (len > LABEL_MAX_LEN || len > all.len - pos || n + len > NAME_MAX_LEN)
			return -EBADMSG;
		memcpy(name + n, all.p + pos, len);
		n += len;
		name[n++] = '.';
		pos += len;
	}
	*at = behind ? behind : pos;
	return (int)n;
}

int dhcp_text_search(struct span s, char *dst, size_t size, struct notes *notes)
{
	uint8_t encoded[NAME_MAX_LEN + 1];
	struct notes found = {.n = 0};
	char out[1024], shown[80];
	size_t at = 0, used = 0;

	if (size > sizeof(out))
		size = sizeof(out);
	out[0] = '\0';
	while (at < s.len) {
		int len = read_name(s, &at, encoded);
		struct span name = span_of(encoded, (size_t)(len < 0 ? 0 : len));
		size_t gap = used ? 1 : 0;
		int r;

		if (len < 0)
			return len;
		span_escape(name, shown, sizeof(shown));
		r = used + gap < size ? dhcp_text_name(name, out + used + gap, size - used - gap)
				      : -ENOSPC;
		if (r < 0) {
			notes_add(&found, "option 119: ignored \"%s\": %s", shown,
				r == -ENOSPC ? "no room for more names" : "it is no domain name");
			continue;
		}
		if (gap)
			out[used] = ' ';
		used += gap + strlen(out + used + gap);
	}
	memcpy(dst, out, used + 1);
	for (unsigned int i = 0; i < found.n; i++)
		notes_add(notes, "%s", found.text[i]);
	notes->dropped += found.dropped;
	return 0;
}

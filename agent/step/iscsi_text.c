/* SPDX-License-Identifier: GPL-2.0-or-later
 * Text of logins and discovery: key=value, each ended by a NUL (RFC 7143 section 6.1).
 *
 *   text   = *(key "=" value NUL)
 *   key    = up to 63 of letters, digits and . - + @ _, the first a letter
 *   number = decimal / "0x" hexadecimal
 *   binary = "0x" hexadecimal / "0b" base64
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "step/iscsi_text.h"

#define GROW 8192

int iscsi_text_append(struct iscsi_text *text, struct span piece, size_t max, struct err *reterr)
{
	size_t need = text->len + piece.len;

	if (need > max)
		return err_set(reterr, -EMSGSIZE,
			"the target sends more than %zu bytes of text in one answer", max);
	if (need > text->size) {
		size_t size = (need / GROW + 1) * GROW;
		uint8_t *bytes = realloc(text->bytes, size);

		if (!bytes)
			return err_set(
				reterr, -ENOMEM, "the target sends more text than there is memory");
		text->bytes = bytes;
		text->size = size;
	}
	if (piece.len)
		memcpy(text->bytes + text->len, piece.p, piece.len);
	text->len = need;
	return 0;
}

static bool is_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_key(struct span s)
{
	if (!s.len || s.len > ISCSI_KEY_MAX || !is_letter(s.p[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_letter(s.p[i]) && !(s.p[i] >= '0' && s.p[i] <= '9') &&
			!(s.p[i] && strchr(".-+@_", s.p[i])))
			return false;
	return true;
}

int iscsi_text_next(
	struct span *in, struct span *ret_key, struct span *ret_value, struct err *reterr)
{
	struct span rest = *in, value, key;
	char shown[40];

	while (rest.len && rest.p[0] == '\0')
		rest = span_sub(rest, 1, rest.len);
	if (!rest.len) {
		*in = rest;
		return 0;
	}
	value = span_sub(rest, 0, span_find(rest, '\0'));
	span_escape(value, shown, sizeof(shown));
	if (value.len == rest.len)
		return err_set(
			reterr, -EBADMSG, "the target sends text that ends within \"%s\"", shown);
	rest = span_sub(rest, value.len + 1, rest.len);
	key = span_cut(&value, '=');
	if (!value.p)
		return err_set(
			reterr, -EBADMSG, "the target sends \"%s\", which is no key=value", shown);
	if (!is_key(key))
		return err_set(
			reterr, -EBADMSG, "the target sends \"%s\", whose key is no name", shown);
	*in = rest;
	*ret_key = key;
	*ret_value = value;
	return 1;
}

struct span iscsi_text_find(struct span in, const char *key)
{
	struct span k, v;

	while (iscsi_text_next(&in, &k, &v, NULL) > 0)
		if (span_eq_str(k, key))
			return v;
	return SPAN_NONE;
}

void iscsi_answer_add_span(struct iscsi_answer *answer, struct span key, const char *value)
{
	size_t need = key.len + 1 + strlen(value) + 1;

	if (need > sizeof(answer->buf) - answer->len) {
		answer->full = true;
		return;
	}
	(void)snprintf(answer->buf + answer->len, need, "%.*s=%s", (int)key.len,
		(const char *)key.p, value); /* has just the room */
	answer->len += need;
}

void iscsi_answer_add(struct iscsi_answer *answer, const char *key, const char *value)
{
	iscsi_answer_add_span(answer, span_str(key), value);
}

void iscsi_answer_add_number(struct iscsi_answer *answer, const char *key, uint32_t value)
{
	char text[12];

	(void)snprintf(text, sizeof(text), "%u", value); /* ten digits at most */
	iscsi_answer_add(answer, key, text);
}

void iscsi_answer_add_bytes(struct iscsi_answer *answer, const char *key, struct span bytes)
{
	char text[2 + 2 * 256 + 1] = "0x";

	if (bytes.len > 256) {
		answer->full = true;
		return;
	}
	for (size_t i = 0; i < bytes.len; i++)
		(void)snprintf(text + 2 + 2 * i, 3, "%02x", bytes.p[i]); /* two digits */
	iscsi_answer_add(answer, key, text);
}

int iscsi_text_number(struct span value, uint32_t max, uint32_t *ret)
{
	if (span_starts(value, "0x") || span_starts(value, "0X"))
		return num_parse_hex32(span_sub(value, 2, value.len), max, ret);
	return num_parse_u32(value, max, ret);
}

static int hex_bytes(struct span digits, uint8_t *out, size_t size)
{
	size_t n = (digits.len + 1) / 2, first = digits.len % 2;
	uint32_t v;

	if (!digits.len)
		return -EINVAL;
	if (n > size)
		return -ENOSPC;
	for (size_t i = 0; i < n; i++) { /* an odd number has one digit for the first byte */
		struct span d = i == 0 && first ? span_sub(digits, 0, 1)
						: span_sub(digits, 2 * i - first, 2);

		if (num_parse_hex32(d, 0xff, &v) < 0)
			return -EINVAL;
		out[i] = (uint8_t)v;
	}
	return (int)n;
}

static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -EINVAL;
}

/* RFC 4648 section 4: groups of four digits, the last one filled up with "=". */
static int base64_bytes(struct span digits, uint8_t *out, size_t size)
{
	size_t n = 0, fill = 0;

	if (!digits.len || digits.len % 4)
		return -EINVAL;
	while (fill < 2 && digits.p[digits.len - 1 - fill] == '=')
		fill++;
	if (digits.len / 4 * 3 - fill > size)
		return -ENOSPC;
	for (size_t i = 0; i < digits.len; i += 4) {
		uint32_t group = 0;

		for (size_t k = 0; k < 4; k++) {
			bool filled = i + k >= digits.len - fill;
			int d = filled ? 0 : base64_digit(digits.p[i + k]);

			if (d < 0)
				return -EINVAL;
			group = group << 6 | (uint32_t)d;
		}
		for (int shift = 16; shift >= 0 && n < digits.len / 4 * 3 - fill; shift -= 8)
			out[n++] = (uint8_t)(group >> shift);
	}
	return (int)n;
}

int iscsi_text_bytes(struct span value, uint8_t *out, size_t size)
{
	struct span digits = span_sub(value, 2, value.len);

	if (span_starts(value, "0x") || span_starts(value, "0X"))
		return hex_bytes(digits, out, size);
	if (span_starts(value, "0b") || span_starts(value, "0B"))
		return base64_bytes(digits, out, size);
	return -EINVAL;
}

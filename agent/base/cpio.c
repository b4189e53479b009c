/* SPDX-License-Identifier: GPL-2.0-or-later
 * The names in cpio archives of the kind "newc".
 */
#include <errno.h>
#include <string.h>

#include "base/cpio.h"

#define TRAILER      "TRAILER!!!"
#define AT_DATA_SIZE 54 /* in the header: 8 hexadecimal digits each */
#define AT_NAME_SIZE 94

static int parse_hex(const uint8_t *p, uint32_t *ret)
{
	uint32_t n = 0;

	for (int i = 0; i < 8; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = memchr(digits, p[i] | 0x20, sizeof(digits) - 1);

		/* With the bit 0x20, 0x10 to 0x19 would be digits. */
		if (!digit || p[i] < '0')
			return -EBADMSG;
		n = n << 4 | (uint32_t)(digit - digits);
	}
	*ret = n;
	return 0;
}

/* 070701, or 070702 with a sum that nobody reads. */
static int take_header(struct cpio *c)
{
	if (memcmp(c->header, "07070", 5) != 0 || (c->header[5] != '1' && c->header[5] != '2') ||
		parse_hex(c->header + AT_DATA_SIZE, &c->data_size) < 0 ||
		parse_hex(c->header + AT_NAME_SIZE, &c->name_size) < 0 || c->name_size == 0)
		return -EBADMSG;
	c->state = CPIO_NAME;
	c->at = 0;
	return 0;
}

/* Up to the next multiple of 4, as the header, the name and the data are filled up. */
static uint64_t fill(uint64_t n)
{
	return (n + 3) / 4 * 4;
}

static void take_name(struct cpio *c)
{
	size_t last = c->at < sizeof(c->name) ? c->at : sizeof(c->name) - 1;

	c->name[last] = '\0';
	c->last = c->name_size == sizeof(TRAILER) && strcmp(c->name, TRAILER) == 0;
	if (!c->last && c->name_size <= sizeof(c->name))
		c->take(c->ctx, c->name);
	c->skip = fill(CPIO_HEADER_SIZE + c->name_size) - CPIO_HEADER_SIZE - c->at +
		  fill(c->data_size);
	c->state = CPIO_DATA;
}

/* Behind an entry: the next one, or the end of the archive. */
static void end_entry(struct cpio *c)
{
	c->n_whole += c->last;
	c->state = c->last ? CPIO_BETWEEN : CPIO_HEADER;
	c->at = 0;
}

/* Takes bytes of @p for @to, which has room for @size. */
static size_t gather(struct cpio *c, void *to, size_t size, struct span p)
{
	size_t n = size - c->at < p.len ? size - c->at : p.len;

	memcpy((uint8_t *)to + c->at, p.p, n);
	c->at += n;
	return n;
}

static int take_some(struct cpio *c, struct span p, size_t *ret_n)
{
	size_t name = c->name_size < sizeof(c->name) ? c->name_size : sizeof(c->name);
	int r = 0;

	*ret_n = 0;
	switch (c->state) {
	case CPIO_BETWEEN:
		while (*ret_n < p.len && p.p[*ret_n] == 0)
			++*ret_n;
		if (*ret_n < p.len && p.p[*ret_n] != '0')
			return 1;
		if (*ret_n < p.len)
			c->state = CPIO_HEADER;
		break;
	case CPIO_HEADER:
		*ret_n = gather(c, c->header, sizeof(c->header), p);
		if (c->at == sizeof(c->header))
			r = take_header(c);
		break;
	case CPIO_NAME:
		*ret_n = gather(c, c->name, name, p);
		if (c->at == name)
			take_name(c);
		break;
	case CPIO_DATA:
		*ret_n = c->skip < p.len ? (size_t)c->skip : p.len;
		c->skip -= *ret_n;
		break;
	}
	if (c->state == CPIO_DATA && c->skip == 0)
		end_entry(c);
	return r;
}

int cpio_feed(struct cpio *cpio, struct span piece, size_t *ret_used)
{
	size_t at = 0;
	int r = 0;

	while (at < piece.len && r == 0) {
		size_t n;

		r = take_some(cpio, span_sub(piece, at, piece.len), &n);
		at += n;
	}
	*ret_used = at;
	return r;
}

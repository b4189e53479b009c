/* SPDX-License-Identifier: GPL-2.0-or-later
 * Bounded bytes: the only way in which parsers see input.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed, read-only run of bytes; not NUL-terminated. */
struct span {
	const uint8_t *p;
	size_t len;
};

#define SPAN_NONE ((struct span){NULL, 0})

struct span span_of(const void *p, size_t len);
struct span span_str(const char *s);

/* The part of @s from @off on, at most @len bytes; empty if @off is past the end. */
struct span span_sub(struct span s, size_t off, size_t len);

bool span_eq(struct span a, struct span b);
bool span_eq_str(struct span a, const char *s);
bool span_eq_str_nocase(struct span a, const char *s);
bool span_starts(struct span a, const char *prefix);

/* Index of the first @c in @s, or s.len if there is none. */
size_t span_find(struct span s, char c);

/*
 * Cuts @in at the first @sep: returns what stands before it and moves @in behind it. Without a
 * separator the whole rest is returned and @in becomes empty with p == NULL.
 */
struct span span_cut(struct span *in, char sep);

/* @s without leading and trailing blanks and tabs. */
struct span span_trim(struct span s);

/*
 * Copies @s as a string to @dst.
 *
 * Returns 0, -ENOSPC if it and its NUL do not fit, -EINVAL if it contains a NUL. On failure @dst
 * is left alone.
 */
int span_copy(struct span s, char *dst, size_t size) __attribute__((warn_unused_result));

/* True if every byte is printable ASCII other than blank (0x21 to 0x7e). */
bool span_is_graph(struct span s);

/*
 * Writes @s to @dst as printable ASCII: everything else, and the backslash, becomes \xHH. Cut with
 * "..." when @size is too small. Always terminated; @size is at least 8. Returns @dst.
 */
char *span_escape(struct span s, char *dst, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Words of a kernel command line.
 */
#include "source/cmdline_word.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span unquoted(struct span s)
{
	if (s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"')
		return span_sub(s, 1, s.len - 2);
	return s;
}

bool cmdline_next(struct span *in, struct cmdline_word *ret)
{
	bool quoted = false;
	size_t n = 0;
	struct span rest;

	while (in->len && is_blank(in->p[0]))
		*in = span_sub(*in, 1, in->len);
	while (n < in->len && (quoted || !is_blank(in->p[n]))) {
		if (in->p[n] == '"')
			quoted = !quoted;
		n++;
	}
	ret->whole = span_sub(*in, 0, n);
	*in = span_sub(*in, n, in->len);
	if (n == 0 || span_eq_str(ret->whole, "--"))
		return false;
	rest = unquoted(ret->whole);
	ret->value = SPAN_NONE;
	if (span_find(rest, '=') == rest.len) {
		ret->name = rest;
		return true;
	}
	ret->name = span_cut(&rest, '=');
	if (!rest.p)
		return true;
	ret->value = unquoted(rest);
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * The targets that a server shows, and which of them is ours (RFC 7143 appendix C).
 *
 *   answer = *(TargetName=name *(TargetAddress=address))
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "step/iscsi_targets.h"

#define NAME_MAX_BYTES 223 /* RFC 7143 section 4.2.7.1 */

bool iscsi_targets_next(struct span *in, struct iscsi_target *ret)
{
	struct span key, value, before;
	bool found = false;

	for (;;) {
		before = *in;
		if (iscsi_text_next(in, &key, &value, NULL) <= 0)
			break;
		if (!span_eq_str(key, "TargetName"))
			continue;
		if (found) {
			*in = before;
			break;
		}
		found = true;
		ret->name = value;
		ret->addresses = *in;
	}
	if (found)
		ret->addresses.len -= in->len; /* up to the next name */
	return found;
}

bool iscsi_targets_address(struct span *in, struct span *ret)
{
	struct span key;

	while (iscsi_text_next(in, &key, ret, NULL) > 0)
		if (span_eq_str(key, "TargetAddress"))
			return true;
	return false;
}

int iscsi_targets_check(struct span text, struct err *reterr)
{
	struct span key, value;
	bool named = false;
	char shown[60];
	int r;

	while ((r = iscsi_text_next(&text, &key, &value, reterr)) > 0) {
		span_escape(value, shown, sizeof(shown));
		if (span_eq_str(key, "TargetName")) {
			named = true;
			if (!value.len || value.len > NAME_MAX_BYTES || !span_is_graph(value))
				return err_set(reterr, -EBADMSG,
					"the target shows \"%s\", which is no iSCSI name", shown);
		} else if (span_eq_str(key, "TargetAddress") && !named) {
			return err_set(reterr, -EBADMSG,
				"the target shows the address \"%s\" of no target", shown);
		} else if (span_eq_str(key, "SendTargets")) {
			return err_set(reterr, -EPROTO,
				"the target does not list its targets: it answers \"%s\"", shown);
		}
	}
	return r;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool contains(struct span name, const char *id)
{
	size_t n = strlen(id);

	for (size_t i = 0; n && i + n <= name.len; i++) {
		bool goes_on = i + n < name.len && is_word(name.p[i + n]);
		bool cut = i > 0 && is_digit(name.p[i - 1]) && is_digit(name.p[i]);

		if (!goes_on && !cut && span_eq_str_nocase(span_sub(name, i, n), id))
			return true;
	}
	return false;
}

struct choice {
	unsigned int n, n_fit;
	struct span any, fit;
	char list[ERR_TEXT_SIZE / 2];
};

static void add_to_list(struct choice *c, struct span name)
{
	size_t at = strlen(c->list), room = sizeof(c->list) - at;

	if (room > name.len + sizeof(", ..."))
		(void)snprintf(c->list + at, room, "%s%.*s", c->n ? ", " : "", (int)name.len,
			(const char *)name.p); /* has the room */
	else if (room > sizeof(", ..."))
		strcpy(c->list + at, ", ...");
}

static int compare_names(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int r = memcmp(x->p, y->p, x->len < y->len ? x->len : y->len);

	return r ? r : (x->len > y->len) - (x->len < y->len);
}

/* In the order of their names: a server may name a target once for each of its portals. */
static int look(struct span text, const char *id, struct choice *c)
{
	_cleanup_free_ struct span *name = NULL;
	struct iscsi_target t;
	struct span rest;
	size_t n = 0;

	for (rest = text; iscsi_targets_next(&rest, &t);)
		n++;
	if (!n)
		return 0;
	name = calloc(n, sizeof(*name));
	if (!name)
		return -ENOMEM;
	n = 0;
	for (rest = text; iscsi_targets_next(&rest, &t);)
		name[n++] = t.name;
	qsort(name, n, sizeof(*name), compare_names);
	for (size_t i = 0; i < n; i++) {
		if (i && span_eq(name[i], name[i - 1]))
			continue;
		add_to_list(c, name[i]);
		c->n++;
		c->any = name[i];
		if (contains(name[i], id)) {
			c->n_fit++;
			c->fit = name[i];
		}
	}
	return 0;
}

int iscsi_targets_choose(struct span text, const char *id, const char *where, const char *initiator,
	char ret_name[PLAN_NAME_SIZE], struct err *reterr)
{
	struct choice c = {.n = 0};
	struct span chosen;

	if (look(text, id, &c) < 0)
		return err_set(
			reterr, -ENOMEM, "no memory for the list of the targets at %s", where);
	if (!c.n)
		return err_set(reterr, -ENOENT,
			"%s shows no target to %s: check the lists of initiators of its targets",
			where, initiator);
	if (c.n > 1 && c.n_fit != 1)
		return err_set(reterr, -EDESTADDRREQ,
			"%s shows %u targets, and %s %s in its name: add pinet.target=; there are "
			"%s",
			where, c.n, c.n_fit ? "more than one has" : "none has", id, c.list);
	chosen = c.n == 1 ? c.any : c.fit;
	return span_copy(chosen, ret_name, PLAN_NAME_SIZE);
}

static bool is_same(const struct portal *a, const struct portal *b)
{
	struct in6_addr x, y;

	if (a->port != b->port || a->ipv6 != b->ipv6)
		return false;
	if (a->ipv6 && num_parse_ip6(span_str(a->host), &x) == 0 &&
		num_parse_ip6(span_str(b->host), &y) == 0)
		return memcmp(&x, &y, sizeof(x)) == 0;
	return strcmp(a->host, b->host) == 0;
}

/* 0 for one that cannot be used, 1 for an address, 2 for a name. */
static int usable(const struct portal *p)
{
	struct in6_addr a6;
	struct in_addr a4;

	if (p->ipv6)
		return num_parse_ip6(span_str(p->host), &a6) == 0 && !IN6_IS_ADDR_LINKLOCAL(&a6) &&
		       !IN6_IS_ADDR_UNSPECIFIED(&a6);
	if (num_parse_ip4(span_str(p->host), &a4) == 0)
		return a4.s_addr != INADDR_ANY;
	return 2;
}

/* Adds those of @name of the wanted kind: 1 addresses, 2 names. */
static unsigned int add_portals(struct span text, const char *name, int kind,
	struct portal ret[SETTING_PORTALS], unsigned int n)
{
	struct iscsi_target t;

	while (iscsi_targets_next(&text, &t)) {
		struct span address;

		while (span_eq_str(t.name, name) && n < SETTING_PORTALS &&
			iscsi_targets_address(&t.addresses, &address)) {
			struct portal p;
			unsigned int i = 0;

			if (settings_parse_portal(address, &p, NULL) < 0 || usable(&p) != kind)
				continue;
			while (i < n && !is_same(&ret[i], &p))
				i++;
			if (i == n)
				ret[n++] = p;
		}
	}
	return n;
}

unsigned int iscsi_targets_portals(struct span text, const char *name, const struct portal *reached,
	struct portal ret[SETTING_PORTALS])
{
	unsigned int n = add_portals(text, name, 1, ret, 0), i = 0;

	n = add_portals(text, name, 2, ret, n);
	while (i < n && !is_same(&ret[i], reached))
		i++;
	if (i < n) {
		struct portal first = ret[i];

		memmove(ret + 1, ret, i * sizeof(ret[0]));
		ret[0] = first;
	} else {
		if (n == SETTING_PORTALS)
			n--;
		ret[n++] = *reached;
	}
	return n;
}

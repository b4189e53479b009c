/* SPDX-License-Identifier: GPL-2.0-or-later
 * The iSCSI root path of RFC 4173 section 5.
 *
 *   path   = "iscsi:" [auth "@"] [server] ":" [protocol] ":" [port] ":" [lun] ":" target
 *   auth   = user ":" password [":" user ":" password]
 *   server = IPv4 / "[" IPv6 "]" / host-name
 *   lun    = 1*4HEX *3("-" 1*4HEX)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/rootpath.h"

#define PROTOCOL_TCP 6

static int parse_auth(struct span auth, struct chap *ret)
{
	struct chap c = {.present = true};
	struct span field[4];
	unsigned int n = 0;

	while (auth.p && n < 4)
		field[n++] = span_cut(&auth, ':');
	if (auth.p || (n != 2 && n != 4) || !field[0].len || !field[1].len)
		return -EINVAL;
	if (span_copy(field[0], c.user, sizeof(c.user)) < 0 ||
		span_copy(field[1], c.secret, sizeof(c.secret)) < 0)
		return -EINVAL;
	if (n == 4) {
		c.mutual = true;
		if (!field[2].len || !field[3].len ||
			span_copy(field[2], c.user_in, sizeof(c.user_in)) < 0 ||
			span_copy(field[3], c.secret_in, sizeof(c.secret_in)) < 0)
			return -EINVAL;
	}
	*ret = c;
	return 0;
}

/*
 * The groups are the eight bytes of a SAM-5 LUN, two each. Single-level LUNs have everything in the
 * first group, by peripheral (below 256) or flat space addressing (SAM-5 section 4.7.7).
 */
static int parse_lun(struct span text, uint64_t *ret)
{
	uint32_t group[4] = {0, 0, 0, 0};
	unsigned int n = 0;

	while (text.p) {
		struct span g = span_cut(&text, '-');

		if (n == 4 || g.len > 4 || num_parse_hex32(g, 0xffff, &group[n++]) < 0)
			return -EINVAL;
	}
	if (group[1] || group[2] || group[3])
		return -EOPNOTSUPP;
	if ((group[0] & 0xc000) == 0x4000)
		group[0] &= 0x3fff;
	if (group[0] > 0x3fff)
		return -EOPNOTSUPP;
	*ret = group[0];
	return 0;
}

/* Cuts the server off @in, which is left at the protocol. */
static int cut_server(struct span *in, struct span *ret_host)
{
	size_t end;

	if (in->len && in->p[0] == '[') {
		end = span_find(*in, ']');
		if (end == in->len || end + 1 == in->len || in->p[end + 1] != ':')
			return -EINVAL;
		*ret_host = span_sub(*in, 0, end + 1);
		*in = span_sub(*in, end + 2, in->len);
		return 0;
	}
	if (span_find(*in, ':') == in->len)
		return -EINVAL;
	*ret_host = span_cut(in, ':');
	return 0;
}

/* The '@' that ends the authentication; a target name has none, an address neither. */
static int cut_auth(struct span *in, struct chap *ret)
{
	size_t at = in->len;

	for (size_t i = 0; i < in->len; i++)
		if (in->p[i] == '@')
			at = i;
	if (at == in->len)
		return 0;
	if (parse_auth(span_sub(*in, 0, at), ret) < 0)
		return -EINVAL;
	*in = span_sub(*in, at + 1, in->len);
	return 0;
}

int rootpath_parse(struct span text, struct rootpath *ret, struct err *reterr)
{
	struct rootpath rp = {.has_portal = false};
	struct span host, proto, port, lun;
	uint32_t port_number = 3260, proto_number = PROTOCOL_TCP;
	struct portal checked;
	char shown[80];
	int r;

	if (!span_starts(text, "iscsi:"))
		return err_set(reterr, -EINVAL, "root path does not begin with \"iscsi:\"");
	text = span_sub(text, 6, text.len);
	if (cut_auth(&text, &rp.chap) < 0)
		return err_set(reterr, -EINVAL,
			"root path: what stands before @ is not USER:PASSWORD[:USER:PASSWORD]");
	span_escape(text, shown, sizeof(shown));
	if (cut_server(&text, &host) < 0)
		return err_set(reterr, -EINVAL,
			"root path iscsi:%s: no SERVER:PROTOCOL:PORT:LUN:TARGET", shown);
	proto = span_cut(&text, ':');
	port = span_cut(&text, ':');
	lun = span_cut(&text, ':');
	if (!text.p)
		return err_set(reterr, -EINVAL,
			"root path iscsi:%s has fewer than five fields "
			"SERVER:PROTOCOL:PORT:LUN:TARGET",
			shown);
	if (proto.len &&
		(num_parse_u32(proto, 255, &proto_number) < 0 || proto_number != PROTOCOL_TCP))
		return err_set(reterr, -EOPNOTSUPP,
			"root path iscsi:%s: the protocol field must be empty or 6 (TCP)", shown);
	if (port.len && (num_parse_u32(port, 65535, &port_number) < 0 || port_number == 0))
		return err_set(reterr, -EINVAL, "root path iscsi:%s: bad port", shown);
	if (lun.len) {
		r = parse_lun(lun, &rp.lun);
		if (r < 0)
			return err_set(reterr, r,
				"root path iscsi:%s: the LUN must be hexadecimal and of one level",
				shown);
		rp.has_lun = true;
	}
	if (host.len) {
		r = snprintf(rp.portal, sizeof(rp.portal), "%.*s:%u", (int)host.len,
			(const char *)host.p, port_number);
		if (r < 0 || (size_t)r >= sizeof(rp.portal) ||
			settings_parse_portal(span_str(rp.portal), &checked, NULL) < 0)
			return err_set(reterr, -EINVAL, "root path iscsi:%s: bad server", shown);
		rp.has_portal = true;
	}
	rp.has_target = text.len > 0;
	if (span_copy(text, rp.target, sizeof(rp.target)) < 0)
		return err_set(reterr, -EINVAL, "root path iscsi:%s: bad target name", shown);
	*ret = rp;
	return 0;
}

int rootpath_settings(
	const struct rootpath *rp, const char *word, struct settings *set, struct err *reterr)
{
	struct settings out = *set;
	char lun[24];

	if (rp->has_portal) {
		out.n_portals = 0;
		if (settings_put(&out, SETTING_PORTAL, word, span_str(rp->portal), reterr) < 0)
			return -EINVAL;
	}
	if (rp->has_target &&
		settings_put(&out, SETTING_TARGET, word, span_str(rp->target), reterr) < 0)
		return -EINVAL;
	(void)snprintf(lun, sizeof(lun), "%llu", (unsigned long long)rp->lun);
	if (rp->has_lun && settings_put(&out, SETTING_LUN, word, span_str(lun), reterr) < 0)
		return -EINVAL;
	*set = out;
	return 0;
}

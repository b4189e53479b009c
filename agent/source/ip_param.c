/* SPDX-License-Identifier: GPL-2.0-or-later
 * The word ip= of the kernel command line, in all forms of initramfs-tools.
 *
 *   ip     = method / device / fields
 *   fields = client ":" server ":" gateway ":" netmask ":" host ":" device ":" method
 *            [":" dns0 [":" dns1 [":" ntp0]]]        (each may be empty, the tail may be absent)
 *
 * client, server, gateway and name servers may be "[" IPv6 "]" (dracut.cmdline(7)).
 */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "source/ip_param.h"

#define IP_FIELDS 10

static int parse_method(struct span v, enum ip_method *ret)
{
	static const struct {
		const char *name;
		enum ip_method method;
	} names[] = {
		{"off", IP_OFF},
		{"none", IP_OFF},
		{"on", IP_DHCP},
		{"any", IP_DHCP},
		{"dhcp", IP_DHCP},
		{"bootp", IP_DHCP},
		{"rarp", IP_DHCP},
		{"both", IP_DHCP},
		{"auto6", IP_AUTO6},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!span_eq_str(v, names[i].name))
			continue;
		*ret = names[i].method;
		return 0;
	}
	return -EINVAL;
}

/* Words of dracut for what is not there. */
static bool is_dhcp6(struct span v)
{
	return span_eq_str(v, "dhcp6") || span_eq_str(v, "either6");
}

static int no_dhcp6(struct err *reterr, unsigned int column)
{
	return err_set(reterr, -EOPNOTSUPP,
		"ip=, column %u: DHCPv6 is not understood: write ip=auto6 for the address that a "
		"router advertises, or ip=[ADDRESS]::[GATEWAY]:64::eth0:none",
		column);
}

static bool is_device(struct span v)
{
	if (!v.len || v.len >= IF_NAMESIZE || v.p[0] == '.' || v.p[0] == '-')
		return false;
	return span_is_graph(v) && span_find(v, '/') == v.len && span_find(v, '\'') == v.len;
}

static bool is_hostname(struct span v)
{
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.p[i] | 0x20;

		if (!((c >= 'a' && c <= 'z') || (v.p[i] >= '0' && v.p[i] <= '9') || v.p[i] == '-' ||
			    v.p[i] == '.'))
			return false;
	}
	return v.len <= 64;
}

static int bad(struct err *reterr, unsigned int column, struct span v, const char *want)
{
	char shown[60];

	return err_set(reterr, -EINVAL, "ip=, column %u: \"%s\" is no %s", column,
		span_escape(v, shown, sizeof(shown)), want);
}

/* As span_cut() at ':', but not inside of brackets. */
static struct span cut_field(struct span *in)
{
	size_t end = span_starts(*in, "[") ? span_find(*in, ']') : 0;
	struct span field, rest = span_sub(*in, end, in->len);

	end += span_find(rest, ':');
	field = span_sub(*in, 0, end);
	*in = end < in->len ? span_sub(*in, end + 1, in->len) : SPAN_NONE;
	return field;
}

/* An address of either family where both have a place; true if it is one of IPv6. */
static int parse_address(struct span v, struct in_addr *a4, struct in6_addr *a6, bool *ret_ipv6)
{
	if (!span_starts(v, "["))
		return num_parse_ip4(v, a4);
	if (v.p[v.len - 1] != ']' || num_parse_ip6(span_sub(v, 1, v.len - 2), a6) < 0)
		return -EINVAL;
	*ret_ipv6 = true;
	return 0;
}

/* The netmask field can be read when it is known whose it is. */
static int parse_mask(struct span mask, bool ipv6, struct ip_param *out)
{
	uint32_t prefix;

	if (!ipv6)
		return num_parse_prefix4(mask, &out->prefix);
	if (num_parse_u32(mask, 128, &prefix) < 0 || prefix == 0)
		return -EINVAL;
	out->prefix6 = prefix;
	return 0;
}

static bool is_set(const struct in6_addr *a)
{
	return !IN6_IS_ADDR_UNSPECIFIED(a);
}

/* With an address the fields are used as they are, whatever "off" means alone. */
static int settle(struct ip_param *out, bool has_method, struct err *reterr)
{
	bool fixed = !has_method || out->method == IP_OFF;

	if (is_set(&out->client6) && !fixed)
		return err_set(reterr, -EINVAL,
			"ip=: with an IPv6 address the method must be none, or nothing");
	if (is_set(&out->client6) ? out->client.s_addr || out->gateway.s_addr
				  : out->client.s_addr && is_set(&out->gateway6))
		return err_set(reterr, -EINVAL,
			"ip=: the client's address and the gateway's must both be IPv4 or IPv6");
	if (is_set(&out->client6))
		out->method = IP_STATIC6;
	else if (out->client.s_addr && fixed)
		out->method = IP_STATIC;
	else if (!has_method)
		out->method = IP_DHCP;
	return 0;
}

static int parse_fields(struct span value, struct ip_param *out, struct err *reterr)
{
	static const char *const names[IP_FIELDS] = {"client address", "server address",
		"gateway address", "netmask", "host name", "interface name",
		"method (dhcp, off, ...)", "name server address", "name server address",
		"time server address"};
	struct in_addr *const a4[IP_FIELDS] = {&out->client, &out->server, &out->gateway, NULL,
		NULL, NULL, NULL, &out->dns[0], &out->dns[1], &out->ntp};
	struct in6_addr unused;
	struct in6_addr *const a6[IP_FIELDS] = {&out->client6, &unused, &out->gateway6, NULL, NULL,
		NULL, NULL, &out->dns6[0], &out->dns6[1], &unused};
	bool has_method = false, ipv6 = false;
	struct span rest = value, mask = SPAN_NONE;

	out->prefix6 = 64;
	for (unsigned int i = 0; rest.p; i++) {
		unsigned int column = (unsigned int)(rest.p - value.p) + 1;
		struct span f = cut_field(&rest);
		int r = 0;

		if (i == IP_FIELDS)
			return err_set(reterr, -EINVAL, "ip=, column %u: more than %d fields",
				column, IP_FIELDS);
		if (!f.len)
			continue;
		if (a4[i]) {
			r = parse_address(f, a4[i], a6[i], i == 0 ? &ipv6 : &(bool){false});
		} else if (i == 3) {
			mask = f;
			r = parse_mask(f, ipv6, out);
		} else if (i == 4) {
			r = is_hostname(f) ? span_copy(f, out->hostname, sizeof(out->hostname))
					   : -EINVAL;
		} else if (i == 5) {
			r = is_device(f) ? span_copy(f, out->device, sizeof(out->device)) : -EINVAL;
		} else if (is_dhcp6(f)) {
			return no_dhcp6(reterr, column);
		} else {
			r = parse_method(f, &out->method);
			has_method = true;
		}
		if (r < 0)
			return bad(reterr, column, f, names[i]);
	}
	if (!mask.len)
		out->prefix = num_class_prefix4(out->client);
	return settle(out, has_method, reterr);
}

int ip_param_parse(struct span value, struct ip_param *ret, struct err *reterr)
{
	struct ip_param out = {.method = IP_DHCP};
	int r;

	if (is_dhcp6(value))
		return no_dhcp6(reterr, 1);
	if (span_find(value, ':') < value.len) {
		r = parse_fields(value, &out, reterr);
		if (r < 0)
			return r;
	} else if (value.len && parse_method(value, &out.method) < 0) {
		struct in_addr client;

		/* klibc's ipconfig takes one lone word for an address or a device. */
		if (num_parse_ip4(value, &client) == 0) {
			out.method = IP_STATIC;
			out.client = client;
			out.prefix = num_class_prefix4(client);
		} else if (is_device(value)) {
			(void)!span_copy(value, out.device,
				sizeof(out.device)); /* is_device() saw the length */
		} else {
			return bad(reterr, 1, value, "method, interface name or list of fields");
		}
	}
	*ret = out;
	return 0;
}

/* What stands behind the last dot, or behind "vlan". */
static int vlan_id(struct span name, unsigned int *ret)
{
	size_t from = span_starts(name, "vlan") ? 4 : 0;
	uint32_t id;

	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] == '.')
			from = i + 1;
	if (from == 0 || num_parse_u32(span_sub(name, from, name.len), 4094, &id) < 0 || id == 0)
		return -EINVAL;
	*ret = id;
	return 0;
}

int vlan_param_parse(struct span value, struct vlan_param *ret, struct err *reterr)
{
	struct vlan_param out = {.present = true};
	struct span parent = value, name = span_cut(&parent, ':');
	char shown[60];

	if (!is_device(name) || !is_device(parent) || span_find(parent, ':') < parent.len ||
		vlan_id(name, &out.id) < 0 || span_copy(name, out.name, sizeof(out.name)) < 0 ||
		span_copy(parent, out.parent, sizeof(out.parent)) < 0)
		return err_set(reterr, -EINVAL,
			"vlan=%s: it must be NAME:INTERFACE with a number from 1 to 4094 in the "
			"name, as eth0.5:eth0 or vlan5:eth0",
			span_escape(value, shown, sizeof(shown)));
	*ret = out;
	return 0;
}

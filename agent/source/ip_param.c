/* SPDX-License-Identifier: GPL-2.0-or-later
 * The word ip= of the kernel command line, in all forms of initramfs-tools.
 *
 *   ip     = method / device / fields
 *   fields = client ":" server ":" gateway ":" netmask ":" host ":" device ":" method
 *            [":" dns0 [":" dns1 [":" ntp0]]]        (each may be empty, the tail may be absent)
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
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!span_eq_str(v, names[i].name))
			continue;
		*ret = names[i].method;
		return 0;
	}
	return -EINVAL;
}

/* Words of dracut; IPv6 addresses come by router advertisement alone. */
static bool is_dhcp6(struct span v)
{
	return span_eq_str(v, "dhcp6") || span_eq_str(v, "auto6") || span_eq_str(v, "either6");
}

static int no_dhcp6(struct err *reterr, unsigned int column)
{
	return err_set(reterr, -EOPNOTSUPP,
		"ip=, column %u: DHCPv6 is not understood: write ip=dhcp, or an address; an IPv6 "
		"address comes by itself where routers advertise one",
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

static int parse_fields(struct span value, struct ip_param *out, struct err *reterr)
{
	static const char *const names[IP_FIELDS] = {"client address", "server address",
		"gateway address", "netmask", "host name", "interface name",
		"method (dhcp, off, ...)", "name server address", "name server address",
		"time server address"};
	struct in_addr *const addresses[IP_FIELDS] = {&out->client, &out->server, &out->gateway,
		NULL, NULL, NULL, NULL, &out->dns[0], &out->dns[1], &out->ntp};
	bool has_mask = false, has_method = false;
	struct span rest = value;

	for (unsigned int i = 0; rest.p; i++) {
		unsigned int column = (unsigned int)(rest.p - value.p) + 1;
		struct span f = span_cut(&rest, ':');
		int r = 0;

		if (i == IP_FIELDS)
			return err_set(reterr, -EINVAL, "ip=, column %u: more than %d fields",
				column, IP_FIELDS);
		if (!f.len)
			continue;
		if (addresses[i]) {
			r = num_parse_ip4(f, addresses[i]);
		} else if (i == 3) {
			r = num_parse_prefix4(f, &out->prefix);
			has_mask = true;
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
	/* With an address the fields are used as they are, whatever "off" means alone. */
	if (out->client.s_addr && (!has_method || out->method == IP_OFF))
		out->method = IP_STATIC;
	else if (!has_method)
		out->method = IP_DHCP;
	if (!has_mask)
		out->prefix = num_class_prefix4(out->client);
	return 0;
}

int ip_param_parse(struct span value, struct ip_param *ret, struct err *reterr)
{
	struct ip_param out = {.method = IP_DHCP};

	if (is_dhcp6(value))
		return no_dhcp6(reterr, 1);
	if (span_starts(value, "[") || span_find(value, ']') < value.len)
		return err_set(reterr, -EOPNOTSUPP,
			"ip=: static IPv6 addresses are not understood: write the IPv4 address; an "
			"IPv6 "
			"address comes by itself where routers advertise one");
	if (span_find(value, ':') < value.len) {
		if (parse_fields(value, &out, reterr) < 0)
			return -EINVAL;
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

/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a DHCPv4 message means: the lease and what it says about the boot.
 */
#include <errno.h>
#include <string.h>

#include "source/dhcp_boot.h"
#include "source/dhcp_lease.h"
#include "source/dhcp_text.h"

#define BOOTREPLY 2
#define MTU_MIN   576 /* what every host must take (RFC 791 section 3.1); less has no honest use */

static struct in_addr address_at(struct span s, size_t off)
{
	struct in_addr a;

	memcpy(&a, s.p + off, sizeof(a));
	return a;
}

/* True with @ret set if @code is there and has @size bytes; another size is a remark. */
static bool get_fixed(const struct dhcp_msg *m, enum dhcp_option code, size_t size,
	struct notes *notes, struct span *ret)
{
	struct span val = dhcp_msg_option(m, (uint8_t)code);

	if (val.len && val.len != size)
		notes_add(
			notes, "option %d: ignored: %zu bytes instead of %zu", code, val.len, size);
	if (val.len != size)
		return false;
	*ret = val;
	return true;
}

/* As get_fixed() for a list of items of @size bytes. */
static bool get_list(const struct dhcp_msg *m, enum dhcp_option code, size_t size,
	struct notes *notes, struct span *ret)
{
	struct span val = dhcp_msg_option(m, (uint8_t)code);

	if (val.len % size) {
		notes_add(notes, "option %d: ignored: %zu bytes are no multiple of %zu", code,
			val.len, size);
		return false;
	}
	*ret = val;
	return val.len > 0;
}

static int read_type(const struct dhcp_msg *m, enum dhcp_type *ret, struct err *reterr)
{
	struct span val = dhcp_msg_option(m, DHCP_OPT_TYPE);

	if (m->op != BOOTREPLY)
		return err_set(reterr, -EBADMSG, "DHCP message of a client, not of a server");
	if (val.len != 1)
		return err_set(reterr, -EBADMSG, "BOOTP reply with %s: only DHCP is understood",
			val.len ? "a malformed option 53" : "no option 53");
	if (val.p[0] != DHCP_OFFER && val.p[0] != DHCP_ACK && val.p[0] != DHCP_NAK)
		return err_set(
			reterr, -EBADMSG, "DHCP message type %u: no server sends that", val.p[0]);
	*ret = (enum dhcp_type)val.p[0];
	return 0;
}

static void read_network(const struct dhcp_msg *m, struct lease *lease, struct notes *notes)
{
	char shown[IP4_TEXT_SIZE];
	struct span val;

	lease->prefix = num_class_prefix4(lease->address);
	if (get_fixed(m, DHCP_OPT_NETMASK, 4, notes, &val)) {
		int r = num_prefix_of_mask4(address_at(val, 0));

		num_format_ip4(address_at(val, 0), shown);
		if (r > 0)
			lease->prefix = (unsigned int)r;
		else
			notes_add(notes, "option 1: ignored: %s is no netmask", shown);
	}
	/* RFC 3021: a link with a prefix of 31 has no broadcast address. */
	if (lease->prefix < 31)
		lease->broadcast.s_addr = lease->address.s_addr | ~num_mask4(lease->prefix).s_addr;
	if (get_fixed(m, DHCP_OPT_BROADCAST, 4, notes, &val))
		lease->broadcast = address_at(val, 0);
	if (get_fixed(m, DHCP_OPT_MTU, 2, notes, &val)) {
		unsigned int mtu = num_be16(val.p);

		if (mtu >= MTU_MIN)
			lease->mtu = mtu;
		else
			notes_add(notes, "option 26: ignored: an MTU of %u is below %d", mtu,
				MTU_MIN);
	}
}

/* Adds a route; the bits of @dst behind the prefix do not count (RFC 3442). */
static void add_route(struct lease *lease, enum dhcp_option code, struct in_addr dst,
	unsigned int prefix, struct in_addr gateway, struct notes *notes)
{
	char shown[IP4_TEXT_SIZE];

	dst.s_addr &= num_mask4(prefix).s_addr;
	num_format_ip4(dst, shown);
	if (lease->n_routes == LEASE_ROUTES)
		notes_add(notes, "option %d: ignored the route to %s/%u: there are more than %d",
			code, shown, prefix, LEASE_ROUTES);
	else if (gateway.s_addr && !dhcp_msg_is_host(gateway))
		notes_add(notes, "option %d: ignored the route to %s/%u: its gateway is no host",
			code, shown, prefix);
	else
		lease->route[lease->n_routes++] = (struct lease_route){dst, prefix, gateway};
}

/* Calls add_route() for each descriptor of option 121, if all of them are well-formed. */
static int read_compact_routes(struct span s, struct lease *lease, struct notes *notes)
{
	for (unsigned int pass = 0; pass < 2; pass++) {
		for (struct span in = s; in.len;) {
			unsigned int prefix = in.p[0];
			size_t bytes = (prefix + 7) / 8;
			struct in_addr dst = {0};

			if (prefix > 32 || in.len < 1 + bytes + 4)
				return -EBADMSG;
			memcpy(&dst, in.p + 1, bytes);
			if (pass)
				add_route(lease, DHCP_OPT_ROUTES, dst, prefix,
					address_at(in, 1 + bytes), notes);
			in = span_sub(in, 1 + bytes + 4, in.len);
		}
	}
	return 0;
}

/*
 * Option 33 knows no netmask (RFC 2132 section 5.8): a destination without host bits is a network
 * of its class, any other is a host.
 */
static void read_static_routes(struct span s, struct lease *lease, struct notes *notes)
{
	for (; s.len; s = span_sub(s, 8, s.len)) {
		struct in_addr dst = address_at(s, 0);
		unsigned int prefix = num_class_prefix4(dst);

		if (!dhcp_msg_is_host(dst)) {
			notes_add(notes, "option 33: ignored a route to no host or network");
			continue;
		}
		if (dst.s_addr & ~num_mask4(prefix).s_addr)
			prefix = 32;
		add_route(lease, DHCP_OPT_STATIC_ROUTE, dst, prefix, address_at(s, 4), notes);
	}
}

/* Option 121 wins over 33 and 3 (RFC 3442, "DHCP Client Behavior"). */
static void read_routes(const struct dhcp_msg *m, struct lease *lease, struct notes *notes)
{
	struct span compact = dhcp_msg_option(m, DHCP_OPT_ROUTES), val;

	if (compact.len) {
		if (read_compact_routes(compact, lease, notes) == 0)
			return;
		notes_add(notes, "option 121: ignored: its routes are malformed");
	}
	if (get_list(m, DHCP_OPT_STATIC_ROUTE, 8, notes, &val))
		read_static_routes(val, lease, notes);
	if (!get_list(m, DHCP_OPT_ROUTER, 4, notes, &val))
		return;
	/* In order of preference (RFC 2132 section 3.5); there can be only one default route. */
	if (dhcp_msg_is_host(address_at(val, 0)))
		add_route(
			lease, DHCP_OPT_ROUTER, (struct in_addr){0}, 0, address_at(val, 0), notes);
	else
		notes_add(notes, "option 3: ignored: the router is no host");
}

/* A list of hosts, of which there is room for LEASE_SERVERS: name servers, time servers. */
static void read_hosts(const struct dhcp_msg *m, enum dhcp_option code, struct in_addr *to,
	unsigned int *n, struct notes *notes)
{
	struct span val;

	if (!get_list(m, code, 4, notes, &val))
		return;
	for (; val.len; val = span_sub(val, 4, val.len)) {
		if (!dhcp_msg_is_host(address_at(val, 0)))
			notes_add(notes, "option %d: ignored a server that is no host", code);
		else if (*n == LEASE_SERVERS)
			notes_add(notes, "option %d: ignored a server after the first %d", code,
				LEASE_SERVERS);
		else
			to[(*n)++] = address_at(val, 0);
	}
}

/* Option 125: enterprise-number data-len data, repeated (RFC 3925 section 4). */
static void read_vendors(const struct dhcp_msg *m, struct lease *lease, struct notes *notes)
{
	struct span s = dhcp_msg_option(m, DHCP_OPT_VENDOR_ID);
	struct lease_vendor vendor[LEASE_VENDORS];
	unsigned int n = 0, more = 0;

	while (s.len) {
		unsigned int bytes = s.len < 5 ? 0 : s.p[4];

		if (s.len < 5 || s.len - 5 < bytes) {
			notes_add(notes, "option 125: ignored: a length runs past its end");
			return;
		}
		if (n < LEASE_VENDORS)
			vendor[n++] = (struct lease_vendor){num_be32(s.p), bytes};
		else
			more++;
		s = span_sub(s, 5 + (size_t)bytes, s.len);
	}
	if (more)
		notes_add(notes, "option 125: %u enterprises after the first %d are not shown",
			more, LEASE_VENDORS);
	memcpy(lease->vendor, vendor, n * sizeof(vendor[0]));
	lease->n_vendors = n;
}

static void read_times(const struct dhcp_msg *m, struct lease *lease, struct notes *notes)
{
	uint32_t t1, t2;
	struct span val;

	lease->lease_s = lease->t1_s = lease->t2_s = LEASE_FOREVER;
	if (!get_fixed(m, DHCP_OPT_LEASE_TIME, 4, notes, &val))
		return;
	if (num_be32(val.p) == 0) {
		notes_add(notes, "option 51: ignored: a lease of 0 s");
		return;
	}
	lease->has_lease_time = true;
	lease->lease_s = num_be32(val.p);
	if (lease->lease_s == LEASE_FOREVER)
		return;
	/* RFC 2131 section 4.4.5 */
	lease->t1_s = t1 = lease->lease_s / 2;
	lease->t2_s = t2 = (uint32_t)((uint64_t)lease->lease_s * 7 / 8);
	if (get_fixed(m, DHCP_OPT_T1, 4, notes, &val))
		t1 = num_be32(val.p);
	if (get_fixed(m, DHCP_OPT_T2, 4, notes, &val))
		t2 = num_be32(val.p);
	if (t1 > t2 || t2 > lease->lease_s) {
		notes_add(notes, "options 58, 59: ignored: T1 %u s, T2 %u s, lease %u s", t1, t2,
			lease->lease_s);
		return;
	}
	lease->t1_s = t1;
	lease->t2_s = t2;
}

static void read_name(
	const struct dhcp_msg *m, enum dhcp_option code, char dst[LEASE_NAME], struct notes *notes)
{
	struct span val = dhcp_text_strip(dhcp_msg_option(m, (uint8_t)code));
	char shown[80];

	if (val.len && dhcp_text_name(val, dst, LEASE_NAME) < 0)
		notes_add(notes, "option %d: ignored \"%s\": it is no %s name", code,
			span_escape(val, shown, sizeof(shown)),
			code == DHCP_OPT_HOST_NAME ? "host" : "domain");
}

int dhcp_lease_parse(struct span packet, struct lease *ret, struct notes *notes, struct err *reterr)
{
	struct lease lease = {.n_routes = 0};
	struct dhcp_msg m;
	struct span val;
	int r;

	r = dhcp_msg_parse(packet, &m, reterr);
	if (r < 0)
		return r;
	r = read_type(&m, &lease.type, reterr);
	if (r < 0)
		return r;
	lease.xid = m.xid;
	memcpy(lease.chaddr, m.chaddr, sizeof(lease.chaddr));
	lease.address = m.yiaddr;
	lease.siaddr = m.siaddr;
	if (get_fixed(&m, DHCP_OPT_SERVER_ID, 4, notes, &val))
		lease.server_id = address_at(val, 0);
	span_escape(dhcp_text_strip(dhcp_msg_option(&m, DHCP_OPT_MESSAGE)), lease.message,
		sizeof(lease.message));
	read_network(&m, &lease, notes);
	read_routes(&m, &lease, notes);
	read_hosts(&m, DHCP_OPT_DNS, lease.dns, &lease.n_dns, notes);
	read_hosts(&m, DHCP_OPT_NTP, lease.ntp, &lease.n_ntp, notes);
	read_vendors(&m, &lease, notes);
	read_times(&m, &lease, notes);
	read_name(&m, DHCP_OPT_HOST_NAME, lease.hostname, notes);
	read_name(&m, DHCP_OPT_DOMAIN, lease.domain, notes);
	if (dhcp_text_search(dhcp_msg_option(&m, DHCP_OPT_SEARCH), lease.search,
		    sizeof(lease.search), notes) < 0)
		notes_add(notes, "option 119: ignored: its names are malformed");
	dhcp_boot_read(&m, &lease, notes);
	*ret = lease;
	return 0;
}

bool dhcp_lease_names_server(const struct lease *lease)
{
	const struct setting *server = &lease->boot.one[SETTING_SERVER];
	struct span word = span_str(server->word);
	bool proxy = span_starts(word, "proxy ");

	if (!server->present)
		return false;
	if (proxy)
		word = span_sub(word, strlen("proxy "), word.len);
	if (!span_eq_str(word, "siaddr") && !span_eq_str(word, "option 54"))
		return true;
	return lease->pi_boot_server || lease->bootfile[0] || lease->rootpath[0] ||
	       (!proxy && span_eq_str(word, "siaddr") &&
		       lease->siaddr.s_addr != lease->server_id.s_addr);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * DHCPv4 messages as bytes (RFC 2131 section 2, options RFC 2132).
 *
 *   message = op htype hlen hops xid(4) secs(2) flags(2) ciaddr(4) yiaddr(4) siaddr(4) giaddr(4)
 *             chaddr(16) sname(64) file(128) cookie(4) *option
 *   option  = PAD / END / code len value
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/dhcp_msg.h"

#define BOOTREQUEST    1
#define BOOTREPLY      2
#define HTYPE_ETHERNET 1

#define OFF_XID     4
#define OFF_SECS    8
#define OFF_FLAGS   10
#define OFF_CIADDR  12
#define OFF_YIADDR  16
#define OFF_SIADDR  20
#define OFF_GIADDR  24
#define OFF_CHADDR  28
#define OFF_SNAME   44
#define OFF_FILE    108
#define OFF_COOKIE  236
#define OFF_OPTIONS 240
#define SNAME_SIZE  64
#define FILE_SIZE   128

#define COOKIE         0x63825363u /* RFC 2131 section 3 */
#define FLAG_BROADCAST 0x8000 /* RFC 2131 section 2, figure 2 */
#define BOOTP_SIZE     300

#define OVERLOAD_FILE  1
#define OVERLOAD_SNAME 2

#define CLASS     "pinet"
#define CLASS_PXE "PXEClient:Arch:%05u:UNDI:002001" /* RFC 4578 section 2, PXE 2.1 table 2-1 */
#define MAX_SIZE  1472 /* fits an Ethernet frame whether a server counts the headers or not */

/* 121 stands before 3 and 33, as RFC 3442 wants. Some servers send only what is asked for. */
static const uint8_t parameters[] = {
	DHCP_OPT_NETMASK,
	DHCP_OPT_ROUTES,
	DHCP_OPT_ROUTER,
	DHCP_OPT_STATIC_ROUTE,
	DHCP_OPT_DNS,
	DHCP_OPT_HOST_NAME,
	DHCP_OPT_DOMAIN,
	DHCP_OPT_ROOT_PATH,
	DHCP_OPT_MTU,
	DHCP_OPT_BROADCAST,
	DHCP_OPT_NTP,
	DHCP_OPT_VENDOR,
	DHCP_OPT_LEASE_TIME,
	DHCP_OPT_SERVER_ID,
	DHCP_OPT_T1,
	DHCP_OPT_T2,
	DHCP_OPT_CLASS,
	DHCP_OPT_TFTP_SERVER,
	DHCP_OPT_BOOTFILE,
	DHCP_OPT_SEARCH,
	DHCP_OPT_VENDOR_ID,
	DHCP_OPT_TFTP_ADDRESSES,
	DHCP_OPT_INITIATOR,
	DHCP_OPT_PINET,
};

/* Appends an option at @at and returns the offset behind it; the caller has the room. */
static size_t put(uint8_t *buf, size_t at, enum dhcp_option code, const void *value, uint8_t len)
{
	buf[at] = (uint8_t)code;
	buf[at + 1] = len;
	memcpy(buf + at + 2, value, len);
	return at + 2 + len;
}

static size_t put_u16(uint8_t *buf, size_t at, enum dhcp_option code, uint16_t v)
{
	uint8_t value[2];

	num_put_be16(value, v);
	return put(buf, at, code, value, sizeof(value));
}

static size_t put_address(uint8_t *buf, size_t at, enum dhcp_option code, struct in_addr a)
{
	return a.s_addr ? put(buf, at, code, &a, sizeof(a)) : at;
}

/* The class and what PXE wants beside it. Servers sort PXE clients by either form of the type. */
static size_t put_class(uint8_t *buf, size_t at, const struct dhcp_msg_params *p)
{
	static const uint8_t undi[] = {1, 2, 1};
	char class[40] = CLASS;

	if (p->as_pxe) {
		(void)snprintf(class, sizeof(class), CLASS_PXE, p->arch); /* fits */
		at = put(buf, at, DHCP_OPT_UNDI, undi, sizeof(undi));
	}
	at = put(buf, at, DHCP_OPT_CLASS, class, (uint8_t)strlen(class));
	return put_u16(buf, at, DHCP_OPT_ARCH, p->arch);
}

size_t dhcp_msg_build(const struct dhcp_msg_params *p, uint8_t buf[DHCP_MSG_BUILD_SIZE])
{
	/* DECLINE and RELEASE ask for nothing (RFC 2131 table 5). */
	bool asks = p->type != DHCP_DECLINE && p->type != DHCP_RELEASE;
	uint8_t type = (uint8_t)p->type, id[1 + MAC_LEN] = {HTYPE_ETHERNET};
	size_t at = OFF_OPTIONS;

	memcpy(id + 1, p->mac, MAC_LEN);
	memset(buf, 0, DHCP_MSG_BUILD_SIZE);
	buf[0] = BOOTREQUEST;
	buf[1] = HTYPE_ETHERNET;
	buf[2] = MAC_LEN;
	num_put_be32(buf + OFF_XID, p->xid);
	num_put_be16(buf + OFF_SECS, p->secs);
	num_put_be16(
		buf + OFF_FLAGS, asks && !p->unicast && !p->ciaddr.s_addr ? FLAG_BROADCAST : 0);
	memcpy(buf + OFF_CIADDR, &p->ciaddr, sizeof(p->ciaddr));
	memcpy(buf + OFF_CHADDR, p->mac, MAC_LEN);
	num_put_be32(buf + OFF_COOKIE, COOKIE);

	at = put(buf, at, DHCP_OPT_TYPE, &type, sizeof(type));
	at = put(buf, at, DHCP_OPT_CLIENT_ID, id, sizeof(id));
	at = put_address(buf, at, DHCP_OPT_REQUESTED, p->requested);
	at = put_address(buf, at, DHCP_OPT_SERVER_ID, p->server_id);
	if (asks) {
		at = put_u16(buf, at, DHCP_OPT_MAX_SIZE, MAX_SIZE);
		at = put_class(buf, at, p);
		at = put(buf, at, DHCP_OPT_PARAMETERS, parameters, sizeof(parameters));
	}
	buf[at++] = DHCP_OPT_END;
	return at < BOOTP_SIZE ? BOOTP_SIZE : at;
}

int dhcp_msg_next(struct span *in, uint8_t *ret_code, struct span *ret_val)
{
	struct span s = *in;
	uint8_t code, len;

	while (s.len && s.p[0] == DHCP_OPT_PAD)
		s = span_sub(s, 1, s.len);
	if (!s.len || s.p[0] == DHCP_OPT_END) {
		*in = span_sub(s, s.len, 0);
		return 0;
	}
	if (s.len < 2 || s.p[1] > s.len - 2)
		return -EBADMSG;
	code = s.p[0];
	len = s.p[1];
	*ret_code = code;
	*ret_val = span_sub(s, 2, len);
	*in = span_sub(s, 2 + (size_t)len, s.len);
	return 1;
}

/* Option 52 in the options field: 0 if absent, 1 to 3, or -EBADMSG. */
static int read_overload(struct span options)
{
	struct span val;
	uint8_t code;
	int r;

	while ((r = dhcp_msg_next(&options, &code, &val)) > 0) {
		if (code != DHCP_OPT_OVERLOAD)
			continue;
		if (val.len != 1 || val.p[0] < 1 || val.p[0] > 3)
			return -EBADMSG;
		return val.p[0];
	}
	return r;
}

/*
 * Joins the parts of each option (RFC 3396 section 5): first the lengths, which give every code its
 * place in @m->joined, then the bytes. Fields that carry no options are empty.
 */
static int join(struct dhcp_msg *m, const struct span field[3])
{
	uint16_t fill[256];
	struct span val;
	uint8_t code;
	int r;

	memset(m->start, 0, sizeof(m->start));
	for (unsigned int i = 0; i < 3; i++) {
		struct span in = field[i];

		while ((r = dhcp_msg_next(&in, &code, &val)) > 0)
			m->start[code + 1] = (uint16_t)(m->start[code + 1] + val.len);
		if (r < 0)
			return r;
	}
	for (unsigned int i = 0; i < 256; i++)
		m->start[i + 1] = (uint16_t)(m->start[i + 1] + m->start[i]);
	memcpy(fill, m->start, sizeof(fill));
	for (unsigned int i = 0; i < 3; i++) {
		struct span in = field[i];

		while (dhcp_msg_next(&in, &code, &val) > 0) {
			if (val.len)
				memcpy(m->joined + fill[code], val.p, val.len);
			fill[code] = (uint16_t)(fill[code] + val.len);
		}
	}
	return 0;
}

static struct in_addr address_at(struct span packet, size_t off)
{
	struct in_addr a;

	memcpy(&a, packet.p + off, sizeof(a));
	return a;
}

/* A field of the header that holds a string: up to the first NUL. */
static struct span string_field(struct span field)
{
	return span_sub(field, 0, span_find(field, '\0'));
}

int dhcp_msg_parse(struct span packet, struct dhcp_msg *ret, struct err *reterr)
{
	struct span sname = span_sub(packet, OFF_SNAME, SNAME_SIZE);
	struct span file = span_sub(packet, OFF_FILE, FILE_SIZE);
	struct span field[3] = {span_sub(packet, OFF_OPTIONS, packet.len)};
	struct dhcp_msg m;
	int overload;

	if (packet.len < OFF_OPTIONS || packet.len > DHCP_MSG_SIZE)
		return err_set(reterr, -EBADMSG, "DHCP message of %zu bytes: it must have %d to %d",
			packet.len, OFF_OPTIONS, DHCP_MSG_SIZE);
	if (packet.p[0] != BOOTREQUEST && packet.p[0] != BOOTREPLY)
		return err_set(
			reterr, -EBADMSG, "DHCP message with the unknown op code %u", packet.p[0]);
	if (packet.p[1] != HTYPE_ETHERNET || packet.p[2] != MAC_LEN)
		return err_set(reterr, -EBADMSG, "DHCP message that is not for Ethernet");
	if (num_be32(packet.p + OFF_COOKIE) != COOKIE)
		return err_set(reterr, -EBADMSG, "BOOTP message without DHCP's magic cookie");

	m.op = packet.p[0];
	m.xid = num_be32(packet.p + OFF_XID);
	m.secs = num_be16(packet.p + OFF_SECS);
	m.flags = num_be16(packet.p + OFF_FLAGS);
	m.ciaddr = address_at(packet, OFF_CIADDR);
	m.yiaddr = address_at(packet, OFF_YIADDR);
	m.siaddr = address_at(packet, OFF_SIADDR);
	m.giaddr = address_at(packet, OFF_GIADDR);
	memcpy(m.chaddr, packet.p + OFF_CHADDR, MAC_LEN);

	overload = read_overload(field[0]);
	if (overload > 0 && (overload & OVERLOAD_FILE))
		field[1] = file;
	if (overload > 0 && (overload & OVERLOAD_SNAME))
		field[2] = sname;
	m.file = field[1].len ? SPAN_NONE : string_field(file);
	m.sname = field[2].len ? SPAN_NONE : string_field(sname);
	if (overload < 0 || join(&m, field) < 0)
		return err_set(reterr, -EBADMSG,
			"DHCP message with an option that runs past its field, or a bad option 52");
	*ret = m;
	return 0;
}

bool dhcp_msg_is_for(struct span packet, uint32_t xid, const uint8_t mac[MAC_LEN])
{
	return packet.len < OFF_SNAME || (num_be32(packet.p + OFF_XID) == xid &&
						 memcmp(packet.p + OFF_CHADDR, mac, MAC_LEN) == 0);
}

struct span dhcp_msg_option(const struct dhcp_msg *m, uint8_t code)
{
	return span_of(m->joined + m->start[code], (size_t)(m->start[code + 1] - m->start[code]));
}

bool dhcp_msg_is_host(struct in_addr a)
{
	uint32_t h = ntohl(a.s_addr);

	return h >> 24 != 0 && h >> 24 != 127 && h >> 24 < 224;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/rtnl_msg: requests as the kernel's own macros read them, messages from every cut of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "step/rtnl_msg.h"

/* Text that grows. */
static char shown[600];

static void __attribute__((format(printf, 1, 2))) show(const char *format, ...)
{
	size_t at = strlen(shown);
	va_list ap;

	va_start(ap, format);
	vsnprintf(shown + at, sizeof(shown) - at, format, ap);
	va_end(ap);
}

static struct in_addr ip(const char *text)
{
	return (struct in_addr){inet_addr(text)};
}

/* The attributes behind the fixed part @head; each value has four bytes. */
static void show_attrs(const struct nlmsghdr *h, size_t head, const char *const names[], size_t n)
{
	const uint8_t *p = (const uint8_t *)h + NLMSG_SPACE(head),
		      *end = (const uint8_t *)h + h->nlmsg_len;

	for (; p < end; p += RTA_SPACE(4)) {
		const uint8_t *v = p + RTA_LENGTH(0);
		struct rtattr a;

		assert_true((size_t)(end - p) >= RTA_SPACE(4));
		memcpy(&a, p, sizeof(a));
		assert_int_equal(a.rta_len, RTA_LENGTH(4));
		assert_true(a.rta_type < n && names[a.rta_type]);
		show(" %s=%u.%u.%u.%u", names[a.rta_type], v[0], v[1], v[2], v[3]);
	}
}

/* A request as one line: type, flags, the fixed part, attributes. */
static const char *describe(const struct rtnl_request *req)
{
	static const char *const address[] = {
		[IFA_ADDRESS] = "address", [IFA_LOCAL] = "local", [IFA_BROADCAST] = "broadcast"};
	static const char *const route[] = {[RTA_DST] = "dst",
		[RTA_OIF] = "oif",
		[RTA_GATEWAY] = "gateway",
		[RTA_PREFSRC] = "prefsrc"};
	static const char *const link[] = {[IFLA_MTU] = "mtu"};
	_Alignas(struct nlmsghdr) uint8_t copy[RTNL_REQUEST_SIZE];
	struct nlmsghdr *h = (void *)copy;

	memcpy(copy, req->buf, sizeof(copy));
	shown[0] = '\0';
	assert_int_equal(h->nlmsg_len, req->len);
	show("%u %x", h->nlmsg_type, h->nlmsg_flags);
	if (h->nlmsg_type == RTM_NEWADDR || h->nlmsg_type == RTM_DELADDR) {
		struct ifaddrmsg *m = NLMSG_DATA(h);

		show(" if %u /%u scope %u", m->ifa_index, m->ifa_prefixlen, m->ifa_scope);
		show_attrs(h, sizeof(*m), address, sizeof(address) / sizeof(char *));
	} else if (h->nlmsg_type == RTM_NEWROUTE) {
		struct rtmsg *m = NLMSG_DATA(h);

		show(" /%u table %u proto %u scope %u type %u", m->rtm_dst_len, m->rtm_table,
			m->rtm_protocol, m->rtm_scope, m->rtm_type);
		show_attrs(h, sizeof(*m), route, sizeof(route) / sizeof(char *));
	} else if (h->nlmsg_type == RTM_NEWLINK) {
		struct ifinfomsg *m = NLMSG_DATA(h);

		show(" if %d flags %x of %x", m->ifi_index, m->ifi_flags, m->ifi_change);
		show_attrs(h, sizeof(*m), link, sizeof(link) / sizeof(char *));
	}
	return shown;
}

/* Attributes in attributes, which describe() does not show. */
static void test_vlan(void)
{
	static const uint8_t want[] = {
		8, 0, 5, 0, 3, 0, 0, 0, /* IFLA_LINK */
		11, 0, 3, 0, 'e', 't', 'h', '0', '.', '5', 0, 0, /* IFLA_IFNAME */
		28, 0, 18, 0, /* IFLA_LINKINFO */
		9, 0, 1, 0, 'v', 'l', 'a', 'n', 0, 0, 0, 0, /* IFLA_INFO_KIND */
		12, 0, 2, 0, 6, 0, 1, 0, 5, 0, 0, 0, /* IFLA_INFO_DATA: IFLA_VLAN_ID */
	};
	struct rtnl_request req;

	rtnl_msg_add_vlan(&req, 3, "eth0.5", 5);
	assert_int_equal(req.len, 16 + 16 + sizeof(want));
	if (htonl(1) != 1) /* the numbers are in the machine's own order */
		assert_memory_equal(req.buf + 32, want, sizeof(want));
}

static void test_requests(void **state)
{
	struct lease_route route = {.dst = ip("10.1.0.0"), .prefix = 16, .gateway = ip("10.0.0.1")};
	struct rtnl_request req;

	(void)state;
	rtnl_msg_set_up(&req, 7, true);
	assert_string_equal(describe(&req), "16 5 if 7 flags 1 of 1");
	rtnl_msg_set_up(&req, 7, false);
	assert_string_equal(describe(&req), "16 5 if 7 flags 0 of 1");
	rtnl_msg_add_address(&req, 2, ip("10.0.0.9"), 24, ip("10.0.0.255"));
	assert_string_equal(describe(&req), "20 605 if 2 /24 scope 0 local=10.0.0.9 "
					    "address=10.0.0.9 broadcast=10.0.0.255");
	rtnl_msg_add_address(&req, 2, ip("10.0.0.9"), 32, ip("0.0.0.0"));
	assert_string_equal(
		describe(&req), "20 605 if 2 /32 scope 0 local=10.0.0.9 address=10.0.0.9");
	rtnl_msg_del_address(&req, 2, ip("10.0.0.9"), 24);
	assert_string_equal(
		describe(&req), "21 5 if 2 /24 scope 0 local=10.0.0.9 address=10.0.0.9");
	rtnl_msg_add_route(&req, 1, &route, ip("10.0.0.9"), RTPROT_DHCP);
	assert_non_null(strstr(describe(&req),
		"24 605 /16 table 254 proto 16 scope 0 type 1 dst=10.1.0.0 gateway=10.0.0.1 "
		"prefsrc=10.0.0.9 oif="));
	route.gateway.s_addr = 0; /* on the link */
	rtnl_msg_add_route(&req, 1, &route, ip("10.0.0.9"), RTPROT_BOOT);
	assert_non_null(strstr(describe(&req),
		"/16 table 254 proto 3 scope 253 type 1 dst=10.1.0.0 prefsrc=10.0.0.9 oif="));
	route = (struct lease_route){.gateway = ip("10.0.0.1")}; /* the default route */
	rtnl_msg_add_route(&req, 1, &route, ip("10.0.0.9"), RTPROT_DHCP);
	assert_non_null(strstr(
		describe(&req), "/0 table 254 proto 16 scope 0 type 1 gateway=10.0.0.1 prefsrc="));
	rtnl_msg_set_mtu(&req, 7, 0x01020304);
	assert_non_null(strstr(describe(&req), "16 5 if 7 flags 0 of 0 mtu="));
	test_vlan();
	rtnl_msg_dump(&req, RTM_GETLINK);
	assert_string_equal(describe(&req), "18 301");
	rtnl_msg_dump(&req, RTM_GETADDR);
	assert_string_equal(describe(&req), "22 301");
	rtnl_msg_dump(&req, RTM_GETROUTE);
	assert_string_equal(describe(&req), "26 301");
}

/* A message as the kernel would send it, put together with its macros. */
struct message {
	_Alignas(struct nlmsghdr) uint8_t buf[512];
	size_t len;
};

static void start(struct message *m, uint16_t type, const void *head, size_t len)
{
	struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_len = (uint32_t)NLMSG_LENGTH(len)};

	memset(m, 0, sizeof(*m));
	memcpy(m->buf, &h, sizeof(h));
	memcpy(m->buf + NLMSG_HDRLEN, head, len);
	m->len = NLMSG_ALIGN(h.nlmsg_len);
}

static void attr(struct message *m, uint16_t type, const void *value, size_t len)
{
	struct rtattr a = {.rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(len)};
	uint32_t total;

	memcpy(m->buf + m->len, &a, sizeof(a));
	memcpy(m->buf + m->len + RTA_LENGTH(0), value, len);
	m->len += RTA_SPACE(len);
	total = (uint32_t)m->len;
	memcpy(m->buf, &total, sizeof(total));
}

static struct rtnl_msg only(const struct message *m)
{
	struct span in = span_of(m->buf, m->len);
	struct rtnl_msg msg;

	assert_int_equal(rtnl_msg_next(&in, &msg), 1);
	assert_int_equal(in.len, 0);
	return msg;
}

static struct message eth0(const char *name, size_t name_len)
{
	static const uint8_t mac[] = {0xdc, 0xa6, 0x32, 1, 2, 3};
	struct ifinfomsg head = {.ifi_index = 3, .ifi_type = ARPHRD_ETHER, .ifi_flags = 0x11043};
	uint32_t master = 9;
	struct message m;

	start(&m, RTM_NEWLINK, &head, sizeof(head));
	attr(&m, IFLA_IFNAME, name, name_len);
	attr(&m, 0x7000, "unknown", 7);
	attr(&m, IFLA_ADDRESS, mac, sizeof(mac));
	attr(&m, IFLA_MASTER, &master, sizeof(master));
	return m;
}

static void test_link(void **state)
{
	struct message m = eth0("eth0", 5);
	struct rtnl_msg msg = only(&m);
	struct rtnl_link link;

	(void)state;
	assert_int_equal(rtnl_msg_parse_link(&msg, &link), 0);
	assert_int_equal(link.ifindex, 3);
	assert_string_equal(link.name, "eth0");
	assert_int_equal(link.type, ARPHRD_ETHER);
	assert_int_equal(link.flags, 0x11043);
	assert_true(link.has_mac && link.enslaved && !link.gone);
	assert_int_equal(link.mac[5], 3);
	msg.type = RTM_DELLINK;
	assert_int_equal(rtnl_msg_parse_link(&msg, &link), 0);
	assert_true(link.gone);
}

/* Names without an end, too long, or missing; an attribute that is longer than the message. */
static void test_link_malformed(void **state)
{
	struct ifinfomsg head = {.ifi_index = 3};
	struct rtnl_link link = {.ifindex = 77};
	struct rtnl_msg msg;
	struct message m;

	(void)state;
	m = eth0("fifteen-letters", 15);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_link(&msg, &link), 0);
	assert_string_equal(link.name, "fifteen-letters");
	link.ifindex = 77;
	m = eth0("sixteen-letters!", 16);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_link(&msg, &link), -EBADMSG);
	m = eth0("", 1);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_link(&msg, &link), -EBADMSG);
	start(&m, RTM_NEWLINK, &head, sizeof(head));
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_link(&msg, &link), -EBADMSG);
	m = eth0("eth0", 5);
	m.buf[NLMSG_LENGTH(sizeof(head))] = 0xff; /* the length of the first attribute */
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_link(&msg, &link), -EBADMSG);
	m.buf[NLMSG_LENGTH(sizeof(head))] = 3; /* shorter than its own header */
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_link(&msg, &link), -EBADMSG);
	assert_int_equal(link.ifindex, 77);
}

/* Each cut is read from memory that ends where it ends: nothing looks behind it. */
static void test_every_cut(void **state)
{
	struct message m = eth0("eth0", 5);

	(void)state;
	for (size_t n = 1; n < m.len; n++) {
		uint8_t *cut = malloc(n);
		struct span in = span_of(cut, n);
		struct rtnl_msg msg;
		struct rtnl_link link;
		uint32_t len = (uint32_t)n;

		memcpy(cut, m.buf, n);
		assert_int_equal(rtnl_msg_next(&in, &msg), -EBADMSG);
		assert_int_equal(in.len, n);
		if (n >= sizeof(struct nlmsghdr)) {
			memcpy(cut, &len, sizeof(len)); /* as if it were that short */
			assert_int_equal(rtnl_msg_next(&in, &msg), 1);
			(void)!rtnl_msg_parse_link(&msg, &link); /* must only not overrun */
		}
		free(cut);
	}
}

static void test_two_in_a_datagram(void **state)
{
	struct message a = eth0("eth0", 5), b = eth0("eth1", 5), both = a;
	struct span in;
	struct rtnl_msg msg;
	struct rtnl_link link;

	(void)state;
	memcpy(both.buf + a.len, b.buf, b.len);
	in = span_of(both.buf, a.len + b.len);
	assert_int_equal(rtnl_msg_next(&in, &msg), 1);
	assert_int_equal(rtnl_msg_next(&in, &msg), 1);
	assert_int_equal(rtnl_msg_parse_link(&msg, &link), 0);
	assert_string_equal(link.name, "eth1");
	assert_int_equal(rtnl_msg_next(&in, &msg), 0);
}

/* An error with the kernel's own words, as NETLINK_EXT_ACK has them. */
static void test_result(void **state)
{
	static const char words[] = "Nexthop has invalid gateway";
	struct nlmsgerr head = {.error = -ENETUNREACH};
	struct nlmsghdr h;
	struct rtnl_msg msg;
	struct span text;
	struct message m;

	(void)state;
	start(&m, NLMSG_ERROR, &head, sizeof(head));
	attr(&m, NLMSGERR_ATTR_MSG, words, sizeof(words));
	memcpy(&h, m.buf, sizeof(h));
	h.nlmsg_flags = NLM_F_ACK_TLVS | NLM_F_CAPPED;
	memcpy(m.buf, &h, sizeof(h));
	msg = only(&m);
	assert_int_equal(rtnl_msg_result(&msg, &text), -ENETUNREACH);
	assert_true(span_eq_str(text, words));
	head.error = 0;
	start(&m, NLMSG_ERROR, &head, sizeof(head));
	msg = only(&m);
	assert_int_equal(rtnl_msg_result(&msg, &text), 0);
	assert_int_equal(text.len, 0);
	msg.body.len = 3;
	assert_int_equal(rtnl_msg_result(&msg, &text), -EBADMSG);
	head.error = 5; /* no errno */
	start(&m, NLMSG_ERROR, &head, sizeof(head));
	msg = only(&m);
	assert_int_equal(rtnl_msg_result(&msg, &text), -EBADMSG);
}

static void test_address(void **state)
{
	struct ifaddrmsg head = {
		.ifa_family = AF_INET, .ifa_index = 2, .ifa_prefixlen = 24, .ifa_scope = 0};
	struct in_addr local = ip("10.0.0.9");
	struct rtnl_address a;
	struct rtnl_msg msg;
	struct message m;

	(void)state;
	start(&m, RTM_NEWADDR, &head, sizeof(head));
	attr(&m, IFA_LOCAL, &local, 4);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address(&msg, &a), 0);
	assert_true(a.global && a.ifindex == 2 && a.prefix == 24);
	assert_int_equal(a.address.s_addr, local.s_addr);
	head.ifa_scope = RT_SCOPE_HOST;
	start(&m, RTM_NEWADDR, &head, sizeof(head));
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address(&msg, &a), 0);
	assert_false(a.global);
	attr(&m, IFA_LOCAL, &local, 3);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address(&msg, &a), -EBADMSG);
	head.ifa_prefixlen = 33;
	start(&m, RTM_NEWADDR, &head, sizeof(head));
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address(&msg, &a), -EBADMSG);
	head.ifa_family = AF_INET6;
	start(&m, RTM_NEWADDR, &head, sizeof(head));
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address(&msg, &a), -ENOENT);
}

/* The bytes of the requests, and addresses that are not to be used yet or never. */
static void test_ipv6(void **state)
{
	static const uint8_t want[] = {
		10, 64, 0, 0, 2, 0, 0, 0, /* ifaddrmsg */
		20, 0, 2, 0, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, /* IFA_LOCAL */
	};
	struct ifaddrmsg head = {.ifa_family = AF_INET6, .ifa_index = 2, .ifa_prefixlen = 64};
	struct in6_addr local = {{{0xfd, [15] = 5}}};
	uint32_t flags = IFA_F_TENTATIVE;
	struct rtnl_request req;
	struct rtnl_address6 a;
	struct rtnl_msg msg;
	struct message m;

	(void)state;
	rtnl_msg_add_address6(&req, 2, &local, 64);
	assert_int_equal(req.len, 16 + sizeof(want));
	if (htonl(1) != 1)
		assert_memory_equal(req.buf + 16, want, sizeof(want));
	start(&m, RTM_NEWADDR, &head, sizeof(head));
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address6(&msg, &a), -EBADMSG); /* no address */
	attr(&m, IFA_ADDRESS, &local, 16);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address6(&msg, &a), 0);
	assert_true(a.global && a.ifindex == 2 && a.prefix == 64 && !a.tentative && !a.duplicate);
	assert_memory_equal(&a.address, &local, 16);
	attr(&m, IFA_FLAGS, &flags, 4); /* wins over the eight bits of the header */
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address6(&msg, &a), 0);
	assert_true(a.tentative && !a.duplicate);
	flags |= IFA_F_DADFAILED;
	attr(&m, IFA_FLAGS, &flags, 4);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address6(&msg, &a), 0);
	assert_true(!a.tentative && a.duplicate);
	attr(&m, IFA_ADDRESS, &local, 15);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address6(&msg, &a), -EBADMSG);
	head.ifa_scope = RT_SCOPE_LINK;
	start(&m, RTM_NEWADDR, &head, sizeof(head));
	attr(&m, IFA_ADDRESS, &local, 16);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address6(&msg, &a), 0);
	assert_false(a.global);
	head.ifa_family = AF_INET;
	start(&m, RTM_NEWADDR, &head, sizeof(head));
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_address6(&msg, &a), -ENOENT);
}

static void test_default_route(void **state)
{
	struct rtmsg head = {
		.rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST};
	uint32_t oif = 4;
	struct rtnl_msg msg;
	struct message m;
	int ifindex = 0;

	(void)state;
	start(&m, RTM_NEWROUTE, &head, sizeof(head));
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_default_route(&msg, &ifindex), -ENOENT); /* no interface */
	attr(&m, RTA_OIF, &oif, 4);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_default_route(&msg, &ifindex), 0);
	assert_int_equal(ifindex, 4);
	head.rtm_dst_len = 24;
	start(&m, RTM_NEWROUTE, &head, sizeof(head));
	attr(&m, RTA_OIF, &oif, 4);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_default_route(&msg, &ifindex), -ENOENT);
	head = (struct rtmsg){
		.rtm_family = AF_INET, .rtm_table = RT_TABLE_LOCAL, .rtm_type = RTN_UNICAST};
	start(&m, RTM_NEWROUTE, &head, sizeof(head));
	attr(&m, RTA_OIF, &oif, 4);
	msg = only(&m);
	assert_int_equal(rtnl_msg_parse_default_route(&msg, &ifindex), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_link_malformed),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_two_in_a_datagram),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_default_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

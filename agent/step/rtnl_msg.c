/* SPDX-License-Identifier: GPL-2.0-or-later
 * rtnetlink messages as bytes: requests that are built, links and addresses that are read.
 */
#include <errno.h>
#include <string.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "step/rtnl_msg.h"

#define ROUTE6_METRIC 512 /* wins over what routers advertise, which gets 1024 */

static size_t aligned(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* Adds bytes; the length field of the header follows. All requests are smaller than the buffer. */
static void put(struct rtnl_request *req, const void *p, size_t len)
{
	uint32_t total;

	memcpy(req->buf + req->len, p, len);
	req->len = aligned(req->len + len);
	total = (uint32_t)req->len;
	memcpy(req->buf, &total, sizeof(total));
}

static void begin(
	struct rtnl_request *req, uint16_t type, uint16_t flags, const void *head, size_t head_len)
{
	struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)};

	memset(req, 0, sizeof(*req));
	put(req, &h, sizeof(h));
	put(req, head, head_len);
}

static void put_attr(struct rtnl_request *req, uint16_t type, const void *value, size_t len)
{
	struct rtattr a = {.rta_len = (uint16_t)(sizeof(a) + len), .rta_type = type};

	put(req, &a, sizeof(a));
	put(req, value, len);
}

void rtnl_msg_dump(struct rtnl_request *req, uint16_t type)
{
	struct rtmsg route = {.rtm_family = AF_INET};
	struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
	struct ifaddrmsg address = {.ifa_family = AF_INET};

	if (type == RTM_GETLINK)
		begin(req, type, NLM_F_DUMP, &link, sizeof(link));
	else if (type == RTM_GETADDR)
		begin(req, type, NLM_F_DUMP, &address, sizeof(address));
	else
		begin(req, type, NLM_F_DUMP, &route, sizeof(route));
}

void rtnl_msg_dump_addresses6(struct rtnl_request *req)
{
	struct ifaddrmsg head = {.ifa_family = AF_INET6};

	begin(req, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));
}

void rtnl_msg_set_up(struct rtnl_request *req, int ifindex, bool up)
{
	struct ifinfomsg head = {
		.ifi_index = ifindex, .ifi_flags = up ? IFF_UP : 0, .ifi_change = IFF_UP};

	begin(req, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));
}

void rtnl_msg_add_vlan(struct rtnl_request *req, int parent, const char *name, unsigned int id)
{
	static const char kind[] = "vlan";
	struct ifinfomsg head = {.ifi_family = AF_UNSPEC};
	uint16_t vlan = (uint16_t)id;
	uint32_t link = (uint32_t)parent;
	struct rtattr number = {.rta_len = RTA_LENGTH(sizeof(vlan)), .rta_type = IFLA_VLAN_ID};
	uint8_t data[RTA_SPACE(sizeof(vlan))] = {0};
	struct rtattr info = {.rta_type = IFLA_LINKINFO};

	memcpy(data, &number, sizeof(number));
	memcpy(data + RTA_LENGTH(0), &vlan, sizeof(vlan));
	begin(req, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	put_attr(req, IFLA_LINK, &link, sizeof(link));
	put_attr(req, IFLA_IFNAME, name, strlen(name) + 1);
	/* IFLA_LINKINFO has the next two attributes in it */
	info.rta_len =
		(uint16_t)(RTA_LENGTH(0) + RTA_SPACE(sizeof(kind)) + RTA_LENGTH(sizeof(data)));
	put(req, &info, sizeof(info));
	put_attr(req, IFLA_INFO_KIND, kind, sizeof(kind));
	put_attr(req, IFLA_INFO_DATA, data, sizeof(data));
}

void rtnl_msg_set_mtu(struct rtnl_request *req, int ifindex, unsigned int mtu)
{
	struct ifinfomsg head = {.ifi_index = ifindex};
	uint32_t value = mtu;

	begin(req, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));
	put_attr(req, IFLA_MTU, &value, sizeof(value));
}

static void begin_address(struct rtnl_request *req, uint16_t type, uint16_t flags, int ifindex,
	struct in_addr address, unsigned int prefix)
{
	struct ifaddrmsg head = {.ifa_family = AF_INET,
		.ifa_prefixlen = (uint8_t)prefix,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = (uint32_t)ifindex};

	begin(req, type, (uint16_t)(NLM_F_ACK | flags), &head, sizeof(head));
	put_attr(req, IFA_LOCAL, &address, sizeof(address));
	put_attr(req, IFA_ADDRESS, &address, sizeof(address));
}

void rtnl_msg_add_address(struct rtnl_request *req, int ifindex, struct in_addr address,
	unsigned int prefix, struct in_addr broadcast)
{
	begin_address(req, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, address, prefix);
	if (broadcast.s_addr)
		put_attr(req, IFA_BROADCAST, &broadcast, sizeof(broadcast));
}

void rtnl_msg_del_address(
	struct rtnl_request *req, int ifindex, struct in_addr address, unsigned int prefix)
{
	begin_address(req, RTM_DELADDR, 0, ifindex, address, prefix);
}

void rtnl_msg_add_route(struct rtnl_request *req, int ifindex, const struct lease_route *route,
	struct in_addr source, uint8_t protocol)
{
	uint32_t oif = (uint32_t)ifindex;
	struct rtmsg head = {.rtm_family = AF_INET,
		.rtm_dst_len = (uint8_t)route->prefix,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = protocol,
		.rtm_scope = route->gateway.s_addr ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST};

	begin(req, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	if (route->prefix)
		put_attr(req, RTA_DST, &route->dst, sizeof(route->dst));
	if (route->gateway.s_addr)
		put_attr(req, RTA_GATEWAY, &route->gateway, sizeof(route->gateway));
	put_attr(req, RTA_PREFSRC, &source, sizeof(source));
	put_attr(req, RTA_OIF, &oif, sizeof(oif));
}

static void begin_address6(struct rtnl_request *req, uint16_t type, uint16_t flags, int ifindex,
	const struct in6_addr *address, unsigned int prefix)
{
	struct ifaddrmsg head = {.ifa_family = AF_INET6,
		.ifa_prefixlen = (uint8_t)prefix,
		.ifa_index = (uint32_t)ifindex};

	begin(req, type, (uint16_t)(NLM_F_ACK | flags), &head, sizeof(head));
	put_attr(req, IFA_LOCAL, address, sizeof(*address));
}

void rtnl_msg_add_address6(
	struct rtnl_request *req, int ifindex, const struct in6_addr *address, unsigned int prefix)
{
	begin_address6(req, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, address, prefix);
}

void rtnl_msg_del_address6(
	struct rtnl_request *req, int ifindex, const struct in6_addr *address, unsigned int prefix)
{
	begin_address6(req, RTM_DELADDR, 0, ifindex, address, prefix);
}

void rtnl_msg_add_default_route6(
	struct rtnl_request *req, int ifindex, const struct in6_addr *gateway)
{
	uint32_t oif = (uint32_t)ifindex, metric = ROUTE6_METRIC;
	struct rtmsg head = {.rtm_family = AF_INET6,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_type = RTN_UNICAST};

	begin(req, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	put_attr(req, RTA_GATEWAY, gateway, sizeof(*gateway));
	put_attr(req, RTA_OIF, &oif, sizeof(oif));
	put_attr(req, RTA_PRIORITY, &metric, sizeof(metric));
}

/* Copies the fixed part at the start of @in, and moves @in behind it. */
static int take(struct span *in, void *head, size_t len)
{
	if (in->len < len)
		return -EBADMSG;
	memcpy(head, in->p, len);
	*in = span_sub(*in, aligned(len), in->len);
	return 0;
}

/* The next attribute: 1, 0 at the end, -EBADMSG. */
static int next_attr(struct span *in, uint16_t *ret_type, struct span *ret_value)
{
	struct span s = *in;
	struct rtattr a;

	if (s.len == 0)
		return 0;
	if (take(&s, &a, sizeof(a)) < 0 || a.rta_len < sizeof(a) || a.rta_len > in->len)
		return -EBADMSG;
	*ret_type = a.rta_type & NLA_TYPE_MASK;
	*ret_value = span_sub(s, 0, a.rta_len - sizeof(a));
	*in = span_sub(*in, aligned(a.rta_len), in->len);
	return 1;
}

/* As next_attr() for those whose value is a 32-bit integer or an IPv4 address. */
static bool attr_u32(struct span value, void *ret)
{
	if (value.len != 4)
		return false;
	memcpy(ret, value.p, 4);
	return true;
}

int rtnl_msg_next(struct span *in, struct rtnl_msg *ret)
{
	struct span s = *in;
	struct nlmsghdr h;

	if (s.len == 0)
		return 0;
	if (take(&s, &h, sizeof(h)) < 0 || h.nlmsg_len < sizeof(h) || h.nlmsg_len > in->len)
		return -EBADMSG;
	*ret = (struct rtnl_msg){.type = h.nlmsg_type,
		.flags = h.nlmsg_flags,
		.seq = h.nlmsg_seq,
		.body = span_sub(s, 0, h.nlmsg_len - sizeof(h))};
	*in = span_sub(*in, aligned(h.nlmsg_len), in->len);
	return 1;
}

int rtnl_msg_result(const struct rtnl_msg *msg, struct span *ret_text)
{
	struct span in = msg->body, value;
	uint16_t type;
	int32_t code;

	if (take(&in, &code, sizeof(code)) < 0)
		return -EBADMSG;
	*ret_text = SPAN_NONE;
	if (msg->type == NLMSG_ERROR && (msg->flags & NLM_F_ACK_TLVS)) {
		/* NETLINK_CAP_ACK is set: of the request only the header comes back. */
		in = span_sub(in, sizeof(struct nlmsghdr), in.len);
		while (next_attr(&in, &type, &value) > 0)
			if (type == NLMSGERR_ATTR_MSG)
				*ret_text = span_sub(value, 0, span_find(value, '\0'));
	}
	return code > 0 ? -EBADMSG : code;
}

int rtnl_msg_parse_link(const struct rtnl_msg *msg, struct rtnl_link *ret)
{
	struct rtnl_link link = {.gone = msg->type == RTM_DELLINK};
	struct span in = msg->body, value;
	struct ifinfomsg head;
	uint16_t type;
	int r;

	if (take(&in, &head, sizeof(head)) < 0 || head.ifi_index <= 0)
		return -EBADMSG;
	link.ifindex = head.ifi_index;
	link.type = head.ifi_type;
	link.flags = head.ifi_flags;
	while ((r = next_attr(&in, &type, &value)) > 0) {
		if (type == IFLA_IFNAME) {
			if (span_copy(span_sub(value, 0, span_find(value, '\0')), link.name,
				    sizeof(link.name)) < 0)
				return -EBADMSG;
		} else if (type == IFLA_ADDRESS && value.len == MAC_LEN) {
			link.has_mac = true;
			memcpy(link.mac, value.p, MAC_LEN);
		} else if (type == IFLA_MASTER) {
			uint32_t master;

			link.enslaved = attr_u32(value, &master) && master != 0;
		}
	}
	if (r < 0 || !link.name[0])
		return -EBADMSG;
	*ret = link;
	return 0;
}

int rtnl_msg_parse_address(const struct rtnl_msg *msg, struct rtnl_address *ret)
{
	struct span in = msg->body, value;
	struct rtnl_address found = {.ifindex = 0};
	struct ifaddrmsg head;
	uint16_t type;
	int r;

	if (take(&in, &head, sizeof(head)) < 0)
		return -EBADMSG;
	if (head.ifa_family != AF_INET)
		return -ENOENT;
	found.ifindex = (int)head.ifa_index;
	found.prefix = head.ifa_prefixlen;
	found.global = head.ifa_scope < RT_SCOPE_LINK;
	while ((r = next_attr(&in, &type, &value)) > 0)
		if (type == IFA_LOCAL && !attr_u32(value, &found.address))
			return -EBADMSG;
	if (r < 0 || found.prefix > 32)
		return -EBADMSG;
	*ret = found;
	return 0;
}

int rtnl_msg_parse_address6(const struct rtnl_msg *msg, struct rtnl_address6 *ret)
{
	struct span in = msg->body, value;
	struct rtnl_address6 found = {.ifindex = 0};
	struct ifaddrmsg head;
	uint32_t flags;
	bool any = false;
	uint16_t type;
	int r;

	if (take(&in, &head, sizeof(head)) < 0)
		return -EBADMSG;
	if (head.ifa_family != AF_INET6)
		return -ENOENT;
	flags = head.ifa_flags;
	found.ifindex = (int)head.ifa_index;
	found.prefix = head.ifa_prefixlen;
	found.global = head.ifa_scope < RT_SCOPE_LINK;
	while ((r = next_attr(&in, &type, &value)) > 0) {
		if (type == IFA_FLAGS && !attr_u32(value, &flags))
			return -EBADMSG;
		if (type != IFA_ADDRESS)
			continue;
		if (value.len != sizeof(found.address))
			return -EBADMSG;
		memcpy(&found.address, value.p, sizeof(found.address));
		any = true;
	}
	if (r < 0 || found.prefix > 128 || !any)
		return -EBADMSG;
	found.duplicate = flags & IFA_F_DADFAILED;
	found.tentative = !found.duplicate && (flags & IFA_F_TENTATIVE);
	*ret = found;
	return 0;
}

int rtnl_msg_parse_default_route(const struct rtnl_msg *msg, int *ret_ifindex)
{
	struct span in = msg->body, value;
	struct rtmsg head;
	uint32_t oif = 0;
	uint16_t type;
	int r;

	if (take(&in, &head, sizeof(head)) < 0)
		return -EBADMSG;
	if (head.rtm_family != AF_INET || head.rtm_dst_len || head.rtm_table != RT_TABLE_MAIN ||
		head.rtm_type != RTN_UNICAST)
		return -ENOENT;
	while ((r = next_attr(&in, &type, &value)) > 0)
		if (type == RTA_OIF && !attr_u32(value, &oif))
			return -EBADMSG;
	if (r < 0)
		return -EBADMSG;
	if (!oif)
		return -ENOENT;
	*ret_ifindex = (int)oif;
	return 0;
}

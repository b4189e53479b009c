/* SPDX-License-Identifier: GPL-2.0-or-later
 * The iSCSI Boot Firmware Table as a source (the kernel's Documentation/ABI/testing/sysfs-ibft).
 *
 *   initiator/initiator-name
 *   target<N>/   flags target-name ip-addr port lun nic-assoc chap-type chap-name ...
 *   ethernet<N>/ flags mac vlan ip-addr subnet-mask origin dhcp gateway primary-dns ...
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "source/ibft.h"

#define NAME_SIZE 40
#define LUN_BYTES 8
#define VLAN_MAX  4094

enum { FLAG_VALID = 1, FLAG_SELECTED = 2 };
enum { CHAP_NONE = 0, CHAP_ONE_WAY = 1, CHAP_MUTUAL = 2 };
enum {
	ORIGIN_BY_DHCP = 3,
	ORIGIN_BY_ROUTER = 4
}; /* PrefixOrigin of Windows, which the format took over */

struct table {
	ibft_attr attr;
	void *ctx;
	struct ibft *out;
	char name[NAME_SIZE]; /* of the attribute read last */
	char text[IBFT_TEXT_SIZE];
};

/* An attribute; SPAN_NONE if it is missing or empty. It lasts until the next one. */
static struct span get(struct table *t, const char *block, unsigned int i, const char *attr)
{
	ssize_t n;

	(void)snprintf(t->name, sizeof(t->name), "%s%u/%s", block, i, attr); /* has the room */
	t->text[0] = '\0';
	n = t->attr(t->ctx, t->name, t->text, sizeof(t->text));
	return n > 0 ? span_of(t->text, (size_t)n) : SPAN_NONE;
}

static void ignore(struct table *t, const char *why)
{
	char shown[80];

	/* Secrets have messages of their own. */
	span_escape(span_str(t->text), shown, sizeof(shown));
	notes_add(&t->out->notes, "iBFT: ignored %s \"%s\": %s", t->name, shown, why);
}

static uint32_t number(struct table *t, const char *block, unsigned int i, const char *attr)
{
	struct span s = get(t, block, i, attr);
	uint32_t v = 0;

	if (s.p && num_parse_u32(s, UINT32_MAX, &v) < 0)
		ignore(t, "it is no number");
	return v;
}

static bool is_valid(struct table *t, const char *block, unsigned int i, uint32_t *ret_flags)
{
	struct span s = get(t, block, i, "flags");

	return s.p && num_parse_u32(s, UINT32_MAX, ret_flags) == 0 && (*ret_flags & FLAG_VALID);
}

static void put(struct table *t, enum setting_id id, struct span value)
{
	struct err err;

	/* A percent sign would be a template of ours. */
	if (span_find(value, '%') < value.len)
		ignore(t, "it has a percent sign");
	else if (settings_put(&t->out->set, id, t->name, value, &err) < 0)
		notes_add(&t->out->notes, "iBFT: ignored: %s", err.text);
}

/*
 * The kernel writes each of the eight bytes with as many digits as it needs. The first is 0, or at
 * least 40 (SAM-5 section 4.7); behind the second all are 0 in what a SCSI host of Linux has.
 */
static int parse_lun(struct span s, uint32_t *ret)
{
	size_t rest = LUN_BYTES - 2, first;
	uint32_t high, low;

	if (s.len <= rest || s.len > rest + 4)
		return -EINVAL;
	first = s.p[0] == '0' ? 1 : 2;
	for (size_t i = s.len - rest; i < s.len; i++)
		if (s.p[i] != '0')
			return -EINVAL;
	s.len -= rest;
	if (s.len <= first || num_parse_hex32(span_sub(s, 0, first), 0x7f, &high) < 0 ||
		num_parse_hex32(span_sub(s, first, s.len), 0xff, &low) < 0)
		return -EINVAL;
	*ret = (high & 0x3f) << 8 | low;
	return 0;
}

static void take_lun(struct table *t, unsigned int i)
{
	struct span s = get(t, "target", i, "lun");
	char text[12];
	uint32_t lun;

	if (!s.p)
		return;
	if (parse_lun(s, &lun) < 0) {
		ignore(t, "it is no LUN of a single level");
		return;
	}
	(void)snprintf(text, sizeof(text), "%u", lun); /* five digits */
	put(t, SETTING_LUN, span_str(text));
}

static void take_portal(struct table *t, unsigned int i)
{
	uint32_t port = number(t, "target", i, "port");
	struct span s = get(t, "target", i, "ip-addr");
	char text[SETTING_VALUE_SIZE];
	struct in6_addr a6;
	bool v6 = s.p && num_parse_ip6(s, &a6) == 0;
	int n;

	if (!s.p)
		return;
	n = snprintf(text, sizeof(text), v6 ? "[%.*s]:%u" : "%.*s:%u", (int)s.len,
		(const char *)s.p, port ? port : 3260);
	if (n > 0 && (size_t)n < sizeof(text))
		put(t, SETTING_PORTAL, span_str(text));
	else
		ignore(t, "it is no address");
}

static bool take_secret(
	struct table *t, unsigned int i, const char *attr, char out[SETTING_VALUE_SIZE])
{
	struct span s = get(t, "target", i, attr);

	if (s.p && span_copy(s, out, SETTING_VALUE_SIZE) == 0)
		return true;
	notes_add(&t->out->notes, "iBFT: no CHAP, for %s is missing or too long", t->name);
	return false;
}

static void take_chap(struct table *t, unsigned int i)
{
	uint32_t type = number(t, "target", i, "chap-type");
	struct chap c = {.present = true, .mutual = type == CHAP_MUTUAL};

	if (type == CHAP_NONE)
		return;
	if (take_secret(t, i, "chap-name", c.user) && take_secret(t, i, "chap-secret", c.secret) &&
		(!c.mutual || (take_secret(t, i, "rev-chap-name", c.user_in) &&
				      take_secret(t, i, "rev-chap-name-secret", c.secret_in))))
		t->out->chap = c;
}

/* An address of either kind, to the one of the two that is of its kind. */
static void take_host(struct table *t, unsigned int i, const char *attr, struct in_addr *ret,
	struct in6_addr *ret6)
{
	struct span s = get(t, "ethernet", i, attr);

	if (s.p && num_parse_ip4(s, ret) < 0 && num_parse_ip6(s, ret6) < 0)
		ignore(t, "it is no address");
}

/* Where there is no way to ask DHCP again, what it once said is used. */
static enum ip_method find_method(struct table *t, unsigned int i)
{
	const struct ip_param *ip = &t->out->ip;
	uint32_t origin = number(t, "ethernet", i, "origin");

	if (!IN6_IS_ADDR_UNSPECIFIED(&ip->client6))
		return origin == ORIGIN_BY_ROUTER ? IP_AUTO6 : IP_STATIC6;
	return !ip->client.s_addr || origin == ORIGIN_BY_DHCP || get(t, "ethernet", i, "dhcp").p
		       ? IP_DHCP
		       : IP_STATIC;
}

static void take_address(struct table *t, unsigned int i)
{
	struct ip_param *ip = &t->out->ip;
	uint32_t prefix;
	struct span s;

	take_host(t, i, "ip-addr", &ip->client, &ip->client6);
	take_host(t, i, "gateway", &ip->gateway, &ip->gateway6);
	take_host(t, i, "primary-dns", &ip->dns[0], &ip->dns6[0]);
	take_host(t, i, "secondary-dns", &ip->dns[1], &ip->dns6[1]);
	s = get(t, "ethernet", i, "hostname");
	if (s.p && (!settings_is_host(s) || span_copy(s, ip->hostname, sizeof(ip->hostname)) < 0))
		ignore(t, "it is no host name");
	ip->prefix = num_class_prefix4(ip->client);
	s = get(t, "ethernet", i, "subnet-mask");
	if (s.p && num_parse_prefix4(s, &ip->prefix) < 0)
		ignore(t, "it is no netmask");
	prefix = number(t, "ethernet", i, "prefix-len");
	ip->prefix6 = prefix && prefix <= 128 ? prefix : 64;
	ip->method = find_method(t, i);
}

static void take_adapter(struct table *t, unsigned int i)
{
	struct span s;
	uint32_t flags, vlan;

	if (!is_valid(t, "ethernet", i, &flags))
		return;
	s = get(t, "ethernet", i, "mac");
	if (!s.p || num_parse_mac(s, t->out->mac) < 0) {
		ignore(t, "an adapter is known by its MAC address");
		return;
	}
	t->out->has_mac = true;
	vlan = number(t, "ethernet", i, "vlan");
	if (vlan > VLAN_MAX)
		ignore(t, "it is no VLAN");
	else
		t->out->vlan_id = vlan;
	take_address(t, i);
}

/* The target the firmware booted from, else the first; IBFT_BLOCKS if there is none. */
static unsigned int find_target(struct table *t)
{
	unsigned int found = IBFT_BLOCKS;

	for (unsigned int i = 0; i < IBFT_BLOCKS; i++) {
		uint32_t flags;

		if (!is_valid(t, "target", i, &flags) || !get(t, "target", i, "target-name").p)
			continue;
		if (flags & FLAG_SELECTED)
			return i;
		if (found == IBFT_BLOCKS)
			found = i;
	}
	return found;
}

int ibft_parse(ibft_attr attr, void *ctx, struct ibft *ret)
{
	struct ibft out = {.has_mac = false};
	struct table t = {.attr = attr, .ctx = ctx, .out = &out};
	unsigned int first = find_target(&t);
	ssize_t n;

	if (first == IBFT_BLOCKS)
		return -ENOENT;
	put(&t, SETTING_TARGET, get(&t, "target", first, "target-name"));
	if (!out.set.one[SETTING_TARGET].present)
		return -ENOENT;
	take_portal(&t, first);
	for (unsigned int i = 0; i < IBFT_BLOCKS; i++) {
		uint32_t flags;

		if (i != first && is_valid(&t, "target", i, &flags) &&
			span_eq_str(get(&t, "target", i, "target-name"),
				out.set.one[SETTING_TARGET].value))
			take_portal(&t, i);
	}
	take_lun(&t, first);
	take_chap(&t, first);
	strcpy(t.name, "initiator/initiator-name");
	n = attr(ctx, t.name, t.text, sizeof(t.text));
	if (n > 0)
		put(&t, SETTING_INITIATOR, span_of(t.text, (size_t)n));
	take_adapter(&t, number(&t, "target", first, "nic-assoc"));
	*ret = out;
	return 0;
}

static ssize_t read_attr(void *ctx, const char *name, char *buf, size_t size)
{
	const int *dirfd = ctx;
	_cleanup_fd_ int fd = openat(*dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (n < 0)
		return -errno;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

int ibft_load(int dirfd, struct ibft *ret)
{
	return ibft_parse(read_attr, &dirfd, ret);
}

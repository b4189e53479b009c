/* SPDX-License-Identifier: GPL-2.0-or-later
 * Numbers and addresses from text, and integers from network bytes, with an end check each.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

static int digit_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static int parse_base(struct span s, unsigned int base, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.len == 0)
		return -EINVAL;
	for (size_t i = 0; i < s.len; i++)
		if (digit_value(s.p[i]) >= (int)base)
			return -EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		unsigned int digit = (unsigned int)digit_value(s.p[i]);

		if (digit > max || v > (max - digit) / base)
			return -ERANGE;
		v = v * base + digit;
	}
	*ret = v;
	return 0;
}

int num_parse_u32(struct span s, uint32_t max, uint32_t *ret)
{
	uint64_t v;
	int r = parse_base(s, 10, max, &v);

	if (r < 0)
		return r;
	*ret = (uint32_t)v;
	return 0;
}

int num_parse_u64(struct span s, uint64_t max, uint64_t *ret)
{
	return parse_base(s, 10, max, ret);
}

int num_parse_hex32(struct span s, uint32_t max, uint32_t *ret)
{
	uint64_t v;
	int r = parse_base(s, 16, max, &v);

	if (r < 0)
		return r;
	*ret = (uint32_t)v;
	return 0;
}

int num_parse_ip4(struct span s, struct in_addr *ret)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr a;

	if (span_copy(s, text, sizeof(text)) < 0 || inet_pton(AF_INET, text, &a) != 1)
		return -EINVAL;
	*ret = a;
	return 0;
}

int num_parse_ip6(struct span s, struct in6_addr *ret)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr a;

	if (span_copy(s, text, sizeof(text)) < 0 || inet_pton(AF_INET6, text, &a) != 1)
		return -EINVAL;
	*ret = a;
	return 0;
}

int num_prefix_of_mask4(struct in_addr mask)
{
	uint32_t m = ntohl(mask.s_addr);
	int n = 0;

	while (n < 32 && (m & 0x80000000u)) {
		m <<= 1;
		n++;
	}
	return m ? -EINVAL : n;
}

struct in_addr num_mask4(unsigned int prefix)
{
	uint32_t m = prefix == 0 ? 0 : prefix >= 32 ? 0xffffffffu : ~(0xffffffffu >> prefix);

	return (struct in_addr){htonl(m)};
}

struct in_addr num_broadcast4(struct in_addr a, unsigned int prefix)
{
	return (struct in_addr){prefix < 31 ? a.s_addr | ~num_mask4(prefix).s_addr : 0};
}

unsigned int num_class_prefix4(struct in_addr a)
{
	uint32_t h = ntohl(a.s_addr);

	return h < 0x80000000u ? 8 : h < 0xc0000000u ? 16 : 24;
}

int num_parse_prefix4(struct span s, unsigned int *ret_prefix)
{
	struct in_addr mask;
	uint32_t v;
	int r;

	if (num_parse_u32(s, 32, &v) == 0) {
		*ret_prefix = v;
		return 0;
	}
	if (num_parse_ip4(s, &mask) < 0)
		return -EINVAL;
	r = num_prefix_of_mask4(mask);
	if (r < 0)
		return r;
	*ret_prefix = (unsigned int)r;
	return 0;
}

int num_parse_mac(struct span s, uint8_t ret[MAC_LEN])
{
	uint8_t mac[MAC_LEN];

	if (s.len != 17 || (s.p[2] != ':' && s.p[2] != '-'))
		return -EINVAL;
	for (size_t i = 0; i < MAC_LEN; i++) {
		uint32_t v;

		if (i && s.p[i * 3 - 1] != s.p[2])
			return -EINVAL;
		if (num_parse_hex32(span_sub(s, i * 3, 2), 255, &v) < 0)
			return -EINVAL;
		mac[i] = (uint8_t)v;
	}
	memcpy(ret, mac, MAC_LEN);
	return 0;
}

void num_format_mac(const uint8_t mac[MAC_LEN], char sep, char out[MAC_TEXT_SIZE])
{
	(void)snprintf(out, MAC_TEXT_SIZE, "%02x%c%02x%c%02x%c%02x%c%02x%c%02x", mac[0], sep,
		mac[1], sep, mac[2], sep, mac[3], sep, mac[4], sep, mac[5]); /* always fits */
}

void num_format_ip4(struct in_addr a, char out[IP4_TEXT_SIZE])
{
	(void)inet_ntop(AF_INET, &a, out, IP4_TEXT_SIZE); /* cannot fail: the size is enough */
}

void num_format_ip6(const struct in6_addr *a, char out[IP6_TEXT_SIZE])
{
	if (!inet_ntop(AF_INET6, a, out, IP6_TEXT_SIZE))
		out[0] = '\0'; /* cannot be: it has the room */
}

uint16_t num_be16(const uint8_t *p)
{
	return (uint16_t)((p[0] << 8) | p[1]);
}

uint32_t num_be32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

void num_put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void num_put_be32(uint8_t *p, uint32_t v)
{
	num_put_be16(p, (uint16_t)(v >> 16));
	num_put_be16(p + 2, (uint16_t)v);
}

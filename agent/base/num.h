/* SPDX-License-Identifier: GPL-2.0-or-later
 * Numbers and addresses from text, and integers from network bytes, with an end check each.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <netinet/in.h>
#include <stdint.h>

#include "base/span.h"

#define MAC_LEN       6
#define MAC_TEXT_SIZE 18 /* "dc:a6:32:e9:00:4c" and NUL */
#define IP4_TEXT_SIZE 16
#define IP6_TEXT_SIZE 46 /* INET6_ADDRSTRLEN */

/*
 * Decimal digits only, the whole span, at most @max.
 * Returns 0, -EINVAL if it is no number, -ERANGE if it is greater than @max.
 */
int num_parse_u32(struct span s, uint32_t max, uint32_t *ret) __attribute__((warn_unused_result));

/* As num_parse_u32() for 64 bits. */
int num_parse_u64(struct span s, uint64_t max, uint64_t *ret) __attribute__((warn_unused_result));

/* As num_parse_u32() for hexadecimal digits without 0x. */
int num_parse_hex32(struct span s, uint32_t max, uint32_t *ret) __attribute__((warn_unused_result));

/* Dotted quad, four decimal numbers. Returns 0 or -EINVAL. */
int num_parse_ip4(struct span s, struct in_addr *ret) __attribute__((warn_unused_result));

/* IPv6 address without brackets or zone. Returns 0 or -EINVAL. */
int num_parse_ip6(struct span s, struct in6_addr *ret) __attribute__((warn_unused_result));

/*
 * An IPv4 netmask (255.255.255.0, contiguous) or a prefix length (24).
 * Returns 0 with @ret_prefix 0..32, or -EINVAL.
 */
int num_parse_prefix4(struct span s, unsigned int *ret_prefix) __attribute__((warn_unused_result));

/* Prefix length of a netmask in network order. Returns 0..32, or -EINVAL if it has holes. */
int num_prefix_of_mask4(struct in_addr mask) __attribute__((warn_unused_result));

/* Netmask of a prefix length 0..32, in network order. */
struct in_addr num_mask4(unsigned int prefix);

/* The broadcast address of the network of @a, 0.0.0.0 if it has none (/31 and /32, RFC 3021). */
struct in_addr num_broadcast4(struct in_addr a, unsigned int prefix);

/* Prefix length that an address has without a netmask: 8, 16 or 24 (RFC 791 section 3.2). */
unsigned int num_class_prefix4(struct in_addr a);

/* Six hexadecimal pairs separated by one of ':' or '-' throughout. Returns 0 or -EINVAL. */
int num_parse_mac(struct span s, uint8_t ret[MAC_LEN]) __attribute__((warn_unused_result));

/* "dc:a6:32:e9:00:4c" with @sep between the pairs. */
void num_format_mac(const uint8_t mac[MAC_LEN], char sep, char out[MAC_TEXT_SIZE]);
void num_format_ip4(struct in_addr a, char out[IP4_TEXT_SIZE]);
void num_format_ip6(const struct in6_addr *a, char out[IP6_TEXT_SIZE]);

uint16_t num_be16(const uint8_t *p);
uint32_t num_be32(const uint8_t *p);
void num_put_be16(uint8_t *p, uint16_t v);
void num_put_be32(uint8_t *p, uint32_t v);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Questions to a name server and its answers as bytes (RFC 1035 section 4).
 */
#ifndef STEP_DNS_H
#define STEP_DNS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

#define DNS_QUERY_SIZE  (12 + 255 + 4)
#define DNS_ANSWER_SIZE 1232
#define DNS_ADDRESSES   8

struct dns_addresses {
	unsigned int n;
	struct {
		bool ipv6;
		struct in6_addr a6;
		struct in_addr a4;
	} at[DNS_ADDRESSES];
};

enum dns_type { DNS_TYPE_A = 1, DNS_TYPE_AAAA = 28 }; /* RFC 1035 section 3.2.2, RFC 3596 */

/*
 * Writes the question for the addresses of @name, the number @id to be in its answer, into @out.
 * Returns its length, or -EINVAL if @name is no domain name.
 */
ssize_t dns_query_build(const char *name, enum dns_type type, uint16_t id,
	uint8_t out[DNS_QUERY_SIZE]) __attribute__((warn_unused_result));

/*
 * Adds the addresses of @name in @answer to @ret, aliases (CNAME) followed, those for which there is
 * no room left out.
 *
 * Returns 0, also if there is no address; -ENOENT if there is no such name; -EREMOTEIO if the server
 * could or would not say; -EBADMSG if it is malformed or no answer to that question. On failure
 * @ret is left alone.
 */
int dns_answer_parse(struct span answer, const char *name, enum dns_type type, uint16_t id,
	struct dns_addresses *ret) __attribute__((warn_unused_result));

#endif

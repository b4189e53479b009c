/* SPDX-License-Identifier: GPL-2.0-or-later
 * Questions to a name server and its answers as bytes (RFC 1035 section 4), by libresolv's functions
 * for messages. Its resolver, and that of other libraries, wants what a static program has not.
 */
#include <arpa/nameser.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "step/dns.h"

#define HEADER_SIZE 12
#define FLAG_RD     0x0100 /* recursion desired */
#define RECORDS_MAX 64
#define ALIASES_MAX 8

ssize_t dns_query_build(
	const char *name, enum dns_type type, uint16_t id, uint8_t out[DNS_QUERY_SIZE])
{
	uint8_t encoded[NS_MAXCDNAME];
	size_t len = 0;

	if (!name[0] || ns_name_pton(name, encoded, sizeof(encoded)) < 0)
		return -EINVAL;
	while (encoded[len])
		len += 1u + encoded[len];
	len++;
	memset(out, 0, HEADER_SIZE);
	num_put_be16(out, id);
	num_put_be16(out + 2, FLAG_RD);
	num_put_be16(out + 4, 1); /* one question */
	memcpy(out + HEADER_SIZE, encoded, len);
	num_put_be16(out + HEADER_SIZE + len, (uint16_t)type);
	num_put_be16(out + HEADER_SIZE + len + 2, ns_c_in);
	return (ssize_t)(HEADER_SIZE + len + 4);
}

static bool is_same_name(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	n -= n && a[n - 1] == '.';
	m -= m && b[m - 1] == '.';
	return n == m && strncasecmp(a, b, n) == 0;
}

/* The question that the server repeats is ours. */
static bool is_ours(ns_msg *msg, const char *name, enum dns_type type, uint16_t id)
{
	ns_rr rr;

	return ns_msg_id(*msg) == id && ns_msg_getflag(*msg, ns_f_qr) &&
	       ns_msg_count(*msg, ns_s_qd) == 1 && ns_parserr(msg, ns_s_qd, 0, &rr) == 0 &&
	       (int)ns_rr_type(rr) == (int)type && ns_rr_class(rr) == ns_c_in &&
	       is_same_name(ns_rr_name(rr), name);
}

static void add(struct dns_addresses *to, enum dns_type type, const uint8_t *data)
{
	if (to->n == DNS_ADDRESSES)
		return;
	to->at[to->n].ipv6 = type == DNS_TYPE_AAAA;
	if (type == DNS_TYPE_AAAA)
		memcpy(&to->at[to->n].a6, data, sizeof(to->at[0].a6));
	else
		memcpy(&to->at[to->n].a4, data, sizeof(to->at[0].a4));
	to->n++;
}

/* The records of @name: adds its addresses, or finds the name it is an alias of. 1 if it is one. */
static int read_records(
	ns_msg *msg, char name[NS_MAXDNAME], enum dns_type type, struct dns_addresses *to)
{
	size_t size = type == DNS_TYPE_AAAA ? sizeof(struct in6_addr) : sizeof(struct in_addr);
	char alias[NS_MAXDNAME] = "";
	unsigned int count = ns_msg_count(*msg, ns_s_an);
	ns_rr rr;

	for (unsigned int i = 0; i < count && i < RECORDS_MAX; i++) {
		if (ns_parserr(msg, ns_s_an, (int)i, &rr) < 0)
			return -EBADMSG;
		if (ns_rr_class(rr) != ns_c_in || !is_same_name(ns_rr_name(rr), name))
			continue;
		if ((int)ns_rr_type(rr) == (int)type && ns_rr_rdlen(rr) == size)
			add(to, type, ns_rr_rdata(rr));
		else if (ns_rr_type(rr) == ns_t_cname &&
			 ns_name_uncompress(ns_msg_base(*msg), ns_msg_end(*msg), ns_rr_rdata(rr),
				 alias, sizeof(alias)) < 0)
			return -EBADMSG;
	}
	if (!alias[0])
		return 0;
	strcpy(name, alias);
	return 1;
}

int dns_answer_parse(struct span answer, const char *name, enum dns_type type, uint16_t id,
	struct dns_addresses *ret)
{
	struct dns_addresses out = *ret;
	char current[NS_MAXDNAME];
	ns_msg msg;
	int r = 1;

	if (answer.len < HEADER_SIZE || answer.len > DNS_ANSWER_SIZE ||
		span_copy(span_str(name), current, sizeof(current)) < 0 ||
		ns_initparse(answer.p, (int)answer.len, &msg) < 0 || !is_ours(&msg, name, type, id))
		return -EBADMSG;
	if (ns_msg_getflag(msg, ns_f_rcode) == ns_r_nxdomain)
		return -ENOENT;
	if (ns_msg_getflag(msg, ns_f_rcode) != ns_r_noerror)
		return -EREMOTEIO;
	for (unsigned int i = 0; i < ALIASES_MAX && r > 0; i++)
		r = read_records(&msg, current, type, &out);
	if (r < 0)
		return r;
	*ret = out;
	return 0;
}

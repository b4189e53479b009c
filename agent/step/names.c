/* SPDX-License-Identifier: GPL-2.0-or-later
 * Names of servers to addresses, by the name servers of /etc/resolv.conf and with a deadline.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/num.h"
#include "step/dns.h"
#include "step/names.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define DNS_PORT    53
#define ROUNDS      3
#define SERVER_MS   1000 /* what one server gets in the first round; twice as much in the next */
#define NAME_SIZE   512

int names_to_sockaddr(
	const char *host, uint16_t port, struct sockaddr_storage *ret, socklen_t *ret_len)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	memset(ret, 0, sizeof(*ret));
	if (num_parse_ip4(span_str(host), &a4.sin_addr) == 0) {
		memcpy(ret, &a4, sizeof(a4));
		*ret_len = sizeof(a4);
		return 0;
	}
	if (num_parse_ip6(span_str(host), &a6.sin6_addr) == 0) {
		memcpy(ret, &a6, sizeof(a6));
		*ret_len = sizeof(a6);
		return 0;
	}
	return -EDESTADDRREQ;
}

static bool is_numeric(const char *host)
{
	struct in6_addr a6;
	struct in_addr a4;

	return num_parse_ip4(span_str(host), &a4) == 0 || num_parse_ip6(span_str(host), &a6) == 0;
}

static void take_search(struct span line, struct names_conf *c)
{
	c->n_search = 0; /* the last line counts (resolv.conf(5)) */
	while (line.len && c->n_search < 4) {
		struct span name = span_cut(&line, ' ');

		if (name.len && span_is_graph(name) &&
			span_copy(name, c->search[c->n_search], sizeof(c->search[0])) == 0)
			c->n_search++;
	}
}

void names_conf_parse(struct span text, struct names_conf *ret)
{
	struct names_conf c = {.n_servers = 0};

	while (text.len) {
		struct span line = span_trim(span_cut(&text, '\n')), word = span_cut(&line, ' ');

		line = span_trim(line);
		if (span_eq_str(word, "nameserver") && c.n_servers < 4 &&
			span_copy(line, c.server[c.n_servers], NAMES_ADDRESS_SIZE) == 0 &&
			is_numeric(c.server[c.n_servers]))
			c.n_servers++;
		else if (span_eq_str(word, "search") || span_eq_str(word, "domain"))
			take_search(line, &c);
	}
	*ret = c;
}

/* One question of each type to one server, on a socket that hears nobody else. */
struct question {
	const char *name;
	uint16_t id[2];
	bool done[2];
	int result; /* of the answers so far: 0, -ENOENT, -EREMOTEIO */
	struct dns_addresses found[2];
};

static const enum dns_type types[2] = {DNS_TYPE_A, DNS_TYPE_AAAA};

static int send_questions(int fd, struct question *q)
{
	uint8_t query[DNS_QUERY_SIZE];

	(void)!getrandom(q->id, sizeof(q->id), GRND_NONBLOCK); /* the port is random as well */
	q->id[1] ^= q->id[0] == q->id[1];
	for (unsigned int i = 0; i < 2; i++) {
		ssize_t n = dns_query_build(q->name, types[i], q->id[i], query);

		if (n < 0)
			return (int)n;
		if (send(fd, query, (size_t)n, 0) < 0)
			return -errno;
	}
	return 0;
}

/* An answer that fits neither question is none. */
static void take_answer(struct question *q, struct span answer)
{
	for (unsigned int i = 0; i < 2; i++) {
		int r = q->done[i] ? -EBADMSG
				   : dns_answer_parse(
					     answer, q->name, types[i], q->id[i], &q->found[i]);

		if (r == -EBADMSG)
			continue;
		q->done[i] = true;
		if (r < 0)
			q->result = r;
		return;
	}
}

/* What the end of the time makes of @q: an answer without an address says nothing of the other type. */
static int give_up(const struct question *q)
{
	return q->found[0].n || q->found[1].n ? 0 : -ETIMEDOUT;
}

/*
 * 0 when both answers are there, or one with addresses and no time is left; -ETIMEDOUT, or another
 * negative errno of the socket.
 */
static int ask(const char *server, uint64_t deadline_ms, struct question *q)
{
	_cleanup_fd_ int fd = -1;
	uint8_t answer[DNS_ANSWER_SIZE];
	struct sockaddr_storage to;
	socklen_t to_len;
	int r = names_to_sockaddr(server, DNS_PORT, &to, &to_len);

	if (r < 0)
		return r;
	fd = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, to_len) < 0)
		return -errno;
	r = send_questions(fd, q);
	if (r < 0)
		return r;
	while (!q->done[0] || !q->done[1]) {
		struct pollfd p = {fd, POLLIN, 0};
		uint64_t now_ms = clock_now_ms();
		ssize_t len;
		int n;

		if (now_ms >= deadline_ms) /* however many packets there are */
			return give_up(q);
		n = poll(&p, 1, clock_poll_ms(now_ms, deadline_ms));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return give_up(q);
		len = recv(fd, answer, sizeof(answer), 0);
		if (len < 0 && errno != EAGAIN && errno != EINTR)
			return -errno; /* nobody serves that port */
		if (len > 0)
			take_answer(q, span_of(answer, (size_t)len));
	}
	return 0;
}

static void collect(const struct question *q, struct names *ret)
{
	for (unsigned int i = 0; i < 2; i++) {
		for (unsigned int k = 0; k < q->found[i].n && ret->n < NAMES_ADDRESSES; k++) {
			bool v6 = q->found[i].at[k].ipv6;
			const void *a = v6 ? (const void *)&q->found[i].at[k].a6
					   : (const void *)&q->found[i].at[k].a4;

			if (inet_ntop(v6 ? AF_INET6 : AF_INET, a, ret->address[ret->n],
				    NAMES_ADDRESS_SIZE))
				ret->n++;
		}
	}
}

/* Asks the servers for one name, round by round. Returns as names_find() without a sentence. */
static int find_name(
	const struct names_conf *c, const char *name, uint64_t deadline_ms, struct names *ret)
{
	int last = -ETIMEDOUT;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < c->n_servers; i++) {
			uint64_t now_ms = clock_now_ms();
			struct question q = {.name = name};
			struct names out = {.n = 0};
			int r;

			if (now_ms >= deadline_ms)
				return last;
			r = ask(c->server[i],
				clock_min(deadline_ms, now_ms + ((uint64_t)SERVER_MS << round)),
				&q);
			if (r == -EINVAL)
				return -ENOENT; /* no domain name */
			collect(&q, &out);
			if (out.n) {
				*ret = out;
				return 0;
			}
			if (r == 0 && q.result != -EREMOTEIO)
				return -ENOENT;
			last = r == 0 ? q.result : r;
		}
	}
	return last;
}

static int explain(int r, const char *host, const struct names_conf *c, struct err *reterr)
{
	char servers[4 * NAMES_ADDRESS_SIZE] = "";
	size_t at = 0;

	for (unsigned int i = 0; i < c->n_servers; i++)
		at += (size_t)snprintf(servers + at, sizeof(servers) - at, "%s%s", at ? " " : "",
			c->server[i]); /* fits */
	if (!c->n_servers)
		return err_set(reterr, -EDESTADDRREQ,
			"%.200s is a name, and no name server is known: write its address, or let "
			"DHCP (option 6) or ip= name a server",
			host);
	if (r == -ENOENT)
		return err_set(
			reterr, r, "the name server %s knows no address of %.200s", servers, host);
	if (r == -ETIMEDOUT)
		return err_set(reterr, r, "%.200s: no answer of the name server %s", host, servers);
	if (r == -EREMOTEIO)
		return err_set(reterr, r, "%.200s: the name server %s refuses to answer, or cannot",
			host, servers);
	return err_sys(reterr, r, "%.200s: cannot ask the name server %s", host, servers);
}

int names_find(const char *host, uint64_t deadline_ms, struct names *ret, struct err *reterr)
{
	struct names_conf c = {.n_servers = 0};
	char text[4096], full[NAME_SIZE];
	uint8_t query[DNS_QUERY_SIZE];
	bool plain = !strchr(host, '.');
	int r = -ENOENT;
	ssize_t n;

	if (is_numeric(host)) {
		ret->n = 1;
		(void)snprintf(ret->address[0], NAMES_ADDRESS_SIZE, "%s", host); /* fits */
		return 0;
	}
	if (dns_query_build(host, DNS_TYPE_A, 0, query) < 0)
		return err_set(reterr, -EINVAL, "%.200s is no name of a host", host);
	if (clock_now_ms() >= deadline_ms)
		return err_set(reterr, -EDESTADDRREQ,
			"%.200s is a name, and no time is left to look it up", host);
	n = fs_read(RESOLV_CONF, text, sizeof(text));
	if (n > 0)
		names_conf_parse(span_of(text, (size_t)n), &c);
	if (!c.n_servers)
		return explain(-EDESTADDRREQ, host, &c, reterr);
	for (unsigned int i = 0; plain && r == -ENOENT && i < c.n_search; i++) {
		(void)snprintf(full, sizeof(full), "%.253s.%s", host, c.search[i]); /* fits */
		r = find_name(&c, full, deadline_ms, ret);
	}
	if (r == -ENOENT)
		r = find_name(&c, host, deadline_ms, ret);
	return r < 0 ? explain(r, host, &c, reterr) : 0;
}

int names_in_portals(struct plan *plan, uint64_t deadline_ms, struct err *reterr)
{
	struct portal out[SETTING_PORTALS];
	unsigned int n = 0;
	int failed = 0;

	for (unsigned int i = 0; i < plan->n_portals; i++) {
		struct names found = {.n = 0};
		int r = names_find(plan->portal[i].host, deadline_ms, &found, reterr);

		failed = r < 0 ? r : failed;
		for (unsigned int k = 0; k < found.n && n < SETTING_PORTALS; k++) {
			out[n] = plan->portal[i];
			out[n].ipv6 = strchr(found.address[k], ':') != NULL;
			strcpy(out[n++].host, found.address[k]);
		}
	}
	if (!n)
		return failed;
	memcpy(plan->portal, out, n * sizeof(out[0]));
	plan->n_portals = n;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * A DHCP client with the time and the network in the test's hands.
 */
#ifndef UNIT_DHCP_FIXTURE_H
#define UNIT_DHCP_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "dhcp_packets.h"
#include "source/dhcp.h"
#include "source/dhcp_msg.h"

#define QUEUE 200

/* A network: what was sent, and what waits to be received. */
struct net {
	unsigned int n_sent;
	struct dhcp_msg sent; /* the last one */
	int send_result;

	unsigned int n_probes;
	struct in_addr probed;
	bool in_use; /* somebody answers the probes */

	unsigned int n_waiting, n_taken;
	struct packet waiting[QUEUE];
	int receive_result; /* when nothing waits any more */
};

static inline int net_send(void *ctx, const uint8_t *message, size_t len)
{
	struct net *net = ctx;

	assert_int_equal(dhcp_msg_parse(span_of(message, len), &net->sent, NULL), 0);
	net->n_sent++;
	return net->send_result;
}

static inline ssize_t net_receive(void *ctx, uint8_t *buf, size_t size)
{
	struct net *net = ctx;
	struct packet *k = &net->waiting[net->n_taken];

	if (net->n_taken == net->n_waiting) {
		int r = net->receive_result;

		net->receive_result = 0;
		return r;
	}
	net->n_taken++;
	if (!k->len)
		return -EBADMSG;
	assert_true(k->len <= size);
	memcpy(buf, k->p, k->len);
	return (ssize_t)k->len;
}

static inline int net_probe(void *ctx, struct in_addr address)
{
	struct net *net = ctx;

	net->n_probes++;
	net->probed = address;
	return 0;
}

static inline int net_conflict(void *ctx, struct in_addr address, uint8_t ret_mac[MAC_LEN])
{
	struct net *net = ctx;

	if (address.s_addr != net->probed.s_addr)
		return 0;
	memcpy(ret_mac, "\2\0\0\0\0\x63", MAC_LEN);
	return net->in_use;
}

/* The worth of an offer is in its host name: "full", "guess"; anything else is poor. */
static inline enum dhcp_rank rank_by_name(void *ctx, const struct lease *offer)
{
	(void)ctx;
	if (strcmp(offer->hostname, "full") == 0 || offer->pi_boot_server)
		return DHCP_RANK_FULL;
	return strcmp(offer->hostname, "guess") == 0 ? DHCP_RANK_GUESS : DHCP_RANK_POOR;
}

/* Everything that a test needs; made by setup(). */
struct fixture {
	struct net net;
	struct dhcp_client c;
	struct err err;
	uint64_t now;
};

static inline int setup(void **state)
{
	static const uint8_t mac[MAC_LEN] = PACKET_MAC;
	struct fixture *f = calloc(1, sizeof(*f));
	struct dhcp_transport io = {.send = net_send,
		.receive = net_receive,
		.probe = net_probe,
		.conflict = net_conflict};

	if (!f)
		return -1;
	io.ctx = &f->net;
	f->now = 1000;
	dhcp_client_init(&f->c, &io, mac, 42);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	free(*state);
	return 0;
}

static inline unsigned int sent_type(const struct fixture *f)
{
	struct span val = dhcp_msg_option(&f->net.sent, DHCP_OPT_TYPE);

	return val.len == 1 ? val.p[0] : 0;
}

/* Queues a server's answer to the exchange that is going on, and returns it for changes. */
static inline struct packet *answer(struct fixture *f, enum dhcp_type type)
{
	struct packet *k = &f->net.waiting[f->net.n_waiting++];

	assert_true(f->net.n_waiting <= QUEUE);
	packet_begin_lease(k, type);
	num_put_be32(k->p + 4, f->c.xid);
	return k;
}

/* The same from another server, 192.168.77.N, of the worth @name. */
static inline struct packet *offer_of(struct fixture *f, unsigned int n, const char *name)
{
	struct packet *k = answer(f, DHCP_OFFER);

	k->p[19] = (uint8_t)(100 + n); /* yiaddr */
	k->p[248] = (uint8_t)n; /* option 54 */
	packet_text(k, 12, name);
	return k;
}

static inline int process(struct fixture *f)
{
	int r = dhcp_client_process(&f->c, f->now, &f->err);

	if (f->net.n_taken == f->net.n_waiting)
		f->net.n_taken = f->net.n_waiting = 0;
	return r;
}

static inline void start(struct fixture *f)
{
	assert_int_equal(dhcp_client_start(&f->c, f->now, &f->err), 0);
	assert_int_equal(f->c.state, DHCP_STATE_SELECTING);
	assert_int_equal(sent_type(f), DHCP_DISCOVER);
}

#endif

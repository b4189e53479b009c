/* SPDX-License-Identifier: GPL-2.0-or-later
 * A lease as text, so that one string shows all that was read.
 */
#ifndef UNIT_DHCP_PRINT_H
#define UNIT_DHCP_PRINT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "dhcp_packets.h"
#include "source/dhcp_lease.h"

#define ADDRESS "address 192.168.77.107\n" /* of packet_begin() */

static inline void print_address(FILE *f, const char *name, struct in_addr a)
{
	char text[IP4_TEXT_SIZE];

	num_format_ip4(a, text);
	if (a.s_addr)
		fprintf(f, "%s %s\n", name, text);
}

static inline void print_text(FILE *f, const char *name, const char *text)
{
	if (text[0])
		fprintf(f, "%s %s\n", name, text);
}

static inline void print_network(FILE *f, const struct lease *l)
{
	print_address(f, "address", l->address);
	fprintf(f, "prefix %u\n", l->prefix);
	print_address(f, "broadcast", l->broadcast);
	print_address(f, "server id", l->server_id);
	print_address(f, "siaddr", l->siaddr);
	if (l->has_lease_time)
		fprintf(f, "lease %u %u %u\n", l->lease_s, l->t1_s, l->t2_s);
}

static inline void print_options(FILE *f, const struct lease *l)
{
	char dst[IP4_TEXT_SIZE], gateway[IP4_TEXT_SIZE];

	for (unsigned int i = 0; i < l->n_routes; i++) {
		num_format_ip4(l->route[i].dst, dst);
		num_format_ip4(l->route[i].gateway, gateway);
		fprintf(f, "route %s/%u %s\n", dst, l->route[i].prefix, gateway);
	}
	for (unsigned int i = 0; i < l->n_dns; i++)
		print_address(f, "dns", l->dns[i]);
	for (unsigned int i = 0; i < l->n_ntp; i++)
		print_address(f, "ntp", l->ntp[i]);
	for (unsigned int i = 0; i < l->n_vendors; i++)
		fprintf(f, "vendor %u: %u bytes\n", l->vendor[i].enterprise, l->vendor[i].bytes);
	if (l->mtu)
		fprintf(f, "mtu %u\n", l->mtu);
	print_text(f, "message", l->message);
	print_text(f, "hostname", l->hostname);
	print_text(f, "domain", l->domain);
	print_text(f, "search", l->search);
	print_text(f, "bootfile", l->bootfile);
	print_text(f, "rootpath", l->rootpath);
	if (l->pi_boot_server)
		fputs("pi boot server\n", f);
	if (l->nfs_root.present)
		fprintf(f, "nfs root %s:%s,%s\n", l->nfs_root.host, l->nfs_root.path,
			l->nfs_root.options);
	if (l->chap.present)
		fprintf(f, "chap %s:%s:%s:%s\n", l->chap.user, l->chap.secret, l->chap.user_in,
			l->chap.secret_in);
}

static inline void print_boot(FILE *f, const struct settings *set)
{
	for (unsigned int i = 0; i < SETTING_COUNT; i++) {
		const struct setting *s = &set->one[i];

		if (s->present && i != SETTING_PORTAL)
			fprintf(f, "%s=%s (%s)\n", settings_name((enum setting_id)i), s->value,
				s->word);
	}
	for (unsigned int i = 0; i < set->n_portals; i++)
		fprintf(f, "portal=%s (%s)\n", set->portal[i], set->one[SETTING_PORTAL].word);
}

/* Parses @k and compares what @what prints of it, and the remarks, with @want. */
enum what { WHOLE, NETWORK, OPTIONS, BOOT };

static inline void check(const struct packet *k, enum what what, const char *want)
{
	struct notes notes = {.n = 0};
	struct err err = {.code = 0};
	struct lease l;
	char *text = NULL;
	size_t size;
	FILE *f;

	if (dhcp_lease_parse(packet_span(k), &l, &notes, &err) < 0)
		fail_msg("%s", err.text);
	f = open_memstream(&text, &size);
	assert_non_null(f);
	if (what == WHOLE || what == NETWORK)
		print_network(f, &l);
	if (what == WHOLE || what == OPTIONS)
		print_options(f, &l);
	if (what == WHOLE || what == BOOT)
		print_boot(f, &l.boot);
	for (unsigned int i = 0; i < notes.n; i++)
		fprintf(f, "note: %s\n", notes.text[i]);
	fclose(f);
	assert_string_equal(text, want);
	free(text);
}

static inline void check_hex(const char *hex, enum what what, const char *want)
{
	struct packet k;

	packet_begin(&k, DHCP_ACK);
	packet_hex(&k, hex);
	check(&k, what, want);
}

static inline void check_text(unsigned int code, const char *text, enum what what, const char *want)
{
	struct packet k;

	packet_begin(&k, DHCP_ACK);
	packet_text(&k, code, text);
	check(&k, what, want);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as a DHCP message, as the frame that carries one and as an ARP packet; what gets through
 * must be harmless, also as a proxy's answer.
 */
#include <string.h>

#include "source/dhcp_arp.h"
#include "source/dhcp_choice.h"
#include "source/dhcp_frame.h"
#include "source/dhcp_lease.h"
#include "source/dhcp_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* A string of at most @size bytes that no shell, path or terminal takes for something else. */
static void check_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	must(len < size);
	must(dhcp_text_is_safe(span_of(text, len)));
}

static void check_settings(const struct settings *set)
{
	for (unsigned int i = 0; i < SETTING_COUNT; i++)
		if (set->one[i].present)
			check_text(set->one[i].value, sizeof(set->one[i].value));
	must(set->n_portals <= SETTING_PORTALS);
	for (unsigned int i = 0; i < set->n_portals; i++)
		check_text(set->portal[i], sizeof(set->portal[i]));
}

static void check_lease(struct lease *l)
{
	must(l->prefix <= 32 && l->n_dns <= LEASE_SERVERS && l->n_routes <= LEASE_ROUTES);
	must(l->n_ntp <= LEASE_SERVERS && l->n_vendors <= LEASE_VENDORS);
	must(l->t1_s <= l->t2_s && l->t2_s <= l->lease_s);
	for (unsigned int i = 0; i < l->n_routes; i++) {
		must(l->route[i].prefix <= 32);
		must(!(l->route[i].dst.s_addr & ~num_mask4(l->route[i].prefix).s_addr));
	}
	for (char *blank = l->search; (blank = strchr(blank, ' '));)
		*blank = '.'; /* the only blanks that are wanted */
	check_text(l->search, sizeof(l->search));
	check_text(l->hostname, sizeof(l->hostname));
	check_text(l->domain, sizeof(l->domain));
	check_text(l->bootfile, sizeof(l->bootfile));
	check_text(l->rootpath, sizeof(l->rootpath));
	must(strnlen(l->message, sizeof(l->message)) < sizeof(l->message));
	check_settings(&l->boot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span packet = span_of(data, size), payload;
	struct notes notes = {.n = 0};
	struct err err = {.code = 0};
	struct lease lease, merged = {.prefix = 24};
	const uint8_t mac[MAC_LEN] = {2};
	uint8_t other[MAC_LEN];

	if (dhcp_lease_parse(packet, &lease, &notes, &err) == 0) {
		dhcp_choice_merge(&merged, &lease);
		check_lease(&merged);
		check_lease(&lease);
	} else
		must(err.code < 0 && err.text[0]);
	if (dhcp_arp_is_conflict(packet, mac, merged.address, false, other))
		must(memcmp(other, mac, MAC_LEN) != 0);
	must(notes.n <= NOTES_MAX);
	if (dhcp_frame_payload(packet, false, &payload) == 0)
		must(payload.p >= data && payload.p + payload.len <= data + size);
	return 0;
}

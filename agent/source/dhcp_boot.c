/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the options of a DHCP message say about the boot.
 *
 *   option 17  = "iscsi:" RFC 4173 root path / NFS root
 *                (source/rootpath.h, source/nfs_root.h)
 *   option 43  = words / *sub-option / text for others
 *   option 224 = words
 *   words      = "pinet." name "=" value *(" " "pinet." name "=" value)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/dhcp_boot.h"
#include "source/dhcp_text.h"
#include "source/rootpath.h"

/* Sub-options of 43 that network adapters with iSCSI firmware know. */
#define SUB_ROOT_PATH        201
#define SUB_SECOND_ROOT_PATH 202
#define SUB_INITIATOR        203

/* PXE_BOOT_SERVERS (PXE 2.1 section 2.2.3): *(type(2) count(1) count*address(4)) */
#define PXE_BOOT_SERVERS 8

/* What the Raspberry Pi's firmware wants to see in option 43, as PXE menu or as a bare string. */
#define PI_BOOT_SERVER "Raspberry Pi Boot"

#define UNSAFE_REASON "it has a blank, a quote, a control character or \"..\" in it"

static void put_setting(struct settings *set, enum setting_id id, const char *word,
	struct span value, struct notes *notes)
{
	struct err err;
	char shown[80];

	value = dhcp_text_strip(value);
	if (!dhcp_text_is_safe(value))
		notes_add(notes, "%s: ignored \"%s\": " UNSAFE_REASON, word,
			span_escape(value, shown, sizeof(shown)));
	else if (settings_put(set, id, word, value, &err) < 0)
		notes_add(notes, "ignored %s", err.text);
}

static void put_address(
	struct settings *set, enum setting_id id, const char *word, struct in_addr a)
{
	char text[IP4_TEXT_SIZE];

	num_format_ip4(a, text);
	(void)!settings_put(set, id, word, span_str(text), NULL); /* an address has the form */
}

/* Words "pinet.NAME=VALUE"; each is checked by itself, so that a bad one spoils no other. */
static void put_words(struct settings *set, const char *what, struct span text, struct notes *notes)
{
	char shown[80];

	while (text.len) {
		struct span word = span_cut(&text, ' ');

		if (dhcp_text_is_safe(word))
			settings_put_words(set, what, word, notes);
		else
			notes_add(notes, "%s: ignored \"%s\": " UNSAFE_REASON, what,
				span_escape(word, shown, sizeof(shown)));
	}
}

/* What @over has wins over what @set has. */
static void overlay(struct settings *set, const struct settings *over)
{
	for (unsigned int i = 0; i < SETTING_COUNT; i++)
		if (over->one[i].present)
			set->one[i] = over->one[i];
	if (over->n_portals) {
		set->n_portals = over->n_portals;
		memcpy(set->portal, over->portal, sizeof(set->portal));
	}
}

/* An iSCSI root path; it may hold a password, so a refusal does not show it. */
static int put_rootpath(struct settings *set, struct chap *chap, const char *word, struct span text,
	struct notes *notes)
{
	struct rootpath rp;
	struct err err;

	if (!dhcp_text_is_safe(text)) {
		notes_add(notes, "%s: root path ignored: " UNSAFE_REASON, word);
		return -EINVAL;
	}
	if (rootpath_parse(text, &rp, &err) < 0 || rootpath_settings(&rp, word, set, &err) < 0) {
		notes_add(notes, "%s: ignored: %s", word, err.text);
		return -EINVAL;
	}
	if (rp.chap.present) {
		*chap = rp.chap;
		notes_add(notes, "%s: CHAP names and secrets came over the network in the clear",
			word);
	}
	return 0;
}

static void read_rootpath(const struct dhcp_msg *m, struct lease *lease, struct notes *notes)
{
	struct span text = dhcp_text_strip(dhcp_msg_option(m, DHCP_OPT_ROOT_PATH));
	struct err err;
	char shown[80];
	int r;

	if (!text.len)
		return;
	if (span_starts(text, "iscsi:")) {
		struct span tail = span_sub(text, 6, text.len), rest = tail;

		if (put_rootpath(&lease->boot, &lease->chap, "option 17", text, notes) < 0)
			return;
		while (rest.p)
			tail = span_cut(
				&rest, '@'); /* the last part: names and secrets stand before */
		r = snprintf(lease->rootpath, sizeof(lease->rootpath), "iscsi:%.*s", (int)tail.len,
			(const char *)tail.p);
		if (r < 0 || (size_t)r >= sizeof(lease->rootpath))
			lease->rootpath[0] = '\0'; /* its settings were taken */
		return;
	}
	span_escape(text, shown, sizeof(shown));
	if (!dhcp_text_is_safe(text))
		notes_add(notes, "option 17: ignored \"%s\": " UNSAFE_REASON, shown);
	else if (span_copy(text, lease->rootpath, sizeof(lease->rootpath)) < 0)
		notes_add(notes, "option 17: ignored \"%s\": it is longer than %d bytes", shown,
			LEASE_NAME - 1);
	else if ((r = nfs_root_parse(text, &lease->nfs_root, &err)) == -ENOENT)
		notes_add(
			notes, "option 17: \"%s\" is neither an iSCSI nor an NFS root path", shown);
	else if (r < 0)
		notes_add(notes, "option 17: ignored: %s", err.text);
}

static bool first_host(struct span addresses, struct in_addr *ret)
{
	struct in_addr a;

	for (; addresses.len; addresses = span_sub(addresses, sizeof(a), addresses.len)) {
		memcpy(&a, addresses.p, sizeof(a));
		if (dhcp_msg_is_host(a)) {
			*ret = a;
			return true;
		}
	}
	return false;
}

/* The first boot server that a PXE answer lists in option 43. */
static bool first_boot_server(struct span vendor, struct in_addr *ret)
{
	struct span val;
	uint8_t code;

	while (dhcp_msg_next(&vendor, &code, &val) > 0) {
		while (code == PXE_BOOT_SERVERS && val.len >= 3 && val.len - 3 >= 4u * val.p[2]) {
			if (first_host(span_sub(val, 3, 4u * val.p[2]), ret))
				return true;
			val = span_sub(val, 3 + 4u * val.p[2], val.len);
		}
	}
	return false;
}

/* The first of options 66, 150, 43.8 of PXE, the field siaddr and option 54 that holds a usable server. */
static void read_server(const struct dhcp_msg *m, const struct lease *lease, struct settings *set,
	struct notes *notes)
{
	struct span text = dhcp_text_strip(dhcp_msg_option(m, DHCP_OPT_TFTP_SERVER));
	struct span list = dhcp_msg_option(m, DHCP_OPT_TFTP_ADDRESSES);
	struct in_addr a;

	if (text.len)
		put_setting(set, SETTING_SERVER, "option 66", text, notes);
	if (set->one[SETTING_SERVER].present)
		return;
	if (list.len % sizeof(a))
		notes_add(
			notes, "option 150: ignored: %zu bytes are no list of addresses", list.len);
	else if (first_host(list, &a))
		put_address(set, SETTING_SERVER, "option 150", a);
	if (set->one[SETTING_SERVER].present)
		return;
	if (lease->pxe_client && first_boot_server(dhcp_msg_option(m, DHCP_OPT_VENDOR), &a))
		put_address(set, SETTING_SERVER, "option 43.8", a);
	else if (dhcp_msg_is_host(lease->siaddr))
		put_address(set, SETTING_SERVER, "siaddr", lease->siaddr);
	else if (dhcp_msg_is_host(lease->server_id))
		put_address(set, SETTING_SERVER, "option 54", lease->server_id);
}

static bool contains(struct span s, const char *text)
{
	return s.len && memmem(s.p, s.len, text, strlen(text));
}

static bool is_sub_options(struct span s)
{
	struct span val;
	uint8_t code;
	int r;

	while ((r = dhcp_msg_next(&s, &code, &val)) > 0)
		;
	return r == 0;
}

/*
 * A second root path: another portal of the target that is known, or the root path when there is no
 * other.
 */
static void put_second_rootpath(
	struct settings *set, struct chap *chap, struct span text, struct notes *notes)
{
	struct settings second = {.n_portals = 0};

	if (put_rootpath(&second, chap, "option 43.202", text, notes) < 0)
		return;
	if (!set->one[SETTING_TARGET].present)
		overlay(set, &second);
	else if (strcmp(set->one[SETTING_TARGET].value, second.one[SETTING_TARGET].value) != 0)
		notes_add(notes, "option 43.202: ignored: a second target cannot hold the root");
	else if (second.n_portals)
		put_setting(
			set, SETTING_PORTAL, "option 43.202", span_str(second.portal[0]), notes);
}

static void read_sub_options(
	struct span s, struct settings *set, struct chap *chap, struct notes *notes)
{
	static const enum setting_id by_code[] = {
		[1] = SETTING_SERVER,
		[2] = SETTING_TARGET,
		[3] = SETTING_PORTAL,
		[4] = SETTING_INITIATOR,
		[5] = SETTING_LUN,
		[6] = SETTING_FIRMWARE,
		[7] = SETTING_FIRMWARE_OPTIONS,
		[8] = SETTING_ID,
		[9] = SETTING_LOG,
	};
	struct span val, second = SPAN_NONE;
	char word[SETTING_WORD_SIZE];
	uint8_t code;

	while (dhcp_msg_next(&s, &code, &val) > 0) {
		(void)snprintf(word, sizeof(word), "option 43.%u", code); /* always fits */
		if (code >= 1 && code < sizeof(by_code) / sizeof(by_code[0]))
			put_setting(set, by_code[code], word, val, notes);
		else if (code == SUB_INITIATOR)
			put_setting(set, SETTING_INITIATOR, word, val, notes);
		else if (code == SUB_ROOT_PATH)
			(void)!put_rootpath(
				set, chap, word, dhcp_text_strip(val), notes); /* noted */
		else if (code == SUB_SECOND_ROOT_PATH)
			second = dhcp_text_strip(val);
		else
			notes_add(notes, "%s: ignored: there is no such sub-option", word);
	}
	if (second.len)
		put_second_rootpath(set, chap, second, notes);
}

static void read_vendor(const struct dhcp_msg *m, struct lease *lease, struct notes *notes)
{
	struct span s = dhcp_msg_option(m, DHCP_OPT_VENDOR), text = dhcp_text_strip(s);
	struct settings set = {.n_portals = 0};
	struct chap chap = lease->chap;
	char shown[80];

	lease->pi_boot_server = contains(s, PI_BOOT_SERVER);
	if (span_starts(text, "pinet."))
		put_words(&set, "option 43", text, notes);
	else if (lease->pi_boot_server)
		return; /* a PXE menu or a bare string: for the firmware, not for us */
	else if (lease->pxe_client)
		notes_add(notes, "option 43: ignored: the server says that it is for PXE clients");
	else if (is_sub_options(s))
		read_sub_options(s, &set, &chap, notes);
	else
		notes_add(notes, "option 43: ignored \"%s\": neither sub-options nor pinet words",
			span_escape(text, shown, sizeof(shown)));
	overlay(&lease->boot, &set);
	lease->chap = chap;
}

static void read_bootfile(const struct dhcp_msg *m, struct lease *lease, struct notes *notes)
{
	struct span option = dhcp_text_strip(dhcp_msg_option(m, DHCP_OPT_BOOTFILE));
	struct span text = option.len ? option : m->file;
	char shown[80];

	if (!dhcp_text_is_safe(text))
		notes_add(notes, "%s: ignored \"%s\": " UNSAFE_REASON,
			option.len ? "option 67" : "file field",
			span_escape(text, shown, sizeof(shown)));
	else if (span_copy(text, lease->bootfile, sizeof(lease->bootfile)) < 0)
		notes_add(notes, "option 67: ignored: it is longer than %d bytes", LEASE_NAME - 1);
}

void dhcp_boot_read(const struct dhcp_msg *m, struct lease *lease, struct notes *notes)
{
	struct span initiator = dhcp_text_strip(dhcp_msg_option(m, DHCP_OPT_INITIATOR));
	struct span words = dhcp_text_strip(dhcp_msg_option(m, DHCP_OPT_PINET));
	struct settings set = {.n_portals = 0};

	lease->pxe_client = span_starts(dhcp_msg_option(m, DHCP_OPT_CLASS), "PXEClient");
	read_bootfile(m, lease, notes);
	read_rootpath(m, lease, notes);
	if (initiator.len)
		put_setting(&lease->boot, SETTING_INITIATOR, "option 203", initiator, notes);
	read_server(m, lease, &lease->boot, notes);
	read_vendor(m, lease, notes);
	put_words(&set, "option 224", words, notes);
	overlay(&lease->boot, &set);
}

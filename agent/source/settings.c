/* SPDX-License-Identifier: GPL-2.0-or-later
 * The settings by name, as every source may write them: pinet.NAME=VALUE or NAME = VALUE.
 *
 *   word   = "pinet." name "=" value
 *   portal = host [":" port] ["," tpgt]
 *   host   = IPv4 / "[" IPv6 "]" / host-name
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "source/settings.h"

#define PORTAL_DEFAULT_PORT 3260 /* RFC 7143 section 14: iscsi-target */
#define ISCSI_NAME_MAX      223 /* RFC 7143 section 4.2.7.1 */
#define LUN_MAX             16383
#define TIMEOUT_MAX         604800
#define LOGIN_TIMEOUT_MAX   600
#define WANT_SECONDS        "seconds from 0 to 604800"
#define WANT_DIGEST         "None, CRC32C, CRC32C,None or None,CRC32C"

static bool all_in(struct span s, const char *extra)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
			continue;
		if (c == '\0' || !strchr(extra, c))
			return false;
	}
	return s.len > 0;
}

static bool one_of(struct span v, const char *const list[])
{
	for (size_t i = 0; list[i]; i++)
		if (span_eq_str(v, list[i]))
			return true;
	return false;
}

/* True if @s has a path component "..": such a path could leave the place it is meant for. */
static bool climbs(struct span s)
{
	while (s.len)
		if (span_eq_str(span_cut(&s, '/'), ".."))
			return true;
	return false;
}

bool settings_is_host(struct span v)
{
	struct in6_addr a6;

	if (v.len >= 2 && v.p[0] == '[' && v.p[v.len - 1] == ']')
		v = span_sub(v, 1, v.len - 2);
	if (num_parse_ip6(v, &a6) == 0)
		return true;
	return v.len <= 253 && all_in(v, ".-_") && v.p[0] != '-' && v.p[0] != '.';
}

static bool ok_server(struct span v)
{
	return settings_is_host(v); /* "dhcp" is a host name by its form */
}

/* What %i becomes is part of a path and of an iSCSI name. */
static bool ok_id(struct span v)
{
	return all_in(v, "._:-") && v.len <= 64 && v.p[0] != '.' && v.p[0] != '-';
}

static bool ok_iscsi_name(struct span v)
{
	if (v.len > ISCSI_NAME_MAX || !all_in(v, ".:-_%"))
		return false;
	return span_starts(v, "iqn.") || span_starts(v, "eui.") || span_starts(v, "naa.") ||
	       v.p[0] == '%';
}

static bool ok_portal(struct span v)
{
	struct portal p;

	return settings_parse_portal(v, &p, NULL) == 0;
}

static bool ok_lun(struct span v)
{
	uint32_t n;

	return span_eq_str(v, "auto") || num_parse_u32(v, LUN_MAX, &n) == 0;
}

static bool ok_root(struct span v)
{
	static const char *const tags[] = {"LABEL=", "UUID=", "PARTLABEL=", "PARTUUID=", "/dev/"};
	uint32_t n;

	if (span_starts(v, "part:"))
		return num_parse_u32(span_sub(v, 5, v.len), 128, &n) == 0;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (span_starts(v, tags[i]))
			return v.len > strlen(tags[i]) && !climbs(v);
	return false;
}

bool settings_is_path(struct span v)
{
	return v.len > 1 && v.p[0] == '/' && span_is_graph(v) && !climbs(v) &&
	       span_find(v, '\\') == v.len && span_find(v, '"') == v.len &&
	       span_find(v, '\'') == v.len;
}

static bool ok_firmware(struct span v)
{
	size_t at = 0;

	if (span_eq_str(v, "off"))
		return true;
	if (v.len && v.p[0] == '[')
		at = span_find(v, ']');
	at += span_find(span_sub(v, at, v.len), ':');
	return settings_is_host(span_sub(v, 0, at)) && settings_is_path(span_sub(v, at + 1, v.len));
}

bool settings_is_options(struct span v)
{
	return all_in(v, "=,._:/-");
}

static bool ok_policy(struct span v)
{
	return one_of(v, (const char *const[]){"optional", "required", NULL});
}

static bool ok_net(struct span v)
{
	uint8_t mac[MAC_LEN];

	if (num_parse_mac(v, mac) == 0)
		return true;
	return v.len < IF_NAMESIZE && all_in(v, "._-") && v.p[0] != '.' && v.p[0] != '-';
}

static bool ok_dhcp(struct span v)
{
	return one_of(v, (const char *const[]){"all", "address", "off", NULL});
}

static bool ok_login(struct span v)
{
	return one_of(v, (const char *const[]){"native", "iscsistart", NULL});
}

static bool ok_timeout(struct span v)
{
	uint32_t n;

	return num_parse_u32(v, TIMEOUT_MAX, &n) == 0;
}

static bool ok_onfail(struct span v)
{
	return one_of(v, (const char *const[]){"shell", "reboot", "poweroff", "local", NULL});
}

static bool ok_log(struct span v)
{
	return span_eq_str(v, "off") || ok_portal(v);
}

static bool ok_debug(struct span v)
{
	return one_of(v, (const char *const[]){"0", "1", NULL});
}

static bool ok_digest(struct span v)
{
	return one_of(
		v, (const char *const[]){"None", "CRC32C", "CRC32C,None", "None,CRC32C", NULL});
}

static bool in_range(struct span v, uint32_t low, uint32_t high)
{
	uint32_t n;

	return num_parse_u32(v, high, &n) == 0 && n >= low;
}

static bool ok_login_timeout(struct span v)
{
	return in_range(v, 1, LOGIN_TIMEOUT_MAX);
}

/* What the kernel's libiscsi takes (iscsid.conf). */
static bool ok_cmds_max(struct span v)
{
	return in_range(v, 2, 2048);
}

static bool ok_queue_depth(struct span v)
{
	return in_range(v, 1, 1024);
}

static const struct {
	const char *name;
	bool (*ok)(struct span v);
	const char *want; /* completes "must be ..." */
} table[SETTING_COUNT] = {
	[SETTING_SERVER] = {"server", ok_server, "an address, a host name or dhcp"},
	[SETTING_ID] = {"id", ok_id,
		"mac, serial, uuid, hostname or a name of letters, digits and . _ : -"},
	[SETTING_TARGET] = {"target", ok_iscsi_name,
		"an iSCSI name such as iqn.2025-01.org.example:%i"},
	[SETTING_PORTAL] = {"portal", ok_portal, "ADDRESS[:PORT][,TPGT]"},
	[SETTING_INITIATOR] = {"initiator", ok_iscsi_name,
		"an iSCSI name such as iqn.1993-08.org.debian:01:%i"},
	[SETTING_LUN] = {"lun", ok_lun, "auto or a number from 0 to 16383"},
	[SETTING_ROOT] = {"root", ok_root,
		"LABEL=, UUID=, PARTLABEL=, PARTUUID=, part:N or a path below /dev"},
	[SETTING_FIRMWARE] = {"firmware", ok_firmware, "HOST:/path without \"..\", or off"},
	[SETTING_FIRMWARE_DIR] = {"firmware.dir", settings_is_path,
		"an absolute path without \"..\""},
	[SETTING_FIRMWARE_OPTIONS] = {"firmware.options", settings_is_options,
		"NFS mount options separated by commas"},
	[SETTING_FIRMWARE_POLICY] = {"firmware.policy", ok_policy, "optional or required"},
	[SETTING_NET] = {"net", ok_net, "the name or the MAC address of an interface"},
	[SETTING_DHCP] = {"dhcp", ok_dhcp, "all, address or off"},
	[SETTING_LOGIN] = {"login", ok_login, "native or iscsistart"},
	[SETTING_TIMEOUT] = {"timeout", ok_timeout, WANT_SECONDS},
	[SETTING_ONFAIL] = {"onfail", ok_onfail, "shell, reboot, poweroff or local"},
	[SETTING_LOG] = {"log", ok_log, "HOST[:PORT] or off"},
	[SETTING_DEBUG] = {"debug", ok_debug, "0 or 1"},
	[SETTING_HEADER_DIGEST] = {"node.conn[0].iscsi.HeaderDigest", ok_digest, WANT_DIGEST},
	[SETTING_DATA_DIGEST] = {"node.conn[0].iscsi.DataDigest", ok_digest, WANT_DIGEST},
	[SETTING_REPLACEMENT_TIMEOUT] = {"node.session.timeo.replacement_timeout", ok_timeout,
		WANT_SECONDS},
	[SETTING_NOOP_INTERVAL] = {"node.conn[0].timeo.noop_out_interval", ok_timeout,
		WANT_SECONDS},
	[SETTING_NOOP_TIMEOUT] = {"node.conn[0].timeo.noop_out_timeout", ok_timeout, WANT_SECONDS},
	[SETTING_LOGIN_TIMEOUT] = {"node.conn[0].timeo.login_timeout", ok_login_timeout,
		"seconds from 1 to 600"},
	[SETTING_CMDS_MAX] = {"node.session.cmds_max", ok_cmds_max, "a number from 2 to 2048"},
	[SETTING_QUEUE_DEPTH] = {"node.session.queue_depth", ok_queue_depth,
		"a number from 1 to 1024"},
};

const char *settings_name(enum setting_id id)
{
	return table[id].name;
}

int settings_find(struct span name, enum setting_id *ret)
{
	for (unsigned int i = 0; i < SETTING_COUNT; i++) {
		if (!span_eq_str(name, table[i].name))
			continue;
		*ret = (enum setting_id)i;
		return 0;
	}
	return -ENOENT;
}

int settings_put(struct settings *set, enum setting_id id, const char *word, struct span value,
	struct err *reterr)
{
	struct setting *s = &set->one[id];
	char text[SETTING_VALUE_SIZE], shown[80];

	span_escape(value, shown, sizeof(shown));
	if (value.len == 0)
		return err_set(
			reterr, -EINVAL, "%s has no value: it must be %s", word, table[id].want);
	if (value.len >= sizeof(text))
		return err_set(reterr, -EINVAL, "%s=%s is longer than %zu bytes", word, shown,
			sizeof(text) - 1);
	if (span_copy(value, text, sizeof(text)) < 0 || !table[id].ok(value))
		return err_set(
			reterr, -EINVAL, "%s=%s: it must be %s", word, shown, table[id].want);
	if (id == SETTING_PORTAL) {
		if (set->n_portals == SETTING_PORTALS)
			return err_set(reterr, -EINVAL, "%s=%s: there are more than %d portals",
				word, shown, SETTING_PORTALS);
		strcpy(set->portal[set->n_portals++], text);
	} else {
		strcpy(s->value, text);
	}
	s->present = true;
	(void)snprintf(s->word, sizeof(s->word), "%s", word); /* for show only: may be cut */
	return 0;
}

void settings_put_words(
	struct settings *set, const char *what, struct span text, struct notes *notes)
{
	while (text.len) {
		struct span word = span_cut(&text, ' '), name;
		enum setting_id id;
		struct err err;
		char shown[80];

		if (!word.len)
			continue;
		name = span_cut(&word, '=');
		span_escape(name, shown, sizeof(shown)); /* the value may be a secret */
		if (!word.p || !span_starts(name, "pinet.")) {
			notes_add(notes, "%s: ignored \"%s\": it is no pinet.NAME=VALUE", what,
				shown);
			continue;
		}
		if (settings_find(span_sub(name, 6, name.len), &id) < 0)
			notes_add(
				notes, "%s: ignored \"%s\": there is no such setting", what, shown);
		else if (settings_put(set, id, what, word, &err) < 0)
			notes_add(notes, "%s: ignored: %s", what, err.text);
	}
}

/* What follows the host: [:PORT][,TPGT]. */
static int parse_portal_tail(struct span tail, uint16_t *ret_port, uint16_t *ret_tpgt)
{
	uint32_t port = PORTAL_DEFAULT_PORT, tpgt = 1;
	struct span head = span_cut(&tail, ',');

	if (tail.p && num_parse_u32(tail, 65535, &tpgt) < 0)
		return -EINVAL;
	if (head.len) {
		if (head.p[0] != ':' ||
			num_parse_u32(span_sub(head, 1, head.len), 65535, &port) < 0)
			return -EINVAL;
		if (port == 0)
			return -EINVAL;
	}
	*ret_port = (uint16_t)port;
	*ret_tpgt = (uint16_t)tpgt;
	return 0;
}

int settings_parse_portal(struct span text, struct portal *ret, struct err *reterr)
{
	struct portal p = {.ipv6 = text.len && text.p[0] == '['};
	struct span host, tail;
	struct in6_addr a6;
	char shown[80];

	span_escape(text, shown, sizeof(shown));
	if (p.ipv6) {
		size_t end = span_find(text, ']');

		host = span_sub(text, 1, end - 1);
		tail = span_sub(text, end + 1, text.len);
		if (end == text.len || num_parse_ip6(host, &a6) < 0)
			return err_set(reterr, -EINVAL, "portal %s: no IPv6 address in []", shown);
	} else {
		size_t colon = span_find(text, ':'), comma = span_find(text, ',');

		host = span_sub(text, 0, colon < comma ? colon : comma);
		tail = span_sub(text, host.len, text.len);
		if (!settings_is_host(host))
			return err_set(
				reterr, -EINVAL, "portal %s: no address or host name", shown);
	}
	if (span_copy(host, p.host, sizeof(p.host)) < 0 ||
		parse_portal_tail(tail, &p.port, &p.tpgt) < 0)
		return err_set(reterr, -EINVAL, "portal %s is not ADDRESS[:PORT][,TPGT]", shown);
	*ret = p;
	return 0;
}

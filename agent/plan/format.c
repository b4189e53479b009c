/* SPDX-License-Identifier: GPL-2.0-or-later
 * The plan as text: what `pinet plan` prints, and the oracle of the tests. Secrets are masked.
 */
#include <string.h>

#include "base/json.h"
#include "plan/format.h"
#include "plan/option.h"

#define LINE_VALUE_SIZE 600

static const char *const origin_names[] = {
	[ORIGIN_DEFAULT] = "default",
	[ORIGIN_DHCP] = "DHCP",
	[ORIGIN_IBFT] = "iBFT",
	[ORIGIN_CONF] = "pinet.conf",
	[ORIGIN_CMDLINE] = "command line",
};

void format_origin(const struct plan_origin *o, char *out, size_t size)
{
	(void)snprintf(out, size, "%s%s%s", origin_names[o->from], o->word[0] ? ": " : "", o->word);
}

void format_portal(const struct portal *p, char *out, size_t size)
{
	(void)snprintf(out, size, p->ipv6 ? "[%s]:%u" : "%s:%u", p->host, p->port);
}

void format_root(const struct plan *plan, char *out, size_t size)
{
	static const char *const tags[] = {
		[PLAN_ROOT_NONE] = "nothing",
		[PLAN_ROOT_LABEL] = "LABEL=",
		[PLAN_ROOT_UUID] = "UUID=",
		[PLAN_ROOT_PARTLABEL] = "PARTLABEL=",
		[PLAN_ROOT_PARTUUID] = "PARTUUID=",
		[PLAN_ROOT_PART] = "part:",
		[PLAN_ROOT_DEVICE] = "",
		[PLAN_ROOT_NFS] = "/dev/nfs",
	};

	if (plan->root_kind == PLAN_ROOT_PART)
		(void)snprintf(out, size, "part:%u", plan->root_part);
	else
		(void)snprintf(out, size, "%s%s", tags[plan->root_kind], plan->root);
}

/* Where the fields go: a line or a JSON object each. */
struct sink {
	FILE *to;
	bool json;
	unsigned int n; /* fields so far */
	const struct plan *plan;
};

static void json_member(FILE *to, const char *before, const char *name, const char *value)
{
	fprintf(to, "%s\"%s\": ", before, name);
	json_string(to, value);
}

static void put(struct sink *s, const struct plan_origin *o, const char *name, const char *value)
{
	char shown[LINE_VALUE_SIZE], origin[64];

	if (s->json) {
		json_member(s->to, s->n++ ? ",\n    {" : "\n    {", "name", name);
		json_member(s->to, ", ", "value", value);
		json_member(s->to, ", ", "from", origin_names[o->from]);
		json_member(s->to, ", ", "word", o->word);
		putc('}', s->to);
		return;
	}
	span_escape(span_str(value), shown, sizeof(shown));
	format_origin(o, origin, sizeof(origin));
	fprintf(s->to, "%-16s  %-44s  %s\n", name, shown[0] ? shown : "-", origin);
}

static void line(struct sink *s, enum plan_field field, const char *name, const char *value)
{
	put(s, &s->plan->origin[field], name, value);
}

static void format_address6(const struct plan_net *n, char *out, size_t size)
{
	char address[IP6_TEXT_SIZE], gateway[IP6_TEXT_SIZE];
	bool via = !IN6_IS_ADDR_UNSPECIFIED(&n->gateway6);

	num_format_ip6(&n->address6, address);
	num_format_ip6(&n->gateway6, gateway);
	(void)snprintf(out, size, "%s/%u%s%s", address, n->prefix6, via ? " via " : "",
		via ? gateway : ""); /* fits */
}

static void format_net(const struct plan *plan, struct sink *s)
{
	const struct plan_net *n = &plan->net;
	char value[LINE_VALUE_SIZE] = "all wired interfaces", mac[MAC_TEXT_SIZE];
	char address[IP4_TEXT_SIZE], gateway[IP4_TEXT_SIZE];

	if (n->has_mac) {
		num_format_mac(n->mac, ':', mac);
		(void)snprintf(value, sizeof(value), "%s", mac);
	} else if (n->ifname[0]) {
		(void)snprintf(value, sizeof(value), "%s", n->ifname);
	}
	line(s, PLAN_NET, "net", value);
	if (n->vlan_id) {
		(void)snprintf(value, sizeof(value), "%u on %s", n->vlan_id,
			n->vlan_parent[0] ? n->vlan_parent : "that");
		line(s, PLAN_NET, "vlan", value);
	}

	num_format_ip4(n->address, address);
	num_format_ip4(n->gateway, gateway);
	if (n->method == PLAN_METHOD_OFF)
		(void)snprintf(value, sizeof(value), "left alone");
	else if (n->method == PLAN_METHOD_AUTO6)
		(void)snprintf(value, sizeof(value), "IPv6, as a router advertises");
	else if (n->method == PLAN_METHOD_STATIC6)
		format_address6(n, value, sizeof(value));
	else if (n->method == PLAN_METHOD_DHCP && !n->address.s_addr)
		(void)snprintf(value, sizeof(value), "DHCP");
	else
		(void)snprintf(value, sizeof(value), "%s/%u%s%s", address, n->prefix,
			n->gateway.s_addr ? " via " : "", n->gateway.s_addr ? gateway : "");
	line(s, PLAN_ADDRESS, "address", value);
}

static void format_portals(const struct plan *plan, struct sink *s)
{
	char value[SETTING_VALUE_SIZE + 8];

	if (!plan->n_portals)
		line(s, PLAN_PORTAL, "portal", "");
	for (unsigned int i = 0; i < plan->n_portals; i++) {
		format_portal(&plan->portal[i], value, sizeof(value));
		line(s, PLAN_PORTAL, "portal", value);
	}
}

static void format_iscsi(const struct plan *plan, struct sink *s)
{
	char value[LINE_VALUE_SIZE];

	line(s, PLAN_INITIATOR, "initiator", plan->initiator);
	line(s, PLAN_TARGET, "target", plan->target[0] ? plan->target : "by discovery");
	format_portals(plan, s);
	if (plan->chap.present) {
		(void)snprintf(value, sizeof(value), "%s, secret ***%s%s", plan->chap.user,
			plan->chap.mutual ? "; mutual as " : "",
			plan->chap.mutual ? plan->chap.user_in : "");
		line(s, PLAN_CHAP, "chap", value);
	}
	if (plan->lun_auto)
		(void)snprintf(value, sizeof(value), "auto");
	else
		(void)snprintf(value, sizeof(value), "%llu", (unsigned long long)plan->lun);
	line(s, PLAN_LUN, "lun", value);
	for (unsigned int i = 0; i < PLAN_OPTION_COUNT; i++) {
		enum plan_option option = (enum plan_option)i;

		if (!plan_option_is_set(plan, option))
			continue;
		plan_option_text(plan, option, value);
		line(s, (enum plan_field)(PLAN_OPTIONS + i), plan_option_name(option), value);
	}
}

static void format_nfs_root(const struct plan *plan, struct sink *s)
{
	char value[LINE_VALUE_SIZE];

	(void)snprintf(value, sizeof(value), strchr(plan->nfs_host, ':') ? "[%s]:%s" : "%s:%s",
		plan->nfs_host[0] ? plan->nfs_host : "SERVER", plan->nfs_path);
	line(s, PLAN_NFS_ROOT, "nfsroot", plan->nfs_path[0] ? value : "by DHCP");
	if (plan->nfs_options[0])
		line(s, PLAN_NFS_ROOT, "nfsroot options", plan->nfs_options);
}

static void format_firmware(const struct plan *plan, struct sink *s)
{
	char value[LINE_VALUE_SIZE];

	(void)snprintf(value, sizeof(value), strchr(plan->firmware_host, ':') ? "[%s]:%s" : "%s:%s",
		plan->firmware_host[0] ? plan->firmware_host : "SERVER", plan->firmware_path);
	line(s, PLAN_FIRMWARE, "firmware", plan->firmware_on ? value : "off");
	if (!plan->firmware_on)
		return;
	line(s, PLAN_FIRMWARE_DIR, "firmware.dir", plan->firmware_dir);
	if (plan->firmware_options[0])
		line(s, PLAN_FIRMWARE_OPTIONS, "firmware.options", plan->firmware_options);
	line(s, PLAN_FIRMWARE_POLICY, "firmware.policy",
		plan->firmware_required ? "required" : "optional");
}

static void format_behaviour(const struct plan *plan, struct sink *s)
{
	static const char *const login[] = {"native, then iscsistart", "native", "iscsistart"};
	static const char *const onfail[] = {"shell", "reboot", "poweroff", "local"};
	char value[32];

	line(s, PLAN_LOGIN, "login", login[plan->login]);
	(void)snprintf(value, sizeof(value), plan->timeout_s ? "%u s" : "none", plan->timeout_s);
	line(s, PLAN_TIMEOUT, "timeout", value);
	line(s, PLAN_ONFAIL, "onfail", onfail[plan->onfail]);
	line(s, PLAN_LOG, "log", plan->log[0] ? plan->log : "off");
	if (plan->debug)
		line(s, PLAN_DEBUG, "debug", "1");
}

static void from_dhcp(struct sink *s, const char *word, const char *name, const char *value)
{
	struct plan_origin o = {.from = ORIGIN_DHCP};

	(void)snprintf(o.word, sizeof(o.word), "%s", word); /* fits */
	if (value[0])
		put(s, &o, name, value);
}

static void format_hosts(
	struct sink *s, const char *word, const char *name, const struct in_addr *a, unsigned int n)
{
	char text[IP4_TEXT_SIZE];

	for (unsigned int i = 0; i < n; i++) {
		num_format_ip4(a[i], text);
		from_dhcp(s, word, name, text);
	}
}

/* What DHCP says beside the boot. */
static void format_lease(const struct lease *l, struct sink *s)
{
	char value[80], dst[IP4_TEXT_SIZE], gateway[IP4_TEXT_SIZE];

	num_format_ip4(l->server_id, dst);
	if (l->server_id.s_addr)
		(void)snprintf(value, sizeof(value),
			l->has_lease_time && l->lease_s != LEASE_FOREVER ? "%s, %u s" : "%s", dst,
			l->lease_s);
	else
		value[0] = '\0';
	from_dhcp(s, "option 54", "lease", value);
	from_dhcp(s, "option 12", "hostname", l->hostname);
	from_dhcp(s, "option 15", "domain", l->domain);
	from_dhcp(s, "option 119", "search", l->search);
	format_hosts(s, "option 6", "dns", l->dns, l->n_dns);
	format_hosts(s, "option 42", "ntp", l->ntp, l->n_ntp);
	for (unsigned int i = 0; i < l->n_routes; i++) {
		num_format_ip4(l->route[i].dst, dst);
		num_format_ip4(l->route[i].gateway, gateway);
		(void)snprintf(value, sizeof(value), "%s/%u via %s", dst, l->route[i].prefix,
			l->route[i].gateway.s_addr ? gateway : "link");
		from_dhcp(s, "", "route", value);
	}
	(void)snprintf(value, sizeof(value), "%u", l->mtu);
	from_dhcp(s, "option 26", "mtu", l->mtu ? value : "");
	for (unsigned int i = 0; i < l->n_vendors; i++) {
		(void)snprintf(value, sizeof(value), "enterprise %u, %u bytes: not used",
			l->vendor[i].enterprise, l->vendor[i].bytes);
		from_dhcp(s, "option 125", "vendor", value);
	}
	if (l->pi_boot_server)
		from_dhcp(s, "option 43", "boot server", "of Raspberry Pis");
}

static void format_fields(const struct plan *plan, const struct lease *lease, struct sink *s)
{
	static const char *const trust[] = {"all", "address", "off"};
	char root[SETTING_VALUE_SIZE + 16];

	line(s, PLAN_SERVER, "server", plan->server[0] ? plan->server : "by DHCP");
	line(s, PLAN_ID, "id", plan->id[0] ? plan->id : "by the NIC's MAC address");
	format_net(plan, s);
	line(s, PLAN_DHCP, "dhcp", trust[plan->dhcp]);
	if (plan->root_kind != PLAN_ROOT_NFS)
		format_iscsi(plan, s);
	format_root(plan, root, sizeof(root));
	line(s, PLAN_ROOT, "root", root);
	if (plan->root_kind == PLAN_ROOT_NFS)
		format_nfs_root(plan, s);
	format_firmware(plan, s);
	format_behaviour(plan, s);
	if (lease)
		format_lease(lease, s);
}

void format_plan(
	FILE *to, const struct plan *plan, const struct lease *lease, const struct notes *notes)
{
	struct sink s = {.to = to, .plan = plan};

	if (!plan->active)
		fprintf(to, "inactive: %s\n", plan->inactive_reason);
	format_fields(plan, lease, &s);
	for (unsigned int i = 0; i < notes->n; i++)
		fprintf(to, "note: %s\n", notes->text[i]);
	if (notes->dropped)
		fprintf(to, "note: and %u more\n", notes->dropped);
}

void format_plan_json(
	FILE *to, const struct plan *plan, const struct lease *lease, const struct notes *notes)
{
	struct sink s = {.to = to, .json = true, .plan = plan};

	fprintf(to, "{\n  \"active\": %s", plan->active ? "true" : "false");
	if (!plan->active)
		json_member(to, ",\n  ", "inactive", plan->inactive_reason);
	fputs(",\n  \"fields\": [", to);
	format_fields(plan, lease, &s);
	fputs("\n  ],\n  \"notes\": [", to);
	for (unsigned int i = 0; i < notes->n; i++) {
		fputs(i ? ",\n    " : "\n    ", to);
		json_string(to, notes->text[i]);
	}
	fprintf(to, "%s],\n  \"notes_dropped\": %u\n}\n", notes->n ? "\n  " : "", notes->dropped);
}

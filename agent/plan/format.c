/* SPDX-License-Identifier: GPL-2.0-or-later
 * The plan as text: what `pinet plan` prints, and the oracle of the tests. Secrets are masked.
 */
#include <string.h>

#include "plan/format.h"

#define LINE_VALUE_SIZE 600

void format_origin(const struct plan_origin *o, char *out, size_t size)
{
	static const char *const names[] = {
		[ORIGIN_DEFAULT] = "default",
		[ORIGIN_DHCP] = "DHCP",
		[ORIGIN_IBFT] = "iBFT",
		[ORIGIN_CONF] = "pinet.conf",
		[ORIGIN_CMDLINE] = "command line",
	};

	(void)snprintf(out, size, "%s%s%s", names[o->from], o->word[0] ? ": " : "", o->word);
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

static void line(FILE *to, const struct plan *plan, enum plan_field field, const char *name,
	const char *value)
{
	char shown[LINE_VALUE_SIZE], origin[64];

	span_escape(span_str(value), shown, sizeof(shown));
	format_origin(&plan->origin[field], origin, sizeof(origin));
	fprintf(to, "%-16s  %-44s  %s\n", name, shown[0] ? shown : "-", origin);
}

static void format_net(const struct plan *plan, FILE *to)
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
	line(to, plan, PLAN_NET, "net", value);

	num_format_ip4(n->address, address);
	num_format_ip4(n->gateway, gateway);
	if (n->method == PLAN_METHOD_OFF)
		(void)snprintf(value, sizeof(value), "left alone");
	else if (n->method == PLAN_METHOD_DHCP && !n->address.s_addr)
		(void)snprintf(value, sizeof(value), "DHCP");
	else
		(void)snprintf(value, sizeof(value), "%s/%u%s%s", address, n->prefix,
			n->gateway.s_addr ? " via " : "", n->gateway.s_addr ? gateway : "");
	line(to, plan, PLAN_ADDRESS, "address", value);
}

static void format_portals(const struct plan *plan, FILE *to)
{
	char value[SETTING_VALUE_SIZE + 8];

	if (!plan->n_portals)
		line(to, plan, PLAN_PORTAL, "portal", "");
	for (unsigned int i = 0; i < plan->n_portals; i++) {
		format_portal(&plan->portal[i], value, sizeof(value));
		line(to, plan, PLAN_PORTAL, "portal", value);
	}
}

static void format_iscsi(const struct plan *plan, FILE *to)
{
	char value[LINE_VALUE_SIZE];

	line(to, plan, PLAN_INITIATOR, "initiator", plan->initiator);
	line(to, plan, PLAN_TARGET, "target", plan->target[0] ? plan->target : "by discovery");
	format_portals(plan, to);
	if (plan->chap.present) {
		(void)snprintf(value, sizeof(value), "%s, secret ***%s%s", plan->chap.user,
			plan->chap.mutual ? "; mutual as " : "",
			plan->chap.mutual ? plan->chap.user_in : "");
		line(to, plan, PLAN_CHAP, "chap", value);
	}
	if (plan->lun_auto)
		(void)snprintf(value, sizeof(value), "auto");
	else
		(void)snprintf(value, sizeof(value), "%llu", (unsigned long long)plan->lun);
	line(to, plan, PLAN_LUN, "lun", value);
}

static void format_firmware(const struct plan *plan, FILE *to)
{
	char value[LINE_VALUE_SIZE];

	(void)snprintf(value, sizeof(value), "%s:%s",
		plan->firmware_host[0] ? plan->firmware_host : "SERVER", plan->firmware_path);
	line(to, plan, PLAN_FIRMWARE, "firmware", plan->firmware_on ? value : "off");
	if (!plan->firmware_on)
		return;
	line(to, plan, PLAN_FIRMWARE_DIR, "firmware.dir", plan->firmware_dir);
	if (plan->firmware_options[0])
		line(to, plan, PLAN_FIRMWARE_OPTIONS, "firmware.options", plan->firmware_options);
	line(to, plan, PLAN_FIRMWARE_POLICY, "firmware.policy",
		plan->firmware_required ? "required" : "optional");
}

static void format_behaviour(const struct plan *plan, FILE *to)
{
	static const char *const login[] = {"native, then iscsistart", "native", "iscsistart"};
	static const char *const onfail[] = {"shell", "reboot", "poweroff", "local"};
	char value[32];

	line(to, plan, PLAN_LOGIN, "login", login[plan->login]);
	(void)snprintf(value, sizeof(value), plan->timeout_s ? "%u s" : "none", plan->timeout_s);
	line(to, plan, PLAN_TIMEOUT, "timeout", value);
	line(to, plan, PLAN_ONFAIL, "onfail", onfail[plan->onfail]);
	line(to, plan, PLAN_LOG, "log", plan->log[0] ? plan->log : "off");
	if (plan->debug)
		line(to, plan, PLAN_DEBUG, "debug", "1");
}

void format_plan(FILE *to, const struct plan *plan, const struct notes *notes)
{
	static const char *const trust[] = {"all", "address", "off"};
	char root[SETTING_VALUE_SIZE + 16];

	if (!plan->active)
		fprintf(to, "inactive: %s\n", plan->inactive_reason);
	line(to, plan, PLAN_SERVER, "server", plan->server[0] ? plan->server : "by DHCP");
	line(to, plan, PLAN_ID, "id", plan->id[0] ? plan->id : "by the NIC's MAC address");
	format_net(plan, to);
	line(to, plan, PLAN_DHCP, "dhcp", trust[plan->dhcp]);
	if (plan->root_kind != PLAN_ROOT_NFS)
		format_iscsi(plan, to);
	format_root(plan, root, sizeof(root));
	line(to, plan, PLAN_ROOT, "root", root);
	format_firmware(plan, to);
	format_behaviour(plan, to);
	for (unsigned int i = 0; i < notes->n; i++)
		fprintf(to, "note: %s\n", notes->text[i]);
	if (notes->dropped)
		fprintf(to, "note: and %u more\n", notes->dropped);
}

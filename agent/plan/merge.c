/* SPDX-License-Identifier: GPL-2.0-or-later
 * Precedence, in one place: defaults < DHCP < iBFT < pinet.conf < kernel command line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/merge_parts.h"
#include "plan/template.h"

#define DEFAULT_INITIATOR "iqn.1993-08.org.debian:01:%i"

/* What is settled before there is an answer is not the network's to say. */
static const enum setting_id before_dhcp[] = {SETTING_NET, SETTING_DHCP};

static bool is_before_dhcp(enum setting_id id)
{
	return id == before_dhcp[0] || id == before_dhcp[1];
}

static void note_before_dhcp(const struct merge *m)
{
	const struct lease *lease = m->src->lease;

	for (size_t i = 0; lease && i < sizeof(before_dhcp) / sizeof(before_dhcp[0]); i++)
		if (lease->boot.one[before_dhcp[i]].present)
			notes_add(m->notes, "%s: %s ignored: it is not for DHCP to say",
				lease->boot.one[before_dhcp[i]].word,
				settings_name(before_dhcp[i]));
}

struct choice merge_choose(const struct merge *m, enum setting_id id, const char *fallback)
{
	bool dhcp = m->src->lease && m->out->dhcp == PLAN_TRUST_ALL && !is_before_dhcp(id);
	bool ibft = m->src->ibft && (id == SETTING_INITIATOR || m->ibft_target);
	const struct settings *const by_rank[] = {&m->src->cmdline->set, &m->src->conf->set,
		ibft ? &m->src->ibft->set : NULL, dhcp ? &m->src->lease->boot : NULL};
	static const enum origin origins[] = {
		ORIGIN_CMDLINE, ORIGIN_CONF, ORIGIN_IBFT, ORIGIN_DHCP};

	for (size_t i = 0; i < 4; i++) {
		struct choice c = {NULL, {origins[i], ""}};

		if (!by_rank[i] || !by_rank[i]->one[id].present)
			continue;
		c.value = by_rank[i]->one[id].value;
		strcpy(c.origin.word, by_rank[i]->one[id].word);
		return c;
	}
	return (struct choice){fallback, {ORIGIN_DEFAULT, ""}};
}

const char *merge_take(
	const struct merge *m, enum setting_id id, enum plan_field field, const char *fallback)
{
	struct choice c = merge_choose(m, id, fallback);

	m->out->origin[field] = c.origin;
	return c.value;
}

void merge_set_origin(
	const struct merge *m, enum plan_field field, enum origin from, const char *word)
{
	struct plan_origin *o = &m->out->origin[field];

	o->from = from;
	(void)snprintf(o->word, sizeof(o->word), "%s", word); /* for show only: may be cut */
}

static bool decide_active(const struct merge *m)
{
	const struct cmdline *c = m->src->cmdline;
	const char *why = NULL;

	if (c->off)
		why = "pinet=off is on the kernel command line";
	else if (!c->pinet_words && !c->iscsi_words && !c->nfs_root &&
		 !m->src->conf->set.one[SETTING_SERVER].present)
		why = "no pinet, iSCSI or NFS word on the kernel command line, no server in "
		      "pinet.conf";
	else if (c->iscsi_auto && !m->src->ibft && !c->pinet_words &&
		 !c->set.one[SETTING_TARGET].present)
		why = "iscsi_auto, but the firmware has left no table of a target (iBFT)";
	if (why)
		strcpy(m->out->inactive_reason, why);
	return !why;
}

static void merge_trust(const struct merge *m)
{
	const char *v = merge_take(m, SETTING_DHCP, PLAN_DHCP, "all");

	m->out->dhcp = strcmp(v, "off") == 0       ? PLAN_TRUST_OFF
		       : strcmp(v, "address") == 0 ? PLAN_TRUST_ADDRESS
						   : PLAN_TRUST_ALL;
}

/* The host name is of ip=, or of a DHCP that is believed: names of targets may be made of it. */
static void name_machine(struct merge *m)
{
	const struct lease *lease = m->out->dhcp == PLAN_TRUST_ALL ? m->src->lease : NULL;
	const char *name = m->src->cmdline->ip.hostname;

	if (!name[0] && lease)
		name = lease->hostname;
	(void)!span_copy(
		span_str(name), m->machine.hostname, sizeof(m->machine.hostname)); /* or "" */
}

/* The adapter that the firmware booted from, and the VLAN that is to be made on it. */
static void take_adapter(const struct merge *m)
{
	const struct ibft *ibft = m->src->ibft;
	struct plan_net *net = &m->out->net;

	net->has_mac = true;
	memcpy(net->mac, ibft->mac, MAC_LEN);
	merge_set_origin(m, PLAN_NET, ORIGIN_IBFT, "mac");
	net->vlan_id = ibft->vlan_id;
	if (net->vlan_id)
		(void)snprintf(net->ifname, sizeof(net->ifname), "vlan%u", net->vlan_id); /* fits */
}

/*
 * The interface: net= wins over the device in ip=, that over vlan= and BOOTIF= (as in
 * initramfs-tools), and these over the firmware's.
 */
static void merge_interface(const struct merge *m)
{
	const struct cmdline *c = m->src->cmdline;
	struct plan_net *net = &m->out->net;
	const char *name = merge_take(m, SETTING_NET, PLAN_NET, NULL);

	if (name) {
		net->has_mac = num_parse_mac(span_str(name), net->mac) == 0;
		if (!net->has_mac)
			(void)snprintf(
				net->ifname, sizeof(net->ifname), "%s", name); /* was checked */
	} else if (c->has_ip && c->ip.device[0]) {
		strcpy(net->ifname, c->ip.device);
		merge_set_origin(m, PLAN_NET, ORIGIN_CMDLINE, "ip");
	} else if (c->vlan.present) {
		strcpy(net->ifname, c->vlan.name);
		merge_set_origin(m, PLAN_NET, ORIGIN_CMDLINE, "vlan");
	} else if (c->has_bootif) {
		net->has_mac = true;
		memcpy(net->mac, c->bootif, MAC_LEN);
		merge_set_origin(m, PLAN_NET, ORIGIN_CMDLINE, "BOOTIF");
	} else if (m->src->ibft && m->src->ibft->has_mac) {
		take_adapter(m);
	}
	if (c->vlan.present && strcmp(net->ifname, c->vlan.name) == 0) {
		net->vlan_id = c->vlan.id;
		strcpy(net->vlan_parent, c->vlan.parent);
	} else if (c->vlan.present) {
		notes_add(m->notes, "vlan=%s ignored: another interface is named", c->vlan.name);
	}
}

static int merge_address(const struct merge *m)
{
	const struct cmdline *c = m->src->cmdline;
	const struct ibft *ibft =
		m->out->origin[PLAN_NET].from == ORIGIN_IBFT ? m->src->ibft : NULL;
	const struct ip_param *ip = c->has_ip                            ? &c->ip
				    : ibft && ibft->ip.method != IP_DHCP ? &ibft->ip
									 : NULL;
	struct plan_net *net = &m->out->net;
	static const enum plan_method method[] = {
		[IP_DHCP] = PLAN_METHOD_DHCP,
		[IP_STATIC] = PLAN_METHOD_STATIC,
		[IP_OFF] = PLAN_METHOD_OFF,
		[IP_STATIC6] = PLAN_METHOD_STATIC6,
		[IP_AUTO6] = PLAN_METHOD_AUTO6,
	};

	net->method = PLAN_METHOD_DHCP;
	if (ip) {
		net->method = method[ip->method];
		net->address = ip->client;
		net->prefix = ip->prefix;
		net->gateway = ip->gateway;
		net->server = ip->server;
		memcpy(net->dns, ip->dns, sizeof(net->dns));
		net->address6 = ip->client6;
		net->prefix6 = ip->prefix6;
		net->gateway6 = ip->gateway6;
		memcpy(net->dns6, ip->dns6, sizeof(net->dns6));
		strcpy(net->hostname, ip->hostname);
		merge_set_origin(m, PLAN_ADDRESS, c->has_ip ? ORIGIN_CMDLINE : ORIGIN_IBFT,
			c->has_ip ? "ip" : "ip-addr");
	}
	if (net->method == PLAN_METHOD_DHCP && m->out->dhcp == PLAN_TRUST_OFF)
		return err_set(m->reterr, -EINVAL,
			"dhcp=off but no static address: add ip=ADDRESS::GATEWAY:NETMASK");
	if (net->method == PLAN_METHOD_DHCP && m->src->lease) {
		net->address = m->src->lease->address;
		net->prefix = m->src->lease->prefix;
		merge_set_origin(m, PLAN_ADDRESS, ORIGIN_DHCP, "");
	}
	return 0;
}

/* A DHCP answer that names the boot server on purpose, not just by having been sent. */
static bool is_explicit(const struct plan_origin *o)
{
	return o->from != ORIGIN_DHCP ||
	       (strcmp(o->word, "siaddr") != 0 && strcmp(o->word, "option 54") != 0);
}

/*
 * The server: as set, where "dhcp" means what DHCP says; then the portal or the NFS root that the
 * administrator wrote beats the address from which a DHCP server happened to answer; then ip='s server field.
 */
static void merge_server(const struct merge *m)
{
	struct choice c = merge_choose(m, SETTING_SERVER, NULL);
	const struct settings *cmdline = &m->src->cmdline->set, *conf = &m->src->conf->set;
	const struct settings *with_portal = cmdline->n_portals ? cmdline
					     : conf->n_portals  ? conf
					     : m->ibft_target   ? &m->src->ibft->set
								: NULL;
	struct portal portal;
	struct span text;
	char server[IP4_TEXT_SIZE];

	if (c.value && strcmp(c.value, "dhcp") == 0) {
		const struct lease *l = m->out->dhcp == PLAN_TRUST_ALL ? m->src->lease : NULL;

		c.value = NULL; /* in DHCP itself the word is no server either */
		if (l && l->boot.one[SETTING_SERVER].present &&
			strcmp(l->boot.one[SETTING_SERVER].value, "dhcp") != 0) {
			c.value = l->boot.one[SETTING_SERVER].value;
			c.origin.from = ORIGIN_DHCP;
			strcpy(c.origin.word, l->boot.one[SETTING_SERVER].word);
		}
	}
	if ((!c.value || !is_explicit(&c.origin)) && with_portal && with_portal->n_portals &&
		settings_parse_portal(span_str(with_portal->portal[0]), &portal, NULL) == 0) {
		c.value = portal.host;
		c.origin.from = with_portal == cmdline ? ORIGIN_CMDLINE
				: with_portal == conf  ? ORIGIN_CONF
						       : ORIGIN_IBFT;
		strcpy(c.origin.word, with_portal->one[SETTING_PORTAL].word);
	} else if ((!c.value || !is_explicit(&c.origin)) && m->src->cmdline->nfs_root &&
		   m->src->cmdline->nfs.host[0]) {
		c.value = m->src->cmdline->nfs.host;
		c.origin = (struct plan_origin){ORIGIN_CMDLINE, "nfsroot"};
	} else if (!c.value && m->out->net.server.s_addr) {
		num_format_ip4(m->out->net.server, server);
		c.value = server;
		c.origin = (struct plan_origin){ORIGIN_CMDLINE, "ip"};
	}
	text = span_str(c.value ? c.value : "");
	if (span_starts(text, "["))
		text = span_sub(text, 1, text.len - 2); /* was checked to have both */
	(void)!span_copy(text, m->out->server, sizeof(m->out->server)); /* sizes are alike */
	m->out->origin[PLAN_SERVER] = c.origin;
}

int merge_failed(const struct merge *m, enum plan_field field, int r)
{
	bool asked = m->src->lease && m->out->dhcp == PLAN_TRUST_ALL;

	if (asked && m->out->origin[field].from <= ORIGIN_DHCP)
		r = -EAGAIN;
	else if (r == -EAGAIN && !asked)
		r = -ENODATA; /* no host name, and nobody is asked for one */
	if (m->reterr)
		m->reterr->code = r;
	return r;
}

int merge_expand(const struct merge *m, enum plan_field field, const char *what, const char *text,
	char *out, size_t size)
{
	int r = template_expand(text, &m->machine, m->out->id, m->src->final, out, size, m->reterr);

	if (r == 0)
		return 0;
	err_prefix(m->reterr, "%s", what);
	return merge_failed(m, field, r);
}

static int merge_names(const struct merge *m)
{
	struct plan *out = m->out;
	const char *target = merge_take(m, SETTING_TARGET, PLAN_TARGET, "");
	int r;

	r = template_id(merge_take(m, SETTING_ID, PLAN_ID, "mac"), &m->machine, m->src->final,
		out->id, sizeof(out->id), m->reterr);
	if (r < 0) {
		err_prefix(m->reterr, "id");
		return merge_failed(m, PLAN_ID, r);
	}
	r = merge_expand(m, PLAN_INITIATOR, "initiator",
		merge_take(m, SETTING_INITIATOR, PLAN_INITIATOR, DEFAULT_INITIATOR), out->initiator,
		sizeof(out->initiator));
	if (r == 0)
		r = merge_expand(
			m, PLAN_TARGET, "target", target, out->target, sizeof(out->target));
	return r;
}

static void merge_behaviour(const struct merge *m)
{
	static const char *const onfail[] = {"shell", "reboot", "poweroff", "local"};
	struct plan *out = m->out;
	const char *v = merge_take(m, SETTING_LOGIN, PLAN_LOGIN, "");
	uint32_t n = 0;

	out->login = strcmp(v, "native") == 0       ? PLAN_LOGIN_NATIVE
		     : strcmp(v, "iscsistart") == 0 ? PLAN_LOGIN_ISCSISTART
						    : PLAN_LOGIN_AUTO;
	if (num_parse_u32(span_str(merge_take(m, SETTING_TIMEOUT, PLAN_TIMEOUT, "0")), UINT32_MAX,
		    &n) == 0)
		out->timeout_s = n;
	v = merge_take(m, SETTING_ONFAIL, PLAN_ONFAIL, "shell");
	for (unsigned int i = 0; i < 4; i++)
		if (strcmp(v, onfail[i]) == 0)
			out->onfail = (enum plan_onfail)i;
	v = merge_take(m, SETTING_LOG, PLAN_LOG, "off");
	strcpy(out->log, strcmp(v, "off") == 0 ? "" : v);
	out->debug = strcmp(merge_take(m, SETTING_DEBUG, PLAN_DEBUG, "0"), "1") == 0;
}

/* With a DHCP that is believed, what is missing is its to name. */
static int missing(const struct merge *m)
{
	return m->src->lease && m->out->dhcp == PLAN_TRUST_ALL ? -EAGAIN : -EDESTADDRREQ;
}

static int check_root(const struct merge *m)
{
	const struct plan *out = m->out;

	if (out->root_kind == PLAN_ROOT_NFS && !out->nfs_path[0])
		return err_set(m->reterr, missing(m),
			"root=/dev/nfs, but neither nfsroot= nor option 17 of DHCP names the "
			"directory");
	if (out->root_kind == PLAN_ROOT_NFS ? !out->nfs_host[0] : !out->n_portals)
		return err_set(m->reterr, missing(m),
			"no boot server: neither the kernel command line nor pinet.conf nor DHCP "
			"names one; add pinet.server=ADDRESS");
	if (out->root_kind == PLAN_ROOT_NONE)
		return err_set(m->reterr, -EINVAL,
			"no root: add root=LABEL=NAME (or UUID=, PARTUUID=, part:N) to the kernel "
			"command line");
	return 0;
}

/* What only shows when everything is known. */
static int check_final(const struct merge *m)
{
	struct plan *out = m->out;
	int r = check_root(m);

	if (r == 0 && out->firmware_on && !out->firmware_host[0]) {
		out->firmware_on = false;
		notes_add(m->notes, "firmware: no server is known for the boot files; add "
				    "pinet.server= or pinet.firmware=HOST:/path");
	}
	return r;
}

int plan_merge(
	const struct plan_sources *src, struct plan *ret, struct notes *notes, struct err *reterr)
{
	struct plan out = {.active = false};
	struct merge m = {src, &out, notes, reterr, *src->machine,
		src->ibft && !src->cmdline->set.one[SETTING_TARGET].present &&
			!src->conf->set.one[SETTING_TARGET].present};
	int r;

	out.active = decide_active(&m);
	merge_trust(&m);
	name_machine(&m);
	note_before_dhcp(&m);
	merge_interface(&m);
	r = merge_address(&m);
	if (r == 0)
		merge_server(&m);
	if (r == 0)
		r = merge_names(&m);
	if (r == 0)
		r = merge_portals(&m);
	if (r == 0)
		r = merge_root(&m);
	if (r == 0)
		r = merge_firmware(&m);
	merge_chap(&m);
	merge_options(&m);
	merge_behaviour(&m);
	if (r == 0 && src->final && out.active)
		r = check_final(&m);
	if (r < 0 && out.active)
		return r;
	*ret = out;
	return 0;
}

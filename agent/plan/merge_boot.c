/* SPDX-License-Identifier: GPL-2.0-or-later
 * The part of the merge that says where the root and the boot files are.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/merge_parts.h"
#include "plan/option.h"

#define DEFAULT_FIRMWARE_PATH "/srv/tftp/%i"

int merge_portals(const struct merge *m)
{
	const struct settings *const by_rank[] = {&m->src->cmdline->set, &m->src->conf->set,
		m->ibft_target ? &m->src->ibft->set : NULL,
		m->src->lease && m->out->dhcp == PLAN_TRUST_ALL ? &m->src->lease->boot : NULL};
	struct plan *out = m->out;
	struct span text = span_str(out->server);
	struct in6_addr a6;

	(void)merge_take(
		m, SETTING_PORTAL, PLAN_PORTAL, NULL); /* the values are a list: taken below */
	for (size_t i = 0; i < 4; i++) {
		if (!by_rank[i] || !by_rank[i]->n_portals)
			continue;
		out->n_portals = by_rank[i]->n_portals;
		for (unsigned int k = 0; k < out->n_portals; k++)
			if (settings_parse_portal(span_str(by_rank[i]->portal[k]), &out->portal[k],
				    m->reterr) < 0)
				return -EINVAL;
		return 0;
	}
	out->origin[PLAN_PORTAL] = out->origin[PLAN_SERVER];
	if (!out->server[0])
		return 0;
	out->n_portals = 1;
	out->portal[0] =
		(struct portal){.ipv6 = num_parse_ip6(text, &a6) == 0, .port = 3260, .tpgt = 1};
	return span_copy(text, out->portal[0].host, sizeof(out->portal[0].host));
}

void merge_chap(const struct merge *m)
{
	if (m->src->cmdline->chap.present) {
		m->out->chap = m->src->cmdline->chap;
		merge_set_origin(m, PLAN_CHAP, ORIGIN_CMDLINE, "");
	} else if (m->src->conf->chap.present) {
		m->out->chap = m->src->conf->chap;
		merge_set_origin(m, PLAN_CHAP, ORIGIN_CONF, "");
	} else if (m->ibft_target && m->src->ibft->chap.present) {
		m->out->chap = m->src->ibft->chap;
		merge_set_origin(m, PLAN_CHAP, ORIGIN_IBFT, "");
	} else if (m->src->lease && m->out->dhcp == PLAN_TRUST_ALL && m->src->lease->chap.present) {
		m->out->chap = m->src->lease->chap;
		merge_set_origin(m, PLAN_CHAP, ORIGIN_DHCP, "option 17");
	}
}

void merge_options(const struct merge *m)
{
	/* The root waits for its server; and until iscsid is there nobody repairs what a ping breaks. */
	static const char *const defaults[PLAN_OPTION_COUNT] = {[PLAN_HEADER_DIGEST] = "None",
		[PLAN_DATA_DIGEST] = "None",
		[PLAN_REPLACEMENT_S] = "86400",
		[PLAN_NOOP_INTERVAL_S] = "0",
		[PLAN_NOOP_TIMEOUT_S] = "0",
		[PLAN_LOGIN_S] = "20",
		[PLAN_CMDS_MAX] = "128",
		[PLAN_QUEUE_DEPTH] = "32"};

	for (unsigned int i = 0; i < PLAN_OPTION_COUNT; i++)
		m->out->option[i] = plan_option_value((enum plan_option)i,
			merge_take(m, (enum setting_id)(SETTING_HEADER_DIGEST + i),
				(enum plan_field)(PLAN_OPTIONS + i), defaults[i]));
}

/* The directory: nfsroot=, or what DHCP says; without a server in it, it is on the boot server. */
static void merge_nfs_root(const struct merge *m)
{
	const struct lease *lease = m->out->dhcp == PLAN_TRUST_ALL ? m->src->lease : NULL;
	const struct nfs_root *from = &m->src->cmdline->nfs;
	struct plan *out = m->out;

	out->root_kind = PLAN_ROOT_NFS;
	out->read_write = m->src->cmdline->read_write;
	if (from->present) {
		merge_set_origin(m, PLAN_NFS_ROOT, ORIGIN_CMDLINE, "nfsroot");
	} else if (lease && lease->nfs_root.present) {
		from = &lease->nfs_root;
		merge_set_origin(m, PLAN_NFS_ROOT, ORIGIN_DHCP, "option 17");
	} else {
		return;
	}
	strcpy(out->nfs_host, from->host[0] ? from->host : out->server);
	strcpy(out->nfs_path, from->path);
	strcpy(out->nfs_options, from->options);
}

int merge_root(const struct merge *m)
{
	static const struct {
		const char *tag;
		enum plan_root kind;
	} tags[] = {{"LABEL=", PLAN_ROOT_LABEL}, {"UUID=", PLAN_ROOT_UUID},
		{"PARTLABEL=", PLAN_ROOT_PARTLABEL}, {"PARTUUID=", PLAN_ROOT_PARTUUID},
		{"/dev/", PLAN_ROOT_DEVICE}};
	struct plan *out = m->out;
	const char *v = merge_take(m, SETTING_ROOT, PLAN_ROOT, NULL), *lun;
	uint32_t n;

	lun = merge_take(m, SETTING_LUN, PLAN_LUN, "auto");
	out->lun_auto = num_parse_u32(span_str(lun), 16383, &n) < 0;
	out->lun = out->lun_auto ? 0 : n;
	/* root= is the default of the setting, but an administrator wrote it: DHCP does not change it. */
	if (out->origin[PLAN_ROOT].from <= ORIGIN_DHCP && m->src->cmdline->root[0]) {
		v = m->src->cmdline->root;
		merge_set_origin(m, PLAN_ROOT, ORIGIN_CMDLINE, "root");
	} else if (!v && m->src->cmdline->root_on_lun) {
		v = "part:0"; /* RFC 4173 names no partition: the file system is on the LUN itself */
		merge_set_origin(m, PLAN_ROOT, ORIGIN_CMDLINE, "root");
	}
	if (!v && m->src->lease && out->dhcp == PLAN_TRUST_ALL && m->src->lease->nfs_root.present) {
		v = "/dev/nfs"; /* nobody names a root, but DHCP does */
		merge_set_origin(m, PLAN_ROOT, ORIGIN_DHCP, "option 17");
	}
	if (!v)
		return 0;
	if (strcmp(v, "/dev/nfs") == 0) {
		merge_nfs_root(m);
		return 0;
	}
	if (strncmp(v, "part:", 5) == 0 && num_parse_u32(span_str(v + 5), 128, &n) == 0) {
		out->root_kind = PLAN_ROOT_PART;
		out->root_part = n;
		return 0;
	}
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		size_t skip = tags[i].kind == PLAN_ROOT_DEVICE ? 0 : strlen(tags[i].tag);

		if (strncmp(v, tags[i].tag, strlen(tags[i].tag)) != 0)
			continue;
		out->root_kind = tags[i].kind;
		(void)snprintf(out->root, sizeof(out->root), "%s", v + skip); /* sizes are alike */
		return 0;
	}
	return err_set(m->reterr, -EINVAL,
		"root=%.80s: it must be LABEL=, UUID=, PARTLABEL=, PARTUUID=, a path below /dev or "
		"iscsi:...",
		v);
}

/* Cuts HOST:/path; the setting was checked to have this form. */
static void split_firmware(const char *v, char host[SETTING_VALUE_SIZE], const char **ret_path)
{
	struct span s = span_str(v), h;
	size_t at = s.len && s.p[0] == '[' ? span_find(s, ']') : 0;

	at += span_find(span_sub(s, at, s.len), ':');
	h = span_sub(s, 0, at);
	*ret_path = v + at + 1;
	if (h.len >= 2 && h.p[0] == '[')
		h = span_sub(h, 1, h.len - 2);
	(void)snprintf(host, SETTING_VALUE_SIZE, "%.*s", (int)h.len, (const char *)h.p); /* fits */
}

int merge_firmware(const struct merge *m)
{
	struct plan *out = m->out;
	const char *v = merge_take(m, SETTING_FIRMWARE, PLAN_FIRMWARE, NULL),
		   *path = DEFAULT_FIRMWARE_PATH;

	strcpy(out->firmware_dir,
		merge_take(m, SETTING_FIRMWARE_DIR, PLAN_FIRMWARE_DIR, "/boot/firmware"));
	strcpy(out->firmware_options,
		merge_take(m, SETTING_FIRMWARE_OPTIONS, PLAN_FIRMWARE_OPTIONS, ""));
	out->firmware_required =
		strcmp(merge_take(m, SETTING_FIRMWARE_POLICY, PLAN_FIRMWARE_POLICY, "optional"),
			"required") == 0;
	if (v && strcmp(v, "off") == 0)
		return 0;
	/* A firmware that boots from the LUN has its boot files there. */
	if (!v && out->origin[PLAN_SERVER].from == ORIGIN_IBFT)
		return 0;
	out->firmware_on = true;
	if (v)
		split_firmware(v, out->firmware_host, &path);
	else
		strcpy(out->firmware_host, out->server);
	return merge_expand(
		m, PLAN_FIRMWARE, "firmware", path, out->firmware_path, sizeof(out->firmware_path));
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * open-iscsi's own words: iscsi_* on the kernel command line, ISCSI_* in iscsi.initramfs.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/iscsi_words.h"

int iscsi_words_put(struct iscsi_words *words, struct span name, struct span value)
{
	const struct {
		const char *name;
		struct span *to;
	} table[] = {
		{"iscsi_initiator", &words->initiator},
		{"iscsi_target_name", &words->target},
		{"iscsi_target_ip", &words->addresses},
		{"iscsi_target_port", &words->port},
		{"iscsi_target_group", &words->group},
		{"iscsi_username", &words->user},
		{"iscsi_password", &words->secret},
		{"iscsi_in_username", &words->user_in},
		{"iscsi_in_password", &words->secret_in},
	};

	if (span_eq_str_nocase(name, "iscsi_auto")) {
		words->any = words->automatic = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!span_eq_str_nocase(name, table[i].name))
			continue;
		*table[i].to = value;
		words->any = true;
		return 0;
	}
	return -ENOENT;
}

static int put_portals(const struct iscsi_words *words, struct settings *set, struct err *reterr)
{
	struct span list = words->addresses;

	while (list.len) {
		struct span address = span_cut(&list, ' ');
		uint32_t port = 3260, group = 1;
		struct in6_addr a6;
		bool bare6;
		char text[SETTING_VALUE_SIZE];
		int n;

		if (!address.len)
			continue;
		if (words->port.len && (num_parse_u32(words->port, 65535, &port) < 0 || port == 0))
			return err_set(reterr, -EINVAL, "iscsi_target_port: it must be 1 to 65535");
		if (words->group.len && num_parse_u32(words->group, 65535, &group) < 0)
			return err_set(
				reterr, -EINVAL, "iscsi_target_group: it must be 0 to 65535");
		bare6 = num_parse_ip6(address, &a6) == 0;
		n = snprintf(text, sizeof(text), "%s%.*s%s:%u,%u", bare6 ? "[" : "",
			(int)address.len, (const char *)address.p, bare6 ? "]" : "", port, group);
		if (n < 0 || (size_t)n >= sizeof(text))
			return err_set(reterr, -EINVAL, "iscsi_target_ip: an address is too long");
		if (settings_put(set, SETTING_PORTAL, "iscsi_target_ip", span_str(text), reterr) <
			0)
			return -EINVAL;
	}
	return 0;
}

static int copy_secret(
	struct span from, char to[SETTING_VALUE_SIZE], const char *word, struct err *reterr)
{
	/* The value itself is never part of a message. */
	if (span_copy(from, to, SETTING_VALUE_SIZE) < 0)
		return err_set(reterr, -EINVAL, "%s is longer than %d bytes", word,
			SETTING_VALUE_SIZE - 1);
	return 0;
}

static int put_chap(const struct iscsi_words *words, struct chap *chap, struct err *reterr)
{
	struct chap c = {.present = words->user.len || words->secret.len};

	c.mutual = words->user_in.len || words->secret_in.len;
	if (!c.present && !c.mutual)
		return 0;
	if (!words->user.len || !words->secret.len)
		return err_set(reterr, -EINVAL, "iscsi_username and iscsi_password go together");
	if (c.mutual && (!words->user_in.len || !words->secret_in.len))
		return err_set(
			reterr, -EINVAL, "iscsi_in_username and iscsi_in_password go together");
	if (copy_secret(words->user, c.user, "iscsi_username", reterr) < 0 ||
		copy_secret(words->secret, c.secret, "iscsi_password", reterr) < 0 ||
		copy_secret(words->user_in, c.user_in, "iscsi_in_username", reterr) < 0 ||
		copy_secret(words->secret_in, c.secret_in, "iscsi_in_password", reterr) < 0)
		return -EINVAL;
	*chap = c;
	return 0;
}

int iscsi_words_finish(const struct iscsi_words *words, struct settings *set, struct chap *chap,
	struct err *reterr)
{
	struct settings out = *set;

	if (words->initiator.len && !out.one[SETTING_INITIATOR].present &&
		settings_put(&out, SETTING_INITIATOR, "iscsi_initiator", words->initiator, reterr) <
			0)
		return -EINVAL;
	if (words->target.len && !out.one[SETTING_TARGET].present &&
		settings_put(&out, SETTING_TARGET, "iscsi_target_name", words->target, reterr) < 0)
		return -EINVAL;
	if (!out.n_portals && put_portals(words, &out, reterr) < 0)
		return -EINVAL;
	if (put_chap(words, chap, reterr) < 0)
		return -EINVAL;
	*set = out;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Templates in names and paths: %m %s %S %u %h %i %%.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/template.h"
#include "plan/plan.h"

/* The value behind @letter, "" if this machine does not have it, NULL for an unknown letter. */
static const char *lookup(char letter, const struct machine *m, const char *id, char mac[])
{
	size_t n = strlen(m->serial);

	switch (letter) {
	case 'm':
		mac[0] = '\0';
		if (m->has_mac)
			num_format_mac(m->mac, '-', mac);
		return mac;
	case 's':
		return n > 8 ? m->serial + n - 8 : m->serial;
	case 'S':
		return m->serial;
	case 'u':
		return m->uuid;
	case 'h':
		return m->hostname;
	case 'i':
		return id;
	case '%':
		return "%";
	default:
		return NULL;
	}
}

static const char *letter_name(char letter)
{
	switch (letter) {
	case 'm':
		return "MAC address";
	case 's':
	case 'S':
		return "Raspberry Pi serial number";
	case 'u':
		return "SMBIOS UUID";
	case 'h':
		return "host name from ip= or DHCP";
	default:
		return "id";
	}
}

int template_expand(const char *text, const struct machine *machine, const char *id, bool final,
	char *out, size_t size, struct err *reterr)
{
	char tmp[PLAN_NAME_SIZE], mac[MAC_TEXT_SIZE];
	size_t at = 0;

	for (const char *p = text; *p; p++) {
		char keep[3] = {*p, '\0', '\0'};
		const char *value = keep;

		if (*p == '%') {
			p++;
			value = *p ? lookup(*p, machine, id, mac) : NULL;
			if (!value)
				return err_set(reterr, -EINVAL,
					"%s: unknown template %%%c (there are %%m %%s %%S %%u %%h "
					"%%i %%%%)",
					text, *p ? *p : ' ');
			if (!*value && final)
				return err_set(reterr, *p == 'h' ? -EAGAIN : -ENODATA,
					"%s: this machine has no %s", text, letter_name(*p));
			keep[1] = *p;
			if (!*value)
				value = keep;
		}
		if (at + strlen(value) >= sizeof(tmp) || at + strlen(value) >= size)
			return err_set(reterr, -ENOSPC, "%s: too long once expanded", text);
		memcpy(tmp + at, value, strlen(value));
		at += strlen(value);
	}
	memcpy(out, tmp, at);
	out[at] = '\0';
	return 0;
}

int template_id(const char *setting, const struct machine *machine, bool final, char *out,
	size_t size, struct err *reterr)
{
	static const struct {
		const char *name, *text;
	} names[] = {{"mac", "%m"}, {"serial", "%s"}, {"uuid", "%u"}, {"hostname", "%h"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char tmp[PLAN_NAME_SIZE];
		int r;

		if (strcmp(setting, names[i].name) != 0)
			continue;
		r = template_expand(names[i].text, machine, "", final, tmp, sizeof(tmp), reterr);
		if (r < 0)
			return r;
		(void)snprintf(
			out, size, "%s", tmp[0] == '%' ? "" : tmp); /* both sizes are alike */
		return 0;
	}
	(void)snprintf(out, size, "%s", setting); /* settings_put() limits it to 64 bytes */
	return 0;
}

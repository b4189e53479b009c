/* SPDX-License-Identifier: GPL-2.0-or-later
 * The settings by name, as every source may write them: pinet.NAME=VALUE or NAME = VALUE.
 */
#ifndef SOURCE_SETTINGS_H
#define SOURCE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "base/num.h"
#include "base/span.h"

#define SETTING_VALUE_SIZE 256
#define SETTING_WORD_SIZE  56
#define SETTING_PORTALS    8

enum setting_id {
	SETTING_SERVER,
	SETTING_ID,
	SETTING_TARGET,
	SETTING_PORTAL, /* repeatable: settings.portal[] */
	SETTING_INITIATOR,
	SETTING_LUN,
	SETTING_ROOT,
	SETTING_FIRMWARE,
	SETTING_FIRMWARE_DIR,
	SETTING_FIRMWARE_OPTIONS,
	SETTING_FIRMWARE_POLICY,
	SETTING_NET,
	SETTING_DHCP,
	SETTING_LOGIN,
	SETTING_TIMEOUT,
	SETTING_ONFAIL,
	SETTING_LOG,
	SETTING_DEBUG,
	SETTING_HEADER_DIGEST, /* from here on open-iscsi's names, as enum plan_option */
	SETTING_DATA_DIGEST,
	SETTING_REPLACEMENT_TIMEOUT,
	SETTING_NOOP_INTERVAL,
	SETTING_NOOP_TIMEOUT,
	SETTING_LOGIN_TIMEOUT,
	SETTING_CMDS_MAX,
	SETTING_QUEUE_DEPTH,
	SETTING_COUNT,
};

/* One value as it was written, checked for its form; templates are not expanded yet. */
struct setting {
	bool present;
	char value[SETTING_VALUE_SIZE];
	char word[SETTING_WORD_SIZE]; /* how its source spells it: "pinet.target", "option 66" */
};

struct settings {
	struct setting one[SETTING_COUNT]; /* SETTING_PORTAL: present and word only */
	unsigned int n_portals;
	char portal[SETTING_PORTALS][SETTING_VALUE_SIZE];
};

/* CHAP names and secrets; a secret is never printed. */
struct chap {
	bool present, mutual;
	char user[SETTING_VALUE_SIZE], secret[SETTING_VALUE_SIZE];
	char user_in[SETTING_VALUE_SIZE], secret_in[SETTING_VALUE_SIZE];
};

/* The name without "pinet.", as in pinet.conf: "firmware.dir". */
const char *settings_name(enum setting_id id);

/* Finds a setting by its name without "pinet.". Returns 0 or -ENOENT. */
int settings_find(struct span name, enum setting_id *ret) __attribute__((warn_unused_result));

/*
 * Sets @id to @value after checking that it has the form the setting wants; a setting given twice
 * in one source keeps the last value, a portal is added to the list. @word is how the source
 * spells it, for messages and for the plan.
 *
 * Returns 0, or -EINVAL with @reterr naming the word and what would be right; @set is then as it
 * was.
 */
int settings_put(struct settings *set, enum setting_id id, const char *word, struct span value,
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * Takes the words "pinet.NAME=VALUE" separated by blanks of a text that a network sent. Words that
 * are malformed or unknown are left out, with a remark that begins with @what.
 */
void settings_put_words(
	struct settings *set, const char *what, struct span text, struct notes *notes);

/* True if @v has the form of an address (IPv6 with or without brackets) or a host name. */
bool settings_is_host(struct span v);

/* True if @v is an absolute path without "..", quotes, backslashes and what is not printable. */
bool settings_is_path(struct span v);

/* True if @v can be NFS mount options: letters, digits and = , . _ : / - */
bool settings_is_options(struct span v);

/*
 * ADDRESS[:PORT][,TPGT] with an IPv4 address, [IPv6] or a host name; defaults 3260 and 1.
 * Returns 0 or -EINVAL with @reterr.
 */
struct portal {
	char host[SETTING_VALUE_SIZE]; /* without brackets */
	bool ipv6;
	uint16_t port;
	uint16_t tpgt;
};
int settings_parse_portal(struct span text, struct portal *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

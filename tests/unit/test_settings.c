/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/settings: names, forms of values, portals, words from the network.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "source/settings.h"

static int put(struct settings *set, enum setting_id id, const char *value, struct err *err)
{
	return settings_put(set, id, "w", span_str(value), err);
}

/* Each setting with values that it takes and values that it refuses. */
static void test_forms(void **state)
{
	static const struct {
		enum setting_id id;
		const char *ok[6], *bad[8];
	} table[] = {
		{SETTING_SERVER, {"10.0.0.1", "fd00::1", "[fd00::1]", "boot.lab", "dhcp"},
			{"", "a b", "-x", ".x", "[10.0.0.1", "a/b", "x\n"}},
		{SETTING_ID, {"mac", "serial", "running-lion", "a.b:c_d"},
			{"", ".", "..", "a/b", "-x", "a%b"}},
		{SETTING_TARGET,
			{"iqn.2025-01.org.example:x", "eui.02004567a425678d", "naa.5", "%i"},
			{"", "disk", "iqn.a b", "iqn.x/y", "iqn.\x1b"}},
		{SETTING_LUN, {"auto", "0", "16383"}, {"", "16384", "-1", "1x", "0x1", "Auto"}},
		{SETTING_ROOT,
			{"LABEL=x", "UUID=1-2", "PARTLABEL=r", "PARTUUID=a-01", "part:0",
				"/dev/vg/r"},
			{"", "LABEL=", "part:", "part:129", "part:x", "sda1", "/dev/../x",
				"/root"}},
		{SETTING_FIRMWARE, {"off", "h:/p", "[fd00::1]:/p", "10.0.0.1:/srv/%i"},
			{"", "h", "h:p", "h:/", ":/p", "h:/a/../b", "h:/a b", "fd00::1:/p\""}},
		{SETTING_FIRMWARE_DIR, {"/boot", "/boot/firmware"},
			{"", "/", "boot", "/a/..", "/a'b"}},
		{SETTING_FIRMWARE_OPTIONS, {"rsize=65536,hard", "vers=3"},
			{"", "a b", "a'b", "a;b"}},
		{SETTING_FIRMWARE_POLICY, {"optional", "required"}, {"", "Optional", "x"}},
		{SETTING_NET, {"eth0", "enxdca632e9004c", "dc:a6:32:e9:00:4c", "dc-a6-32-e9-00-4c"},
			{"", "a/b", "0123456789abcdef", ".", "-x"}},
		{SETTING_DHCP, {"all", "address", "off"}, {"", "on"}},
		{SETTING_LOGIN, {"native", "iscsistart"}, {"", "auto"}},
		{SETTING_TIMEOUT, {"0", "604800"}, {"", "604801", "1s", "-1", "99999999999"}},
		{SETTING_ONFAIL, {"shell", "reboot", "poweroff", "local"}, {"", "halt"}},
		{SETTING_LOG, {"off", "10.0.0.1", "10.0.0.1:514"}, {"", "10.0.0.1:", "a b"}},
		{SETTING_DEBUG, {"0", "1"}, {"", "2", "yes"}},
		{SETTING_HEADER_DIGEST, {"None", "CRC32C", "CRC32C,None", "None,CRC32C"},
			{"", "none", "CRC32C,", "CRC32C,CRC32C", "MD5"}},
		{SETTING_DATA_DIGEST, {"None"}, {"", "crc32c"}},
		{SETTING_REPLACEMENT_TIMEOUT, {"0", "604800"}, {"", "604801", "-1"}},
		{SETTING_NOOP_INTERVAL, {"0", "5"}, {"", "5s"}},
		{SETTING_NOOP_TIMEOUT, {"0", "5"}, {"", "x"}},
		{SETTING_LOGIN_TIMEOUT, {"1", "600"}, {"", "0", "601"}},
		{SETTING_CMDS_MAX, {"2", "2048"}, {"", "1", "2049"}},
		{SETTING_QUEUE_DEPTH, {"1", "1024"}, {"", "0", "1025"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (size_t k = 0; k < 6 && table[i].ok[k]; k++) {
			struct settings set = {.n_portals = 0};

			assert_int_equal(put(&set, table[i].id, table[i].ok[k], NULL), 0);
			assert_true(set.one[table[i].id].present);
			assert_string_equal(set.one[table[i].id].value, table[i].ok[k]);
		}
		for (size_t k = 0; k < 8 && table[i].bad[k]; k++) {
			struct settings set = {.n_portals = 0};
			struct err err = {.code = 0};

			if (put(&set, table[i].id, table[i].bad[k], &err) != -EINVAL)
				fail_msg("%s takes \"%s\"", settings_name(table[i].id),
					table[i].bad[k]);
			assert_false(set.one[table[i].id].present);
			assert_non_null(strstr(err.text, "must be"));
			assert_null(strchr(err.text, '\n'));
			assert_null(strchr(err.text, '\x1b'));
		}
	}
}

static void test_length(void **state)
{
	char value[SETTING_VALUE_SIZE + 1] = "iqn.";
	struct settings set = {.n_portals = 0};
	struct err err;

	(void)state;
	memset(value + 4, 'a', sizeof(value) - 5);
	value[223] = '\0'; /* the longest iSCSI name */
	assert_int_equal(put(&set, SETTING_TARGET, value, &err), 0);
	value[223] = 'a';
	value[224] = '\0';
	assert_int_equal(put(&set, SETTING_TARGET, value, &err), -EINVAL);
	value[224] = 'a';
	assert_int_equal(put(&set, SETTING_TARGET, value, &err), -EINVAL);
	assert_non_null(strstr(err.text, "longer than 255 bytes"));
	assert_int_equal(strlen(set.one[SETTING_TARGET].value), 223);
}

static void test_portals(void **state)
{
	static const struct {
		const char *text, *host;
		bool ipv6;
		unsigned int port, tpgt;
	} ok[] = {
		{"10.0.0.1", "10.0.0.1", false, 3260, 1},
		{"10.0.0.1:860", "10.0.0.1", false, 860, 1},
		{"10.0.0.1,7", "10.0.0.1", false, 3260, 7},
		{"san.lab:65535,65535", "san.lab", false, 65535, 65535},
		{"[fd00::1]", "fd00::1", true, 3260, 1},
		{"[fd00::1]:861,0", "fd00::1", true, 861, 0},
	};
	static const char *const bad[] = {"", ":", ",1", "10.0.0.1:", "10.0.0.1:0",
		"10.0.0.1:65536", "10.0.0.1:1:2", "10.0.0.1,", "10.0.0.1,65536", "[fd00::1", "[]",
		"[10.0.0.1]", "[fd00::1]x", "10.0.0.1:860 ", "a b"};
	struct portal p;

	(void)state;
	for (size_t i = 0; i < sizeof(ok) / sizeof(ok[0]); i++) {
		assert_int_equal(settings_parse_portal(span_str(ok[i].text), &p, NULL), 0);
		assert_string_equal(p.host, ok[i].host);
		assert_int_equal(p.ipv6, ok[i].ipv6);
		assert_int_equal(p.port, ok[i].port);
		assert_int_equal(p.tpgt, ok[i].tpgt);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (settings_parse_portal(span_str(bad[i]), &p, NULL) != -EINVAL)
			fail_msg("portal \"%s\" was taken", bad[i]);
}

static void test_words_from_the_network(void **state)
{
	struct settings set = {.n_portals = 0};
	struct notes notes = {.n = 0};

	(void)state;
	settings_put_words(&set, "option 224",
		span_str("pinet.server=10.0.0.1  pinet.portal=10.0.0.2 pinet.portal=10.0.0.3 "
			 "pinet.lun=x pinet.colour=1 server=2 \x1b[2J"),
		&notes);
	assert_string_equal(set.one[SETTING_SERVER].value, "10.0.0.1");
	assert_int_equal(set.n_portals, 2);
	assert_false(set.one[SETTING_LUN].present);
	assert_int_equal(notes.n, 4);
	assert_string_equal(
		notes.text[1], "option 224: ignored \"pinet.colour\": there is no such setting");
	for (unsigned int i = 0; i < notes.n; i++)
		assert_null(strchr(notes.text[i], '\x1b'));
}

static void test_names(void **state)
{
	enum setting_id id;

	(void)state;
	for (unsigned int i = 0; i < SETTING_COUNT; i++) {
		assert_int_equal(
			settings_find(span_str(settings_name((enum setting_id)i)), &id), 0);
		assert_int_equal(id, i);
	}
	assert_int_equal(settings_find(span_str("serve"), &id), -ENOENT);
	assert_int_equal(settings_find(span_str("servers"), &id), -ENOENT);
	assert_int_equal(settings_find(SPAN_NONE, &id), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_portals),
		cmocka_unit_test(test_words_from_the_network),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

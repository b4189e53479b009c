/* SPDX-License-Identifier: GPL-2.0-or-later
 * Recorded answers of real servers, cut at every length and with every byte changed to every value:
 * each is read or refused (run with asan), and what is read is harmless.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/dhcp_choice.h"
#include "source/dhcp_text.h"

#define CORPUS "tests/fuzz/corpus/dhcp/"

static void check_text(const char *text)
{
	assert_true(dhcp_text_is_safe(span_str(text)));
}

static void check_lease(const struct lease *l)
{
	check_text(l->hostname);
	check_text(l->domain);
	check_text(l->rootpath);
	check_text(l->bootfile);
	check_text(l->nfs_root.host);
	check_text(l->nfs_root.path);
	check_text(l->nfs_root.options);
	for (unsigned int i = 0; i < SETTING_COUNT; i++)
		check_text(l->boot.one[i].value);
	for (unsigned int i = 0; i < l->boot.n_portals; i++)
		check_text(l->boot.portal[i]);
	assert_true(l->prefix <= 32 && l->t1_s <= l->t2_s && l->t2_s <= l->lease_s);
}

/* Parses bytes at their exact size. */
static int parse(const uint8_t *bytes, size_t len)
{
	struct lease lease = {.prefix = 99}, merged = {.prefix = 24};
	struct notes notes = {.n = 0};
	int r = dhcp_lease_parse(span_of(bytes, len), &lease, &notes, NULL);

	if (r < 0) {
		assert_int_equal(lease.prefix, 99);
		return r;
	}
	check_lease(&lease);
	dhcp_choice_merge(&merged, &lease);
	check_lease(&merged);
	return 0;
}

static void damage(const char *name)
{
	uint8_t bytes[DHCP_MSG_SIZE], *exact;
	char path[200];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), CORPUS "%s", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_int_equal(parse(bytes, len), 0);
	for (size_t n = 0; n < len; n++) {
		exact = malloc(n ? n : 1);
		memcpy(exact, bytes, n);
		(void)parse(exact, n); /* padding may go: some of them are whole */
		free(exact);
	}
	exact = malloc(len);
	memcpy(exact, bytes, len);
	for (size_t at = 0; at < len; at++) {
		for (unsigned int value = 0; value < 256; value++) {
			exact[at] = (uint8_t)value;
			(void)parse(exact, len);
		}
		exact[at] = bytes[at];
	}
	free(exact);
}

static void test_damage(void **state)
{
	static const char *const recorded[] = {"example-dnsmasq", "example-proxy", "example-dhcpd",
		"example-kea", "example-openwrt", "example-router", "dnsmasq-pi", "dnsmasq-iscsi",
		"dhcpd-overload", "proxy-efi", "proxy-4011", "inform-ack", "ack-dnsmasq",
		"ack-dhcpd", "ack-kea"};

	(void)state;
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++)
		damage(recorded[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

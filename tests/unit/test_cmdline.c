/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/cmdline: words, quotes, columns; what golden plans cannot show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/cmdline.h"

static struct cmdline parsed(const char *text)
{
	struct cmdline c;
	struct err err = {.code = 0};

	if (cmdline_parse(span_str(text), &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static void test_flags(void **state)
{
	struct cmdline c = parsed("ro quiet pinet=off rootfstype=ext4 rootdelay=7\n");

	(void)state;
	assert_true(c.off && c.quiet && c.has_rootfstype);
	assert_string_equal(c.rootfstype, "ext4");
	assert_false(c.pinet_words || c.iscsi_words || c.nfs_root);
	assert_int_equal(c.rootdelay_s, 7);
	assert_true(parsed("root=/dev/nfs").nfs_root);
	assert_false(parsed("root=/dev/nfs root=LABEL=x").nfs_root);
	assert_true(parsed("iscsi_auto").iscsi_auto);
	assert_true(parsed("ISCSI_AUTO").iscsi_words);
	assert_int_equal(parsed("rootdelay=x").rootdelay_s, 0);
	assert_false(parsed("pinet=on").off);
}

static void test_words(void **state)
{
	struct cmdline c;

	(void)state;
	c = parsed("  root=\"LABEL=a b\"\tpinet.server=1.2.3.4 \"pinet.lun=3\" -- pinet.lun=4");
	assert_string_equal(c.root, "LABEL=a b");
	assert_string_equal(c.set.one[SETTING_LUN].value, "3");
	assert_string_equal(c.set.one[SETTING_SERVER].word, "pinet.server");
	c = parsed("root=\"LABEL=no end pinet.lun=1");
	assert_false(c.set.one[SETTING_LUN].present);
	assert_string_equal(parsed("").root, "");
	assert_string_equal(parsed("--").root, "");
}

static void test_open_iscsi_words(void **state)
{
	struct cmdline c =
		parsed("iscsi_target_name=iqn.2001-04.com.example:x ISCSI_TARGET_IP=fd00::1 "
		       "iscsi_target_port=861 iscsi_target_group=4 "
		       "iscsi_username=u iscsi_password=p iscsi_in_username=v iscsi_in_password=q");

	(void)state;
	assert_string_equal(c.set.portal[0], "[fd00::1]:861,4");
	assert_true(c.chap.present && c.chap.mutual);
	assert_string_equal(c.chap.secret_in, "q");
	assert_int_equal(c.notes.n, 1);
	assert_null(strstr(c.notes.text[0], "q ")); /* the remark is about the secret, without it */
	/* pinet's own words win over open-iscsi's on the same line */
	c = parsed("iscsi_target_ip=10.0.0.9 pinet.portal=10.0.0.1 "
		   "iscsi_target_name=iqn.2001-04.com.example:x "
		   "pinet.target=iqn.2001-04.com.example:y");
	assert_string_equal(c.set.portal[0], "10.0.0.1");
	assert_string_equal(c.set.one[SETTING_TARGET].value, "iqn.2001-04.com.example:y");
}

static void test_size(void **state)
{
	char *text = malloc(CMDLINE_SIZE + 1);
	struct cmdline c = {.quiet = true};
	struct err err;

	(void)state;
	memset(text, 'a', CMDLINE_SIZE + 1);
	assert_int_equal(cmdline_parse(span_of(text, CMDLINE_SIZE - 1), &c, &err), 0);
	c.quiet = true;
	assert_int_equal(cmdline_parse(span_of(text, CMDLINE_SIZE), &c, &err), -EINVAL);
	assert_true(c.quiet); /* left alone */
	free(text);
}

static void test_peek(void **state)
{
	struct span text =
		span_str("x pinet.onfail=reboot pinet.timeout=bad pinet.onfail=\"poweroff\" pinet");

	(void)state;
	assert_true(span_eq_str(cmdline_peek(text, "pinet.onfail"), "poweroff"));
	assert_null(cmdline_peek(text, "pinet").p);
	assert_null(cmdline_peek(text, "onfail").p);
}

/* Whether a command line that cannot be read wants pinet to act. */
static void test_is_for_us(void **state)
{
	static const char *const ours[] = {"ip=x pinet.server=10.0.0.1", "quiet pinet.colour",
		"pinet.", "ip=x ISCSI_INITIATOR=iqn.x", "iscsi_username=a", "root=iscsi:x",
		"ip=x root=/dev/nfs", "iscsi_auto pinet.debug=1"};
	static const char *const others[] = {"", "ip=x root=LABEL=pinet.a", "BOOTIF=x iscsi_auto",
		"pinet=off pinet.server=10.0.0.1", "pinet.server=10.0.0.1 pinet=off",
		"quiet -- pinet.server=10.0.0.1", "x=pinet.server pinet", "root=/dev/nfs0",
		"pinet.generation=g000001-6.1"};

	(void)state;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!cmdline_is_for_us(span_str(ours[i])))
			fail_msg("\"%s\" is for us", ours[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (cmdline_is_for_us(span_str(others[i])))
			fail_msg("\"%s\" is not for us", others[i]);
}

static void test_truncations(void **state)
{
	const char *text = "root=iscsi:a:b@h:6:1:2:iqn.x \"q=1 2\" pinet.portal=[fd00::1]:2,3 "
			   "ip=1.2.3.4::5.6.7.8:24:h:eth0:off BOOTIF=01-52-54-00-aa-bb-cc -- x";

	(void)state;
	for (size_t n = 0; n <= strlen(text); n++) {
		char *exact = malloc(n ? n : 1);
		struct cmdline c;
		int r;

		memcpy(exact, text, n);
		r = cmdline_parse(span_of(exact, n), &c, NULL);
		assert_true(r == 0 || r == -EINVAL);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_open_iscsi_words),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_is_for_us),
		cmocka_unit_test(test_truncations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

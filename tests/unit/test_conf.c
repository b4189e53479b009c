/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/conf: pinet.conf, chap.conf, iscsi.initramfs.
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
#include <sys/stat.h>
#include <unistd.h>

#include "source/conf.h"

static struct conf empty;

static void test_lines(void **state)
{
	struct conf c = empty;

	(void)state;
	assert_int_equal(
		conf_parse(span_str("# all\n\n\t server=10.0.0.1 \r\nportal = 10.0.0.2 # one\n"
				    "portal = 10.0.0.3\nfirmware=h:/a#b\npinet.lun = 2"),
			"f", &c, NULL),
		0);
	assert_string_equal(c.set.one[SETTING_SERVER].value, "10.0.0.1");
	assert_int_equal(c.set.n_portals, 2);
	assert_string_equal(c.set.one[SETTING_FIRMWARE].value, "h:/a#b");
	assert_string_equal(c.set.one[SETTING_LUN].value, "2");
	assert_int_equal(c.notes.n, 0);
}

static void test_refused(void **state)
{
	static const char *const table[][2] = {
		{"x", "f:1:1: the line is not NAME = VALUE"},
		{"\n= 1", "f:2:1: the line is not NAME = VALUE"},
		{" server =", "f:1:2: server has no value"},
		{"server = # nothing", "f:1:1: server has no value"},
		{"lun = 1\n\tlun = two", "f:2:2: lun=two: it must be auto"},
	};
	struct conf c = empty;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(conf_parse(span_str(table[i][0]), "f", &c, &err), -EINVAL);
		if (strncmp(err.text, table[i][1], strlen(table[i][1])) != 0)
			fail_msg("%s", err.text);
		assert_memory_equal(&c, &empty, sizeof(c));
	}
	assert_int_equal(conf_parse(span_of("a\0b", 3), "f", &c, &err), -EINVAL);
}

static void test_chap(void **state)
{
	static const char *const bad[] = {"", "username = joe", "password = x", "user = joe",
		"username = joe\npassword = x\nusername_in = y",
		"username = joe\npassword =", "username joe"};
	struct conf c = empty;
	struct err err;

	(void)state;
	assert_int_equal(
		conf_parse_chap(span_str("username = joe\npassword = a = b\n"), "f", &c, NULL), 0);
	assert_true(c.chap.present && !c.chap.mutual);
	assert_string_equal(c.chap.secret, "a = b");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (conf_parse_chap(span_str(bad[i]), "f", &c, &err) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
	assert_int_equal(
		conf_parse_chap(span_str("username = joe\npasswort = geheim"), "f", &c, &err),
		-EINVAL);
	assert_null(strstr(err.text, "geheim"));
}

static void test_initramfs(void **state)
{
	struct conf c = empty;

	(void)state;
	assert_int_equal(
		conf_parse_initramfs(
			span_str("# c\nISCSI_TARGET_NAME=\"iqn.2001-04.com.example:x\"\n"
				 "export ISCSI_TARGET_IP='10.0.0.1 10.0.0.2'\n"
				 "ISCSI_TARGET_PORT=861\nISCSI_INITIATOR=$(hostname)\nif true\n"),
			"f", &c, NULL),
		-EINVAL); /* the initiator is no iSCSI name, and no shell runs here */
	c = empty;
	assert_int_equal(
		conf_parse_initramfs(
			span_str("ISCSI_TARGET_NAME=\"iqn.2001-04.com.example:x\"\n"
				 "export ISCSI_TARGET_IP='10.0.0.1 10.0.0.2'\nif true\nX=1\n"),
			"f", &c, NULL),
		0);
	assert_int_equal(c.set.n_portals, 2);
	assert_string_equal(c.set.portal[1], "10.0.0.2:3260,1");
	assert_int_equal(c.notes.n, 2);
	c = empty;
	assert_int_equal(
		conf_parse_initramfs(span_str("ISCSI_PASWORD=geheim\ngeheim\n"), "f", &c, NULL), 0);
	assert_string_equal(
		c.notes.text[0], "f:1: not an ISCSI_ assignment, ignored: ISCSI_PASWORD");
	assert_string_equal(c.notes.text[1], "f:2: not an ISCSI_ assignment, ignored");
}

#define INITRAMFS                                                                                  \
	"ISCSI_TARGET_NAME=iqn.2001-04.com.example:x\nISCSI_TARGET_IP=10.0.0.1 # one\n"            \
	"ISCSI_USERNAME=u\nISCSI_PASSWORD="

/* The secret that @assigned is, or the refusal. */
static const char *secret(const char *assigned)
{
	static struct conf c;
	static struct err err;
	char text[400];

	c = empty;
	snprintf(text, sizeof(text), INITRAMFS "%s\nif [ \"$a\" = \"x\" ]; then # \"\n", assigned);
	return conf_parse_initramfs(span_str(text), "f", &c, &err) < 0 ? err.text : c.chap.secret;
}

/* A '#' within quotes is none of a comment: no secret is cut. */
static void test_quotes(void **state)
{
	static const char open[] = "f:4: the quote that the value of ISCSI_PASSWORD begins with "
				   "must be closed at its end, and nowhere else";

	(void)state;
	assert_string_equal(secret("\"twelve # bytes\""), "twelve # bytes");
	assert_string_equal(secret("'twelve \" # bytes' # a 'comment'"), "twelve \" # bytes");
	assert_string_equal(secret("twelve#bytes.. # \"x\""), "twelve#bytes..");
	assert_string_equal(secret("\"twelve # bytes"), open);
	assert_string_equal(secret("'twelve # bytes\""), open);
	assert_string_equal(secret("\"twelve\" bytes\""), open);
	assert_string_equal(secret("\"twelve\"bytes"), open);
	assert_string_equal(secret("\""), open);
}

static void test_file(void **state)
{
	char path[] = "/tmp/pinet-test-XXXXXX";
	int fd = mkstemp(path);
	struct conf c;
	struct err err;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "lun = 4\n", 8), 8);
	assert_int_equal(conf_load(path, &c, &err), 0);
	assert_string_equal(c.set.one[SETTING_LUN].value, "4");
	for (int i = 0; i < CONF_SIZE; i += 8)
		assert_int_equal(write(fd, "lun = 4\n", 8), 8);
	assert_int_equal(conf_load(path, &c, &err), -EFBIG);
	close(fd);
	unlink(path);
	assert_int_equal(conf_load(path, &c, &err), -ENOENT); /* it was named */
	assert_int_equal(conf_load("/tmp", &c, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no regular file"));
}

/* What a file says that cannot be taken as a whole. */
static void test_peek(void **state)
{
	static const char text[] =
		"what\nserver = 10.0.0.1\ntimeout = soon\n server=10.0.0.2 # b\nlun =\n";
	char path[] = "/tmp/pinet-test-XXXXXX";
	int fd = mkstemp(path);
	char value[9] = "before";

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(conf_peek(path, "timeout", value, sizeof(value)), 0);
	assert_string_equal(value, "soon");
	assert_int_equal(conf_peek(path, "server", value, sizeof(value)), 0);
	assert_string_equal(value, "10.0.0.2");
	assert_int_equal(conf_peek(path, "server", value, 8), -ENOENT); /* does not fit */
	assert_int_equal(conf_peek(path, "target", value, sizeof(value)), -ENOENT);
	assert_string_equal(value, "10.0.0.2"); /* left alone */
	assert_int_equal(conf_peek(path, "lun", value, sizeof(value)), 0);
	assert_string_equal(value, "");
	unlink(path);
	assert_int_equal(conf_peek(path, "server", value, sizeof(value)), -ENOENT);
	assert_int_equal(conf_peek("/tmp", "server", value, sizeof(value)), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_chap),
		cmocka_unit_test(test_initramfs),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_peek),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/cmdline_keep: which words come back into a cmdline.txt, and which do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/cmdline_keep.h"

static struct err err;

/* pinet.conf as a string of names with a blank on both sides. */
static bool in_conf(const void *ctx, struct span name)
{
	char wanted[64];

	assert_true(snprintf(wanted, sizeof(wanted), " %.*s ", (int)name.len,
			    (const char *)name.p) < (int)sizeof(wanted));
	return strstr(ctx, wanted) != NULL;
}

/* A machine with one root. */
static bool has_root(const void *ctx, struct span value)
{
	(void)ctx;
	return span_eq_str(value, "LABEL=here");
}

/* "NAMES|TEXT" that @file becomes, "" if it stays, the sentence on failure. */
static const char *keep_facts(
	const char *booted, const char *file, const struct cmdline_keep_facts *facts, size_t size)
{
	static char out[1024];
	char text[512] = "untouched", names[CMDLINE_KEEP_NAMES_SIZE] = "untouched";
	int r = cmdline_keep(span_str(booted), span_str(file), facts, text, size, names, &err);

	if (r < 0) {
		assert_int_equal(r, err.code);
		assert_string_equal(names, "untouched");
		return err.text;
	}
	if (r == 0) {
		assert_string_equal(text, "untouched");
		return "";
	}
	(void)snprintf(out, sizeof(out), "%s|%s", names, text);
	return out;
}

static const char *keep_size(const char *booted, const char *file, const char *conf, size_t size)
{
	struct cmdline_keep_facts facts = {.is_elsewhere = conf ? in_conf : NULL, .ctx = conf};

	return keep_facts(booted, file, &facts, size);
}

static const char *keep_root(const char *booted, const char *file)
{
	static const struct cmdline_keep_facts facts = {.has_root = has_root};

	return keep_facts(booted, file, &facts, 512);
}

static const char *keep(const char *booted, const char *file, const char *conf)
{
	return keep_size(booted, file, conf, 512);
}

#define BOOTED                                                                                     \
	"coherent_pool=1M console=tty1 root=LABEL=writable rootflags=noatime ip=dhcp "             \
	"pinet.server=10.0.0.1 pinet.debug=1 pinet.generation=g000001-6.1 quiet\n"

static void test_lost(void **state)
{
	(void)state;
	assert_string_equal(keep(BOOTED, "console=tty0 root=/dev/sda2 rw\n", NULL),
		"root= rootflags= ip= pinet.server=|console=tty0 rw root=LABEL=writable "
		"rootflags=noatime ip=dhcp pinet.server=10.0.0.1\n");
	assert_string_equal(keep(BOOTED, "root=a", NULL),
		"root= rootflags= ip= pinet.server=|root=LABEL=writable rootflags=noatime ip=dhcp "
		"pinet.server=10.0.0.1");
	assert_string_equal(keep(BOOTED, "", NULL),
		"root= rootflags= ip= pinet.server=|root=LABEL=writable rootflags=noatime ip=dhcp "
		"pinet.server=10.0.0.1");
	/* the owner's extra words win; other lines, their ends and what is for init stay */
	assert_string_equal(keep(BOOTED, "ip=eth0 a -- b root=c\r\nmore pinet.x\r\n", NULL),
		"root= rootflags= pinet.server=|ip=eth0 a root=LABEL=writable rootflags=noatime "
		"pinet.server=10.0.0.1 -- b root=c\r\nmore pinet.x\r\n");
	assert_string_equal(keep("ISCSI_TARGET_NAME=iqn.x iscsi_auto root=UUID=1", "a", NULL),
		"ISCSI_TARGET_NAME= iscsi_auto= root=|a ISCSI_TARGET_NAME=iqn.x iscsi_auto "
		"root=UUID=1");
	assert_string_equal(
		keep("root=iscsi:::::iqn.x", "root=b", NULL), "root=|root=iscsi:::::iqn.x");
	assert_string_equal(keep("root=/dev/nfs nfsroot=1.2.3.4:/a boot=nfs", "root=b", NULL),
		"root= nfsroot= boot=|root=/dev/nfs nfsroot=1.2.3.4:/a boot=nfs");
	assert_string_equal(keep("pinet.portal=\"a b\" pinet.portal=c", "x", NULL),
		"pinet.portal= pinet.portal=|x pinet.portal=\"a b\" pinet.portal=c");
	assert_string_equal(keep("pinet.server=a", "root=mine", NULL),
		"pinet.server=|root=mine pinet.server=a");
}

static void test_nothing_lost(void **state)
{
	(void)state;
	/* the owner's own choice */
	assert_string_equal(keep(BOOTED, "root=x pinet.server=10.0.0.2\n", NULL), "");
	assert_string_equal(keep(BOOTED, "root=x iscsi_auto\n", NULL), "");
	assert_string_equal(keep(BOOTED, "root=iscsi:::::iqn.x\n", NULL), "");
	assert_string_equal(keep(BOOTED, "root=x pinet=off\n", NULL), "");
	/* booted without */
	assert_string_equal(keep("root=LABEL=a ip=dhcp", "root=b", NULL), "");
	assert_string_equal(keep("pinet.debug=1 pinet.generation=g000001-6.1", "root=b", NULL), "");
	assert_string_equal(keep("a -- pinet.server=b", "root=b", NULL), "");
	assert_string_equal(keep("", "", NULL), "");
	/* moved to pinet.conf */
	assert_string_equal(keep(BOOTED, "root=b", " server "), "");
	assert_string_equal(keep("pinet.server=a pinet.target=b", "root=b", " server "),
		"pinet.target=|root=b pinet.target=b");
	/* words of another line do not count, nor do words for init */
	assert_string_equal(keep("pinet.server=a", "x\npinet.server=b\n", NULL),
		"pinet.server=|x pinet.server=a\npinet.server=b\n");
	assert_string_equal(keep("pinet.server=a", "x -- pinet.server=b", NULL),
		"pinet.server=|x pinet.server=a -- pinet.server=b");
}

/* A boot that had nothing but root= on its command line. */
static void test_root(void **state)
{
	static const char booted[] = "console=tty1 root=LABEL=was rootflags=noatime quiet\n";

	(void)state;
	assert_string_equal(keep_root(booted, "a root=LABEL=RASPIROOT rw\n"),
		"root= rootflags=|a rw root=LABEL=was rootflags=noatime\n");
	assert_string_equal(
		keep_root(booted, "a\n"), "root= rootflags=|a root=LABEL=was rootflags=noatime\n");
	assert_string_equal(keep_root(booted, "root=LABEL=here root=b rw"),
		"root= rootflags=|rw root=LABEL=was rootflags=noatime");
	/* what is, or may be, meant stays */
	assert_string_equal(keep_root(booted, "a root=LABEL=was\n"), "");
	assert_string_equal(keep_root(booted, "root=b root=LABEL=here\n"), "");
	assert_string_equal(keep_root(booted, "root=b pinet=off\n"), "");
	assert_string_equal(keep_root(booted, "root=b pinet.server=c\n"), "");
	/* a boot without root= tells nothing */
	assert_string_equal(keep_root("quiet", "root=b"), "");
}

static void test_room(void **state)
{
	static const char result[] = "x pinet.server=a\n";

	(void)state;
	assert_string_equal(keep_size("pinet.server=a", "x\n", NULL, sizeof(result)),
		"pinet.server=|x pinet.server=a\n");
	for (size_t size = 1; size < sizeof(result); size++)
		assert_string_equal(keep_size("pinet.server=a", "x\n", NULL, size),
			"cmdline.txt has lost the words that this machine needs to boot, and they "
			"do not fit into it");
	assert_int_equal(err.code, -EFBIG);
}

/* A file with a NUL is no cmdline.txt: it stays, and makes no generation. */
static void test_no_text(void **state)
{
	static const char file[] = "a\0b";
	char out[64], names[CMDLINE_KEEP_NAMES_SIZE];

	(void)state;
	assert_int_equal(
		cmdline_keep(span_str("pinet.server=a"), span_of(file, 3),
			&(struct cmdline_keep_facts){.ctx = NULL}, out, sizeof(out), names, &err),
		0);
	assert_int_equal(
		cmdline_for_generation(span_of(file, 3), "g000002-6.1", out, sizeof(out), &err),
		-EINVAL);
	assert_string_equal(err.text, "cmdline.txt is no text file");
}

static const char *generation(const char *file, size_t size)
{
	static char out[256];

	if (cmdline_for_generation(span_str(file), "g000002-6.1", out, size, &err) < 0)
		return err.text;
	return out;
}

static void test_generation(void **state)
{
	(void)state;
	assert_string_equal(generation("", 256), "pinet.generation=g000002-6.1\n");
	assert_string_equal(generation("root=a  b=\"c  d\"\r\n", 256),
		"root=a b=\"c  d\" pinet.generation=g000002-6.1\n");
	assert_string_equal(generation("a pinet.generation=g000001-6.0 b\nsecond\n", 256),
		"a b pinet.generation=g000002-6.1\n");
	assert_string_equal(generation("a -- b", 256), "a pinet.generation=g000002-6.1 -- b\n");
	assert_string_equal(generation("a=\"b c", 256), "a=\"b c\" pinet.generation=g000002-6.1\n");
	assert_string_equal(generation("a", 32), "a pinet.generation=g000002-6.1\n");
	assert_string_equal(
		generation("a", 31), "cmdline.txt is too long: the kernel takes 30 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_nothing_lost),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_generation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

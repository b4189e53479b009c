/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/initramfs: what a list of names says, however it is cut into pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/initramfs.h"

#define LONG_MS 60000

static struct err err;

/* What was found, as one string. */
static const char *show(const struct initramfs *l)
{
	static char out[512];
	size_t n = (size_t)snprintf(out, sizeof(out), "%s%s", l->has_agent ? "agent" : "no agent",
		l->has_modules ? ", modules" : "");

	for (unsigned int i = 0; i < l->n_versions; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, ", %s", l->version[i]);
	for (unsigned int i = 0; i < l->n_wanted; i++)
		if (l->found[i])
			n += (size_t)snprintf(out + n, sizeof(out) - n, ", has %s", l->wanted[i]);
	return out;
}

static const char *read_list(const char *text)
{
	static struct initramfs l;
	size_t len = strlen(text);

	for (size_t piece = 1; piece <= len + 1; piece++) {
		char first[512];

		if (piece > 1)
			strcpy(first, show(&l));
		l = (struct initramfs){.n_wanted = 2, .wanted = {"virtio_net", "e1000"}};
		for (size_t at = 0; at < len; at += piece)
			assert_int_equal(
				initramfs_feed(&l, span_sub(span_str(text), at, piece)), 0);
		initramfs_feed_end(&l);
		if (piece > 1)
			assert_string_equal(first, show(&l));
	}
	return show(&l);
}

static void test_list(void **state)
{
	(void)state;
	assert_string_equal(read_list(""), "no agent");
	assert_string_equal(read_list(".\nbin\nusr/sbin/pinet\n"), "agent");
	assert_string_equal(read_list("sbin/pinet"), "agent");
	assert_string_equal(read_list("./sbin/pinet\n"), "agent");
	assert_string_equal(read_list("x/sbin/pinet\nsbin/pinet2\nsbin/pine\n"), "no agent");
	assert_string_equal(
		read_list("lib/modules\nlib/modules/6.1\nlib/modules/6.2/\n"), "no agent");
	assert_string_equal(read_list("usr/lib/modules/6.1/modules.dep\n"), "no agent, 6.1");
	assert_string_equal(read_list("lib/modules/6.1/kernel/net/virtio_net.ko\n"
				      "lib/modules/6.1/kernel/e1000e.ko.xz\n"),
		"no agent, modules, 6.1, has virtio_net");
	assert_string_equal(read_list("usr/lib/modules/6.1/kernel/virtio-net.ko.zst\n"
				      "usr/lib/modules/6.2/kernel/e1000.ko\n"),
		"no agent, modules, 6.1, 6.2, has virtio_net, has e1000");
	assert_string_equal(read_list("lib/modules/6.1/e1000.kov\nlib/modules/6.1/e1000\n"
				      "lib/modules/6.10/a\nlib/modules/6.1/a\n"),
		"no agent, 6.1, 6.10");
	assert_string_equal(read_list("lib/modules/1/a\nlib/modules/2/a\nlib/modules/3/a\n"
				      "lib/modules/4/a\nlib/modules/5/a\n"),
		"no agent, 1, 2, 3, 4");
}

static void test_long_lines(void **state)
{
	char text[2 * INITRAMFS_LINE_SIZE];
	struct initramfs l = {.n_wanted = 0};

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "lib/modules/", 12);
	text[INITRAMFS_LINE_SIZE + 3] = '\n';
	strcpy(text + INITRAMFS_LINE_SIZE + 4, "sbin/pinet\n");
	assert_string_equal(read_list(text), "agent");
	/* the version that is one byte too long, and the longest */
	memset(text, 'a', sizeof(text));
	memcpy(text, "lib/modules/", 12);
	strcpy(text + 12 + 65, "/x\n");
	assert_string_equal(read_list(text), "no agent");
	strcpy(text + 12 + 64, "/x\n");
	assert_int_equal(strlen(read_list(text)), strlen("no agent, ") + 64);
	l.seen = INITRAMFS_LIST_MAX - 1;
	assert_int_equal(initramfs_feed(&l, span_str("a")), 0);
	assert_int_equal(initramfs_feed(&l, span_str("a")), -EFBIG);
}

static void test_same_module(void **state)
{
	(void)state;
	assert_true(initramfs_same_module("a_b-c", "a-b_c.ko", 5));
	assert_false(initramfs_same_module("a_b", "a_bc", 4));
	assert_false(initramfs_same_module("a_bc", "a_b", 3));
	assert_true(initramfs_same_module("", "x", 0));
}

/* Lists a file by the script @body. */
static int list_by(const char *body, uint64_t timeout_ms, struct initramfs *l)
{
	char dir[] = "/tmp/pinet-initramfs.XXXXXX", path[sizeof(dir) + 8];
	int fd, etc = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/lister", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	assert_true(fd >= 0 && etc >= 0);
	assert_true(dprintf(fd, "#!/bin/sh\n%s\n", body) > 0);
	assert_int_equal(close(fd), 0);
	*l = (struct initramfs){.n_wanted = 0};
	err.text[0] = '\0';
	r = initramfs_list(etc, "passwd", path, clock_now_ms() + timeout_ms, l, &err);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(close(etc), 0);
	return r;
}

static void test_lister(void **state)
{
	struct initramfs l;

	(void)state;
	/* the file can be read more than once, and is no link */
	assert_int_equal(list_by("[ ! -L \"$1\" ] || exit 1; echo", LONG_MS, &l), 0);
	assert_int_equal(list_by("grep -q root \"$1\" && grep -q root \"$1\" && echo sbin/pinet",
				 LONG_MS, &l),
		0);
	assert_true(l.has_agent);
	assert_int_equal(list_by("echo a; exit 1", LONG_MS, &l), -EBADMSG);
	assert_non_null(strstr(err.text, "exit status 1"));
	assert_int_equal(list_by(":", LONG_MS, &l), -EBADMSG);
	assert_non_null(strstr(err.text, "finds nothing in it"));
	assert_int_equal(list_by("exec tail -f /dev/null", 50, &l), -ETIMEDOUT);
	assert_int_equal(list_by("exec yes", LONG_MS, &l), -EFBIG);
	assert_int_equal(
		initramfs_list(0, "/x", "/nonexistent/lister", CLOCK_FOREVER, &l, &err), -ENOENT);
	assert_non_null(strstr(err.text, "install initramfs-tools-core"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_same_module),
		cmocka_unit_test(test_lister),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

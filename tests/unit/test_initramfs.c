/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/initramfs: what the names say, and images of all kinds.
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
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "cpio_archive.h"
#include "source/initramfs.h"

#define LONG_MS 60000
#define ROOM    100000

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

/* What the names say, one a line. */
static const char *read_list(const char *text)
{
	static struct initramfs l;
	struct span rest = span_str(text);

	l = (struct initramfs){.n_wanted = 2, .wanted = {"virtio_net", "e1000"}};
	while (rest.len) {
		char name[1024];

		assert_int_equal(span_copy(span_cut(&rest, '\n'), name, sizeof(name)), 0);
		initramfs_take(&l, name);
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

static void test_long_version(void **state)
{
	char text[100];

	(void)state;
	/* the version that is one byte too long, and the longest */
	memset(text, 'a', sizeof(text));
	memcpy(text, "lib/modules/", 12);
	strcpy(text + 12 + 65, "/x");
	assert_string_equal(read_list(text), "no agent");
	strcpy(text + 12 + 64, "/x");
	assert_int_equal(strlen(read_list(text)), strlen("no agent, ") + 64);
}

static void test_same_module(void **state)
{
	(void)state;
	assert_true(initramfs_same_module("a_b-c", "a-b_c.ko", 5));
	assert_false(initramfs_same_module("a_b", "a_bc", 4));
	assert_false(initramfs_same_module("a_bc", "a_b", 3));
	assert_true(initramfs_same_module("", "x", 0));
}

/* An image that is made of parts. */
static char image[ROOM];
static size_t n_image;

static void add(const void *p, size_t n)
{
	assert_true(n_image + n <= sizeof(image));
	memcpy(image + n_image, p, n);
	n_image += n;
}

static void add_archive(const char *names)
{
	n_image += archive_of(image + n_image, names);
}

/* The same, but what @command makes of it. */
static void add_packed(const char *names, const char *command)
{
	char path[] = "/tmp/pinet-packed.XXXXXX", line[128], packed[ROOM];
	int fd = mkstemp(path);
	size_t n = archive_of(packed, names);
	FILE *f;

	assert_true(fd >= 0 && write(fd, packed, n) == (ssize_t)n);
	(void)snprintf(line, sizeof(line), "%s <%s", command, path);
	f = popen(line, "re");
	assert_non_null(f);
	n = fread(packed, 1, sizeof(packed), f);
	assert_int_equal(pclose(f), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	add(packed, n);
}

/* Lists the first @len bytes of the image. What it says, or the sentence. */
static const char *list_image(size_t len, int want, uint64_t timeout_ms)
{
	static struct initramfs l;
	char path[32];
	int fd = memfd_create("image", MFD_CLOEXEC);

	assert_true(fd >= 0 && write(fd, image, len) == (ssize_t)len);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	l = (struct initramfs){.n_wanted = 1, .wanted = {"e1000"}};
	err.text[0] = '\0';
	assert_int_equal(initramfs_list(-1, path, clock_now_ms() + timeout_ms, &l, &err), want);
	assert_int_equal(close(fd), 0);
	return want < 0 ? err.text : show(&l);
}

#define MODULES "usr/lib/modules/6.1/kernel/e1000.ko\n"

static void test_images(void **state)
{
	static const char *const commands[] = {"gzip -c", "xz -c --check=crc32", "zstd -cq",
		"lz4 -cl", "lzop -c", "bzip2 -c", "xz -c --format=lzma"};

	(void)state;
	n_image = 0;
	add_archive("kernel/x86/microcode/GenuineIntel.bin");
	add("\0\0\0\0", 4);
	add_archive(MODULES);
	assert_string_equal(list_image(n_image, 0, LONG_MS), "no agent, modules, 6.1, has e1000");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		size_t plain = n_image, all;

		add_packed("usr/sbin/pinet", commands[i]);
		all = n_image;
		assert_string_equal(list_image(all, 0, LONG_MS), "agent, modules, 6.1, has e1000");
		/* without its end, and damaged */
		assert_non_null(strstr(list_image(all - 20, -EBADMSG, LONG_MS), "complete"));
		n_image = plain;
	}
	/* alone, and several behind each other in one stream */
	n_image = 0;
	add_packed("usr/sbin/pinet", "zstd -cq");
	assert_string_equal(list_image(n_image, 0, LONG_MS), "agent");
	add_packed(MODULES, "zstd -cq");
	assert_string_equal(list_image(n_image, 0, LONG_MS), "agent, modules, 6.1, has e1000");
}

static void test_bad_images(void **state)
{
	size_t n;

	(void)state;
	n_image = 0;
	assert_non_null(strstr(list_image(0, -EBADMSG, LONG_MS), "not complete"));
	add_archive("usr/sbin/pinet");
	n = n_image;
	for (size_t len = 1; len < n; len++)
		assert_non_null(strstr(list_image(len, -EBADMSG, LONG_MS), "not complete"));
	/* what the kernel passes over behind an archive */
	add("#BOOTCONFIG", 11);
	assert_string_equal(list_image(n_image, 0, LONG_MS), "agent");
	memcpy(image, "MZ", 2);
	assert_non_null(strstr(list_image(n, -EBADMSG, LONG_MS), "no initramfs"));
	memcpy(image, "070709", 6);
	assert_non_null(strstr(list_image(n, -EBADMSG, LONG_MS), "damaged"));
	/* something else in the compressed part */
	n_image = 0;
	add_packed("", "gzip -c /etc/passwd; :");
	assert_non_null(strstr(list_image(n_image, -EBADMSG, LONG_MS), "damaged"));
	assert_int_equal(
		initramfs_list(-1, "/dev/zero", CLOCK_FOREVER, &(struct initramfs){0}, &err),
		-EBADMSG);
	assert_int_equal(initramfs_list(AT_FDCWD, "/nonexistent", CLOCK_FOREVER,
				 &(struct initramfs){0}, &err),
		-ENOENT);
}

/* One that unpacks to more than there is time for. */
static void test_endless(void **state)
{
	(void)state;
	n_image = 0;
	add_packed("", "head -c 1G /dev/zero | zstd -cq; :");
	assert_non_null(strstr(list_image(n_image, -ETIMEDOUT, 0), "zstd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_long_version),
		cmocka_unit_test(test_same_module),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_bad_images),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

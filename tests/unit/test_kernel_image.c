/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/kernel_image: the version in each kind of image, made up after its documented header.
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
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"
#include "source/kernel_image.h"

#define IMAGE_SIZE 200000
#define LONG_MS    60000

static uint8_t image[IMAGE_SIZE];
static struct err err;

static int image_fd(size_t n)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, image, n), n);
	return fd;
}

/* The version in the first @n bytes of the image, or the sentence. */
static const char *version_of(size_t n)
{
	static char version[KERNEL_IMAGE_VERSION_SIZE];
	int fd = image_fd(n), r;

	strcpy(version, "untouched");
	err.code = 0;
	r = kernel_image_version(fd, clock_now_ms() + LONG_MS, version, &err);
	assert_int_equal(close(fd), 0);
	assert_int_equal(r, err.code);
	if (r < 0)
		assert_string_equal(version, "untouched");
	return r < 0 ? err.text : version;
}

static void put(size_t at, const void *bytes, size_t n)
{
	memcpy(image + at, bytes, n);
}

static void make_bzimage(const char *version)
{
	memset(image, 0, sizeof(image));
	put(0, "MZ", 2);
	put(0x1fe, "\x55\xaa", 2);
	put(0x202, "HdrS\x0f\x02", 6);
	put(0x20e, "\xc0\x42", 2);
	put(0x44c0, version, strlen(version) + 1);
}

static void test_bzimage(void **state)
{
	char longest[KERNEL_IMAGE_VERSION_SIZE + 1] = "6.";

	(void)state;
	make_bzimage("6.1.0-50-amd64 (debian-kernel@lists.debian.org) #1 SMP");
	assert_string_equal(version_of(0x4600), "6.1.0-50-amd64");
	assert_string_equal(version_of(0x44c0 + 15), "6.1.0-50-amd64");
	/* cut behind it, in it, before it, in the header */
	assert_string_equal(version_of(0x44c0 + 14), "6.1.0-50-amd64");
	assert_string_equal(version_of(0x44c0), "the version in its header is none");
	assert_string_equal(version_of(0x210), "the version in its header is none");
	for (size_t n = 0; n < 0x210; n++)
		assert_string_equal(version_of(n), "it is no Linux kernel");
	memset(longest + 2, '1', 62);
	make_bzimage(longest);
	assert_string_equal(version_of(0x4600), longest);
	longest[64] = '1';
	make_bzimage(longest);
	assert_string_equal(version_of(0x4600), "the version in its header is none");
	assert_int_equal(err.code, -EBADMSG);
	make_bzimage("six");
	assert_string_equal(version_of(0x4600), "the version in its header is none");
	make_bzimage("6.1");
	put(0x20e, "\0\0", 2);
	assert_string_equal(version_of(0x4600), "its header has no version");
	assert_int_equal(err.code, -ENODATA);
	make_bzimage("6.1");
	put(0x206, "\xff\x01", 2);
	assert_string_equal(version_of(0x4600), "its header has no version");
}

/* An arm64 Image whose banner is at @at. */
static void make_image(size_t at, const char *banner)
{
	memset(image, 0, sizeof(image));
	put(0, "MZ\x40\xfa", 4);
	put(0x38, "ARM\x64", 4);
	put(at, banner, strlen(banner));
}

#define BANNER "Linux version 6.12.25+rpt-rpi-v8 (serge@example) (gcc) #1 SMP"

static void test_image(void **state)
{
	(void)state;
	make_image(1000, BANNER);
	assert_string_equal(version_of(IMAGE_SIZE), "6.12.25+rpt-rpi-v8");
	/* across the border of two reads, wherever it is */
	for (size_t at = 65536 - 100; at <= 65536; at++) {
		make_image(at, BANNER);
		assert_string_equal(version_of(IMAGE_SIZE), "6.12.25+rpt-rpi-v8");
	}
	/* the format string of the banner comes first */
	make_image(1000, "Linux version %s");
	put(70000, BANNER, strlen(BANNER));
	assert_string_equal(version_of(IMAGE_SIZE), "6.12.25+rpt-rpi-v8");
	make_image(1000, "Linux version %s");
	assert_string_equal(version_of(IMAGE_SIZE), "no version can be found in it");
	assert_int_equal(err.code, -ENODATA);
	assert_string_equal(version_of(0x3c), "no version can be found in it");
	assert_string_equal(version_of(0x3b), "it is no Linux kernel");
	assert_string_equal(version_of(0), "it is no Linux kernel");
	assert_int_equal(err.code, -EBADMSG);
}

/* Output of a packer, put back into the image. */
struct pack {
	size_t at;
};

static int take(void *ctx, struct span piece)
{
	struct pack *p = ctx;

	assert_true(p->at + piece.len <= IMAGE_SIZE);
	put(p->at, piece.p, piece.len);
	p->at += piece.len;
	return 0;
}

/* Packs the @n bytes of the image to @to. Returns its end. */
static size_t pack(const char *program, size_t n, size_t to)
{
	const char *const argv[] = {program, "-c", NULL};
	struct pack p = {to};
	int fd = image_fd(n);

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	memset(image, 0, sizeof(image));
	assert_int_equal(proc_stream(argv, fd, clock_now_ms() + LONG_MS, take, &p), 0);
	assert_int_equal(close(fd), 0);
	return p.at;
}

static void test_packed_whole(void **state)
{
	static const char *const programs[] = {"/usr/bin/gzip", "/usr/bin/xz", "/usr/bin/zstd"};

	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		size_t n;

		make_image(100000, BANNER);
		n = pack(programs[i], IMAGE_SIZE, 0);
		assert_string_equal(version_of(n), "6.12.25+rpt-rpi-v8");
		assert_string_equal(version_of(n / 4), "no version can be found in it");
	}
}

static void test_zboot(void **state)
{
	uint32_t at = 0x4000;
	size_t n;

	(void)state;
	make_image(100000, BANNER);
	n = pack("/usr/bin/gzip", IMAGE_SIZE, at);
	put(0, "MZ\0\0zimg", 8);
	put(8, &at, 4);
	put(24, "gzip", 4);
	assert_string_equal(version_of(n), "6.12.25+rpt-rpi-v8");
	assert_string_equal(
		version_of(at), "it unpacks itself, but its header does not say with what");
	assert_string_equal(
		version_of(8), "it unpacks itself, but its header does not say with what");
	at = 0xffffffff;
	put(8, &at, 4);
	assert_string_equal(
		version_of(n), "it unpacks itself, but its header does not say with what");
	assert_int_equal(err.code, -EBADMSG);
}

static void test_zimage(void **state)
{
	size_t n;

	(void)state;
	make_image(100000, BANNER);
	n = pack("/usr/bin/gzip", IMAGE_SIZE, 0x3000);
	put(0x24, "\x18\x28\x6f\x01", 4);
	put(0x2000, "\x1f\x8b\x08", 3); /* looks like one */
	put(n, "trailer", 7);
	assert_string_equal(version_of(n + 7), "6.12.25+rpt-rpi-v8");
	assert_string_equal(version_of(0x2f00), "no version can be found in it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bzimage),
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_packed_whole),
		cmocka_unit_test(test_zboot),
		cmocka_unit_test(test_zimage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

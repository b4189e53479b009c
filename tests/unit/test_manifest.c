/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/manifest: what is printed is read back, and nothing else is read.
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

#include "store/manifest.h"

#define D1 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define D2 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#define HEAD                                                                                       \
	"pinet-manifest 1\n"                                                                       \
	"generation g000042-6.12.25+rpt-rpi-v8\n"                                                  \
	"created 1764000000\n"                                                                     \
	"kernel 6.12.25+rpt-rpi-v8\n"                                                              \
	"layout raspi\n"
#define MIDDLE                                                                                     \
	"previous g000041-6.12.20+rpt-rpi-v8\n"                                                    \
	"package linux-image-rpi-v8 1:6.12.25-1+rpt1\n"                                            \
	"package raspi-firmware 1:1.20250430-4\n"
#define FILES                                                                                      \
	"file cmdline " D2 " 0 cmdline.txt\n"                                                      \
	"file initramfs " D1 " 12345678 initramfs8\n"                                              \
	"file kernel " D1 " 1073741824 kernel8.img\n"                                              \
	"file overlay " D2 " 0 overlays/README\n"                                                  \
	"file other " D2 " 0 with blank\n"

static const char good[] = HEAD MIDDLE FILES "end\n";

/* @text is read and printed again as @expected. */
static void assert_reads(const char *text, const char *expected)
{
	struct manifest m;
	struct err err = {0};
	char *out;
	size_t len;

	if (manifest_parse(span_str(text), &m, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(manifest_print(&m, &out, &len), 0);
	assert_int_equal(len, strlen(out));
	assert_string_equal(out, expected);
	free(out);
	manifest_done(&m);
}

static void assert_refused(const char *text, const char *sentence)
{
	struct manifest m = {.created_s = 7};
	struct err err = {0};

	assert_int_equal(manifest_parse(span_str(text), &m, &err), -EBADMSG);
	assert_int_equal(err.code, -EBADMSG);
	assert_string_equal(err.text, sentence);
	assert_int_equal(m.created_s, 7);
	assert_null(m.file);
}

static void test_good(void **state)
{
	(void)state;
	assert_reads(good, good);
	assert_reads(HEAD FILES "end\n", HEAD FILES "end\n");
}

static void test_fields(void **state)
{
	const struct manifest_file *f;
	struct manifest m;
	struct err err;

	(void)state;
	assert_int_equal(manifest_parse(span_str(good), &m, &err), 0);
	assert_string_equal(m.generation, "g000042-6.12.25+rpt-rpi-v8");
	assert_string_equal(m.previous, "g000041-6.12.20+rpt-rpi-v8");
	assert_string_equal(m.kernel, "6.12.25+rpt-rpi-v8");
	assert_int_equal(m.layout, MANIFEST_RASPI);
	assert_int_equal(m.created_s, 1764000000);
	assert_int_equal(m.n_packages, 2);
	assert_string_equal(m.package[1].version, "1:1.20250430-4");
	assert_int_equal(m.n, 5);
	f = manifest_find(&m, "kernel8.img");
	assert_ptr_equal(f, &m.file[2]);
	assert_int_equal(f->size, 1 << 30);
	assert_ptr_equal(f, manifest_only(&m, MANIFEST_KERNEL));
	assert_null(manifest_only(&m, MANIFEST_DTB));
	assert_null(manifest_find(&m, "overlays"));
	assert_null(manifest_find(&m, ""));
	assert_null(manifest_find(&m, "zz"));
	assert_true(manifest_bytes(&m) == 1073741824u + 12345678u);
	manifest_done(&m);
}

/* No beginning of a manifest is one. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(good); len++) {
		char *copy = malloc(len + 1); /* the sanitizer sees where it ends */
		struct manifest m;
		struct err err = {0};

		assert_non_null(copy);
		memcpy(copy, good, len);
		assert_int_equal(manifest_parse(span_of(copy, len), &m, &err), -EBADMSG);
		assert_int_equal(err.code, -EBADMSG);
		free(copy);
	}
}

static void test_refused(void **state)
{
	(void)state;
	assert_refused("", "line 1: \"pinet-manifest \" is missing here");
	assert_refused("pinet-manifest 2\n",
		"line 1: it is a manifest of another version of pinet, which can only read 1");
	assert_refused("pinet-manifest 1\ngeneration x\n",
		"line 2: the name of the generation is not allowed");
	assert_refused("pinet-manifest 1\ngeneration g000001-../6\n",
		"line 2: the name of the generation is not allowed");
	assert_refused("pinet-manifest 1\ngeneration g000001-6\ncreated -1\n",
		"line 3: the time is no number of seconds");
	assert_refused("pinet-manifest 1\ngeneration g000001-6\ncreated 1\nkernel 7\n",
		"line 4: the kernel is another one than in the name");
	assert_refused("pinet-manifest 1\ngeneration g000001-6\ncreated 1\nkernel 6\nlayout x\n",
		"line 5: there is no such layout");
	assert_refused(HEAD "previous ..\n", "line 6: the name of the previous one is not allowed");
	assert_refused(
		HEAD "package one\n", "line 6: the package is not NAME VERSION, or one too many");
	assert_refused(HEAD "package one 1 2\n",
		"line 6: the package is not NAME VERSION, or one too many");
	assert_refused(HEAD "end\n", "line 6: \"file \" is missing here");
	assert_refused(HEAD "file x " D1 " 1 a\nend\n", "line 6: there is no such role of a file");
	assert_refused(HEAD "file dtb " D1 "0 1 a\nend\n",
		"line 6: the SHA-256 is not 64 hexadecimal digits");
	assert_refused(HEAD "file dtb " D1 " 1073741825 a\nend\n",
		"line 6: the size is no number up to 1073741824");
	assert_refused(HEAD "file dtb " D1 " -1 a\nend\n",
		"line 6: the size is no number up to 1073741824");
	assert_refused(HEAD "file dtb " D1 " 1 ../a\nend\n", "line 6: the path is not allowed");
	assert_refused(HEAD "file dtb " D1 " 1 \nend\n", "line 6: the path is not allowed");
	assert_refused(HEAD "file dtb " D1 " 1\nend\n", "line 6: the path is not allowed");
	assert_refused(HEAD "file dtb " D1 " 1 a\r\nend\n", "line 6: the path is not allowed");
	assert_refused(HEAD "file dtb " D1 " 1 b\nfile dtb " D1 " 1 a\nend\n",
		"line 7: the paths are not in their order");
	assert_refused(HEAD "file dtb " D1 " 1 a\nfile dtb " D1 " 1 a\nend\n",
		"line 7: the paths are not in their order");
	assert_refused(
		HEAD "file dtb " D1 " 1 a\npackage a b\nend\n", "line 7: \"end\" is missing here");
	assert_refused(HEAD MIDDLE FILES "end", "line 14: the end is missing");
	assert_refused(HEAD MIDDLE FILES "end \n", "line 14: the line has no meaning");
	assert_refused(HEAD MIDDLE FILES "end\nx", "line 15: something follows the end");
	assert_refused(HEAD MIDDLE FILES "end\n\n", "line 15: something follows the end");
}

static void test_too_many(void **state)
{
	char *text = malloc(MANIFEST_TEXT_MAX + 2);
	size_t at;
	struct manifest m;
	struct err err;

	(void)state;
	for (unsigned int n = MANIFEST_FILES; n <= MANIFEST_FILES + 1; n++) {
		at = (size_t)sprintf(text, HEAD);
		for (unsigned int i = 0; i < n; i++)
			at += (size_t)sprintf(text + at, "file dtb " D1 " 1 %05u\n", i);
		strcpy(text + at, "end\n");
		if (n > MANIFEST_FILES) {
			assert_refused(text, "line 4102: \"end\" is missing here");
			continue;
		}
		assert_int_equal(manifest_parse(span_str(text), &m, &err), 0);
		assert_int_equal(m.n, MANIFEST_FILES);
		assert_int_equal(manifest_add_file(&m, &m.file[0]), -ENOSPC);
		manifest_done(&m);
	}
	memset(text, 'x', MANIFEST_TEXT_MAX + 1);
	text[MANIFEST_TEXT_MAX + 1] = '\0';
	assert_refused(text, "more than 2097152 bytes");
	free(text);
}

static void add(struct manifest *m, const char *path)
{
	struct manifest_file f = {.role = MANIFEST_DTB};

	(void)snprintf(f.path, sizeof(f.path), "%s", path);
	assert_int_equal(manifest_add_file(m, &f), 0);
}

static void test_build(void **state)
{
	struct manifest a = {.generation = "g000001-6"}, b = {.generation = "g000002-6"};
	struct manifest_file climbs = {.path = "../a"}, huge = {.path = "a", .size = UINT32_MAX};
	struct err err;

	(void)state;
	assert_true(manifest_same_files(&a, &b));
	assert_int_equal(manifest_sort(&a, &err), 0);
	assert_null(manifest_find(&a, "a"));
	assert_int_equal(manifest_add_file(&a, &climbs), -EINVAL);
	assert_int_equal(manifest_add_file(&a, &huge), -EINVAL);
	for (int i = 0; i < 40; i++) {
		char path[8];

		(void)snprintf(path, sizeof(path), "%d", i);
		add(&a, path);
		(void)snprintf(path, sizeof(path), "%d", 39 - i);
		add(&b, path);
	}
	assert_int_equal(manifest_sort(&a, &err), 0);
	assert_int_equal(manifest_sort(&b, &err), 0);
	assert_string_equal(a.file[2].path, "10");
	assert_true(manifest_same_files(&a, &b));
	assert_null(manifest_only(&a, MANIFEST_DTB));
	b.file[3].digest.byte[0] ^= 1;
	assert_false(manifest_same_files(&a, &b));
	b.file[3].digest.byte[0] ^= 1;
	b.file[3].role = MANIFEST_OTHER;
	assert_false(manifest_same_files(&a, &b));
	add(&a, "7");
	assert_int_equal(manifest_sort(&a, &err), -EEXIST);
	assert_string_equal(err.text, "7 is twice in g000001-6");
	manifest_done(&a);
	manifest_done(&b);
}

static void test_packages(void **state)
{
	struct manifest m = {.n = 0};
	char word[MANIFEST_PACKAGE_VER_SIZE + 1];

	(void)state;
	memset(word, 'v', sizeof(word));
	assert_int_equal(manifest_add_package(&m, span_str(""), span_str("1")), -EINVAL);
	assert_int_equal(manifest_add_package(&m, span_str("a"), span_str("")), -EINVAL);
	assert_int_equal(manifest_add_package(&m, span_str("a b"), span_str("1")), -EINVAL);
	assert_int_equal(manifest_add_package(&m, span_str("a"), span_str("1\n")), -EINVAL);
	assert_int_equal(
		manifest_add_package(&m, span_of(word, MANIFEST_PACKAGE_NAME_SIZE), span_str("1")),
		-EINVAL);
	assert_int_equal(
		manifest_add_package(&m, span_str("a"), span_of(word, MANIFEST_PACKAGE_VER_SIZE)),
		-EINVAL);
	for (int i = 0; i < MANIFEST_PACKAGES; i++)
		assert_int_equal(manifest_add_package(&m, span_str("a"), span_str("1")), 0);
	assert_int_equal(manifest_add_package(&m, span_str("a"), span_str("1")), -ENOSPC);
	assert_int_equal(m.n_packages, MANIFEST_PACKAGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_packages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

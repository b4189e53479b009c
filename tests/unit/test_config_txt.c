/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/config_txt: the block is ours, every other byte is the user's.
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

#include "store/config_txt.h"

#define BEGIN "# pinet: begin (made by \"pinet sync\"; do not edit this block)\n"
#define END   "# pinet: end\n"
#define G41   "g000041-6.12.20+rpt-rpi-v8"
#define G42   "g000042-6.12.25+rpt-rpi-v8"
/* Two kernels: the firmware chooses. */
#define BLOCK41 BEGIN "[all]\nos_prefix=pinet/" G41 "/\n" END
#define BLOCK42 BEGIN "[all]\nos_prefix=pinet/" G42 "/\n" END
/* One kernel. */
#define ONE41                                                                                      \
	BEGIN "[all]\nos_prefix=pinet/" G41                                                        \
	      "/\nkernel=kernel8.img\nauto_initramfs=0\ninitramfs initramfs8 followkernel\n" END
#define ALL BEGIN "[all]\n" END

static const struct config_txt block42 = {.generation = G42};
static const struct config_txt one41 = {G41, "kernel8.img", "initramfs8"};

/* @text with @block put into it. */
static const char *put(const char *text, const struct config_txt *block)
{
	static char out[4096];
	size_t len = strlen(text);
	char *copy = malloc(len + 1); /* the sanitizer sees where it ends */
	struct err err;

	assert_non_null(copy);
	memcpy(copy, text, len);
	assert_int_equal(
		config_txt_put(span_of(copy, len), block, out, sizeof(out) - 1, &len, &err), 0);
	free(copy);
	out[len] = '\0';
	return out;
}

/* @text becomes @expected with block 42, and stays so; without our blocks it is @users. */
static void assert_put(const char *text, const char *expected, const char *users)
{
	char once[4096];

	assert_string_equal(put(text, &block42), expected);
	strcpy(once, put(text, &block42));
	assert_string_equal(put(once, &block42), expected);
	assert_string_equal(put(text, NULL), users);
}

static void test_first(void **state)
{
	(void)state;
	assert_put("", BLOCK42, "");
	assert_put("\n", "\n" BLOCK42, "\n");
	assert_put("arm_64bit=1\n", "arm_64bit=1\n" BLOCK42, "arm_64bit=1\n");
	assert_put("arm_64bit=1", "arm_64bit=1\n" BLOCK42, "arm_64bit=1");
	assert_put("[pi4]\narm_boost=1\n\n", "[pi4]\narm_boost=1\n\n" BLOCK42,
		"[pi4]\narm_boost=1\n\n");
	assert_put("os_prefix=mine/\n", "os_prefix=mine/\n" BLOCK42, "os_prefix=mine/\n");
	assert_string_equal(put("a=1\n", &one41), "a=1\n" ONE41);
}

static void test_replaced(void **state)
{
	(void)state;
	assert_put(BLOCK41, BLOCK42, "");
	assert_put("a=1\n" BLOCK41, "a=1\n" BLOCK42, "a=1\n");
	assert_put("a=1\n" ONE41, "a=1\n" BLOCK42, "a=1\n");
	assert_put("a=1\n" BLOCK41 BLOCK41, "a=1\n" BLOCK42, "a=1\n");
	assert_put(
		"a=1\n" BLOCK41 "\n# note\n" BLOCK41, "a=1\n\n# note\n" BLOCK42, "a=1\n\n# note\n");
	assert_string_equal(put("a=1\n" BLOCK42, &one41), "a=1\n" ONE41);
}

/* What others append was in the section of the block, which is for all models. */
static void test_appended(void **state)
{
	(void)state;
	assert_put("a=1\n" BLOCK41 "b=2\n", "a=1\nb=2\n" BLOCK42, "a=1\nb=2\n");
	assert_put("[all]\na=1\n" BLOCK41 "b=2", "[all]\na=1\nb=2\n" BLOCK42, "[all]\na=1\nb=2");
	assert_put("[pi4]\na=1\n" BLOCK41 "b=2\n", "[pi4]\na=1\n" ALL "b=2\n" BLOCK42,
		"[pi4]\na=1\nb=2\n");
	assert_put("[pi4]\na=1\n" BLOCK41 "\n# note\n", "[pi4]\na=1\n\n# note\n" BLOCK42,
		"[pi4]\na=1\n\n# note\n");
	assert_put("[pi4]\na=1\n" BLOCK41 "# note\n[pi5]\nb=2\n",
		"[pi4]\na=1\n# note\n[pi5]\nb=2\n" BLOCK42, "[pi4]\na=1\n# note\n[pi5]\nb=2\n");
	assert_put("[pi4]\na=1\n" ALL "b=2\n" BLOCK41 "c=3\n",
		"[pi4]\na=1\n" ALL "b=2\nc=3\n" BLOCK42, "[pi4]\na=1\nb=2\nc=3\n");
	assert_put("[pi4]\na=1\n" ALL "b=2\n[pi5]\n" BLOCK41 "c=3\n",
		"[pi4]\na=1\n" ALL "b=2\n[pi5]\n" ALL "c=3\n" BLOCK42,
		"[pi4]\na=1\nb=2\n[pi5]\nc=3\n");
	assert_put("include extra.txt\n" BLOCK41 "b=2\n", "include extra.txt\n" ALL "b=2\n" BLOCK42,
		"include extra.txt\nb=2\n");
}

/* Lines between begin and end that are none of ours were put there by somebody. */
static void test_inside(void **state)
{
	(void)state;
	assert_put("[pi4]\n" BEGIN "[all]\nb=2\nos_prefix=pinet/" G41 "/\n" END,
		"[pi4]\n" ALL "b=2\n" BLOCK42, "[pi4]\nb=2\n");
	assert_put(BEGIN "[all]\nos_prefix=pinet/" G41 "/\nos_prefix=mine/\n" END,
		"os_prefix=mine/\n" BLOCK42, "os_prefix=mine/\n");
}

static void test_broken(void **state)
{
	(void)state;
	/* Without its end. */
	assert_put("a=1\n" BEGIN, "a=1\n" BLOCK42, "a=1\n");
	assert_put("a=1\n# pinet: begin", "a=1\n" BLOCK42, "a=1\n");
	assert_put("a=1\n" BEGIN "[all]\nos_prefix=pinet/" G41 "/\nb=2\n[all]\nkernel=x\n",
		"a=1\nb=2\n[all]\nkernel=x\n" BLOCK42, "a=1\nb=2\n[all]\nkernel=x\n");
	assert_put("a=1\n" BEGIN "[all]\nos_prefix=pinet/" G41 "/\nkernel=x\nb=2\n",
		"a=1\nkernel=x\nb=2\n" BLOCK42, "a=1\nkernel=x\nb=2\n");
	assert_put("a=1\n" BEGIN "[all]\nos_prefix=pinet/" G41
		   "/\nkernel=x\nauto_initramfs=0\ninitramfs y followkernel\nkernel=z\n",
		"a=1\nkernel=z\n" BLOCK42, "a=1\nkernel=z\n");
	assert_put(BEGIN "[all]\n[all]\nb=2\n", "[all]\nb=2\n" BLOCK42, "[all]\nb=2\n");
	assert_put(BEGIN "[all]\nb=2\n" BLOCK41, "b=2\n" BLOCK42, "b=2\n");
	/* Without its beginning. */
	assert_put("a=1\n" END "b=2\n", "a=1\n" END "b=2\n" BLOCK42, "a=1\n" END "b=2\n");
}

/* Comments that begin as a mark does. */
static void test_alike(void **state)
{
	(void)state;
	assert_put("# pinet: beginner\n[all]\na=1\n", "# pinet: beginner\n[all]\na=1\n" BLOCK42,
		"# pinet: beginner\n[all]\na=1\n");
	assert_put(BEGIN "[all]\n# pinet: ending\nos_prefix=pinet/" G41 "/\n" END,
		"# pinet: ending\n" BLOCK42, "# pinet: ending\n");
	/* a mark whose note is lost, or another one */
	assert_put("# pinet: begin\n[all]\n" END, BLOCK42, "");
	assert_put("# pinet: begin (by another version)\n[all]\n" END, BLOCK42, "");
}

static void test_crlf(void **state)
{
	static const char block[] =
		"# pinet: begin (made by \"pinet sync\"; do not edit this "
		"block)\r\n[all]\r\nos_prefix=pinet/" G42 "/\r\n# pinet: end\r\n";
	char text[1024], expected[1024];

	(void)state;
	(void)snprintf(expected, sizeof(expected), "a=1\r\nb=2\r\n%s", block);
	assert_put("a=1\r\nb=2\r\n", expected, "a=1\r\nb=2\r\n");
	assert_put("a=1\r\nb=2", expected, "a=1\r\nb=2");
	assert_put("a=1\r\nb=2\r\n" BLOCK41, expected, "a=1\r\nb=2\r\n");
	/* As somebody's editor may have turned it over. */
	(void)snprintf(text, sizeof(text), "a=1\n%s", block);
	assert_put(text, "a=1\n" BLOCK42, "a=1\n");
	(void)snprintf(expected, sizeof(expected), "a=1\nb=2\r\n%s", BLOCK42);
	assert_put("a=1\nb=2\r\n", expected, "a=1\nb=2\r\n");
	(void)snprintf(expected, sizeof(expected), "a=1\r\r\n%s", block);
	assert_put("a=1\r", expected, "a=1\r");
	(void)snprintf(expected, sizeof(expected), "a=1\r\n%s", block);
	assert_put(BLOCK41 "a=1\r\n", expected, "a=1\r\n");
	(void)snprintf(text, sizeof(text), "%sa=1", block);
	assert_put(text, expected, "a=1");
	assert_put(block, block, "");
}

static void test_bytes(void **state)
{
	static const char odd[] = "\xff\0=\x01\n\0";
	char out[512];
	size_t len = 0;
	struct err err;

	(void)state;
	assert_int_equal(
		config_txt_put(span_of(odd, sizeof(odd)), &block42, out, sizeof(out), &len, &err),
		0);
	assert_memory_equal(out, odd, sizeof(odd));
	assert_memory_equal(out + sizeof(odd), "\n" BLOCK42, strlen("\n" BLOCK42));
	assert_int_equal(len, sizeof(odd) + strlen("\n" BLOCK42));
}

static void test_limits(void **state)
{
	struct config_txt bad = {.generation = "g1"};
	char out[512], version[NAME_VERSION_SIZE];
	size_t len = 7, need = strlen("a=1\n" BLOCK42);
	struct err err = {0};

	(void)state;
	assert_int_equal(
		config_txt_put(span_str("a=1"), &block42, out, need - 1, &len, &err), -EFBIG);
	assert_string_equal(err.text, "config.txt would have more than 128 bytes");
	assert_int_equal(
		config_txt_put(span_str("a=1"), &bad, out, sizeof(out), &len, &err), -EINVAL);
	assert_string_equal(err.text, "this is no name of a generation");
	bad = one41;
	strcpy(bad.kernel, "a b");
	assert_int_equal(config_txt_put(span_str(""), &bad, out, sizeof(out), &len, &err), -EINVAL);
	assert_string_equal(err.text, "the name of the kernel cannot stand in config.txt");
	memset(bad.kernel, 'k', CONFIG_TXT_LINE - 7 + 1);
	assert_int_equal(config_txt_put(span_str(""), &bad, out, sizeof(out), &len, &err), -EINVAL);
	bad = one41;
	memset(bad.initramfs, 'i', CONFIG_TXT_LINE - 23 + 1);
	assert_int_equal(config_txt_put(span_str(""), &bad, out, sizeof(out), &len, &err), -EINVAL);
	assert_string_equal(err.text, "the name of the initramfs cannot stand in config.txt");
	assert_int_equal(len, 7);
	assert_int_equal(config_txt_put(span_str("a=1"), &block42, out, need, &len, &err), 0);
	assert_int_equal(len, need);
	/* The longest name fits into a line that the firmware reads. */
	memset(version, 'v', sizeof(version));
	version[NAME_VERSION_SIZE - 1] = '\0';
	assert_int_equal(name_make(NAME_NUMBER_MAX, version, bad.generation), 0);
	assert_true(strlen("os_prefix=pinet//") + strlen(bad.generation) <= CONFIG_TXT_LINE);
}

/* GENERATION KERNEL INITRAMFS of the block in @text. */
static const char *parsed(const char *text)
{
	static char out[512];
	struct config_txt c;

	if (config_txt_parse(span_str(text), &c) == 0) {
		assert_string_equal(c.generation, "");
		return "none";
	}
	(void)snprintf(out, sizeof(out), "%s %s %s", c.generation, c.kernel, c.initramfs);
	return out;
}

static void test_parse(void **state)
{
	char text[1024];

	(void)state;
	assert_string_equal(parsed(""), "none");
	assert_string_equal(parsed("os_prefix=pinet/" G41 "/\n"), "none");
	assert_string_equal(parsed(BLOCK41), G41 "  ");
	assert_string_equal(parsed(ONE41), G41 " kernel8.img initramfs8");
	assert_string_equal(parsed(BLOCK41 "a=1\n" BLOCK42), G42 "  ");
	assert_string_equal(parsed(ONE41 "a=1\n" BLOCK42), G42 "  ");
	assert_string_equal(parsed(BLOCK42 ALL), G42 "  ");
	assert_string_equal(parsed(BLOCK42 "os_prefix=mine/\n"), G42 "  ");
	assert_string_equal(parsed(BEGIN "os_prefix=pinet/" G41 "/"), G41 "  ");
	assert_string_equal(parsed(BEGIN "[all]\r\nos_prefix=pinet/" G41 "/ \r\n"), G41 "  ");
	assert_string_equal(parsed(BEGIN "os_prefix=pinet/../\n" END), "none");
	assert_string_equal(parsed(BEGIN "os_prefix=pinet//\n" END), "none");
	assert_string_equal(parsed(BEGIN "os_prefix=pinet/" G41 "\n" END), "none");
	assert_string_equal(parsed(BEGIN END "os_prefix=pinet/" G41 "/\n"), "none");
	assert_string_equal(parsed(BEGIN "os_prefix=pinet/" G41 "/\nkernel=../k\n" END), G41 "  ");
	/* Every beginning of it names the generation, as soon as its name is whole, or none. */
	for (size_t len = 0; len < strlen(ONE41); len++) {
		(void)snprintf(text, sizeof(text), "%.*s", (int)len, ONE41);
		if (strstr(text, G41 "/"))
			assert_memory_equal(parsed(text), G41, strlen(G41));
		else
			assert_string_equal(parsed(text), "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_appended),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_crlf),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/boot_config: the files that config.txt names, and names that it must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "source/boot_config.h"

static struct notes notes;

static void show_lines(FILE *f, const char *what, const struct boot_config_lines *lines)
{
	for (unsigned int i = 0; i < lines->n; i++)
		fprintf(f, "%s%s%s:%s=%s", ftell(f) ? " " : "", what,
			lines->at[i].section[0] ? "@" : "", lines->at[i].section,
			lines->at[i].value);
}

/* What @text says, as one string; notes behind it. */
static const char *config(const char *text)
{
	static char out[2048];
	struct boot_config c = {.auto_initramfs = false};
	FILE *f = fmemopen(out, sizeof(out), "w");

	notes.n = notes.dropped = 0;
	boot_config_parse(span_str(text), &c, &notes);
	assert_non_null(f);
	out[0] = '\0';
	show_lines(f, "kernel", &c.kernel);
	show_lines(f, "initramfs", &c.initramfs);
	show_lines(f, "cmdline", &c.cmdline);
	show_lines(f, "include", &c.include);
	fprintf(f, "%s%s%s%s%s", c.auto_initramfs ? " auto" : "", c.prefix[0] ? " prefix=" : "",
		c.prefix, c.overlay_prefix[0] ? " overlays=" : "", c.overlay_prefix);
	for (unsigned int i = 0; i < notes.n; i++)
		fprintf(f, "; %s", notes.text[i]);
	assert_int_equal(fclose(f), 0);
	return out;
}

static void test_lines(void **state)
{
	(void)state;
	assert_string_equal(config(""), "");
	assert_string_equal(config("\n#kernel=a\n  # x\ndtoverlay=vc4\ngpu_mem=16\nstart_x\n"), "");
	assert_string_equal(config("kernel=vmlinuz-6.1"), "kernel@:all=vmlinuz-6.1");
	assert_string_equal(config(" kernel = a \r\n[all]\r\nkernel=b\r\n"), "kernel@:all=b");
	assert_string_equal(
		config("initramfs initrd.img followkernel\n"), "initramfs@:all=initrd.img");
	assert_string_equal(config("initramfs\ta,b  0x01000000\n"), "initramfs@:all=a,b");
	assert_string_equal(config("ramfsfile=a\nauto_initramfs=1\n"), "initramfs@:all=a auto");
	assert_string_equal(config("auto_initramfs=1\nauto_initramfs=0\n"), "");
	assert_string_equal(config("initramfs\ninclude\nkernel\n"), "");
	assert_string_equal(config("include syscfg.txt\ninclude usercfg.txt\ncmdline=nobt.txt\n"),
		"cmdline@:all=nobt.txt include:=syscfg.txt include:=usercfg.txt");
	assert_string_equal(
		config("os_prefix=current/\noverlay_prefix=o/\n"), " prefix=current/ overlays=o/");
	assert_string_equal(config("os_prefix=current/\nos_prefix=\n"), "");
}

static void test_sections(void **state)
{
	(void)state;
	assert_string_equal(config("[pi4]\nkernel=a\n[pi5]\nkernel=b\n[pi4]\nkernel=c\n"),
		"kernel@:pi4=c kernel@:pi5=b");
	assert_string_equal(config("[tryboot]\nos_prefix=new/\n[none]\nkernel=x\n[all]\nkernel=b"),
		"kernel@:all=b");
	assert_string_equal(config("[0123456789012345678901234567890]\nkernel=a\n"),
		"kernel@:0123456789012345678901234567890=a");
	assert_string_equal(
		config("[01234567890123456789012345678901]\nkernel=a\n"), "kernel@:?=a");
	assert_string_equal(config("[\nkernel=a\n"), "kernel@:?=a");
}

static void test_value(void **state)
{
	struct boot_config c = {.auto_initramfs = false};

	(void)state;
	assert_null(boot_config_value(&c.kernel, "all"));
	boot_config_parse(span_str("kernel=a\n[pi4]\nkernel=b\n"), &c, &notes);
	assert_string_equal(boot_config_value(&c.kernel, "all"), "a");
	assert_string_equal(boot_config_value(&c.kernel, "pi4"), "b");
	assert_string_equal(boot_config_value(&c.kernel, "pi5"), "a");
}

#define CANNOT ", which cannot be a file of the boot directory"

static void test_names_refused(void **state)
{
	static const char *const bad[] = {"../a", "a/../b", ".", "..", "a//b", "a/", "", "/", "a b",
		"./a", "a\x7f", "a\xc3\xa4"};
	char text[400], name[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "kernel=%s\n", bad[i]);
		assert_non_null(strstr(config(text), "; config.txt: kernel names \""));
		assert_non_null(strstr(config(text), CANNOT));
		assert_null(strstr(config(text), "kernel@"));
	}
	assert_string_equal(config("kernel=/boot/a"), "kernel@:all=boot/a");
	assert_string_equal(config("initramfs a,,b"), "; config.txt: initramfs names \"\"" CANNOT);
	assert_string_equal(
		config("initramfs a,../b"), "; config.txt: initramfs names \"../b\"" CANNOT);
	assert_string_equal(
		config("os_prefix=v6-"), "; config.txt: os_prefix names \"v6-\"" CANNOT);
	assert_string_equal(
		config("os_prefix=../"), "; config.txt: os_prefix names \"../\"" CANNOT);
	memset(name, 'a', sizeof(name));
	name[BOOT_CONFIG_NAME_SIZE - 1] = '\0';
	(void)snprintf(text, sizeof(text), "kernel=%s", name);
	assert_null(strstr(config(text), ";"));
	(void)snprintf(text, sizeof(text), "kernel=%sa", name);
	assert_non_null(strstr(config(text), CANNOT));
}

static void test_too_many(void **state)
{
	char text[1024];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < BOOT_CONFIG_LINES; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[pi%d]\nkernel=k%d\n", i, i);
	assert_null(strstr(config(text), ";"));
	(void)snprintf(text + n, sizeof(text) - n, "[pi99]\nkernel=k99\n");
	assert_non_null(strstr(config(text), "more than 8 lines with kernel"));
	assert_null(strstr(config(text), "k99"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_names_refused),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as what a sync reads: the first byte chooses config.txt, the archives of an initramfs, a
 * cmdline.txt (the part before the first NUL is what the machine was booted with), or the image of
 * a kernel.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpio.h"
#include "source/boot_config.h"
#include "source/cmdline_keep.h"
#include "source/initramfs.h"
#include "source/kernel_image.h"

#define NAME "g000001-6.1"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const struct boot_config_lines *lines)
{
	for (unsigned int i = 0; i < lines->n; i++)
		if (!lines->at[i].value[0] || strstr(lines->at[i].value, "/../") ||
			strncmp(lines->at[i].value, "../", 3) == 0)
			__builtin_trap(); /* a name that leads out of the boot directory */
}

static void config(struct span in)
{
	struct boot_config c = {.auto_initramfs = false};
	struct notes notes = {.n = 0};

	boot_config_parse(in, &c, &notes);
	check_lines(&c.kernel);
	check_lines(&c.initramfs);
	check_lines(&c.cmdline);
	check_lines(&c.include);
}

static void take_name(void *ctx, const char *name)
{
	if (strlen(name) >= CPIO_NAME_SIZE)
		__builtin_trap();
	initramfs_take(ctx, name);
}

static void list(struct span in)
{
	struct initramfs l = {.n_wanted = 1, .wanted = {"e1000"}};
	struct cpio c = {.take = take_name, .ctx = &l};
	size_t used;
	int r = cpio_feed(&c, in, &used);

	if (used > in.len || (r == 0 && used < in.len))
		__builtin_trap(); /* it takes all of it, or says why not */
}

static bool no_root(const void *ctx, struct span value)
{
	(void)ctx;
	(void)value;
	return false;
}

static void cmdline(struct span in)
{
	static const struct cmdline_keep_facts facts = {.has_root = no_root};
	char out[8192], again[8192], names[CMDLINE_KEEP_NAMES_SIZE];
	struct span booted = span_cut(&in, '\0');

	if (cmdline_keep(booted, in, &facts, out, sizeof(out), names, NULL) > 0 &&
		cmdline_keep(booted, span_str(out), &facts, again, sizeof(again), names, NULL) != 0)
		__builtin_trap(); /* what was put back is there */
	if (cmdline_for_generation(in, NAME, out, sizeof(out), NULL) == 0 &&
		(cmdline_for_generation(span_str(out), NAME, again, sizeof(again), NULL) < 0 ||
			strcmp(out, again) != 0))
		__builtin_trap(); /* the same again changes nothing */
}

static void kernel(struct span in)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	char version[KERNEL_IMAGE_VERSION_SIZE];
	struct err err = {.code = 0};

	if (fd < 0 || write(fd, in.p, in.len) != (ssize_t)in.len)
		__builtin_trap();
	if (kernel_image_version(fd, clock_now_ms() + 5000, version, &err) < 0 && err.code >= 0)
		__builtin_trap(); /* a refusal has a reason */
	(void)close(fd); /* only memory */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const take[])(struct span in) = {config, list, cmdline, kernel};

	if (size < 1 || size > (1u << 20) || (data[0] % 4 < 3 && size > 8000))
		return 0;
	take[data[0] % 4](span_of(data + 1, size - 1));
	return 0;
}

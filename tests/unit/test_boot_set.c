/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/boot_set: what is taken of a made-up root and boot directory, in both layouts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "source/boot_set.h"

/* A directory with the root in root/ and the boot directory in boot/. */
struct rig {
	char dir[32], root[64];
	int boot_dirfd;
	const char *running, *config; /* config NULL: link layout */
	struct boot_set set;
	struct err err;
};

/* Makes DIR/NAME with @text; the parents, too. */
static void put(struct rig *r, const char *name, const char *text)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	*strrchr(path, '/') = '\0';
	assert_int_equal(fs_mkdirs(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void drop(struct rig *r, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	assert_int_equal(unlink(path), 0);
}

static void put_link(struct rig *r, const char *name, const char *target)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	(void)unlink(path); /* an older one */
	assert_int_equal(symlink(target, path), 0);
}

static void put_modules(struct rig *r, const char *version)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "root/lib/modules/%s/modules.dep", version);
	put(r, name, "");
}

/* A kernel of these tests is its version. */
static int version_of(int fd, char ret[BOOT_VERSION_SIZE], struct err *reterr)
{
	ssize_t n = read(fd, ret, BOOT_VERSION_SIZE - 1);

	assert_true(n >= 0);
	ret[n] = '\0';
	if (n == 0)
		return err_set(reterr, -EBADMSG, "it is no Linux kernel");
	if (ret[0] == '?')
		return err_set(reterr, -ENODATA, "no version can be found in it");
	return 0;
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	char path[64];

	assert_non_null(r);
	strcpy(r->dir, "/tmp/pinet-boot.XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	(void)snprintf(r->root, sizeof(r->root), "%s/root", r->dir);
	put(r, "boot/other", "");
	put(r, "root/etc/hostname", "");
	(void)snprintf(path, sizeof(path), "%s/boot", r->dir);
	r->boot_dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(r->boot_dirfd >= 0);
	r->running = "";
	*state = r;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct rig *r = *state;

	assert_int_equal(nftw(r->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(close(r->boot_dirfd), 0);
	boot_set_done(&r->set);
	free(r);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct boot_file *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* The set as one string: version, then "path" or "path<source" where they differ. */
static const char *show(struct rig *r)
{
	static char out[8192];
	const struct boot_file *order[64];
	size_t n = 0, at = (size_t)snprintf(out, sizeof(out), "%s:", r->set.version);

	for (size_t i = 0; i < r->set.n; i++)
		if (r->set.file[i].chosen)
			order[n++] = &r->set.file[i];
	qsort(order, n, sizeof(order[0]), compare);
	for (size_t i = 0; i < n; i++) {
		const char *source = order[i]->source;

		if (strncmp(source, r->dir, strlen(r->dir)) == 0)
			source += strlen(r->dir) + 5; /* "/root" */
		at += (size_t)snprintf(out + at, sizeof(out) - at, " %s", order[i]->path);
		if (strcmp(source, order[i]->path) != 0)
			at += (size_t)snprintf(out + at, sizeof(out) - at, "<%s", source);
	}
	for (unsigned int i = 0; i < r->set.notes.n; i++)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "; %s", r->set.notes.text[i]);
	return out;
}

static struct boot_place place_of(const struct rig *r)
{
	return (struct boot_place){.boot_dirfd = r->boot_dirfd,
		.root = r->root,
		.running = r->running,
		.config = r->config ? span_str(r->config) : SPAN_NONE};
}

/* The set that is found, or "ERRNO: sentence". */
static const char *find(struct rig *r)
{
	struct boot_place place = place_of(r);
	static char out[1024];
	char *at;
	int code;

	boot_set_done(&r->set);
	memset(&r->set, 0, sizeof(r->set));
	r->err.code = 0;
	code = boot_set_look(&place, &r->set, &r->err);
	if (code == 0)
		code = boot_set_choose(&place, &r->set, version_of, &r->err);
	if (code == 0)
		return show(r);
	assert_int_equal(code, r->err.code);
	(void)snprintf(out, sizeof(out), "%s: %s", strerrorname_np(-code), r->err.text);
	at = strstr(out, r->dir);
	if (at)
		memmove(at, at + strlen(r->dir), strlen(at + strlen(r->dir)) + 1);
	return out;
}

static void put_debian(struct rig *r, const char *version)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "root/boot/vmlinuz-%s", version);
	put(r, name, version);
	(void)snprintf(name, sizeof(name), "root/boot/initrd.img-%s", version);
	put(r, name, "initrd");
	put_modules(r, version);
}

#define LINK_SET(v) v ": initrd.img</boot/initrd.img-" v " vmlinuz</boot/vmlinuz-" v

static void test_link(void **state)
{
	struct rig *r = *state;

	assert_string_equal(find(r), "ESTALE: there is no kernel /root/boot/vmlinuz-*");
	put_debian(r, "6.1.0-9-amd64");
	assert_string_equal(find(r), LINK_SET("6.1.0-9-amd64"));
	put_debian(r, "6.1.0-10-amd64");
	assert_string_equal(find(r), LINK_SET("6.1.0-10-amd64"));
	/* a link says it better, wherever its root once was */
	put_link(r, "root/boot/vmlinuz", "/boot/vmlinuz-6.1.0-9-amd64");
	assert_string_equal(find(r), LINK_SET("6.1.0-9-amd64"));
	put_link(r, "root/vmlinuz", "boot/vmlinuz-6.1.0-10-amd64");
	assert_string_equal(find(r), LINK_SET("6.1.0-10-amd64"));
	/* a kernel whose initramfs is still to come: the one before */
	put(r, "root/boot/vmlinuz-6.1.0-11-amd64", "6.1.0-11-amd64");
	put_modules(r, "6.1.0-11-amd64");
	put_link(r, "root/vmlinuz", "boot/vmlinuz-6.1.0-11-amd64");
	assert_string_equal(find(r), LINK_SET("6.1.0-9-amd64"));
	drop(r, "root/boot/vmlinuz");
	assert_string_equal(find(r), LINK_SET("6.1.0-10-amd64"));
	put_link(r, "root/vmlinuz", "somewhere/else");
	assert_string_equal(find(r), LINK_SET("6.1.0-10-amd64"));
}

static void test_link_incomplete(void **state)
{
	struct rig *r = *state;

	put_debian(r, "6.1");
	drop(r, "root/lib/modules/6.1/modules.dep");
	assert_string_equal(
		find(r), "ESTALE: the kernel 6.1 is not complete: its modules are missing");
	put_modules(r, "6.1");
	drop(r, "root/boot/initrd.img-6.1");
	assert_string_equal(
		find(r), "ESTALE: the kernel 6.1 is not complete: its initramfs is missing");
	put_link(r, "root/boot/initrd.img-6.1", "vmlinuz-6.1");
	assert_string_equal(
		find(r), "ESTALE: the kernel 6.1 is not complete: its initramfs is missing");
	put_link(r, "root/vmlinuz", "boot/vmlinuz-5.10");
	assert_string_equal(
		find(r), "ESTALE: the kernel 5.10 is not complete: its image is missing");
}

static void test_link_contents(void **state)
{
	struct rig *r = *state;

	put_debian(r, "6.1");
	put(r, "root/boot/vmlinuz-6.1", "6.2");
	assert_string_equal(find(r),
		"ESTALE: /root/boot/vmlinuz-6.1 is the kernel 6.2: install the "
		"package of its kernel again");
	put(r, "root/boot/vmlinuz-6.1", "");
	assert_string_equal(find(r), "EBADMSG: /root/boot/vmlinuz-6.1: it is no Linux kernel");
	put(r, "root/boot/vmlinuz-6.1", "?");
	assert_non_null(strstr(find(r), LINK_SET("6.1") "; "));
	assert_non_null(strstr(find(r), "its version is taken from its name"));
	/* a root without any modules has a kernel that needs none */
	put(r, "root/boot/vmlinuz-6.1", "6.1");
	assert_int_equal(nftw(r->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	put(r, "root/boot/vmlinuz-6.1", "6.1");
	put(r, "root/boot/initrd.img-6.1", "");
	assert_string_equal(find(r), LINK_SET("6.1"));
}

static void test_link_trees(void **state)
{
	struct rig *r = *state;

	put_debian(r, "6.1");
	put(r, "boot/cmdline.txt", "root=a");
	put(r, "root/usr/lib/linux-image-6.1/broadcom/bcm2711.dtb", "d");
	put(r, "root/usr/lib/linux-image-6.1/overlays/a.dtbo", "o");
	put(r, "root/usr/lib/linux-image-6.1/README", "no");
	put(r, "root/usr/lib/linux-image-6.1/a/b/c.dtb", "d");
	put(r, "root/usr/lib/linux-image-6.1/a/b/c/d.dtb", "too deep");
	put(r, "root/usr/lib/linux-image-6.2/a.dtb", "no");
	assert_string_equal(find(r),
		"6.1: cmdline.txt dtb/a/b/c.dtb</usr/lib/linux-image-6.1/a/b/c.dtb"
		" dtb/broadcom/bcm2711.dtb</usr/lib/linux-image-6.1/broadcom/bcm2711.dtb"
		" dtb/overlays/a.dtbo</usr/lib/linux-image-6.1/overlays/a.dtbo"
		" initrd.img</boot/initrd.img-6.1 vmlinuz</boot/vmlinuz-6.1");
	assert_int_equal(r->set.n_kernels, 1);
	assert_false(r->set.raspi);
}

static void put_raspi(struct rig *r, const char *suffix, const char *version)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "boot/kernel%s.img", suffix);
	put(r, name, version);
	(void)snprintf(name, sizeof(name), "boot/initramfs%s", suffix);
	put(r, name, "initramfs");
	put_modules(r, version);
}

static void put_pi(struct rig *r)
{
	put(r, "boot/cmdline.txt", "root=a");
	put(r, "boot/bcm2711-rpi-4-b.dtb", "d");
	put(r, "boot/overlays/README", "r");
	put(r, "boot/overlays/vc4.dtbo", "o");
	r->config = "auto_initramfs=1\n";
}

#define PI "bcm2711-rpi-4-b.dtb cmdline.txt"
#define OV "overlays/README overlays/vc4.dtbo"

static void test_raspi_defaults(void **state)
{
	struct rig *r = *state;

	put_pi(r);
	assert_non_null(strstr(find(r), "ESTALE: there is no kernel in the boot directory"));
	put_raspi(r, "8", "6.12.25+rpt-rpi-v8");
	assert_string_equal(find(r), "6.12.25+rpt-rpi-v8: " PI " initramfs8 kernel8.img " OV);
	put_raspi(r, "_2712", "6.12.25+rpt-rpi-2712");
	assert_string_equal(find(r), "6.12.25+rpt-rpi-2712: " PI
				     " initramfs8 initramfs_2712 kernel8.img kernel_2712.img " OV);
	r->running = "6.6.1+rpt-rpi-v8";
	assert_string_equal(find(r), "6.12.25+rpt-rpi-v8: " PI
				     " initramfs8 initramfs_2712 kernel8.img kernel_2712.img " OV);
	assert_int_equal(r->set.n_kernels, 2);
	/* firmware that is not told to load an initramfs: only the one that the block can name */
	r->config = "";
	assert_non_null(strstr(find(r), "6.12.25+rpt-rpi-v8: " PI " initramfs8 kernel8.img " OV
					"; kernel_2712.img is left out: config.txt loads no"));
	/* another board's may be half there */
	r->config = "auto_initramfs=1\n";
	drop(r, "boot/initramfs_2712");
	assert_string_equal(find(r), "6.12.25+rpt-rpi-v8: " PI " initramfs8 kernel8.img " OV
				     "; left out: initramfs_2712, the initramfs of "
				     "kernel_2712.img, is missing");
	/* but not this one's */
	r->running = "6.6.1+rpt-rpi-2712";
	assert_string_equal(
		find(r), "ESTALE: initramfs_2712, the initramfs of kernel_2712.img, is missing");
	r->running = "";
	assert_non_null(strstr(find(r), "6.12.25+rpt-rpi-v8: " PI " initramfs8 kernel8.img "));
	/* nor one that may be this one's */
	r->running = "6.6.1-custom";
	assert_string_equal(
		find(r), "ESTALE: initramfs_2712, the initramfs of kernel_2712.img, is missing");
	r->running = "6.6.1+rpt-rpi-v8";
	put(r, "boot/kernel8.img", "");
	put(r, "boot/initramfs_2712", "");
	assert_string_equal(find(r), "EBADMSG: kernel8.img: it is no Linux kernel");
}

static void test_raspi_drift(void **state)
{
	struct rig *r = *state;

	put_pi(r);
	put_raspi(r, "8", "6.12.25+rpt-rpi-v8");
	put(r, "boot/kernel8.img", "6.12.26+rpt-rpi-v8");
	assert_string_equal(find(r), "ESTALE: kernel8.img is the kernel 6.12.26+rpt-rpi-v8, for "
				     "which the root has no modules");
	put_modules(r, "6.12.26+rpt-rpi-v8");
	drop(r, "boot/cmdline.txt");
	assert_string_equal(find(r), "ESTALE: the kernel command line, cmdline.txt, is missing");
	put(r, "boot/cmdline.txt", "");
	drop(r, "boot/bcm2711-rpi-4-b.dtb");
	assert_non_null(strstr(find(r), "ESTALE: there is no device tree (*.dtb)"));
}

static void test_raspi_named(void **state)
{
	struct rig *r = *state;

	put_pi(r);
	put_raspi(r, "8", "6.12-rpi-v8");
	put(r, "boot/vmlinuz-6.1", "6.1");
	put_modules(r, "6.1");
	r->config = "kernel=vmlinuz-6.1\ninitramfs initrd.img-6.1 followkernel\n";
	assert_string_equal(
		find(r), "ESTALE: initrd.img-6.1, the initramfs of vmlinuz-6.1, is missing");
	put(r, "boot/initrd.img-6.1", "");
	assert_string_equal(find(r), "6.1: " PI " initrd.img-6.1 " OV " vmlinuz-6.1");
	r->config = "kernel=vmlinuz-6.1\n";
	assert_string_equal(find(r),
		"EINVAL: config.txt names the kernel vmlinuz-6.1, but no initramfs for it");
	r->config = "kernel=vmlinuz-6.2\ninitramfs initrd.img-6.1\n";
	assert_string_equal(
		find(r), "ESTALE: config.txt names the kernel vmlinuz-6.2, which is missing");
	/* by an included file; by several sections; an initramfs in two parts, one shared */
	put(r, "boot/usercfg.txt", "kernel=vmlinuz-6.1\ninitramfs initrd.img-6.1,initramfs8 0\n");
	r->config = "include usercfg.txt\ninclude absent.txt\n";
	assert_string_equal(find(r), "6.1: " PI " initramfs8 initrd.img-6.1 " OV " vmlinuz-6.1");
	assert_int_equal(r->set.kernel[0].n_mates, 2);
	r->config = "initramfs initrd.img-6.1\n[pi4]\nkernel=kernel8.img\n[pi5]\nkernel=vmlinuz-6.1"
		    "\n[pi3]\nkernel=kernel8.img\ncmdline=nobt.txt";
	put(r, "boot/nobt.txt", "");
	assert_string_equal(find(r), "6.12-rpi-v8: bcm2711-rpi-4-b.dtb initrd.img-6.1 kernel8.img "
				     "nobt.txt " OV " vmlinuz-6.1");
	assert_int_equal(r->set.n_kernels, 2);
	assert_int_equal(r->set.kernel[0].mate[0], r->set.kernel[1].mate[0]);
}

static void test_raspi_prefix(void **state)
{
	struct rig *r = *state;

	put_pi(r);
	put(r, "boot/current/vmlinuz", "6.8");
	put(r, "boot/current/initrd.img", "");
	put(r, "boot/current/cmdline.txt", "");
	put(r, "boot/current/bcm.dtb", "");
	put_modules(r, "6.8");
	r->config = "[all]\nkernel=vmlinuz\ninitramfs initrd.img followkernel\nos_prefix=current/\n"
		    "[tryboot]\nos_prefix=new/\n";
	assert_string_equal(find(r),
		"6.8: bcm.dtb<current/bcm.dtb cmdline.txt<current/cmdline.txt "
		"initrd.img<current/initrd.img " OV " vmlinuz<current/vmlinuz");
	put(r, "boot/current/overlays/README", "");
	assert_string_equal(find(r),
		"6.8: bcm.dtb<current/bcm.dtb cmdline.txt<current/cmdline.txt "
		"initrd.img<current/initrd.img overlays/README<current/overlays/README "
		"vmlinuz<current/vmlinuz");
}

static void test_raspi_links(void **state)
{
	struct rig *r = *state;

	put_pi(r);
	put_raspi(r, "8", "6.12-v8");
	put(r, "boot/sub/real", "6.12-v8");
	drop(r, "boot/kernel8.img");
	put_link(r, "boot/sub/next", "real");
	put_link(r, "boot/kernel8.img", "sub/next");
	assert_string_equal(find(r), "6.12-v8: " PI " initramfs8 kernel8.img<sub/real " OV);
	put_link(r, "boot/kernel8.img", "../boot/sub/real");
	assert_non_null(strstr(find(r), "ESTALE: there is no kernel in the boot directory"));
	put_link(r, "boot/kernel8.img", "/etc/passwd");
	assert_non_null(strstr(find(r), "ESTALE: there is no kernel in the boot directory"));
	put_link(r, "boot/kernel8.img", "kernel8.img");
	assert_non_null(strstr(find(r), "ESTALE: there is no kernel in the boot directory"));
	put_link(r, "boot/kernel8.img", "overlays");
	assert_non_null(strstr(find(r), "ESTALE: there is no kernel in the boot directory"));
}

static void test_drop(void **state)
{
	struct rig *r = *state;

	put_pi(r);
	put_raspi(r, "8", "6.12-v8");
	put_raspi(r, "7", "6.12-v7");
	r->running = "6.1-v8";
	assert_string_equal(
		find(r), "6.12-v8: " PI " initramfs7 initramfs8 kernel7.img kernel8.img " OV);
	assert_int_equal(boot_set_drop(&r->set, 0, "x"), -EINVAL);
	assert_int_equal(boot_set_drop(&r->set, 1, "it is old"), 0);
	assert_string_equal(show(r), "6.12-v8: " PI " initramfs8 kernel8.img " OV
				     "; kernel7.img is left out: it is old");
	assert_int_equal(boot_set_drop(&r->set, 0, "x"), -EINVAL);
}

static void test_flavour(void **state)
{
	(void)state;
	assert_string_equal(boot_set_flavour("6.12.25+rpt-rpi-v8"), "v8");
	assert_string_equal(boot_set_flavour("6.1.0-50-amd64"), "amd64");
	assert_string_equal(boot_set_flavour("5.15.84-v8+"), "v8+");
	assert_string_equal(boot_set_flavour("6.1.21+"), "+");
	assert_string_equal(boot_set_flavour("6.1"), "");
	assert_string_equal(boot_set_flavour(""), "");
}

/* What the choice depends on is listed, so that a change of it is seen. */
static void test_inputs(void **state)
{
	struct rig *r = *state;
	unsigned int n = 0;

	put_debian(r, "6.1");
	put_link(r, "root/vmlinuz", "boot/vmlinuz-6.1");
	(void)find(r);
	for (size_t i = 0; i < r->set.n; i++)
		if (r->set.file[i].role == BOOT_INPUT && !r->set.file[i].chosen)
			n++;
	assert_int_equal(n, 3); /* the link, boot/, lib/modules/ */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_link),
		TEST(test_link_incomplete),
		TEST(test_link_contents),
		TEST(test_link_trees),
		TEST(test_raspi_defaults),
		TEST(test_raspi_drift),
		TEST(test_raspi_named),
		TEST(test_raspi_prefix),
		TEST(test_raspi_links),
		TEST(test_drop),
		TEST(test_flavour),
		TEST(test_inputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

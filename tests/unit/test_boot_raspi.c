/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/boot_raspi: what is taken of a made-up boot directory with a config.txt.
 */
#include "boot_fixture.h"

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

/* What is behind a link to a directory may be anything that the root of this machine can read. */
static void test_raspi_directory_links(void **state)
{
	static const char sentence[] =
		": it is, or lies behind, a symbolic link to a directory, "
		"which may lead out of the boot directory: a directory has to be there";
	struct rig *r = *state;
	char expected[300];

	put_pi(r);
	put_raspi(r, "8", "6.12-v8");
	put(r, "secret/chap.conf", "password=x");
	put(r, "secret/README", "");
	put_link(r, "boot/x", "../secret");
	r->config = "auto_initramfs=1\noverlay_prefix=x/\n";
	(void)snprintf(expected, sizeof(expected), "ENOTDIR: x/%s", sentence);
	assert_string_equal(find(r), expected);
	r->config = "auto_initramfs=1\ncmdline=x/chap.conf\n";
	(void)snprintf(expected, sizeof(expected), "ENOTDIR: x/chap.conf%s", sentence);
	assert_string_equal(find(r), expected);
	/* and behind a link to a file there */
	r->config = "auto_initramfs=1\n";
	put_link(r, "boot/overlays/chap.conf", "link/chap.conf");
	put_link(r, "boot/overlays/link", "../../secret");
	assert_string_equal(find(r), "6.12-v8: " PI " initramfs8 kernel8.img " OV);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_raspi_defaults),
		TEST(test_raspi_drift),
		TEST(test_raspi_named),
		TEST(test_raspi_prefix),
		TEST(test_raspi_links),
		TEST(test_raspi_directory_links),
		TEST(test_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

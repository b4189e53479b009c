/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/boot_set: what is taken of a made-up root in the link layout.
 */
#include "boot_fixture.h"

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
	const struct CMUnitTest tests[] = {
		TEST(test_link),
		TEST(test_link_incomplete),
		TEST(test_link_contents),
		TEST(test_link_trees),
		TEST(test_flavour),
		TEST(test_inputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

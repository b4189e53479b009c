/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/stage and stage_copy: what an older generation has already is linked to, and not written again.
 */
#include "store_tree.h"

/* Whether file @path of generation 2 is the one of generation 1. */
static bool shared(const char *path)
{
	char one[128], two[128];

	(void)snprintf(one, sizeof(one), "pinet/g000001-6/%s", path);
	(void)snprintf(two, sizeof(two), "pinet/.new-g000002-6/%s", path);
	return ino_of(one) == ino_of(two);
}

static void test_link(void **state)
{
	struct stage s = {.begun = false};
	struct stage_result res;
	struct err err;

	(void)state;
	make_generation(1, "one");
	put("top", "an initramfs");
	put("same-size", "AN INITRAMFS");
	assert_int_equal(begin_second(&s, &err), 0);
	stage_text(&s, MANIFEST_KERNEL, "vmlinuz", "one");
	assert_true(shared("vmlinuz"));
	assert_int_equal(stage_source(&s, "initrd.img", "top", &res, &err), 0);
	assert_true(res.linked);
	assert_int_equal(res.source.st_ino, ino_of("top"));
	assert_true(shared("initrd.img"));
	assert_int_not_equal(ino_of("top"), ino_of("pinet/g000001-6/initrd.img"));
	assert_int_equal(stage_source(&s, "other", "same-size", &res, &err), 0);
	assert_false(res.linked);
	stage_text(&s, MANIFEST_DTB, "elsewhere/b.dtb", "a device tree");
	assert_int_equal(ino_of("pinet/.new-g000002-6/elsewhere/b.dtb"),
		ino_of("pinet/g000001-6/dtb/broadcom/a.dtb"));
	assert_int_equal(s.n_linked, 3);
	assert_int_equal(s.n_written, 1);
	assert_int_equal(s.bytes_written, 12);
	for (size_t i = 0; i < s.manifest.n; i++)
		assert_int_equal(stage_verify(&s, i, &err), 0);
	assert_int_equal(stage_commit(&s, &err), 0);
	assert_string_equal(get("pinet/g000002-6/other"), "AN INITRAMFS");
	end_stage(&s);
}

/* Servers without hard links, and those that lose an answer. */
static void test_link_refused(void **state)
{
	static const int errors[] = {EPERM, EMLINK, EOPNOTSUPP, EXDEV, EACCES, ENOENT};
	struct stage s = {.begun = false};
	struct stage_item item = {.path = "vmlinuz", .text = "one"};
	struct err err;

	(void)state;
	make_generation(1, "one");
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		assert_int_equal(begin_second(&s, &err), 0);
		fault.link_errno = errors[i];
		stage_text(&s, MANIFEST_KERNEL, "vmlinuz", "one");
		assert_false(shared("vmlinuz"));
		assert_int_equal(s.n_written, 1);
		assert_int_equal(stage_verify(&s, 0, &err), 0);
		end_stage(&s);
	}
	assert_int_equal(begin_second(&s, &err), 0);
	fault.link_errno = ENOSPC;
	assert_int_equal(stage_file(&s, &item, NULL, &err), -ENOSPC);
	assert_string_equal(err.text,
		"cannot link vmlinuz on the boot server: No space left on device; the boot "
		"server's disk has to get some room");
	fault.link_errno = 0;
	fault.link_lost = true;
	assert_int_equal(stage_file(&s, &item, NULL, &err), 0);
	assert_true(shared("vmlinuz"));
	assert_int_equal(s.n_linked, 1);
	end_stage(&s);
}

/* What does not have the size that its manifest says, or that the TFTP server cannot read. */
static void test_link_damaged(void **state)
{
	struct stage s = {.begun = false};
	struct err err;

	(void)state;
	make_generation(1, "one");
	put("pinet/g000001-6/vmlinuz", "longer");
	assert_int_equal(chmod("pinet/g000001-6/initrd.img", 0600), 0);
	unlink("pinet/g000001-6/dtb/broadcom/a.dtb");
	assert_int_equal(symlink("b.dtb", "pinet/g000001-6/dtb/broadcom/a.dtb"), 0);
	assert_int_equal(begin_second(&s, &err), 0);
	stage_text(&s, MANIFEST_KERNEL, "vmlinuz", "one");
	stage_text(&s, MANIFEST_INITRAMFS, "initrd.img", "an initramfs");
	stage_text(&s, MANIFEST_DTB, "dtb/a.dtb", "a device tree");
	assert_int_equal(s.n_written, 3);
	for (size_t i = 0; i < s.manifest.n; i++)
		assert_int_equal(stage_verify(&s, i, &err), 0);
	assert_int_equal(mode_of("pinet/.new-g000002-6/initrd.img"), 0644);
	end_stage(&s);
}

static void set_mtime(const char *path, time_t s, long ns)
{
	const struct timespec times[2] = {{0, UTIME_OMIT}, {s, ns}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* What is linked was read back for the generation that it is of, and is again if it was written since. */
static void test_link_written_since(void **state)
{
	static const struct {
		time_t s;
		long ns;
		int verdict;
	} written[] = {{999, 999999999, 0}, {1000, 4, 0}, {1000, 5, -EBADMSG}, {1000, 6, -EBADMSG},
		{1001, 0, -EBADMSG}};
	struct stage s = {.begun = false};
	struct err err;

	(void)state;
	make_generation(1, "one");
	put("pinet/g000001-6/vmlinuz", "ONE");
	set_mtime("pinet/g000001-6/manifest", 1000, 5);
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		set_mtime("pinet/g000001-6/vmlinuz", written[i].s, written[i].ns);
		assert_int_equal(begin_second(&s, &err), 0);
		stage_text(&s, MANIFEST_KERNEL, "vmlinuz", "one");
		assert_int_equal(s.n_linked, 1);
		assert_int_equal(stage_verify(&s, 0, &err), written[i].verdict);
		end_stage(&s);
	}
}

/* A source that a stamp knows is not read when its file is there; and only then. */
static void test_known(void **state)
{
	struct stage s = {.begun = false};
	struct sha256 digest;
	struct stage_item item = {
		.path = "vmlinuz", .source = "source", .known_digest = &digest, .known_size = 3};
	struct stage_result res;
	struct err err;

	(void)state;
	item.dirfd = dir_fd(".");
	make_generation(1, "one");
	put("source", "ONE");
	sha256_of(span_str("one"), &digest);
	assert_int_equal(begin_second(&s, &err), 0);
	assert_int_equal(stage_file(&s, &item, &res, &err), 0);
	assert_true(res.linked);
	assert_true(shared("vmlinuz"));
	assert_int_equal(res.source.st_ino, ino_of("source"));
	item.path = "absent";
	item.source = "absent";
	assert_int_equal(stage_file(&s, &item, &res, &err), -ENOENT);
	item.path = "other";
	item.source = "source";
	put("source", "longer");
	assert_int_equal(stage_file(&s, &item, &res, &err), 0);
	assert_false(res.linked);
	item.path = "third";
	put("source", "two");
	sha256_of(span_str("TWO"), &digest);
	assert_int_equal(stage_file(&s, &item, &res, &err), 0);
	assert_false(res.linked);
	for (size_t i = 0; i < s.manifest.n; i++)
		assert_int_equal(stage_verify(&s, i, &err), 0);
	assert_string_equal(get("pinet/.new-g000002-6/third"), "two");
	end_stage(&s);
	close(item.dirfd);
}

/* Only the newest few of the older ones are looked at, and those that are damaged passed over. */
static void test_older(void **state)
{
	struct stage s = {.begun = false};
	struct manifest meta = meta_of(20);
	int before = open_files();
	struct err err;

	(void)state;
	for (uint32_t i = 1; i <= 8; i++)
		make_generation(i, "text");
	put("pinet/g000007-6/manifest", "damaged");
	assert_int_equal(begin_stage(&s, &meta, &err), 0);
	assert_int_equal(s.n_older, STAGE_OLDER);
	assert_string_equal(s.older[0].manifest.generation, "g000008-6");
	assert_string_equal(s.older[1].manifest.generation, "g000006-6");
	assert_string_equal(s.older[3].manifest.generation, "g000004-6");
	end_stage(&s);
	assert_int_equal(open_files(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(test_link),
		in_directory(test_link_refused),
		in_directory(test_link_damaged),
		in_directory(test_link_written_since),
		in_directory(test_known),
		in_directory(test_older),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

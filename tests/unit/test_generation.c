/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/generation: which there are, what is in them, and which may go.
 */
#include <sys/statvfs.h>

#include "store_tree.h"

/* What the server says of its room, if it is made up. */
static const struct statvfs *made_up_room;

int fstatvfs(int fd, struct statvfs *ret)
{
	(void)fd;
	assert_non_null(made_up_room);
	*ret = *made_up_room;
	return 0;
}

/* The numbers of the generations, and how many leftovers there are. */
static const char *listed(void)
{
	static char out[2048];
	struct generation_list *list = calloc(1, sizeof(*list));
	int ours = ours_fd(), r;
	size_t at = 0;
	struct err err = {0};

	r = generation_list(ours, list, &err);
	close(ours);
	if (r < 0) {
		assert_int_equal(err.code, r);
		(void)snprintf(out, sizeof(out), "%s", err.text);
	} else {
		for (unsigned int i = 0; i < list->n; i++)
			at += (size_t)snprintf(out + at, sizeof(out) - at, "%s ", list->at[i].name);
		(void)snprintf(out + at, sizeof(out) - at, "+%u", list->leftovers);
	}
	free(list);
	return out;
}

static uint32_t next_number(void)
{
	struct generation_list *list = calloc(1, sizeof(*list));
	int ours = ours_fd();
	uint32_t n;
	struct err err;

	assert_int_equal(generation_list(ours, list, &err), 0);
	n = list->next;
	free(list);
	close(ours);
	return n;
}

static void test_list(void **state)
{
	(void)state;
	assert_string_equal(listed(), "+0");
	assert_int_equal(next_number(), 1);
	make_dir("pinet/g000010-6");
	make_dir("pinet/g000002-6.1");
	make_dir("pinet/g1000000-6");
	make_dir("pinet/other");
	put("pinet/lock", "");
	put("pinet/g000003-6", "a file");
	assert_int_equal(symlink("g000002-6.1", "pinet/g000004-6"), 0);
	assert_int_equal(symlink("g000002-6.1", "pinet/active"), 0);
	assert_string_equal(listed(), "g000002-6.1 g000010-6 g1000000-6 +0");
	assert_int_equal(next_number(), 1000001);
	make_dir("pinet/.new-g1000001-6");
	make_dir("pinet/.old-g1000007-6");
	put("pinet/.tmp-states-0", "");
	assert_string_equal(listed(), "g000002-6.1 g000010-6 g1000000-6 +3");
	assert_int_equal(next_number(), 1000008);
}

/* generation_list() of something that is no directory. */
static int open_list(const char *name)
{
	struct generation_list *list = calloc(1, sizeof(*list));
	int fd = open(name, O_RDONLY | O_CLOEXEC), r;
	struct err err;

	r = generation_list(fd, list, &err);
	assert_string_equal(err.text, "cannot read pinet/: Not a directory");
	free(list);
	close(fd);
	return r;
}

static void test_list_refused(void **state)
{
	char name[64];

	(void)state;
	make_dir("pinet");
	make_dir("pinet/g999999999-6");
	assert_int_equal(next_number(), NAME_NUMBER_MAX + 1);
	for (int i = 0; i < GENERATIONS; i++) {
		(void)snprintf(name, sizeof(name), "pinet/g%06d-6", i);
		make_dir(name);
	}
	assert_string_equal(listed(), "pinet/ has more than 256 generations");
	assert_int_equal(system("rm -r pinet/g*"), 0);
	for (int i = 0; i < 4096; i++) {
		(void)snprintf(name, sizeof(name), "pinet/%d", i);
		put(name, "");
	}
	assert_string_equal(listed(), "pinet/ has more than 4096 names");
	assert_int_equal(open_list("pinet/0"), -ENOTDIR);
}

static void test_list_changes(void **state)
{
	struct generation_list *list = calloc(1, sizeof(*list));
	char name[NAME_SIZE];
	struct err err;

	(void)state;
	/* There is no pinet/. */
	assert_int_equal(generation_list(-ENOENT, list, &err), 0);
	assert_int_equal(list->n, 0);
	assert_int_equal(list->next, 1);
	assert_int_equal(generation_add(list, "g000007-6"), 0);
	assert_int_equal(generation_add(list, "g000003-6"), 0);
	assert_int_equal(generation_add(list, "../x"), -EINVAL);
	assert_int_equal(list->n, 2);
	assert_int_equal(list->next, 8);
	assert_string_equal(list->at[0].name, "g000003-6");
	generation_gone(list, "g000003-7");
	assert_int_equal(list->n, 2);
	generation_gone(list, list->at[0].name);
	assert_int_equal(list->n, 1);
	assert_string_equal(list->at[0].name, "g000007-6");
	for (uint32_t i = 8; list->n < GENERATIONS; i++) {
		assert_int_equal(name_make(i, "6", name), 0);
		assert_int_equal(generation_add(list, name), 0);
	}
	assert_int_equal(generation_add(list, "g000001-6"), -EINVAL);
	generation_gone(list, list->at[GENERATIONS - 1].name);
	assert_int_equal(list->n, GENERATIONS - 1);
	free(list);
}

static int load(const char *name, struct err *err)
{
	_cleanup_manifest_ struct manifest m = {.n = 0};
	int dir = ours_fd(), before = open_files(), r = generation_load(dir, name, &m, err);

	assert_int_equal(open_files(), before);
	close(dir);
	return r;
}

static void test_load(void **state)
{
	struct err err = {0};

	(void)state;
	make_generation(1, "one");
	assert_int_equal(load("g000001-6", &err), 0);
	assert_int_equal(load("g000002-6", &err), -ENOENT);
	assert_string_equal(
		err.text, "cannot open generation g000002-6: No such file or directory");
	assert_int_equal(load("../x", &err), -EINVAL);
	assert_string_equal(err.text, "this is no name of a generation");
	make_dir("pinet/g000002-6");
	assert_int_equal(load("g000002-6", &err), -ENOENT);
	assert_string_equal(
		err.text, "cannot read the manifest of g000002-6: No such file or directory");
	assert_int_equal(link("pinet/g000001-6/manifest", "pinet/g000002-6/manifest"), 0);
	assert_int_equal(load("g000002-6", &err), -EBADMSG);
	assert_string_equal(err.text, "the manifest of g000002-6 is the one of g000001-6");
	unlink("pinet/g000002-6/manifest");
	put("pinet/g000002-6/manifest", "x\n");
	assert_int_equal(load("g000002-6", &err), -EBADMSG);
	assert_string_equal(
		err.text, "manifest of g000002-6: line 1: \"pinet-manifest \" is missing here");
	unlink("pinet/g000002-6/manifest");
	assert_int_equal(symlink("../g000001-6/manifest", "pinet/g000002-6/manifest"), 0);
	assert_int_equal(load("g000002-6", &err), -ELOOP);
	assert_int_equal(symlink("g000001-6", "pinet/g000003-6"), 0);
	assert_int_equal(load("g000003-6", &err), -ENOTDIR);
}

static const char *checked(bool read)
{
	static struct err err;
	_cleanup_manifest_ struct manifest m = {.n = 0};
	int dir = ours_fd(), before = open_files(), r;

	assert_int_equal(generation_load(dir, "g000001-6", &m, &err), 0);
	r = generation_check(dir, &m, read, &err);
	assert_int_equal(open_files(), before);
	close(dir);
	if (r == 0)
		return "in order";
	assert_int_equal(r, err.code);
	return err.text;
}

static void test_check(void **state)
{
	(void)state;
	make_generation(1, "one");
	assert_string_equal(checked(false), "in order");
	assert_string_equal(checked(true), "in order");
	put("pinet/g000001-6/vmlinuz", "two");
	assert_string_equal(checked(false), "in order");
	assert_string_equal(checked(true),
		"g000001-6/vmlinuz has other contents than were written: its SHA-256 is wrong");
	put("pinet/g000001-6/vmlinuz", "three");
	assert_string_equal(checked(false), "g000001-6/vmlinuz has 5 bytes instead of 3");
	assert_string_equal(checked(true), "g000001-6/vmlinuz has 5 bytes instead of 3");
	unlink("pinet/g000001-6/vmlinuz");
	assert_string_equal(checked(false), "g000001-6/vmlinuz is missing");
	assert_string_equal(checked(true), "g000001-6/vmlinuz is missing");
	make_dir("pinet/g000001-6/vmlinuz");
	assert_string_equal(checked(false), "g000001-6/vmlinuz is not a file");
	assert_string_equal(checked(true), "g000001-6/vmlinuz is not a file");
	assert_int_equal(rmdir("pinet/g000001-6/vmlinuz"), 0);
	put("one", "one");
	assert_int_equal(symlink("../../one", "pinet/g000001-6/vmlinuz"), 0);
	assert_string_equal(checked(false), "g000001-6/vmlinuz is not a file");
	assert_string_equal(checked(true), "g000001-6/vmlinuz is not a file");
	unlink("pinet/g000001-6/vmlinuz");
	put("pinet/g000001-6/vmlinuz", "one");
	assert_int_equal(rename("pinet/g000001-6/dtb", "dtb"), 0);
	assert_string_equal(checked(false), "g000001-6/dtb/broadcom/a.dtb is missing");
	assert_int_equal(symlink("../../dtb", "pinet/g000001-6/dtb"), 0);
	assert_string_equal(checked(true), "g000001-6/dtb/broadcom/a.dtb is not a file");
}

/* generation_room() for what takes @bytes in @files when @freed_bytes in @freed_files were gone. */
static int room(
	uint64_t bytes, uint64_t files, uint64_t freed_bytes, uint64_t freed_files, struct err *err)
{
	const struct generation_size need = {bytes, files}, freed = {freed_bytes, freed_files};

	return generation_room(0, &need, &freed, err);
}

static void test_room(void **state)
{
	/* Blocks of 1 KB. */
	struct statvfs v = {.f_frsize = 1000, .f_blocks = 1, .f_bavail = 2064};
	struct err err = {0};

	(void)state;
	made_up_room = &v;
	assert_int_equal(room(999424, 0, 0, 0, &err), 0);
	assert_int_equal(room(999425, 0, 0, 0, &err), -ENOSPC);
	assert_string_equal(err.text, "the boot server has room for 2.1 MB, and 2.1 MB are needed");
	assert_int_equal(room(999425, 0, 1, 0, &err), 0);
	assert_int_equal(room(999424, 1, 0, 0, &err), -ENOSPC);
	assert_int_equal(room(990000, 9, 0, 0, &err), 0);
	v.f_files = 100;
	v.f_favail = 25;
	assert_int_equal(room(990000, 9, 0, 0, &err), 0);
	v.f_favail = 24;
	assert_int_equal(room(990000, 9, 0, 0, &err), -ENOSPC);
	assert_string_equal(err.text, "the boot server has room for 24 files, and 25 are needed");
	assert_int_equal(room(990000, 9, 0, 1, &err), 0);
	v.f_blocks = 0;
	assert_int_equal(room(990000, 9, 0, 0, &err), 0);
}

/* NFS calls a block what it sends at once: a file takes less. */
static void test_room_of_large_blocks(void **state)
{
	struct statvfs v = {.f_frsize = 1 << 20, .f_blocks = 20000, .f_bavail = 3};
	struct err err = {0};

	(void)state;
	made_up_room = &v;
	/* 3 MiB, less 1 MiB to spare and 4 KiB for each of 330 files and 16. */
	assert_int_equal(room((2 << 20) - 346 * 4096, 330, 0, 0, &err), 0);
	assert_int_equal(room((2 << 20) - 346 * 4096 + 1, 330, 0, 0, &err), -ENOSPC);
	v.f_bavail = 0;
	assert_int_equal(room(0, 0, 0, 0, &err), -ENOSPC);
}

/* What comes free when those of @which go: "BYTES in FILES". */
static const char *frees(const char *which)
{
	static char out[64];
	struct generation_list *list = calloc(1, sizeof(*list));
	struct generation_size freed;
	unsigned int at[GENERATIONS], n = 0;
	int ours = ours_fd(), before = open_files();
	struct err err;

	assert_int_equal(generation_list(ours, list, &err), 0);
	for (; which[n]; n++)
		at[n] = (unsigned int)(which[n] - '1');
	assert_int_equal(generation_frees(ours, list, at, n, &freed, &err), 0);
	assert_int_equal(open_files(), before);
	(void)snprintf(out, sizeof(out), "%llu in %llu", (unsigned long long)freed.bytes,
		(unsigned long long)freed.files);
	close(ours);
	free(list);
	return out;
}

static void test_frees(void **state)
{
	(void)state;
	assert_string_equal(frees(""), "0 in 0");
	/* All have the same initramfs and device tree, of 25 bytes. */
	make_generation(1, "one");
	make_generation(2, "three");
	make_generation(3, "three");
	assert_string_equal(frees(""), "0 in 0");
	assert_string_equal(frees("1"), "3 in 1");
	assert_string_equal(frees("2"), "0 in 0");
	assert_string_equal(frees("12"), "3 in 1");
	assert_string_equal(frees("23"), "5 in 1");
	assert_string_equal(frees("123"), "33 in 4");
	/* One that nobody can read has nothing. */
	put("pinet/g000003-6/manifest", "x");
	assert_string_equal(frees("12"), "33 in 4");
	assert_string_equal(frees("3"), "0 in 0");
}

static void test_remove(void **state)
{
	int dir = ours_fd();
	struct err err;

	(void)state;
	make_generation(1, "one");
	make_generation(2, "two");
	assert_int_equal(generation_remove(dir, "..", &err), -EINVAL);
	assert_int_equal(generation_remove(dir, "g000001-6/..", &err), -EINVAL);
	assert_int_equal(generation_remove(dir, "g000003-6", &err), 0);
	assert_string_equal(listed(), "g000001-6 g000002-6 +0");
	assert_int_equal(generation_remove(dir, "g000001-6", &err), 0);
	assert_string_equal(listed(), "g000002-6 +0");
	assert_string_equal(get("pinet/g000002-6/dtb/broadcom/a.dtb"), "a device tree");
	/* What an earlier removal left of the same name is no hindrance. */
	make_generation(1, "one");
	make_dir("pinet/.old-g000001-6");
	put("pinet/.old-g000001-6/x", "");
	assert_int_equal(generation_remove(dir, "g000001-6", &err), 0);
	assert_string_equal(listed(), "g000002-6 +0");
	close(dir);
}

/* Wherever it is stopped: the generation is there, whole, or it is not there. */
static void test_remove_stopped(void **state)
{
	struct err err;
	int dir = ours_fd(), status = 77 << 8;

	(void)state;
	for (int at = 1; status == 77 << 8; at++) {
		pid_t pid;

		if (!there("pinet/g000001-6"))
			make_generation(1, "one");
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			fault_arm(at, 0);
			_exit(generation_remove(dir, "g000001-6", &err) < 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(at < 50);
		if (there("pinet/g000001-6"))
			assert_string_equal(checked(true), "in order");
		assert_true(generation_clean(dir, &err) >= 0);
		assert_int_equal(entries("pinet"), there("pinet/g000001-6"));
	}
	assert_int_equal(status, 0);
	assert_int_equal(entries("pinet"), 0);
	close(dir);
}

static void test_clean(void **state)
{
	char name[64];
	int dir = ours_fd();
	struct err err;

	(void)state;
	assert_int_equal(generation_clean(dir, &err), 0);
	make_generation(1, "one");
	put("pinet/states", "");
	put("pinet/lock", "");
	assert_int_equal(generation_clean(dir, &err), 0);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "pinet/.tmp-%d", i);
		put(name, "");
		(void)snprintf(name, sizeof(name), "pinet/.new-%d", i);
		make_dir(name);
		(void)snprintf(name, sizeof(name), "pinet/.new-%d/file", i);
		put(name, "");
	}
	assert_int_equal(generation_clean(dir, &err), 200);
	assert_string_equal(listed(), "g000001-6 +0");
	assert_int_equal(entries("pinet"), 3);
	/* One that cannot be removed does not keep the others. */
	put("pinet/.tmp-1", "");
	put("pinet/.tmp-2", "");
	fault_arm(1, EROFS);
	assert_int_equal(generation_clean(dir, &err), -EROFS);
	fault.armed = false;
	assert_int_equal(entries("pinet"), 4);
	close(dir);
}

/* The indices of the generations that may go, of eight with the numbers 1 to 8. */
static const char *surplus(unsigned int keep, const char *active, const char *last_good)
{
	static char out[64];
	const char *const needed[] = {active, last_good, NULL};
	struct generation_list *list = calloc(1, sizeof(*list));
	unsigned int found[GENERATIONS], n;
	size_t at = 0;

	for (uint32_t i = 1; i <= 8; i++) {
		list->at[list->n].number = i;
		assert_int_equal(name_make(i, "6", list->at[list->n++].name), 0);
	}
	n = generation_surplus(list, keep, needed, 3, found);
	out[0] = '\0';
	for (unsigned int i = 0; i < n; i++)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%u", list->at[found[i]].number);
	free(list);
	return out;
}

static void test_surplus(void **state)
{
	(void)state;
	assert_string_equal(surplus(3, "g000008-6", "g000007-6"), "12345");
	assert_string_equal(surplus(3, "g000008-6", "g000001-6"), "23456");
	assert_string_equal(surplus(3, "g000008-6", ""), "12345");
	assert_string_equal(surplus(1, "g000008-6", ""), "1234567");
	assert_string_equal(surplus(1, "g000008-6", "g000007-6"), "123456");
	assert_string_equal(surplus(8, "g000008-6", "g000007-6"), "");
	assert_string_equal(surplus(3, "g000003-6", "g000001-6"), "2");
	assert_string_equal(surplus(3, "", NULL), "12345");
	assert_string_equal(surplus(3, NULL, NULL), "12345");
	assert_string_equal(surplus(3, "g000009-6", ""), "12345");
	assert_string_equal(surplus(0, "", ""), "12345678");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(test_list),
		in_directory(test_list_refused),
		in_directory(test_list_changes),
		in_directory(test_load),
		in_directory(test_check),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_room_of_large_blocks),
		in_directory(test_frees),
		in_directory(test_remove),
		in_directory(test_remove_stopped),
		in_directory(test_clean),
		cmocka_unit_test(test_surplus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

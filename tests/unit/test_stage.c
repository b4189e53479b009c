/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/stage and stage_copy: a generation is there whole, or it is not there, whatever happens.
 */
#include "store_tree.h"

#include <pthread.h>

#define TEXT "pinet/.new-g000002-6/vmlinuz"

static void test_whole(void **state)
{
	_cleanup_manifest_ struct manifest m = {.n = 0};
	struct stage s = {.begun = false};
	struct stage_result res;
	const mode_t mask = umask(077);
	struct err err;
	int ours = ours_fd(), before = open_files();

	(void)state;
	put("source", "from a file");
	assert_int_equal(begin_second(&s, &err), 0);
	stage_text(&s, MANIFEST_CMDLINE, "cmdline.txt", "root=LABEL=writable\n");
	assert_int_equal(stage_source(&s, "dtb/x/a.dtb", "source", &res, &err), 0);
	assert_false(res.linked);
	assert_int_equal(res.file.size, 11);
	assert_int_equal(res.source.st_ino, ino_of("source"));
	assert_string_equal(res.file.path, "dtb/x/a.dtb");
	stage_text(&s, MANIFEST_OTHER, "empty", "");
	assert_int_equal(s.manifest.n, 3);
	assert_int_equal(s.n_written, 3);
	assert_int_equal(s.bytes_written, 31);
	for (size_t i = 0; i < s.manifest.n; i++)
		assert_int_equal(stage_verify(&s, i, &err), 0);
	assert_false(there("pinet/g000002-6"));
	assert_int_equal(stage_commit(&s, &err), 0);
	end_stage(&s);
	end_stage(&s);
	assert_int_equal(open_files(), before);
	assert_int_equal(entries("pinet"), 1);
	assert_int_equal(generation_load(ours, "g000002-6", &m, &err), 0);
	assert_int_equal(generation_check(ours, &m, true, &err), 0);
	assert_int_equal(m.n, 3);
	assert_int_equal(m.file[0].role, MANIFEST_CMDLINE);
	assert_int_equal(m.created_s, 1764000000);
	assert_string_equal(get("pinet/g000002-6/dtb/x/a.dtb"), "from a file");
	assert_int_equal(mode_of("pinet/g000002-6/dtb/x/a.dtb"), 0644);
	assert_int_equal(mode_of("pinet/g000002-6/dtb/x"), 0755);
	assert_int_equal(mode_of("pinet/g000002-6"), 0755);
	assert_int_equal(mode_of("pinet/g000002-6/manifest"), 0644);
	(void)umask(mask);
	close(ours);
}

static void test_begin(void **state)
{
	struct stage s = {.begun = false};
	struct manifest meta = meta_of(2);
	int ours = ours_fd(), before = open_files();
	struct err err;

	(void)state;
	strcpy(meta.kernel, "7");
	assert_int_equal(begin_stage(&s, &meta, &err), -EINVAL);
	assert_string_equal(err.text, "name and kernel of the generation do not fit");
	make_generation(2, "two");
	assert_int_equal(generation_remove(ours, "g000002-6", &err), 0);
	make_dir("pinet/.new-g000002-6");
	put(TEXT, "left behind");
	assert_int_equal(begin_second(&s, &err), 0);
	assert_false(there(TEXT));
	stage_text(&s, MANIFEST_KERNEL, "vmlinuz", "x");
	assert_true(there(TEXT));
	end_stage(&s);
	assert_int_equal(entries("pinet"), 0);
	assert_int_equal(open_files(), before);
	close(ours);
}

#define EACH 20

/* Stages files of its own into the part @arg. */
static void *stage_part(void *arg)
{
	struct stage *part = arg;
	char path[32];

	for (int i = 0; i < EACH; i++) {
		(void)snprintf(path, sizeof(path), "part/%d", i);
		stage_text(part, MANIFEST_OTHER, path, path);
	}
	return NULL;
}

/* A thread makes a part of it. */
static void test_parts(void **state)
{
	struct stage s = {.begun = false}, *part = calloc(1, sizeof(*part));
	_cleanup_manifest_ struct manifest m = {.n = 0};
	int ours = ours_fd(), before = open_files();
	pthread_t thread;
	char path[32];
	struct err err;

	(void)state;
	assert_non_null(part);
	assert_int_equal(begin_second(&s, &err), 0);
	assert_int_equal(stage_fork(&s, part, &err), 0);
	assert_int_equal(pthread_create(&thread, NULL, stage_part, part), 0);
	for (int i = 0; i < EACH; i++) {
		(void)snprintf(path, sizeof(path), "%d/file", i);
		stage_text(&s, MANIFEST_OTHER, path, path);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(stage_join(&s, part, &err), 0);
	assert_false(part->begun);
	assert_int_equal(s.manifest.n, 2 * EACH);
	assert_int_equal(s.n_written, 2 * EACH);
	for (size_t i = 0; i < s.manifest.n; i++)
		assert_true(s.verified[i]);
	assert_int_equal(stage_commit(&s, &err), 0);
	end_stage(&s);
	assert_int_equal(generation_load(ours, "g000002-6", &m, &err), 0);
	assert_int_equal(generation_check(ours, &m, true, &err), 0);
	assert_int_equal(m.n, 2 * EACH);
	assert_string_equal(get("pinet/g000002-6/part/19"), "part/19");
	/* one that is given up, and one that is too much */
	assert_int_equal(generation_remove(ours, "g000002-6", &err), 0);
	assert_int_equal(begin_second(&s, &err), 0);
	assert_int_equal(stage_fork(&s, part, &err), 0);
	stage_text(part, MANIFEST_OTHER, "a", "a");
	stage_end(part);
	assert_int_equal(stage_fork(&s, part, &err), 0);
	stage_text(part, MANIFEST_OTHER, "b", "b");
	s.manifest.n = MANIFEST_FILES;
	assert_int_equal(stage_join(&s, part, &err), -ENOSPC);
	assert_string_equal(err.text, "cannot list b: No space left on device");
	assert_false(part->begun);
	s.manifest.n = 0;
	end_stage(&s);
	assert_int_equal(entries("pinet"), 0);
	assert_int_equal(open_files(), before);
	close(ours);
	free(part);
}

static void test_refused(void **state)
{
	struct stage s = {.begun = false};
	struct stage_item item = {.path = "../x", .text = ""};
	struct err err;

	(void)state;
	assert_int_equal(begin_second(&s, &err), 0);
	assert_int_equal(stage_commit(&s, &err), -EINVAL);
	assert_string_equal(err.text, "generation g000002-6 has no files");
	assert_int_equal(stage_file(&s, &item, NULL, &err), -EINVAL);
	assert_string_equal(err.text, "\"../x\" cannot be a file of a generation");
	item.path = "a\nb";
	assert_int_equal(stage_file(&s, &item, NULL, &err), -EINVAL);
	assert_string_equal(err.text, "\"a\\x0ab\" cannot be a file of a generation");
	item.path = "manifest";
	assert_int_equal(stage_file(&s, &item, NULL, &err), -EINVAL);
	item.path = "a";
	assert_int_equal(stage_file(&s, &item, NULL, &err), 0);
	assert_int_equal(stage_file(&s, &item, NULL, &err), -EEXIST);
	assert_string_equal(err.text, "a is twice in g000002-6");
	item.path = "a/b";
	assert_int_equal(stage_file(&s, &item, NULL, &err), -ENOTDIR);
	assert_string_equal(err.text, "cannot make the directory of a/b: Not a directory");
	put("source", "");
	assert_int_equal(symlink("source", "link"), 0);
	assert_int_equal(symlink(".", "here"), 0);
	assert_int_equal(stage_source(&s, "c", "link", NULL, &err), -ELOOP);
	assert_int_equal(stage_source(&s, "c", "here/source", NULL, &err), -ENOTDIR);
	assert_int_equal(stage_source(&s, "c", "absent", NULL, &err), -ENOENT);
	assert_string_equal(err.text, "cannot read absent: No such file or directory");
	assert_int_equal(stage_source(&s, "c", ".", NULL, &err), -EINVAL);
	assert_string_equal(err.text, ". is no regular file");
	assert_int_equal(truncate("source", (off_t)MANIFEST_FILE_MAX + 1), 0);
	assert_int_equal(stage_source(&s, "c", "source", NULL, &err), -EFBIG);
	assert_string_equal(err.text, "source has more than 1073741824 bytes");
	assert_int_equal(s.manifest.n, 1);
	assert_int_equal(entries("pinet/.new-g000002-6"), 1);
	end_stage(&s);
}

static void test_short(void **state)
{
	struct stage s = {.begun = false};
	char text[10000];
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	put("source", text);
	assert_int_equal(begin_second(&s, &err), 0);
	fault.io_max = 13;
	assert_int_equal(stage_source(&s, "a", "source", NULL, &err), 0);
	stage_text(&s, MANIFEST_OTHER, "b", text);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(stage_verify(&s, i, &err), 0);
	assert_int_equal(stage_commit(&s, &err), 0);
	assert_string_equal(get("pinet/g000002-6/a"), text);
	assert_string_equal(get("pinet/g000002-6/b"), text);
	end_stage(&s);
}

/* What the server stores of a file is not what it was sent. */
static void test_spoilt(void **state)
{
	struct stage_item item = {.path = "vmlinuz", .dirfd = -1, .text = "one"};
	struct stage s = {.begun = false};
	struct err err;

	(void)state;
	assert_int_equal(begin_second(&s, &err), 0);
	fault.spoil = "vmlinuz";
	assert_int_equal(stage_file(&s, &item, NULL, &err), -EBADMSG);
	assert_string_equal(
		err.text, "the boot server gives back other contents of vmlinuz than it was sent");
	fault.spoil = NULL;
	assert_int_equal(stage_file(&s, &item, NULL, &err), 0);
	fault.spoil = "manifest";
	assert_int_equal(stage_commit(&s, &err), -EBADMSG);
	assert_string_equal(err.text,
		"the boot server has stored another manifest of g000002-6 than it was sent");
	end_stage(&s);
	assert_int_equal(entries("pinet"), 0);
}

/* The source grows while it is read. */
static void test_changed(void **state)
{
	struct stage s = {.begun = false};
	struct err err;

	(void)state;
	make_generation(1, "one");
	put("source", "old");
	assert_int_equal(begin_second(&s, &err), 0);
	fault.grow = "source";
	assert_int_equal(stage_source(&s, "a", "source", NULL, &err), -EAGAIN);
	assert_string_equal(err.text, "source changed while it was read; it will be read again");
	put("source", "text of no older size");
	fault.grow = "source";
	assert_int_equal(stage_source(&s, "a", "source", NULL, &err), -EAGAIN);
	assert_int_equal(entries("pinet/.new-g000002-6"), 0);
	assert_int_equal(s.manifest.n, 0);
	assert_int_equal(stage_source(&s, "a", "source", NULL, &err), 0);
	assert_string_equal(get("pinet/.new-g000002-6/a"), "text of no older size+");
	end_stage(&s);
}

/* All of it once: a link, a copy, one out of memory. Returns what the step that failed says. */
static int make_second(int dir)
{
	struct stage s = {.begun = false};
	const struct stage_item items[] = {
		{MANIFEST_INITRAMFS, "initrd.img", dir, "top", NULL, NULL, 0},
		{MANIFEST_KERNEL, "vmlinuz", dir, "kernel", NULL, NULL, 0},
		{MANIFEST_DTB, "dtb/broadcom/b.dtb", -1, NULL, "two", NULL, 0},
	};
	struct manifest meta = meta_of(2);
	struct err err = {0};
	int r = begin_stage(&s, &meta, &err);

	for (size_t i = 0; r == 0 && i < 3; i++)
		r = stage_file(&s, &items[i], NULL, &err);
	for (size_t i = 0; r == 0 && i < 3; i++)
		r = stage_verify(&s, i, &err);
	if (r == 0)
		r = stage_commit(&s, &err);
	end_stage(&s);
	assert_int_equal(r, err.code);
	assert_true(r == 0 || strlen(err.text) > 20);
	return r;
}

/* Generation @name is whole: every file, read from the disk. */
static void assert_whole(int ours, const char *name)
{
	_cleanup_manifest_ struct manifest m = {.n = 0};
	struct err err;

	if (generation_load(ours, name, &m, &err) < 0 || generation_check(ours, &m, true, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(m.n, 3);
}

/* Generation 1 is whole, and 2 is so or not there; then 2 can be made, and is removed again. */
static void assert_recovers(int dir)
{
	int ours = ours_fd();
	struct err err;

	assert_whole(ours, "g000001-6");
	if (there("pinet/g000002-6"))
		assert_whole(ours, "g000002-6");
	assert_true(generation_clean(ours, &err) >= 0);
	if (!there("pinet/g000002-6"))
		assert_int_equal(make_second(dir), 0);
	assert_whole(ours, "g000002-6");
	assert_int_equal(generation_remove(ours, "g000002-6", &err), 0);
	assert_int_equal(entries("pinet"), 1);
	close(ours);
}

static void test_failing(void **state)
{
	static const int errors[] = {EIO, ENOSPC, ESTALE, EROFS, EDQUOT, EACCES};
	int dir = dir_fd("."), before, failures = 0;

	(void)state;
	make_generation(1, "one");
	put("top", "an initramfs");
	put("kernel", "a new kernel");
	before = open_files();
	for (int at = 1; fault.n >= at - 1; at++) {
		int r;

		fault_arm(at, errors[at % 6]);
		r = make_second(dir);
		fault.armed = false;
		assert_true(r == 0 || r == -errors[at % 6]);
		failures += r < 0;
		assert_int_equal(open_files(), before);
		assert_int_equal(entries("pinet"), there("pinet/g000002-6") ? 2 : 1);
		assert_recovers(dir);
	}
	assert_true(failures > 30);
	close(dir);
}

static void test_stopped(void **state)
{
	int dir = dir_fd("."), status = 77 << 8;

	(void)state;
	make_generation(1, "one");
	put("top", "an initramfs");
	put("kernel", "a new kernel");
	for (int at = 1; status == 77 << 8; at++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			fault_arm(at, 0);
			_exit(make_second(dir) < 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_recovers(dir);
		assert_true(at < 200);
	}
	assert_int_equal(status, 0);
	close(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(test_whole),
		in_directory(test_begin),
		in_directory(test_parts),
		in_directory(test_refused),
		in_directory(test_short),
		in_directory(test_spoilt),
		in_directory(test_changed),
		in_directory(test_failing),
		in_directory(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

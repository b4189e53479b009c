/* SPDX-License-Identifier: GPL-2.0-or-later
 * store/active: the old generation is the active one, or the new one; nothing in between.
 */
#include "store_tree.h"

#include "store/active.h"

#define USERS "[pi4]\r\narm_boost=1"
#define BEGIN "# pinet: begin (made by \"pinet sync\"; do not edit this block)\r\n[all]\r\n"
#define END   "# pinet: end\r\n"

/* The active generation, "none", or what is wrong. */
static const char *active(void)
{
	static char out[ERR_TEXT_SIZE];
	char name[NAME_SIZE] = "untouched";
	enum manifest_layout layout;
	int dir = dir_fd("."), ours = ours_fd(), before = open_files(), r;
	struct err err;

	assert_int_equal(active_layout(dir, &layout, &err), 0);
	r = active_read(dir, ours, layout, name, &err);
	assert_int_equal(open_files(), before);
	close(dir);
	close(ours);
	if (r < 0) {
		assert_string_equal(name, "untouched");
		assert_int_equal(r, err.code);
	}
	(void)snprintf(out, sizeof(out), "%s", r < 0 ? err.text : r ? name : "none");
	return out;
}

/* A generation of the raspi layout with one kernel, of @number. */
static struct manifest raspi(uint32_t number)
{
	struct manifest m = meta_of(number);
	struct manifest_file kernel = {.role = MANIFEST_KERNEL, .path = "kernel8.img"};
	struct manifest_file initramfs = {.role = MANIFEST_INITRAMFS, .path = "initramfs8"};

	m.layout = MANIFEST_RASPI;
	assert_int_equal(manifest_add_file(&m, &initramfs), 0);
	assert_int_equal(manifest_add_file(&m, &kernel), 0);
	return m;
}

static int set(const struct manifest *m, struct err *err)
{
	int dir = dir_fd("."), ours = ours_fd(), before = open_files();
	int r = active_set(dir, ours, m, err);

	assert_int_equal(open_files(), before);
	close(dir);
	close(ours);
	return r;
}

static void test_raspi(void **state)
{
	_cleanup_manifest_ struct manifest m = raspi(1);
	struct manifest_file second = {.role = MANIFEST_KERNEL, .path = "kernel_2712.img"};
	struct err err;

	(void)state;
	put("config.txt", USERS);
	assert_string_equal(active(), "none");
	assert_int_equal(set(&m, &err), 1);
	assert_string_equal(active(), "g000001-6");
	assert_string_equal(get("config.txt"),
		USERS "\r\n" BEGIN "os_prefix=pinet/g000001-6/\r\nkernel=kernel8.img\r\n"
		      "auto_initramfs=0\r\ninitramfs initramfs8 followkernel\r\n" END);
	assert_int_equal(mode_of("config.txt"), 0644);
	assert_int_equal(set(&m, &err), 0);
	assert_int_equal(entries("pinet"), 0);
	assert_int_equal(manifest_add_file(&m, &second), 0);
	assert_int_equal(set(&m, &err), 1);
	assert_string_equal(
		get("config.txt"), USERS "\r\n" BEGIN "os_prefix=pinet/g000001-6/\r\n" END);
}

static void test_link(void **state)
{
	struct manifest m = meta_of(1);
	char name[NAME_SIZE] = "untouched";
	struct err err;

	(void)state;
	assert_int_equal(active_read(AT_FDCWD, -ENOENT, MANIFEST_LINK, name, &err), 0);
	assert_string_equal(name, "");
	assert_string_equal(active(), "none");
	assert_int_equal(set(&m, &err), 1);
	assert_string_equal(active(), "g000001-6");
	assert_int_equal(set(&m, &err), 1);
	assert_string_equal(active(), "g000001-6");
	m = meta_of(2);
	fault.rename_lost = true;
	assert_int_equal(set(&m, &err), 1);
	fault.rename_lost = false;
	assert_string_equal(active(), "g000002-6");
	/* Somebody else's. */
	unlink("pinet/active");
	assert_int_equal(symlink("../elsewhere", "pinet/active"), 0);
	assert_string_equal(active(), "none");
	assert_int_equal(set(&m, &err), 1);
	assert_string_equal(active(), "g000002-6");
	unlink("pinet/active");
	put("pinet/active", "");
	assert_string_equal(active(), "cannot read the link pinet/active: Invalid argument");
	assert_int_equal(set(&m, &err), 1);
	assert_string_equal(active(), "g000002-6");
	assert_int_equal(entries("pinet"), 1);
	/* The firmware of a Raspberry Pi does not look at it. */
	put("config.txt", "");
	assert_int_equal(set(&m, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "g000002-6 was made without a config.txt"));
	assert_string_equal(active(), "none");
}

static void test_refused(void **state)
{
	_cleanup_manifest_ struct manifest m = raspi(1);
	enum manifest_layout layout;
	int dir = dir_fd(".");
	struct err err;

	(void)state;
	put("other", "");
	assert_int_equal(symlink("other", "config.txt"), 0);
	assert_string_equal(active(), "cannot read config.txt: Too many levels of symbolic links");
	assert_int_equal(set(&m, &err), -ELOOP);
	unlink("config.txt");
	make_dir("config.txt");
	assert_string_equal(active(), "cannot read config.txt: Invalid argument");
	assert_int_equal(rmdir("config.txt"), 0);
	assert_int_equal(set(&m, &err), -ENOENT);
	put("config.txt", "");
	assert_int_equal(truncate("config.txt", 128 << 10), 0);
	assert_int_equal(set(&m, &err), -EFBIG);
	assert_string_equal(err.text, "config.txt would have more than 131072 bytes");
	assert_int_equal(truncate("config.txt", (128 << 10) + 1), 0);
	assert_int_equal(set(&m, &err), -EFBIG);
	assert_string_equal(err.text, "cannot read config.txt: File too large");
	assert_int_equal(close(dir), 0);
	assert_int_equal(active_layout(dir, &layout, &err), -EBADF);
}

/* The server stores something else as config.txt: the old one stays. */
static void test_spoilt(void **state)
{
	_cleanup_manifest_ struct manifest m = raspi(1);
	struct err err;

	(void)state;
	put("config.txt", USERS);
	fault.spoil = ".tmp-config.txt";
	assert_int_equal(set(&m, &err), -EBADMSG);
	assert_string_equal(
		err.text, "the boot server has stored another config.txt than it was sent");
	assert_string_equal(get("config.txt"), USERS);
	assert_int_equal(entries("pinet"), 0);
}

/* Nothing is lost of what the owner writes at the same time. */
static void test_written_meanwhile(void **state)
{
	static const char busy[] = "config.txt is being written by somebody else: it is left as it "
				   "is; try it again later";
	_cleanup_manifest_ struct manifest m = raspi(1);
	struct manifest_file config = {.path = "config.txt", .size = 1};
	struct err err;

	(void)state;
	put("config.txt", USERS);
	fault.grow_late = "config.txt";
	assert_int_equal(set(&m, &err), -EAGAIN);
	assert_string_equal(err.text, busy);
	assert_string_equal(get("config.txt"), USERS "+");
	assert_int_equal(entries("pinet"), 0);
	/* Emptied by an editor that writes to it later. */
	assert_int_equal(manifest_add_file(&m, &config), 0);
	assert_int_equal(manifest_sort(&m, &err), 0);
	put("config.txt", "");
	assert_int_equal(set(&m, &err), -EAGAIN);
	assert_string_equal(err.text, busy);
	assert_string_equal(get("config.txt"), "");
	put("config.txt", "x");
	assert_int_equal(set(&m, &err), 1);
}

/* The generation that tryboot.txt has, "none", or what is wrong. */
static const char *tried(enum manifest_layout layout)
{
	static char out[ERR_TEXT_SIZE];
	char name[NAME_SIZE] = "untouched";
	int dir = dir_fd("."), before = open_files(), r;
	struct err err;

	r = active_tried(dir, layout, name, &err);
	assert_int_equal(open_files(), before);
	close(dir);
	if (r < 0) {
		assert_string_equal(name, "untouched");
		assert_int_equal(r, err.code);
	}
	(void)snprintf(out, sizeof(out), "%s", r < 0 ? err.text : r ? name : "none");
	return out;
}

static void test_try(void **state)
{
	_cleanup_manifest_ struct manifest m = raspi(1);
	struct manifest l = meta_of(1);
	int dir = dir_fd("."), ours = ours_fd();
	struct err err;

	(void)state;
	assert_int_equal(active_try(dir, ours, &l, &err), -EOPNOTSUPP);
	assert_string_equal(err.text,
		"a trial needs a Raspberry Pi: its firmware reads tryboot.txt for one boot");
	assert_int_equal(active_try(dir, ours, &m, &err), -ENOENT);
	assert_string_equal(tried(MANIFEST_RASPI), "none");
	put("config.txt", USERS);
	assert_int_equal(active_try(dir, ours, &m, &err), 1);
	assert_int_equal(active_try(dir, ours, &m, &err), 0);
	assert_string_equal(get("config.txt"), USERS);
	assert_string_equal(active(), "none");
	assert_string_equal(tried(MANIFEST_RASPI), "g000001-6");
	assert_string_equal(tried(MANIFEST_LINK), "none");
	assert_int_equal(rename("tryboot.txt", "config.txt"), 0);
	assert_string_equal(active(), "g000001-6");
	/* One of the owner's, and one that nobody could read. */
	put("tryboot.txt", USERS);
	assert_string_equal(tried(MANIFEST_RASPI), "none");
	unlink("tryboot.txt");
	make_dir("tryboot.txt");
	assert_string_equal(tried(MANIFEST_RASPI), "none");
	rmdir("tryboot.txt");
	assert_int_equal(symlink("config.txt", "tryboot.txt"), 0);
	assert_string_equal(tried(MANIFEST_RASPI), "none");
	close(dir);
	close(ours);
}

/* Whatever fails, and wherever it stops: one of the two is active, and the next time it works. */
static void assert_safe(const struct manifest *old, const struct manifest *new)
{
	int dir, ours = ours_fd(), status = 77 << 8, failures = 0;
	struct err err;

	assert_true(set(old, &err) >= 0);
	dir = dir_fd(".");
	for (int at = 1; fault.n >= at - 1; at++) {
		int r, before = open_files();

		fault_arm(at, EIO);
		r = active_set(dir, ours, new, &err);
		fault.armed = false;
		assert_int_equal(open_files(), before);
		/* A file that cannot be compared is written. */
		assert_true(r == 1 || r == -EIO);
		failures += r < 0;
		if (strcmp(active(), old->generation) != 0)
			assert_string_equal(active(), new->generation);
		assert_true(r < 0 || strcmp(active(), new->generation) == 0);
		assert_true(generation_clean(ours, &err) >= 0);
		assert_true(set(new, &err) >= 0);
		assert_string_equal(active(), new->generation);
		assert_int_equal(set(old, &err), 1);
	}
	assert_true(failures >= 3);
	for (int at = 1; status == 77 << 8; at++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			fault_arm(at, 0);
			_exit(active_set(dir, ours, new, &err) < 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (strcmp(active(), old->generation) != 0)
			assert_string_equal(active(), new->generation);
		assert_true(generation_clean(ours, &err) >= 0);
		assert_true(set(new, &err) >= 0);
		assert_string_equal(active(), new->generation);
		assert_int_equal(set(old, &err), 1);
		assert_true(at < 50);
	}
	assert_int_equal(status, 0);
	close(dir);
	close(ours);
}

static void test_safe_raspi(void **state)
{
	_cleanup_manifest_ struct manifest old = raspi(1), new = raspi(2);

	(void)state;
	put("config.txt", USERS);
	assert_safe(&old, &new);
	assert_memory_equal(get("config.txt"), USERS, strlen(USERS));
}

static void test_safe_link(void **state)
{
	struct manifest old = meta_of(1), new = meta_of(2);

	(void)state;
	assert_safe(&old, &new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(test_raspi),
		in_directory(test_link),
		in_directory(test_refused),
		in_directory(test_spoilt),
		in_directory(test_written_meanwhile),
		in_directory(test_try),
		in_directory(test_safe_raspi),
		in_directory(test_safe_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

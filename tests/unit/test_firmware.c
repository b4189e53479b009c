/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/firmware, step/nfs: options, the unit and its name, and refusals that need no server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"
#include "step/bounded.h"
#include "step/mount_point.h"
#include "step/nfs.h"
#include "step/step.h"

/* What mount(2) and what a mount unit get of the owner's options, or the refusal. */
static const char *options(const char *version, const char *host, const char *wish, bool unit)
{
	static char out[NFS_OPTIONS_SIZE + 64];
	static struct err err;
	struct nfs_wishes w;
	struct nfs_mount m = {host, NULL, "/srv", "/mnt", version, &w, NULL};

	if (nfs_wishes_parse(NFS_USE_FIRMWARE, span_str(wish), &w, &err) < 0)
		return err.text;
	if ((unit ? nfs_options : nfs_data)(&m, out, sizeof(out)) < 0)
		return "too long";
	return out;
}

#define V4 "vers=4.2,addr=10.0.0.1,proto=tcp,softerr,timeo=50,retrans=3"

static void test_options(void **state)
{
	(void)state;
	assert_string_equal(options("4.2", "10.0.0.1", "", false), V4);
	assert_string_equal(options("4.2", "10.0.0.1", "", true), V4 ",nosuid,nodev,noatime");
	assert_string_equal(options("3", "10.0.0.1", "rsize=65536,hard", false),
		"vers=3,addr=10.0.0.1,proto=tcp,softerr,timeo=50,retrans=3,nolock,mountproto=tcp,"
		"rsize=65536,hard");
	assert_string_equal(options("3", "fd00::1", "", false),
		"vers=3,addr=fd00::1,proto=tcp6,softerr,timeo=50,retrans=3,nolock,mountproto="
		"tcp6");
	assert_string_equal(options("4.2", "10.0.0.1",
				    "defaults,nofail,_netdev,x-systemd.automount,retry=3,,atime,ro,"
				    "exec,noexec,port=20049",
				    true),
		V4 ",port=20049,ro,nosuid,nodev,noexec");
}

/* A server with a name: the kernel gets its address. */
static void test_name(void **state)
{
	struct nfs_wishes w;
	struct nfs_mount m = {"nas.example.org", "fd00::7", "/srv", "/mnt", "3", &w, NULL};
	char out[NFS_OPTIONS_SIZE];

	(void)state;
	assert_int_equal(nfs_wishes_parse(NFS_USE_FIRMWARE, SPAN_NONE, &w, NULL), 0);
	assert_int_equal(nfs_data(&m, out, sizeof(out)), 0);
	assert_string_equal(out,
		"vers=3,addr=fd00::7,proto=tcp6,softerr,timeo=50,retrans=3,nolock,mountproto=tcp6");
	assert_int_equal(nfs_source(&m, out, sizeof(out)), 0);
	assert_string_equal(out, "nas.example.org:/srv");
}

static void test_options_refused(void **state)
{
	char lots[300];

	(void)state;
	assert_string_equal(options("3", "h", "vers=2", false),
		"firmware.options: vers=2: it must be 3, 4, 4.0, 4.1 or 4.2");
	assert_non_null(strstr(options("3", "h", "nfsvers=", false), "it must be 3"));
	assert_non_null(strstr(options("3", "h", "port=0", false), "it must be a port"));
	assert_non_null(strstr(options("3", "h", "port=65536", false), "it must be a port"));
	assert_non_null(strstr(options("3", "h", "port", false), "it must be a port"));
	assert_non_null(strstr(options("3", "h", "a\x1b", false), "a\\x1b"));
	memset(lots, 'a', sizeof(lots));
	lots[255] = '\0';
	assert_non_null(strstr(options("3", "h", lots, false), ",aaaa"));
	lots[255] = 'a';
	lots[256] = '\0';
	assert_non_null(strstr(options("3", "h", lots, false), "too long"));
}

static void test_versions(void **state)
{
	static const char *const table[][2] = {
		{"", "4.2 4.1 3 "},
		{"vers=4", "4.2 4.1 4.0 "},
		{"ro,nfsvers=4.1", "4.1 "},
		{"vers=4.1,vers=3", "3 "},
		{"v3,ro", "3 "},
		{"v4", "4.2 4.1 4.0 "},
		{"vers=3,v4.2", "4.2 "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct nfs_wishes w;
		char out[32] = "";

		assert_int_equal(
			nfs_wishes_parse(NFS_USE_FIRMWARE, span_str(table[i][0]), &w, NULL), 0);
		for (const char *const *v = w.versions; *v; v++)
			strcat(strcat(out, *v), " ");
		assert_string_equal(out, table[i][1]);
		assert_string_equal(w.data, "");
	}
}

static void test_source(void **state)
{
	struct nfs_mount m = {"fd00::1", NULL, "/srv/a", "/mnt", "4.2", NULL, NULL};
	char out[32];

	(void)state;
	assert_int_equal(nfs_source(&m, out, sizeof(out)), 0);
	assert_string_equal(out, "[fd00::1]:/srv/a");
	m.host = "10.0.0.1";
	assert_int_equal(nfs_source(&m, out, 16), 0);
	assert_string_equal(out, "10.0.0.1:/srv/a");
	assert_int_equal(nfs_source(&m, out, 15), -ENAMETOOLONG);
}

/* Every size that is too small is refused, and nothing is written behind it. */
static void test_options_fit(void **state)
{
	struct nfs_wishes w;
	struct nfs_mount m = {"10.0.0.1", NULL, "/srv", "/mnt", "3", &w, NULL};
	char out[NFS_OPTIONS_SIZE];
	size_t need;

	(void)state;
	assert_int_equal(
		nfs_wishes_parse(NFS_USE_FIRMWARE, span_str("ro,rsize=4096"), &w, NULL), 0);
	assert_int_equal(nfs_options(&m, out, sizeof(out)), 0);
	need = strlen(out) + 1;
	for (size_t n = 1; n <= need; n++) {
		char *exact = malloc(n);

		assert_int_equal(nfs_options(&m, exact, n), n == need ? 0 : -ENAMETOOLONG);
		free(exact);
	}
}

/* As systemd-escape --path --suffix=mount has it. */
static void test_unit_name(void **state)
{
	static const char *const table[][2] = {
		{"/boot/firmware", "boot-firmware.mount"},
		{"/boot", "boot.mount"},
		{"//boot//firmware/", "boot-firmware.mount"},
		{"/boot/fw-1", "boot-fw\\x2d1.mount"},
		{"/.hidden/.x", "\\x2ehidden-.x.mount"},
		{"/a@b\xc3", "a\\x40b\\xc3.mount"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(firmware_unit_name(table[i][0], out, sizeof(out)), 0);
		assert_string_equal(out, table[i][1]);
	}
	for (size_t n = 1; n < sizeof("boot-firmware.mount"); n++)
		assert_int_equal(firmware_unit_name("/boot/firmware", out, n), -ENOSPC);
}

static void test_unit(void **state)
{
	struct firmware_report r = {.mounted = true,
		.source = "10.0.0.1:/srv/%i",
		.where = "/boot/firmware",
		.options = "vers=3,addr=10.0.0.1",
		.version = "3"};
	char out[1024];

	(void)state;
	assert_int_equal(firmware_unit(&r, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "\nWhat=10.0.0.1:/srv/%%i\nWhere=/boot/firmware\nType=nfs\n"
				    "Options=vers=3,addr=10.0.0.1\n"));
	assert_non_null(strstr(out, "\nAfter=network.target"));
	assert_null(strstr(out, "Condition"));
	r.mounted = false;
	assert_int_equal(firmware_unit(&r, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "\nConditionPathIsMountPoint=/boot/firmware\n"));
	strcpy(r.version, "4.2");
	assert_int_equal(firmware_unit(&r, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "\nType=nfs4\n"));
	assert_int_equal(firmware_unit(&r, out, 100), -ENOSPC);
}

/* A mount point is found by openat2(2), which an emulated kernel may lack. */
static bool has_openat2(void)
{
	struct open_how how = {.flags = O_PATH};
	long fd = syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

static int place(const struct plan *p, const char *root, struct firmware_report *r, struct err *err)
{
	memset(r, 0, sizeof(*r));
	return firmware_place(p, root, clock_now_ms() + 1000, "/none", r, err);
}

/* What fails before any packet is sent: nothing is mounted, the sentence names the cause. */
static void test_refusals(void **state)
{
	char root[] = "/tmp/pinet-test-XXXXXX", path[64];
	struct plan p = {.firmware_on = true};
	struct firmware_report r;
	struct err err;

	(void)state;
	if (!has_openat2())
		skip();
	assert_non_null(mkdtemp(root));
	strcpy(p.firmware_host, "boot..lab");
	strcpy(p.firmware_path, "/srv");
	strcpy(p.firmware_dir, "/boot/firmware");
	assert_int_equal(place(&p, root, &r, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no directory /boot/firmware"));
	assert_false(r.mounted);

	snprintf(path, sizeof(path), "%s/boot", root);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(place(&p, root, &r, &err), -EINVAL);
	assert_non_null(strstr(err.text, "boot..lab is no name of a host"));

	strcpy(p.firmware_options, "vers=9");
	assert_int_equal(place(&p, root, &r, &err), -EINVAL);
	assert_non_null(strstr(err.text, "vers=9"));

	snprintf(path, sizeof(path), "%s/boot/firmware", root);
	assert_int_equal(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/boot", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

/* The root's links mean what they mean when it is the root, and never lead out of it. */
static void test_mount_point(void **state)
{
	static const struct {
		const char *dir, *found;
		int r;
	} table[] = {
		{"/boot", "/boot", 0},
		{"/boot/", "/boot", 0},
		{"/boot/firmware", "/firmware", 0}, /* an absolute link */
		{"/up", NULL, -EXDEV}, /* ../../.. is the root itself */
		{"/boot/new", "/boot/new", 0}, /* is made */
		{"/file", NULL, -ENOTDIR},
		{"/loop", NULL, -ELOOP},
		{"/none/firmware", NULL, -ENOENT},
		{"/dangling", NULL, -EEXIST},
	};
	char root[] = "/tmp/pinet-test-XXXXXX", path[64], found[64];
	const char *const rm[] = {"/bin/rm", "-r", root, NULL};
	struct err err;
	int fd;

	(void)state;
	if (!has_openat2())
		skip();
	assert_non_null(mkdtemp(root));
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(mkdirat(fd, "boot", 0755), 0);
	assert_int_equal(mkdirat(fd, "firmware", 0755), 0);
	assert_int_equal(symlinkat("/firmware", fd, "boot/firmware"), 0);
	assert_int_equal(symlinkat("../../../../..", fd, "up"), 0);
	assert_int_equal(symlinkat("loop", fd, "loop"), 0);
	assert_int_equal(symlinkat("/nowhere", fd, "dangling"), 0);
	assert_int_equal(mknodat(fd, "file", S_IFREG | 0644, 0), 0);
	close(fd);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		strcpy(found, "untouched");
		assert_int_equal(mount_point_find(root, table[i].dir, found, sizeof(found), &err),
			table[i].r);
		assert_string_equal(found, table[i].found ? table[i].found : "untouched");
	}
	assert_int_equal(mount_point_find(root, "/boot/new", found, 10, &err), 0);
	assert_int_equal(mount_point_find(root, "/boot/new", found, 9, &err), -ENAMETOOLONG);
	assert_int_equal(mount_point_find("", "/proc", found, sizeof(found), &err), -EBUSY);
	snprintf(path, sizeof(path), "%s/absent", root);
	assert_int_equal(mount_point_find(path, "/boot", found, sizeof(found), &err), -ENOENT);
	assert_int_equal(proc_run(rm, clock_now_ms() + 60000, NULL, 0), 0);
}

static int return_it(const void *arg)
{
	return *(const int *)arg;
}

static int hang(const void *arg)
{
	(void)arg;
	return pause(); /* nobody sends a signal but the one that kills */
}

static int die(const void *arg)
{
	(void)arg;
	raise(SIGKILL);
	return 0;
}

static void test_bounded(void **state)
{
	static const int results[] = {0, -EACCES, -133};

	(void)state;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		assert_int_equal(bounded_run(return_it, &results[i], CLOCK_FOREVER), results[i]);
	assert_int_equal(bounded_run(hang, NULL, clock_now_ms() + 20), -ETIMEDOUT);
	assert_int_equal(bounded_run(hang, NULL, 0), -ETIMEDOUT);
	assert_int_equal(bounded_run(die, NULL, CLOCK_FOREVER), -EINTR);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_options_refused),
		cmocka_unit_test(test_options_fit),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_unit_name),
		cmocka_unit_test(test_unit),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_mount_point),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

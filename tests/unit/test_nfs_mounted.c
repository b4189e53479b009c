/* SPDX-License-Identifier: GPL-2.0-or-later
 * step/nfs_mounted: what the table of mounts says of an NFS, and whether its server is asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "step/nfs_mounted.h"

#define ROOT "/dev/sda2 / ext4 rw 0 0\n"
#define HERE "10.0.0.1:/x /boot/firmware "

/* "ADDRESS PORT" of what is mounted at @where, "not asked", or "none". */
static const char *found(const char *mounts, const char *where)
{
	static char out[80];
	struct nfs_mounted m = {.host = "untouched"};

	if (!nfs_mounted_find(span_str(mounts), where, &m))
		assert_string_equal(m.host, "untouched");
	if (strcmp(m.host, "untouched") == 0)
		return "none";
	(void)snprintf(out, sizeof(out), "%s %u", m.host, m.port);
	return m.host[0] ? out : "not asked";
}

static void test_find(void **state)
{
	static const struct {
		const char *mounts, *found;
	} cases[] = {
		{ROOT HERE "nfs4 rw,vers=4.2,softerr,proto=tcp,clientaddr=10.0.0.9,addr=10.0.0.1 0 "
			   "0\n",
			"10.0.0.1 2049"},
		{HERE "nfs4 rw,port=20049,proto=tcp6,addr=fd00::1 0 0", "fd00::1 20049"},
		{HERE "nfs rw,vers=3,port=2049,mountport=20048,addr=10.0.0.1 0 0\n",
			"10.0.0.1 2049"},
		{HERE "nfs rw,vers=3,mountport=20048,addr=10.0.0.1 0 0\n", "not asked"},
		{HERE "nfs4 rw,proto=rdma,port=20049,addr=10.0.0.1 0 0\n", "not asked"},
		{HERE "nfs4 rw,port=99999,addr=10.0.0.1 0 0\n", "10.0.0.1 2049"},
		{HERE "nfs4 rw,addr=a-name-that-is-longer-than-any-address-of-the-internet 0 0\n",
			"not asked"},
		{HERE "nfs4 rw 0 0\n", "not asked"},
		{HERE "nfs4", "not asked"},
		/* What is mounted over it counts. */
		{HERE "nfs4 rw,addr=10.0.0.1 0 0\n" HERE "nfs4 rw,addr=10.0.0.2 0 0\n",
			"10.0.0.2 2049"},
		{HERE "vfat rw 0 0\n" HERE "nfs4 rw,addr=10.0.0.1 0 0\n", "10.0.0.1 2049"},
		{"10.0.0.1:/x /boot/firmware2 nfs4 rw,addr=10.0.0.1 0 0\n", "none"},
		{"10.0.0.1:/x /boot nfs4 rw,addr=10.0.0.1 0 0\n", "none"},
		{"10.0.0.1:/x /boot/firmware nfsd rw 0 0\n", "none"},
		{HERE, "none"},
		{ROOT, "none"},
		{"", "none"},
		{"\n\n \n", "none"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(found(cases[i].mounts, "/boot/firmware"), cases[i].found);
}

/* Nothing is said of what is below another file system. */
static void test_covered(void **state)
{
	struct nfs_mounted m;

	(void)state;
	assert_int_equal(
		nfs_mounted_find(span_str(HERE "nfs4 rw,addr=10.0.0.1 0 0\n" HERE "vfat rw 0 0\n"),
			"/boot/firmware", &m),
		0);
}

static void test_escapes(void **state)
{
	(void)state;
	assert_string_equal(found("a /boot\\040files\\134 nfs4 rw,addr=::1 0 0\n", "/boot files\\"),
		"::1 2049");
	assert_string_equal(
		found("a /boot\\040files nfs4 rw,addr=::1 0 0\n", "/boot\\040files"), "none");
	assert_string_equal(found("a /boot\\04 nfs4 rw,addr=::1 0 0\n", "/boot\\04"), "::1 2049");
	assert_string_equal(found("a /\\303\\266 nfs4 rw,addr=::1 0 0\n", "/\303\266"), "::1 2049");
}

static void test_truncated(void **state)
{
	static const char whole[] = HERE "nfs4 rw,addr=10.0.0.1,port=1 0 0\n";
	struct nfs_mounted m;

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		char *copy = malloc(n + 1); /* so that a byte too many is seen */

		assert_non_null(copy);
		memcpy(copy, whole, n);
		(void)nfs_mounted_find(span_of(copy, n), "/boot/firmware", &m);
		free(copy);
	}
}

/* A socket of this machine that takes no connections yet, and a file with an NFS mounted from there. */
static int make_server(const char *file)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);
	char text[128];

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(text, sizeof(text), HERE "nfs4 rw,addr=127.0.0.1,port=%u 0 0\n",
		ntohs(at.sin_port));
	assert_int_equal(fs_replace(file, text, 0600), 0);
	return fd;
}

static void test_answers(void **state)
{
	char dir[] = "/tmp/test_nfs_mounted.XXXXXX", file[64];
	struct err err = {.code = 0};
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/mounts", dir);
	assert_int_equal(nfs_mounted_answers(file, "/boot/firmware", &err), 0);
	fd = make_server(file);
	assert_int_equal(nfs_mounted_answers(file, "/boot", &err), 0);
	assert_int_equal(nfs_mounted_answers(file, "/boot/firmware", &err), -ECONNREFUSED);
	assert_non_null(strstr(err.text, "127.0.0.1 refuses connections to port "));
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(nfs_mounted_answers(file, "/boot/firmware", &err), 1);
	(void)close(fd);
	assert_int_equal(fs_replace(file, HERE "nfs4 rw 0 0\n", 0600), 0);
	assert_int_equal(nfs_mounted_answers(file, "/boot/firmware", &err), 1);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_covered),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

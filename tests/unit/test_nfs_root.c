/* SPDX-License-Identifier: GPL-2.0-or-later
 * source/nfs_root: the spellings of an NFS root, and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/nfs_root.h"

/* HOST PATH OPTIONS as one string, or the errno. */
static const char *shown(const char *text)
{
	static char out[900];
	struct err err = {.code = 0};
	struct nfs_root root;
	int r = nfs_root_parse(span_str(text), &root, &err);

	if (r == 0)
		snprintf(out, sizeof(out), "%s %s %s", root.host[0] ? root.host : "-", root.path,
			root.options[0] ? root.options : "-");
	else
		snprintf(out, sizeof(out), r == -ENOENT ? "none" : "malformed");
	assert_int_equal(err.code, r);
	return out;
}

static void test_spellings(void **state)
{
	static const char *const table[][2] = {
		{"/", "- / -"},
		{"/srv/root", "- /srv/root -"},
		{"/srv/root,vers=3,rw", "- /srv/root vers=3,rw"},
		{"/srv/root:vers=3,rw", "- /srv/root vers=3,rw"},
		{"nfs:/srv/root", "- /srv/root -"},
		{"nfs4:/srv/root", "- /srv/root vers=4"},
		{"nfs4:/srv/root:hard", "- /srv/root vers=4,hard"},
		{"192.168.77.1:/srv", "192.168.77.1 /srv -"},
		{"nfs:192.168.77.1:/srv:nolock", "192.168.77.1 /srv nolock"},
		{"nfs:192.168.77.1:/srv,nolock", "192.168.77.1 /srv nolock"},
		{"nas.example:/srv", "nas.example /srv -"},
		{"nfs:nfs:/srv", "nfs /srv -"}, /* a host may be called so */
		{"[fd00::1]:/srv,vers=4.2", "fd00::1 /srv vers=4.2"},
		{"nfs4:[fd00::1]:/srv:", "fd00::1 /srv vers=4"},
		{"", "none"},
		{"nfs:", "none"},
		{"nfs4:x", "none"},
		{"192.168.77.1", "none"},
		{"192.168.77.1:srv", "none"},
		{":/srv", "none"},
		{"[fd00::1:/srv", "none"},
		{"aoe:e0.1", "none"},
		{"iscsi:h::::iqn.x", "none"},
		{"[fd00::zz]:/srv", "malformed"},
		{"h;x:/srv", "malformed"},
		{"-h:/srv", "malformed"},
		{"/srv/../etc", "malformed"},
		{"/srv/a b", "malformed"},
		{"/srv/a'b", "malformed"},
		{"/srv,rw;x", "malformed"},
		{"/srv,a b", "malformed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(shown(table[i][0]), table[i][1]);
}

static void test_limits(void **state)
{
	char text[600];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '/';
	text[255] = '\0';
	assert_string_not_equal(shown(text), "malformed");
	text[255] = 'a';
	text[256] = '\0';
	assert_string_equal(shown(text), "malformed");
	memcpy(text, "/b,", 3);
	assert_string_not_equal(shown(text), "malformed");
	memcpy(text, "nfs4:/,", 7); /* 249 bytes of options, and "vers=4," */
	assert_string_equal(shown(text), "malformed");
	text[255] = '\0';
	assert_string_not_equal(shown(text), "malformed");
}

/* Every truncation, of its exact size: nothing reads past the end (run with asan). */
static void test_truncations(void **state)
{
	const char *text = "nfs4:[fd00::1]:/srv/root:rw,hard";

	(void)state;
	for (size_t n = 0; n <= strlen(text); n++) {
		struct nfs_root root = {.path = "kept"};
		char *exact = malloc(n ? n : 1);
		int r;

		memcpy(exact, text, n);
		r = nfs_root_parse(span_of(exact, n), &root, NULL);
		assert_true(r == 0 || strcmp(root.path, "kept") == 0);
		assert_int_equal(r, n <= strlen("nfs4:[fd00::1]:") ? -ENOENT : 0);
		free(exact);
	}
}

static void test_sentence(void **state)
{
	struct nfs_root root;
	struct err err = {.code = 0};

	(void)state;
	assert_int_equal(nfs_root_parse(span_str("/srv/\033[2J"), &root, &err), -EINVAL);
	assert_string_equal(err.text, "\"/srv/\\x1b[2J\": a path has no \"..\", blank, quote or "
				      "control character");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

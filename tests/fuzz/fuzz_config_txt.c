/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as config.txt: the block says what was put into it, putting it twice is putting it
 * once, and every byte of the user's is still there, in its order.
 */
#include <stdlib.h>
#include <string.h>

#include "store/config_txt.h"

#define SIZE 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Puts @block into @text. Returns false if there is no room for it. */
static bool put(struct span text, const struct config_txt *block, char *out, size_t *ret_len)
{
	struct err err;

	return config_txt_put(text, block, out, SIZE, ret_len, &err) == 0;
}

/* Whether @now is @before, maybe with the end of its last line. */
static bool same_user(struct span before, struct span now)
{
	if (span_eq(before, now))
		return true;
	return now.len > before.len && now.len <= before.len + 2 &&
	       span_eq(before, span_sub(now, 0, before.len)) && now.p[now.len - 1] == '\n' &&
	       (now.len == before.len + 1 || now.p[before.len] == '\r');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config_txt blocks[] = {
		{"g000042-6.12.25+rpt-rpi-v8", "", ""},
		{"g000043-6", "kernel8.img", "initramfs8"},
		{"g000044-6", "vmlinuz-6", ""},
	};
	const struct config_txt *block = &blocks[size % 3];
	char *users = malloc(SIZE), *once = malloc(SIZE), *twice = malloc(SIZE);
	size_t n_users, n_once, n_twice;
	struct span text = span_of(data, size);
	struct config_txt found;

	if (users && once && twice && put(text, NULL, users, &n_users) &&
		put(text, block, once, &n_once) &&
		put(span_of(once, n_once), block, twice, &n_twice)) {
		if (!span_eq(span_of(once, n_once), span_of(twice, n_twice)))
			__builtin_trap();
		if (config_txt_parse(span_of(once, n_once), &found) != 1 ||
			strcmp(found.generation, block->generation) != 0 ||
			strcmp(found.kernel, block->kernel) != 0 ||
			strcmp(found.initramfs, block->initramfs) != 0)
			__builtin_trap();
		if (!put(span_of(once, n_once), NULL, twice, &n_twice) ||
			!same_user(span_of(users, n_users), span_of(twice, n_twice)))
			__builtin_trap();
	}
	(void)config_txt_parse(text, &found);
	free(users);
	free(once);
	free(twice);
	return 0;
}

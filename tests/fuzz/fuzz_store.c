/* SPDX-License-Identifier: GPL-2.0-or-later
 * Any bytes as one of the small texts of the store: stamp, lock or states; the first byte chooses.
 */
#include <string.h>

#include "store/lock_holder.h"
#include "store/stamp.h"
#include "store/states.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_stamp(struct span text)
{
	_cleanup_stamp_ struct stamp s = {.n = 0};

	if (stamp_parse(text, &s) < 0 && s.file)
		__builtin_trap(); /* a refusal leaves nothing */
	for (size_t i = 0; i < s.n; i++)
		if (!s.file[i].path[0] || strchr(s.file[i].path, '\n'))
			__builtin_trap();
}

static void try_lock(struct span text)
{
	struct lock_holder h, again;
	char out[LOCK_TEXT_SIZE];

	if (lock_parse(text, &h) < 0)
		return;
	lock_format(&h, out);
	if (lock_parse(span_str(out), &again) < 0 || !lock_same(&h, &again))
		__builtin_trap();
}

static void try_states(struct span text)
{
	struct states st;
	uint32_t number;

	states_parse(text, &st);
	for (unsigned int i = 0; i < st.n; i++)
		if (name_parse(span_str(st.at[i].name), &number, NULL) < 0 ||
			states_find(&st, st.at[i].name) != &st.at[i])
			__builtin_trap(); /* a path is made of it, and each is there once */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const try[])(struct span) = {try_stamp, try_lock, try_states};

	if (size)
		try[data[0] % 3](span_of(data + 1, size - 1));
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later
 * For the tests of the lock: a root with a machine id, and this process as one of that machine.
 */
#ifndef TESTS_STORE_SELF_H
#define TESTS_STORE_SELF_H

#include "store_fault.h"

#include "store/lock_holder.h"

/* This process as if on the machine "1", in the boot "b". */
static inline struct lock_holder self_of(void)
{
	struct lock_holder h;
	struct err err;

	if (lock_self("root", &h, &err) < 0)
		fail_msg("%s", err.text);
	strcpy(h.boot, "b");
	return h;
}

/* A root with a machine id and a name. */
static int set_up_root(void **state)
{
	int r = set_up(state);

	make_dir("root");
	make_dir("root/etc");
	put("root/etc/machine-id", "1\n");
	put("root/etc/hostname", "one\n");
	return r;
}

#define in_root(test) cmocka_unit_test_setup_teardown(test, set_up_root, tear_down)

#endif

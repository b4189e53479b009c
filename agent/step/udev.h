/* SPDX-License-Identifier: GPL-2.0-or-later
 * The udev of the initramfs: whether it is done with a network interface, which it may be about to
 * rename, and that it does not get in the way.
 */
#ifndef STEP_UDEV_H
#define STEP_UDEV_H

#include <stdbool.h>

/*
 * A descriptor that becomes readable when udev has finished with some device; -1 if no udev runs.
 * Before Linux 6.2 an interface that is up cannot be renamed, so udev has to be let through first.
 */
int udev_watch(void);

/* Empties the descriptor. */
void udev_drain(int fd);

/* True if udev has finished with the interface, and a rename with it. */
bool udev_is_done(int ifindex);

/*
 * Has udev work while nobody else does: what it finds out about the disks of a session nobody waits
 * for before the root is mounted. It ends with the initramfs. Without a udev this does nothing.
 */
void udev_yield(void);

#endif

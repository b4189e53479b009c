/* SPDX-License-Identifier: GPL-2.0-or-later
 * Which generation the firmware loads, in both layouts.
 *
 * @ours_fd is pinet/ in @boot_dirfd; negative, it is not there.
 */
#ifndef STORE_ACTIVE_H
#define STORE_ACTIVE_H

#include "store/manifest.h"

#define ACTIVE_LINK    "active" /* the symbolic link in pinet/ */
#define ACTIVE_TRYBOOT "tryboot.txt" /* config.txt of one boot */

/*
 * MANIFEST_RASPI if there is a config.txt, else MANIFEST_LINK. Returns 0 or a negative errno with
 * @reterr.
 */
int active_layout(int boot_dirfd, enum manifest_layout *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * The name of the active generation. It need not exist: see generation_load().
 *
 * Returns 1 with @ret set, 0 with @ret empty if none is active, or a negative errno with @reterr.
 */
int active_read(int boot_dirfd, int ours_fd, enum manifest_layout layout, char ret[NAME_SIZE],
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * The name of the generation that tryboot.txt has. As active_read(): 0 also if there is no such file, or none of
 * ours, and in the link layout.
 */
int active_tried(int boot_dirfd, enum manifest_layout layout, char ret[NAME_SIZE],
	struct err *reterr) __attribute__((warn_unused_result));

/*
 * Makes @m's generation the active one, by one rename on the server, reads back that it is, and
 * puts it on the server's disk. The caller holds the lock and has the generation committed.
 * Config.txt keeps every byte of the user's.
 *
 * Returns 1, 0 if config.txt had to be changed in nothing, -EOPNOTSUPP or -ENOENT if the directory has the other layout,
 * or another negative errno, with @reterr: the old one is active then, or (when only the last fsync failed) the new one.
 */
int active_set(int boot_dirfd, int ours_fd, const struct manifest *m, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Raspi layout: writes tryboot.txt, which is config.txt but with @m's generation. The firmware
 * reads it instead for one boot after `reboot "0 tryboot"`.
 *
 * Returns 1, 0 if it was so already, -EOPNOTSUPP in the link layout, or a negative errno, with
 * @reterr.
 */
int active_try(int boot_dirfd, int ours_fd, const struct manifest *m, struct err *reterr)
	__attribute__((warn_unused_result));

#endif

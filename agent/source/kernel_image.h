/* SPDX-License-Identifier: GPL-2.0-or-later
 * The version of a Linux kernel, as its image file tells it.
 */
#ifndef SOURCE_KERNEL_IMAGE_H
#define SOURCE_KERNEL_IMAGE_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define KERNEL_IMAGE_MAX          (256u << 20) /* bytes of a kernel, unpacked */
#define KERNEL_IMAGE_VERSION_SIZE 65

/*
 * Finds the version in the kernel image that is open as @fd, such as "6.1.0-50-amd64"; at most
 * KERNEL_IMAGE_MAX bytes of it are read, its offset is moved. Formats:
 *
 *   x86 bzImage: by its header (Documentation/arch/x86/boot.rst, kernel_version)
 *   arm64 Image (Documentation/arch/arm64/booting.rst): the banner in its data
 *   EFI zboot (drivers/firmware/efi/libstub/zboot-header.S), arm zImage, and any of these or an
 *   Image compressed whole: the banner in what gzip, xz, zstd, lz4 or lzop makes of it
 *
 * Returns 0; -ENODATA if it has no version that can be found; -EBADMSG if it is no kernel image or
 * a broken one; -ENOENT if the program that unpacks it is missing; -ETIMEDOUT when that takes
 * beyond @deadline_ms; or the errno of a read. @reterr says it without the name of the file.
 */
int kernel_image_version(int fd, uint64_t deadline_ms, char ret[KERNEL_IMAGE_VERSION_SIZE],
	struct err *reterr) __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * For a program that is linked with --wrap=write: no write takes all that it is given, as when a
 * signal or a quota comes in between.
 */
#include <sys/types.h>

ssize_t __real_write(int fd, const void *buf, size_t n);
ssize_t __wrap_write(int fd, const void *buf, size_t n);

ssize_t __wrap_write(int fd, const void *buf, size_t n)
{
	return __real_write(fd, buf, n > 1 ? n / 2 : n);
}

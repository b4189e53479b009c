/* SPDX-License-Identifier: GPL-2.0-or-later
 * Text and names that came in DHCP options, checked before anyone else sees them.
 */
#ifndef SOURCE_DHCP_TEXT_H
#define SOURCE_DHCP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/notes.h"
#include "base/span.h"

/* @s without the NULs at its end, which dnsmasq and others append (RFC 2132 section 2). */
struct span dhcp_text_strip(struct span s);

/*
 * True if @s is printable ASCII that means nothing to a shell's quoting and does not climb: no
 * blank, no control character, none of " ' ` $ and backslash, no path component "..".
 */
bool dhcp_text_is_safe(struct span s);

/*
 * Copies a host or domain name of letters, digits, '-' and '_' in labels of at most 63 bytes (RFC
 * 1123 section 2.1), without the dot at its end.
 *
 * Returns 0, -EINVAL if it is no such name, -ENOSPC if it does not fit. On failure @dst is left
 * alone.
 */
int dhcp_text_name(struct span s, char *dst, size_t size) __attribute__((warn_unused_result));

/*
 * Copies the names of a domain search list, option 119 (RFC 3397, compressed as RFC 1035 section
 * 4.1.4 says), separated by blanks. A name that is no domain name, or for which there is no room,
 * is left out with a remark.
 *
 * Returns 0, or -EBADMSG if the encoding is malformed; @dst is then left alone. The compression can
 * only point backwards, so it cannot loop.
 */
int dhcp_text_search(struct span s, char *dst, size_t size, struct notes *notes)
	__attribute__((warn_unused_result));

#endif

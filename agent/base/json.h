/* SPDX-License-Identifier: GPL-2.0-or-later
 * Strings as JSON has them (RFC 8259).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdio.h>

/* @text in quotes; what is no printable ASCII as \u00HH, byte by byte. */
void json_string(FILE *to, const char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later
 * Strings as JSON has them (RFC 8259).
 */
#include "base/json.h"

void json_string(FILE *to, const char *text)
{
	putc('"', to);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c > 0x7e)
			fprintf(to, "\\u%04x", c);
		else
			fprintf(to, c == '"' || c == '\\' ? "\\%c" : "%c", c);
	}
	putc('"', to);
}

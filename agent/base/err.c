/* SPDX-License-Identifier: GPL-2.0-or-later
 * An error a person can act on: a negative errno and one sentence.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static void __attribute__((format(printf, 3, 0)))
fill(struct err *err, int code, const char *format, va_list ap)
{
	err->code = code;
	(void)vsnprintf(err->text, sizeof(err->text), format, ap); /* a cut sentence is still one */
}

void err_fill(struct err *err, int code, const char *format, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, format);
	fill(err, code, format, ap);
	va_end(ap);
}

void err_fill_sys(struct err *err, int code, const char *format, ...)
{
	va_list ap;
	size_t at;

	if (!err)
		return;
	va_start(ap, format);
	fill(err, code, format, ap);
	va_end(ap);
	at = strlen(err->text);
	(void)snprintf(err->text + at, sizeof(err->text) - at, ": %s", strerror(-code));
}

void err_prefix(struct err *err, const char *format, ...)
{
	char old[ERR_TEXT_SIZE];
	va_list ap;
	size_t at;

	if (!err)
		return;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	at = strlen(err->text);
	(void)snprintf(err->text + at, sizeof(err->text) - at, ": %s", old);
}

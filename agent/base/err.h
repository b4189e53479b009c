/* SPDX-License-Identifier: GPL-2.0-or-later
 * An error a person can act on: a negative errno and one sentence.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_TEXT_SIZE 512

/* Filled by the function that knows the reason; callers pass it up. */
struct err {
	int code; /* negative errno, 0 while nothing failed */
	char text[ERR_TEXT_SIZE]; /* printable: whoever fills it escapes foreign bytes */
};

/* Fills @err (which may be NULL) and yields @errno_code, a negative errno. */
#define err_set(err, errno_code, ...)                                                              \
	({                                                                                         \
		int err_code_ = (errno_code);                                                      \
		err_fill((err), err_code_, __VA_ARGS__);                                           \
		err_code_ < 0 ? err_code_ : -22;                                                   \
	})

/* As err_set(), with ": REASON" of the errno appended. */
#define err_sys(err, errno_code, ...)                                                              \
	({                                                                                         \
		int err_code_ = (errno_code);                                                      \
		err_fill_sys((err), err_code_, __VA_ARGS__);                                       \
		err_code_ < 0 ? err_code_ : -22;                                                   \
	})

void err_fill(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void err_fill_sys(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " in front of the text of @err, which may be NULL. */
void err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

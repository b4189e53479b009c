/* SPDX-License-Identifier: GPL-2.0-or-later
 * Text of logins and discovery: key=value, each ended by a NUL (RFC 7143 section 6.1).
 */
#ifndef STEP_ISCSI_TEXT_H
#define STEP_ISCSI_TEXT_H

#include "base/err.h"
#include "base/span.h"

#define ISCSI_KEY_MAX  63 /* bytes of a key */
#define ISCSI_TEXT_MAX (256u * 1024u) /* of one answer: some thousand targets */

/* Text that comes in several PDUs, put together. The owner frees @bytes. */
struct iscsi_text {
	uint8_t *bytes;
	size_t len, size;
};

/* Text that is sent, always short. */
struct iscsi_answer {
	size_t len;
	bool full; /* something found no room */
	char buf[2048];
};

/*
 * Puts @piece behind what @text has. Returns 0; -EMSGSIZE with @reterr if that is more than
 * @max bytes, or -ENOMEM. On failure @text is left alone.
 */
int iscsi_text_append(struct iscsi_text *text, struct span piece, size_t max, struct err *reterr)
	__attribute__((warn_unused_result));

/*
 * Reads the next pair from @in. NULs that pad a text are skipped.
 *
 * Returns 1 with @ret_key and @ret_value (parts of @in), 0 at its end, -EBADMSG with @reterr if what
 * stands there is no pair: no "=", no NUL behind it, or a key that is empty, too long or no name. On
 * failure @in is left alone.
 */
int iscsi_text_next(struct span *in, struct span *ret_key, struct span *ret_value,
	struct err *reterr) __attribute__((warn_unused_result));

/* The value of the first @key in @in, or SPAN_NONE; a text with a broken pair before it has none. */
struct span iscsi_text_find(struct span in, const char *key);

/* Adds a pair. One that finds no room sets @answer->full. */
void iscsi_answer_add(struct iscsi_answer *answer, const char *key, const char *value);
void iscsi_answer_add_number(struct iscsi_answer *answer, const char *key, uint32_t value);

/* The same where the key is the other side's. */
void iscsi_answer_add_span(struct iscsi_answer *answer, struct span key, const char *value);

/* KEY=0xHEX (section 6.1: hex-constant) of bytes. */
void iscsi_answer_add_bytes(struct iscsi_answer *answer, const char *key, struct span bytes);

/* A number as such a value has it: decimal, or hexadecimal after 0x. 0, -EINVAL or -ERANGE. */
int iscsi_text_number(struct span value, uint32_t max, uint32_t *ret)
	__attribute__((warn_unused_result));

/*
 * Bytes as such a value has them: 0x and hexadecimal digits, or 0b and base64 (section 6.1).
 * Returns their number, -EINVAL if it is neither, or -ENOSPC if there are more than @size. On
 * failure @out is undefined.
 */
int iscsi_text_bytes(struct span value, uint8_t *out, size_t size)
	__attribute__((warn_unused_result));

#endif

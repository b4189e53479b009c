/* SPDX-License-Identifier: GPL-2.0-or-later
 * Who holds the lock: a process on a machine. As text:
 *
 *     machine MACHINE-ID
 *     host HOST-NAME
 *     boot BOOT-ID
 *     pid PID
 *     start CLOCK-TICKS
 */
#ifndef STORE_LOCK_HOLDER_H
#define STORE_LOCK_HOLDER_H

#include "base/err.h"
#include "base/span.h"

#define LOCK_ID_SIZE   40
#define LOCK_HOST_SIZE 65
#define LOCK_TEXT_SIZE 512

/* A process on a machine. */
struct lock_holder {
	char machine[LOCK_ID_SIZE]; /* /etc/machine-id */
	char host[LOCK_HOST_SIZE];
	char boot[LOCK_ID_SIZE]; /* /proc/sys/kernel/random/boot_id */
	uint32_t pid;
	uint64_t start; /* of the process, in clock ticks since boot: field 22 of /proc/PID/stat */
};

/*
 * This process. @root is "" for the running system, or where its root is mounted (the machine id
 * is read there). Returns 0 or a negative errno with @reterr.
 */
int lock_self(const char *root, struct lock_holder *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/* Reads the text of a lock. Returns 0, or -EBADMSG if a field is missing or malformed. */
int lock_parse(struct span text, struct lock_holder *ret) __attribute__((warn_unused_result));

/* The text of a lock. */
void lock_format(const struct lock_holder *h, char out[LOCK_TEXT_SIZE]);

/* True if both are the same process. */
bool lock_same(const struct lock_holder *a, const struct lock_holder *b);

/* True if the process runs, on this machine and in this boot: the caller knows that it would. */
bool lock_runs(const struct lock_holder *h);

/* Copies a word of printable ASCII. Returns 0, or a negative errno if it is none or too long. */
int lock_word(struct span word, char *ret, size_t size) __attribute__((warn_unused_result));

#endif

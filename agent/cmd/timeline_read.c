/* SPDX-License-Identifier: GPL-2.0-or-later
 * Where a boot spends its time: what the kernel's log and systemd say of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/proc.h"
#include "cmd/timeline.h"

#define KMSG_RECORD  8192 /* CONSOLE_EXT_LOG_MAX of the kernel */
#define KMSG_RECORDS 20000 /* looked at, at most */
#define SYSTEMCTL_MS 5000
#define PROPERTIES   "--property=UserspaceTimestampMonotonic,Id,ActiveEnterTimestampMonotonic"

bool timeline_parse_kmsg(struct span record, uint64_t *ret_ms)
{
	struct span text = record, head = span_cut(&text, ';'), usec;
	uint64_t us;

	(void)span_cut(&head, ',');
	(void)span_cut(&head, ',');
	usec = span_cut(&head, ',');
	if (!span_starts(text, "Run /init as init process") ||
		num_parse_u64(usec, UINT64_MAX, &us) < 0)
		return false;
	*ret_ms = us / 1000;
	return true;
}

static void end_block(struct timeline_times *t, struct span id, uint64_t at_us)
{
	static const char suffix[] = ".target";
	struct span name = id;
	size_t n = strlen(suffix);

	if (!id.len || !at_us || t->n == sizeof(t->reached) / sizeof(t->reached[0]))
		return;
	if (id.len > n && span_eq_str(span_sub(id, id.len - n, n), suffix))
		name = span_sub(id, 0, id.len - n);
	if (!span_is_graph(name) ||
		span_copy(name, t->reached[t->n].name, sizeof(t->reached[0].name)) < 0)
		return;
	t->reached[t->n++].at_ms = at_us / 1000;
}

void timeline_parse_systemctl(struct span text, struct timeline_times *ret)
{
	struct span id = SPAN_NONE;
	uint64_t at_us = 0, us;

	while (text.len) {
		struct span value = span_cut(&text, '\n'), name;

		if (!value.len) {
			end_block(ret, id, at_us);
			id = SPAN_NONE;
			at_us = 0;
			continue;
		}
		name = span_cut(&value, '=');
		if (span_eq_str(name, "Id"))
			id = value;
		else if (span_eq_str(name, "ActiveEnterTimestampMonotonic"))
			at_us = num_parse_u64(value, UINT64_MAX, &us) == 0 ? us : 0;
		else if (span_eq_str(name, "UserspaceTimestampMonotonic"))
			ret->system_ms = num_parse_u64(value, UINT64_MAX, &us) == 0 ? us / 1000 : 0;
	}
	end_block(ret, id, at_us);
}

static void read_kmsg(uint64_t *ret_ms)
{
	_cleanup_fd_ int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[KMSG_RECORD];

	for (unsigned int i = 0; fd >= 0 && i < KMSG_RECORDS; i++) {
		ssize_t n = read(fd, record, sizeof(record));

		if (n < 0 && errno == EPIPE)
			continue; /* older records have been overwritten meanwhile */
		if (n <= 0 || timeline_parse_kmsg(span_of(record, (size_t)n), ret_ms))
			return;
	}
}

static void ask(const char *const argv[], struct timeline_times *ret)
{
	char text[4096];

	if (proc_run(argv, clock_now_ms() + SYSTEMCTL_MS, text, sizeof(text)) == 0)
		timeline_parse_systemctl(span_str(text), ret);
}

void timeline_read(struct timeline_times *ret)
{
	static const char *const manager[] = {"/bin/systemctl", "show", PROPERTIES, NULL};
	static const char *const units[] = {"/bin/systemctl", "show", PROPERTIES, "sysinit.target",
		"basic.target", "network.target", "multi-user.target", NULL};

	memset(ret, 0, sizeof(*ret));
	read_kmsg(&ret->init_ms);
	ask(manager, ret);
	ask(units, ret);
}

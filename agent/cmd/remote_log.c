/* SPDX-License-Identifier: GPL-2.0-or-later
 * The setting log: lines of this program go to a syslog server, too.
 */
#include "base/clock.h"
#include "base/log.h"
#include "cmd/remote_log.h"

#define NAME_MS 300 /* for the lookup of a name: the boot is not to wait for its log */

static void take(void *ctx, enum log_level level, uint64_t now_ms, const char *text)
{
	syslog_line(ctx,
		level == LOG_LEVEL_ERROR     ? SYSLOG_ERROR
		: level == LOG_LEVEL_WARNING ? SYSLOG_WARNING
					     : SYSLOG_INFO,
		now_ms, text);
}

static void take_warnings(void *ctx, enum log_level level, uint64_t now_ms, const char *text)
{
	if (level <= LOG_LEVEL_WARNING)
		take(ctx, level, now_ms, text);
}

static void start(struct syslog *s, const char *target, const char *id, uint16_t source_port)
{
	struct err err = {.code = 0};

	if (s->fd >= 0 || !target[0])
		return;
	if (syslog_open(s, target, id, source_port, clock_now_ms() + NAME_MS, &err) == 0)
		return;
	log_set_sink(NULL, NULL); /* it would be asked for again at every attempt */
	log_warning("%s", err.text);
}

void remote_log_keep(struct syslog *s)
{
	syslog_init(s);
	log_set_sink(take, s);
}

void remote_log_start(struct syslog *s, const struct plan *plan)
{
	start(s, plan->log, plan->id, SYSLOG_PORT);
}

void remote_log_resume(struct syslog *s, const struct state *boot, bool all)
{
	syslog_init(s);
	if (!state_get(boot, "log")[0])
		return;
	log_set_sink(all ? take : take_warnings, s);
	start(s, state_get(boot, "log"), state_get(boot, "id"), all ? SYSLOG_PORT : 0);
}

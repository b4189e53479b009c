/* SPDX-License-Identifier: GPL-2.0-or-later
 * Logs in to a target up to the full feature phase, without a kernel that takes the session, and logs
 * out: what the native engine does on the wire.
 *
 * Usage: dial SECONDS PORTAL INITIATOR TARGET [none|crc32c|prefer [USER SECRET [USER_IN SECRET_IN]]]
 * TARGET "?ID" is the one that discovery finds for that id: the time then is of both.
 * Prints the portals reached and to come back to, what was agreed, and on a line of its own the time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "step/iscsi_dial.h"
#include "step/iscsi_discovery.h"
#include "step/iscsi_wire.h"

#define LOGOUT_MS 10000

static const char *const digests[] = {"none", "crc32c", "prefer"};

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void show(const struct iscsi_link *link)
{
	const uint32_t *v = link->keys.value;
	char reached[ISCSI_WHERE_SIZE], persistent[ISCSI_WHERE_SIZE];

	iscsi_portal_text(&link->portal, reached);
	iscsi_portal_text(&link->persistent, persistent);
	printf("at %s, then %s, tpgt %u, digests %u %u, r2t %u, immediate %u, bursts %u %u, "
	       "segments %u %u, erl %u, chap %u\n",
		reached, persistent, link->keys.has_tpgt ? link->keys.tpgt : link->portal.tpgt,
		v[ISCSI_HEADER_DIGEST], v[ISCSI_DATA_DIGEST], v[ISCSI_INITIAL_R2T],
		v[ISCSI_IMMEDIATE_DATA], v[ISCSI_FIRST_BURST], v[ISCSI_MAX_BURST],
		v[ISCSI_MAX_RECV], link->keys.max_send, v[ISCSI_ERL], link->chap);
}

/* With digests only the connection is closed: the kernel would be the one to make them. */
static int log_out(const struct iscsi_link *link)
{
	static struct iscsi_wire wire;
	static struct iscsi_request req;
	const struct iscsi_tags tags = {9, ISCSI_FIRST_CMD_SN, link->exp_stat_sn};
	struct err err = {.code = 0};
	int r;

	if (link->keys.value[ISCSI_HEADER_DIGEST])
		return 0;
	wire.fd = link->fd;
	wire.where = "the target";
	wire.deadline_ms = clock_now_ms() + LOGOUT_MS;
	iscsi_pdu_logout(&req, &tags);
	r = iscsi_wire_send(&wire, &req, &err);
	if (r == 0)
		r = iscsi_wire_receive(&wire, 0, &err);
	if (r == 0 && (wire.bhs[0] != ISCSI_LOGOUT_RESPONSE || wire.bhs[2] != 0))
		printf("logged out: no\n");
	if (r < 0)
		printf("%s\n", err.text);
	return r;
}

/* Asks @portal for its targets and takes the one of @id, into @ret_name. */
static int find(const char *id, const char *initiator, const struct chap *chap,
	const struct portal *portal, uint64_t deadline_ms, char ret_name[PLAN_NAME_SIZE],
	struct err *reterr)
{
	static struct plan plan;
	struct iscsi_discovery found;
	int r;

	snprintf(plan.initiator, sizeof(plan.initiator), "%s", initiator);
	plan.chap = *chap;
	r = iscsi_discovery_run(&plan, portal, deadline_ms, &found, reterr);
	if (r < 0)
		return r;
	r = iscsi_targets_choose((struct span){found.text.bytes, found.text.len}, id, "the portal",
		initiator, ret_name, reterr);
	free(found.text.bytes);
	return r;
}

int main(int argc, char **argv)
{
	struct chap chap = {.present = argc > 7, .mutual = argc > 9};
	struct chap_keys keys;
	struct iscsi_dial_config config = {.chap = &keys, .isid = {0, 2, 0x3d, 0, 0, 1}};
	struct iscsi_link link;
	struct portal portal;
	struct err err = {.code = 0};
	char target[PLAN_NAME_SIZE];
	uint64_t deadline_ms;
	uint32_t seconds;
	long start;

	if (argc < 5 || num_parse_u32(span_str(argv[1]), 600, &seconds) < 0)
		return 2;
	config.initiator = argv[3];
	config.target = argv[4];
	for (unsigned int i = 0; i < 3; i++)
		if (argc > 5 && strcmp(argv[5], digests[i]) == 0)
			config.header_digest = config.data_digest = (enum iscsi_digest)i;
	if (chap.present) {
		snprintf(chap.user, sizeof(chap.user), "%s", argv[6]);
		snprintf(chap.secret, sizeof(chap.secret), "%s", argv[7]);
	}
	if (chap.mutual) {
		snprintf(chap.user_in, sizeof(chap.user_in), "%s", argv[8]);
		snprintf(chap.secret_in, sizeof(chap.secret_in), "%s", argv[9]);
	}
	start = now_us();
	deadline_ms = clock_now_ms() + seconds * 1000ull;
	if (settings_parse_portal(span_str(argv[2]), &portal, &err) < 0 ||
		chap_keys_take(&chap, &keys, &err) < 0) {
		printf("%s\n", err.text);
		return 1;
	}
	if (argv[4][0] == '?') {
		if (find(argv[4] + 1, argv[3], &chap, &portal, deadline_ms, target, &err) < 0) {
			printf("%s\n", err.text);
			return 1;
		}
		config.target = target;
	}
	if (iscsi_dial(&config, &portal, deadline_ms, &link, &err) < 0) {
		printf("%s\n", err.text);
		return 1;
	}
	start = now_us() - start;
	show(&link);
	printf("%ld us\n", start);
	return log_out(&link) < 0;
}

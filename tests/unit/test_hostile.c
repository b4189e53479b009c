/* SPDX-License-Identifier: GPL-2.0-or-later
 * Hostile values in every option that has a text, from the packet to those who read what comes of it: a
 * shell that sources /run/net-IFACE.conf, the resolver, a terminal that shows plan and remarks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "dhcp_packets.h"
#include "plan/format.h"
#include "plan/merge.h"
#include "step/step.h"

#define OWNED "/tmp/pinet-test-owned"
#define NAMES                                                                                      \
	"\"$DEVICE\" \"$PROTO\" \"$IPV4ADDR\" \"$HOSTNAME\" \"$DNSDOMAIN\" \"$ROOTSERVER\" "       \
	"\"$ROOTPATH\" \"$filename\" \"$DOMAINSEARCH\""

static const struct {
	const char *text;
	size_t len;
} values[] = {
#define VALUE(s)                                                                                   \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}
	VALUE("a'b"),
	VALUE("a'; touch " OWNED "; '"),
	VALUE("$(touch " OWNED ")"),
	VALUE("`touch " OWNED "`"),
	VALUE("a\"b$(touch " OWNED ")\""),
	VALUE("${IFS}x"),
	VALUE("a\ntouch " OWNED "\n"),
	VALUE("a\nnameserver 6.6.6.6"),
	VALUE("a\r\nb"),
	VALUE("a;touch" OWNED),
	VALUE("a|b&c>" OWNED),
	VALUE("a\\"),
	VALUE("a b"),
	VALUE("-n"),
	VALUE("../../etc/passwd"),
	VALUE("/srv/../../etc"),
	VALUE("/srv/%n%s"),
	VALUE("\x1b[31mred\x1b]0;title\a"),
	VALUE("\x9b"
	      "31mred"),
	VALUE("a\0b'$(touch " OWNED ")"),
	VALUE("\xff\xfe\xc3\x28"),
	VALUE("iscsi:10.0.0.1::::iqn.2025-02.x:$(touch " OWNED ")"),
	VALUE("nfs:10.0.0.1:/srv/a,b=`touch " OWNED "`"),
	VALUE("pinet.server=$(touch " OWNED ")"),
	VALUE("pinet.firmware=10.0.0.1:/a/../../b"),
};

/* A lease with the value in option @code, or in all of them. */
static void make(struct packet *k, unsigned int code, const char *text, size_t len)
{
	static const uint8_t codes[] = {12, 15, 17, 43, 56, 60, 66, 67, 203, 224};
	uint8_t sub[128], search[128];

	packet_begin_lease(k, DHCP_ACK);
	packet_hex(k, "0604c0a84d01");
	for (size_t i = 0; i < sizeof(codes); i++)
		if (!code || code == codes[i])
			packet_option(k, codes[i], text, len);
	sub[0] = 6; /* the boot files, as a sub-option */
	sub[1] = search[0] = (uint8_t)len;
	memcpy(sub + 2, text, len);
	memcpy(search + 1, text, len);
	search[len + 1] = 0;
	if (code == 143)
		packet_option(k, 43, sub, len + 2);
	if (!code || code == 119)
		packet_option(k, 119, search, len + 2);
}

static void check_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text > 0x7e || (*text != '\n' && (unsigned char)*text < 0x20))
			fail_msg("0x%02x on the terminal", (unsigned char)*text);
}

/* What a person sees of it. */
static void check_shown(const struct plan *plan, const struct lease *lease, struct notes *notes)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	format_plan(f, plan, lease, notes);
	format_plan_json(f, plan, lease, notes);
	assert_int_equal(fclose(f), 0);
	check_printable(text);
	free(text);
}

static void check_resolv(const struct plan *plan, const struct network_report *r)
{
	char text[2048], *line, *rest = text;

	assert_int_equal(netconf_resolv(plan, r, text, sizeof(text)), 0);
	line = strsep(&rest, "\n");
	assert_string_equal(line, "nameserver 192.168.77.1");
	line = strsep(&rest, "\n");
	if (!line || !line[0])
		return;
	assert_memory_equal(line, "search ", 7);
	for (line += 7; *line; line++)
		assert_true(isalnum((unsigned char)*line) || strchr("-._ ", *line));
	assert_string_equal(rest, "");
}

/* A shell reads back what was written, and does nothing else. */
static void check_shell(const struct plan *plan, const struct network_report *r, const char *path)
{
	char command[400], text[2048], out[4096], want[4096], address[IP4_TEXT_SIZE];
	const char *const argv[] = {"/bin/dash", "-euc", command, NULL};
	const struct lease *l = &r->lease;
	struct in_addr a;
	bool numeric = num_parse_ip4(span_str(plan->server), &a) == 0;

	assert_int_equal(netconf_format(plan, r, text, sizeof(text)), 0);
	check_printable(text);
	assert_int_equal(fs_replace(path, text, 0600), 0);
	snprintf(command, sizeof(command), ". %s && printf '%%s|' " NAMES " \"$#$*\"", path);
	assert_int_equal(proc_run(argv, clock_now_ms() + 10000, out, sizeof(out)), 0);
	num_format_ip4(l->siaddr, address);
	snprintf(want, sizeof(want), "eth0|dhcp|192.168.77.107|%s|%s|%s|%s|%s|%s|0|", l->hostname,
		l->domain, numeric ? plan->server : address, l->rootpath, l->bootfile, l->search);
	assert_string_equal(out, want);
	assert_false(fs_exists(OWNED));
}

/* Returns whether anything of it got into the file: what never does proves nothing of the shell. */
static bool check_one(unsigned int code, const char *text, size_t len, const char *path)
{
	static struct network_report r;
	static struct cmdline cmdline;
	static struct conf conf;
	static struct plan plan;
	const struct machine machine = {.has_mac = true};
	struct plan_sources src = {.cmdline = &cmdline,
		.conf = &conf,
		.machine = &machine,
		.lease = &r.lease,
		.final = true};
	struct notes notes = {.n = 0};
	struct packet k;

	memset(&r, 0, sizeof(r));
	make(&k, code, text, len);
	assert_int_equal(dhcp_lease_parse(packet_span(&k), &r.lease, &notes, NULL), 0);
	assert_int_equal(
		cmdline_parse(span_str("root=LABEL=x pinet.server=dhcp"), &cmdline, NULL), 0);
	strcpy(r.ifname, "eth0");
	r.have_lease = true;
	r.address = r.lease.address;
	r.prefix = r.lease.prefix;
	assert_int_equal(plan_merge(&src, &plan, &notes, NULL), 0);
	for (unsigned int i = 0; i < notes.n; i++)
		check_printable(notes.text[i]);
	check_shown(&plan, &r.lease, &notes);
	check_printable(r.lease.message);
	check_resolv(&plan, &r);
	check_shell(&plan, &r, path);
	assert_null(strstr(plan.firmware_path, ".."));
	assert_null(strstr(plan.nfs_path, ".."));
	return r.lease.rootpath[0] || r.lease.bootfile[0];
}

static void test_values(void **state)
{
	static const unsigned int codes[] = {0, 12, 15, 17, 43, 66, 67, 119, 143, 203, 224};
	char path[] = "/tmp/pinet-test-XXXXXX";
	unsigned int through = 0;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		for (size_t k = 0; k < sizeof(codes) / sizeof(codes[0]); k++)
			through += check_one(codes[k], values[i].text, values[i].len, path);
	assert_true(through >= 10);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

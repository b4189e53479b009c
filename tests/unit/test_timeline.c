/* SPDX-License-Identifier: GPL-2.0-or-later
 * cmd/timeline: what is read of kernel and systemd, the bars, and how they look.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/timeline.h"

static struct state boot, firmware;

static void known(void)
{
	memset(&boot, 0, sizeof(boot));
	memset(&firmware, 0, sizeof(firmware));
	state_put(&boot, "time.boot_ms", "4000");
	state_put(&boot, "time.carrier_ms", "5500");
	state_put(&boot, "time.network_ms", "5530");
	state_put(&boot, "time.login_ms", "6500");
	state_put(&boot, "time.root_ms", "7000");
	state_put(&boot, "dhcp.server", "192.168.77.1");
	state_put(&firmware, "done_ms", "7200");
}

static struct timeline_times times(void)
{
	struct timeline_times t = {.init_ms = 3000, .system_ms = 8000, .n = 2};

	strcpy(t.reached[0].name, "sysinit");
	t.reached[0].at_ms = 14000;
	strcpy(t.reached[1].name, "multi-user");
	t.reached[1].at_ms = 20000;
	return t;
}

/* What @draw writes, to be freed. */
static char *drawn(const struct timeline *t, const char *title)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	if (title)
		timeline_svg(t, title, f);
	else
		timeline_print(t, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void text_is(const struct timeline *t, const char *wanted)
{
	char *text = drawn(t, NULL);

	assert_string_equal(text, wanted);
	for (char *line = text; *line; line = strchr(line, '\n') + 1)
		assert_true(strcspn(line, "\n") <= 79);
	free(text);
}

static void test_bars(void **state)
{
	struct timeline_times known_times = times();
	struct timeline t;

	(void)state;
	known();
	timeline_make(&boot, &firmware, &known_times, &t);
	assert_int_equal(t.n, 9);
	assert_int_equal(timeline_end_ms(&t), 20000);
	text_is(&t,
		"kernel           |========                                          |   3.00 s\n"
		"initramfs        |        ============                              |   5.00 s\n"
		"link             |          ####                                    |   1.50 s\n"
		"DHCP             |              #                                   |   0.03 s\n"
		"login            |              ##                                  |   0.97 s\n"
		"root             |                ##                                |   0.50 s\n"
		"boot files       |                  #                               |   0.20 s\n"
		"sysinit          |                    +++++++++++++++               |   6.00 s\n"
		"multi-user       |                                   +++++++++++++++|   6.00 s\n"
		"                 0                                              20.00 s\n");
}

/* A static address, an NFS root, no systemd, no record of the kernel. */
static void test_less(void **state)
{
	struct timeline_times none = {.n = 0};
	struct timeline t;

	(void)state;
	known();
	state_put(&boot, "dhcp.server", "%s", "");
	state_put(&boot, "time.login_ms", "0");
	memset(&firmware, 0, sizeof(firmware));
	timeline_make(&boot, &firmware, &none, &t);
	text_is(&t,
		"kernel           |=============================                     |   4.00 s\n"
		"link             |                             ##########           |   1.50 s\n"
		"address          |                                       #          |   0.03 s\n"
		"root             |                                        ##########|   1.47 s\n"
		"                 0                                               7.00 s\n");
	memset(&boot, 0, sizeof(boot));
	timeline_make(&boot, &firmware, &none, &t);
	assert_int_equal(t.n, 0);
	text_is(&t, "                 0                                               0.00 s\n");
}

/* Times that contradict each other, and more units than there are bars. */
static void test_odd(void **state)
{
	struct timeline_times odd = {.init_ms = UINT64_MAX, .system_ms = 1, .n = 8};
	struct timeline t;
	char *text;

	(void)state;
	known();
	for (unsigned int i = 0; i < odd.n; i++) {
		strcpy(odd.reached[i].name, "unit");
		odd.reached[i].at_ms = 1000 * (i % 3);
	}
	timeline_make(&boot, &firmware, &odd, &t);
	assert_true(t.n <= TIMELINE_BARS);
	for (unsigned int i = 0; i < t.n; i++)
		assert_true(t.bar[i].to_ms > t.bar[i].from_ms);
	text = drawn(&t, NULL);
	free(text);
}

static void test_svg(void **state)
{
	struct timeline_times known_times = times();
	struct timeline t;
	char *text;

	(void)state;
	known();
	timeline_make(&boot, &firmware, &known_times, &t);
	text = drawn(&t, "a<b&c\x80");
	assert_non_null(strstr(text, ">a&#60;b&#38;c?: 20.00 s from the start of the kernel<"));
	assert_non_null(strstr(text, ">kernel</text>\n<rect x=\"170\" y=\"66\" width=\"93\""));
	assert_non_null(strstr(text, ">DHCP</text>\n<rect x=\"341\" y=\"150\" width=\"2\""));
	assert_non_null(strstr(text, ">15 s</text>"));
	assert_string_equal(text + strlen(text) - 7, "</svg>\n");
	free(text);
}

static bool kmsg(const char *record, uint64_t *ret)
{
	return timeline_parse_kmsg(span_str(record), ret);
}

static void test_kmsg(void **state)
{
	static const char good[] = "6,612,3456789,-;Run /init as init process\n";
	uint64_t ms = 7;

	(void)state;
	assert_false(kmsg("6,339,5140900,-;NET: Registered PF_INET6\n", &ms));
	assert_false(kmsg("6,x,y,-;Run /init as init process", &ms));
	assert_false(kmsg("Run /init as init process", &ms));
	assert_false(kmsg("", &ms));
	assert_int_equal(ms, 7);
	assert_true(kmsg(good, &ms));
	assert_int_equal(ms, 3456);
	for (size_t n = 0; n < sizeof(good) - 2; n++)
		assert_false(timeline_parse_kmsg(span_of(good, n), &ms));
}

static void test_systemctl(void **state)
{
	struct timeline_times t = {.n = 0};

	(void)state;
	timeline_parse_systemctl(span_str("UserspaceTimestampMonotonic=8000000\n"), &t);
	timeline_parse_systemctl(
		span_str("Id=sysinit.target\nActiveEnterTimestampMonotonic=9500000\n\n"
			 "Id=network.target\nActiveEnterTimestampMonotonic=0\n\n"
			 "ActiveEnterTimestampMonotonic=5\n\n"
			 "Id=a b.target\nActiveEnterTimestampMonotonic=5\n\n"
			 "Id=pinet-good.service\nActiveEnterTimestampMonotonic=12000000"),
		&t);
	assert_int_equal(t.system_ms, 8000);
	assert_int_equal(t.n, 2);
	assert_string_equal(t.reached[0].name, "sysinit");
	assert_int_equal(t.reached[0].at_ms, 9500);
	assert_string_equal(t.reached[1].name, "pinet-good.service");
	assert_int_equal(t.reached[1].at_ms, 12000);
	for (unsigned int i = 0; i < 20; i++)
		timeline_parse_systemctl(
			span_str("Id=x.target\nActiveEnterTimestampMonotonic=1000\n"), &t);
	assert_int_equal(t.n, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_less),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_svg),
		cmocka_unit_test(test_kmsg),
		cmocka_unit_test(test_systemctl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

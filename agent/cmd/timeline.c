/* SPDX-License-Identifier: GPL-2.0-or-later
 * Where a boot spends its time: the bars, and how they are drawn.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/timeline.h"

#define BAR_COLUMNS 50

/* The picture, in pixels. */
#define LEFT   170
#define WIDTH  620
#define RIGHT  90
#define TOP    66
#define ROW    28
#define THICK  18
#define BOTTOM 44

static void add(struct timeline *t, enum timeline_kind kind, const char *name, uint64_t from_ms,
	uint64_t to_ms)
{
	struct timeline_bar *b = &t->bar[t->n];

	if (t->n == TIMELINE_BARS || !to_ms || to_ms <= from_ms)
		return;
	t->n++;
	(void)snprintf(b->name, sizeof(b->name), "%s", name); /* may be cut */
	b->kind = kind;
	b->from_ms = from_ms;
	b->to_ms = to_ms;
}

static int by_time(const void *a, const void *b)
{
	const struct timeline_bar *x = a, *y = b;

	if (x->from_ms != y->from_ms)
		return x->from_ms < y->from_ms ? -1 : 1;
	/* What lasts longer holds the others. */
	return x->to_ms == y->to_ms ? 0 : x->to_ms > y->to_ms ? -1 : 1;
}

void timeline_make(const struct state *boot, const struct state *firmware,
	const struct timeline_times *times, struct timeline *ret)
{
	uint64_t started = state_get_u64(boot, "time.boot_ms", 0);
	uint64_t carrier = state_get_u64(boot, "time.carrier_ms", 0);
	uint64_t network = state_get_u64(boot, "time.network_ms", 0);
	uint64_t login = state_get_u64(boot, "time.login_ms", 0);
	uint64_t root = state_get_u64(boot, "time.root_ms", 0);
	uint64_t mounted = state_get_u64(firmware, "done_ms", 0);
	uint64_t init = times->init_ms ? times->init_ms : started, before = times->system_ms;

	memset(ret, 0, sizeof(*ret));
	add(ret, TIMELINE_KERNEL, "kernel", 0, init);
	add(ret, TIMELINE_KERNEL, "initramfs", init, times->system_ms);
	if (started)
		add(ret, TIMELINE_PINET, "link", started, carrier);
	add(ret, TIMELINE_PINET, state_get(boot, "dhcp.server")[0] ? "DHCP" : "address",
		carrier ? carrier : started, network);
	if (network)
		add(ret, TIMELINE_PINET, "login", network, login);
	if (network)
		add(ret, TIMELINE_PINET, "root", login ? login : network, root);
	/* It is mounted beside the login: what is seen of it is what was waited for. */
	if (root)
		add(ret, TIMELINE_PINET, "boot files", root, mounted);
	for (unsigned int i = 0; before && i < times->n; i++) {
		add(ret, TIMELINE_SYSTEM, times->reached[i].name, before, times->reached[i].at_ms);
		if (times->reached[i].at_ms > before)
			before = times->reached[i].at_ms;
	}
	qsort(ret->bar, ret->n, sizeof(ret->bar[0]), by_time);
}

uint64_t timeline_end_ms(const struct timeline *t)
{
	uint64_t end_ms = 0;

	for (unsigned int i = 0; i < t->n; i++)
		end_ms = t->bar[i].to_ms > end_ms ? t->bar[i].to_ms : end_ms;
	return end_ms;
}

/* @ms of @end_ms on a scale of @size, rounded. */
static unsigned int scale(uint64_t ms, uint64_t end_ms, unsigned int size)
{
	return end_ms ? (unsigned int)((ms * size + end_ms / 2) / end_ms) : 0;
}

static void print_seconds(FILE *to, uint64_t ms, int width)
{
	fprintf(to, "%*llu.%02u s", width, (unsigned long long)(ms / 1000),
		(unsigned int)(ms % 1000 / 10));
}

void timeline_print(const struct timeline *t, FILE *to)
{
	static const char mark[] = {
		[TIMELINE_KERNEL] = '=', [TIMELINE_PINET] = '#', [TIMELINE_SYSTEM] = '+'};
	uint64_t end_ms = timeline_end_ms(t);

	for (unsigned int i = 0; i < t->n; i++) {
		const struct timeline_bar *b = &t->bar[i];
		unsigned int from = scale(b->from_ms, end_ms, BAR_COLUMNS);
		unsigned int until = scale(b->to_ms, end_ms, BAR_COLUMNS);

		/* The shortest one is seen, too. */
		if (until == from && until < BAR_COLUMNS)
			until++;
		else if (until == from)
			from--;
		fprintf(to, "%-17.17s|", b->name);
		for (unsigned int k = 0; k < BAR_COLUMNS; k++)
			putc(k >= from && k < until ? mark[b->kind] : ' ', to);
		putc('|', to);
		print_seconds(to, b->to_ms - b->from_ms, 4);
		putc('\n', to);
	}
	fprintf(to, "%-17s0%*s", "", BAR_COLUMNS - 5, "");
	print_seconds(to, end_ms, 3);
	putc('\n', to);
}

/* Seconds between the lines of the grid: 4 to 10 of them. */
static unsigned int grid_s(uint64_t end_ms)
{
	static const unsigned int steps[] = {1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800};
	size_t i = 0;

	while (i + 1 < sizeof(steps) / sizeof(steps[0]) && end_ms / 1000 / steps[i] > 9)
		i++;
	return steps[i];
}

static void draw_grid(const struct timeline *t, unsigned int height, FILE *to)
{
	uint64_t end_ms = timeline_end_ms(t), step_ms = grid_s(end_ms) * 1000ull;

	for (uint64_t ms = 0; ms <= end_ms; ms += step_ms) {
		unsigned int x = LEFT + scale(ms, end_ms, WIDTH);

		fprintf(to,
			"<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" stroke=\"#dddddd\"/>\n"
			"<text x=\"%u\" y=\"%u\" text-anchor=\"middle\" fill=\"#666666\">%llu "
			"s</text>\n",
			x, TOP - 8, x, height - BOTTOM + 4, x, height - BOTTOM + 22,
			(unsigned long long)(ms / 1000));
	}
}

static void draw_bar(const struct timeline_bar *b, unsigned int y, uint64_t end_ms, FILE *to)
{
	static const char *const colour[] = {[TIMELINE_KERNEL] = "#8d99ae",
		[TIMELINE_PINET] = "#c8553d",
		[TIMELINE_SYSTEM] = "#588b8b"};
	unsigned int from = scale(b->from_ms, end_ms, WIDTH);
	unsigned int until = scale(b->to_ms, end_ms, WIDTH);

	if (until < from + 2)
		until = from + 2;
	fprintf(to,
		"<text x=\"%u\" y=\"%u\" text-anchor=\"end\">%s</text>\n"
		"<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"2\" fill=\"%s\"/>\n"
		"<text x=\"%u\" y=\"%u\" fill=\"#444444\">",
		LEFT - 12, y + 14, b->name, LEFT + from, y, until - from, THICK, colour[b->kind],
		LEFT + until + 6, y + 14);
	print_seconds(to, b->to_ms - b->from_ms, 0);
	fprintf(to, "</text>\n");
}

static void put_escaped(const char *text, FILE *to)
{
	for (; *text; text++) {
		if (*text == '<' || *text == '>' || *text == '&')
			fprintf(to, "&#%d;", *text);
		else
			putc(*text >= ' ' && *text < 0x7f ? *text : '?', to);
	}
}

void timeline_svg(const struct timeline *t, const char *title, FILE *to)
{
	unsigned int height = TOP + t->n * ROW + BOTTOM;
	uint64_t end_ms = timeline_end_ms(t);

	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		"font-family=\"sans-serif\" font-size=\"13\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
		"<text x=\"20\" y=\"32\" font-size=\"18\">",
		LEFT + WIDTH + RIGHT, height);
	put_escaped(title, to);
	fprintf(to, ": ");
	print_seconds(to, end_ms, 0);
	fprintf(to, " from the start of the kernel</text>\n");
	draw_grid(t, height, to);
	for (unsigned int i = 0; i < t->n; i++)
		draw_bar(&t->bar[i], TOP + i * ROW, end_ms, to);
	fprintf(to, "</svg>\n");
}

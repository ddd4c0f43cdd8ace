/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the lines of "pptpalgctl top" together, cut to the terminal. */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctl/screen.h"
#include "tools/ctl/text_table.h"

#define CELL_MAX	256
#define LINE_MAX_BYTES	1024
#define FAILURES_MOST	8	/* lines; fewer on a small terminal */
#define HEAD_LINES	7	/* above the calls, and between */

struct canvas {
	const struct screen	*screen;
	FILE			*f;
	unsigned		 left;		/* lines that have room */
};

/* One line, in a colour or NULL. */
static void put_line(struct canvas *, const char *colour, const char *, ...)
    __attribute__((format(printf, 3, 4)));

static void
put_line(struct canvas *c, const char *colour, const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (c->screen->plain) {
		fprintf(c->f, "%s\n", text);
		return;
	}
	if (c->left == 0)
		return;
	c->left--;
	fprintf(c->f, "%s%.*s\033[0m\033[K\r\n", colour == NULL ? "" : colour,
	    (int)c->screen->columns, text);
}

static const char *
get_word(const struct document *d, const char *key, const char *other,
    char buf[CELL_MAX])
{
	if (*json_doc_get_text(d, key, buf, CELL_MAX) == '\0')
		snprintf(buf, CELL_MAX, "%s", other);
	return buf;
}

static void
draw_daemon(struct canvas *c, const struct snapshot *s)
{
	char version[CELL_MAX], engine[CELL_MAX], forward[CELL_MAX];
	char rules[CELL_MAX], outside[CELL_MAX], inside[CELL_MAX];
	char age[TEXT_TABLE_AGE_MAX];
	const struct document *d = s->status;
	double missing = json_doc_get_number(d, "interfaces_missing");
	double passed = json_doc_get_number(d, "passed-by");

	put_line(c, NULL, "pptpalg %s, up %s, engine %s, forward %s, rules %s",
	    get_word(d, "version", "-", version),
	    text_table_age(json_doc_get_number(d, "uptime"), age),
	    get_word(d, "engine", "-", engine),
	    get_word(d, "forward", "by queue", forward),
	    get_word(d, "rules", "none at the start", rules));
	put_line(c, missing > 0 || passed > 0 ? TEXT_TABLE_BAD : NULL,
	    "outside %s; inside %s; missing %.0f; past the rules %.0f",
	    get_word(d, "outside", "none", outside),
	    get_word(d, "inside", "all others", inside), missing, passed);
}

static void
draw_totals(struct canvas *c, const struct snapshot *s)
{
	const struct document *d = s->status;
	char ids[CELL_MAX], in[TEXT_TABLE_AGE_MAX], out[TEXT_TABLE_AGE_MAX];
	double lost[] = { json_doc_get_number(d, "queue_control_lost"),
	    json_doc_get_number(d, "queue_gre_lost"),
	    json_doc_get_number(d, "queue_hairpin_lost") };

	put_line(c, s->troubled > 0 ? TEXT_TABLE_ODD : NULL, "calls %zu, in "
	    "trouble %zu; connections %.0f; in %sbit/s, out %sbit/s",
	    s->ncalls, s->troubled, json_doc_get_number(d, "connections"),
	    text_table_scale(s->rate[0] * 8, in),
	    text_table_scale(s->rate[1] * 8, out));
	put_line(c, lost[0] + lost[1] + lost[2] > 0 ? TEXT_TABLE_BAD : NULL,
	    "lost by queues: control %.0f, gre %.0f, hairpin %.0f", lost[0],
	    lost[1], lost[2]);
	put_line(c, NULL, "call IDs in use: %s; resting %.0f",
	    get_word(d, "ids_used", "none", ids),
	    json_doc_get_number(d, "resting"));
}

static bool
is_shown(const struct screen *screen, const struct snapshot_call *call)
{
	return (!screen->busy || call->rate[0] + call->rate[1] > 0) &&
	    (!screen->troubled || call->trouble[0] != '\0');
}

static void
draw_call(struct canvas *c, const struct snapshot *s,
    const struct snapshot_call *call)
{
	char in[TEXT_TABLE_AGE_MAX], out[TEXT_TABLE_AGE_MAX],
	    age[TEXT_TABLE_AGE_MAX];
	char seen[TEXT_TABLE_AGE_MAX] = "-";

	if (call->seen > 0)
		text_table_age(s->when - call->seen, seen);
	put_line(c, call->trouble[0] != '\0' ? TEXT_TABLE_BAD : NULL,
	    "%8llu %-9s %-15s %-15s %-15s %8s %8s %7s %7s %-6s %-20s %s",
	    (unsigned long long)call->number, call->state, call->inside,
	    call->public, call->outside,
	    text_table_scale(call->rate[0] * 8, in),
	    text_table_scale(call->rate[1] * 8, out),
	    text_table_age(s->when - call->since, age), seen, call->way,
	    call->trouble, call->user);
}

static void
draw_calls(struct canvas *c, const struct snapshot *s, unsigned lines)
{
	size_t skipped = 0;

	put_line(c, "\033[7m",
	    "%8s %-9s %-15s %-15s %-15s %8s %8s %7s %7s %-6s %-20s %s", "CALL",
	    "STATE", "INSIDE", "PUBLIC", "OUTSIDE", "IN-BIT/S", "OUT-BIT/S",
	    "AGE", "SEEN", "WAY", "TROUBLE", "USER");
	for (size_t i = 0; i < s->ncalls && lines > 0; i++) {
		if (!is_shown(c->screen, &s->calls[i]) ||
		    skipped++ < c->screen->from)
			continue;
		draw_call(c, s, &s->calls[i]);
		lines--;
	}
	for (; !c->screen->plain && lines > 0; lines--)
		put_line(c, NULL, "%s", "");
}

/* The latest comes first. */
static void
draw_failures(struct canvas *c, const struct snapshot *s, unsigned lines)
{
	char client[CELL_MAX], trouble[CELL_MAX], text[CELL_MAX];
	char age[TEXT_TABLE_AGE_MAX];

	put_line(c, "\033[7m", "%8s %-15s %-15s %-20s %s", "AGO", "CLIENT",
	    "SERVER", "FAILED", "WHY");
	for (size_t i = s->nfailures; i > 0 && lines > 0; i--, lines--) {
		const struct document *d = s->failures[i - 1];
		char server[CELL_MAX];

		put_line(c, NULL, "%8s %-15s %-15s %-20s %s",
		    text_table_age(
			s->when - json_doc_get_number(d, "began"), age),
		    get_word(d, "client", "-", client),
		    get_word(d, "server", "-", server),
		    get_word(d, "trouble", "-", trouble),
		    get_word(d, "text", "-", text));
	}
}

void
screen_draw(const struct screen *screen, struct snapshot *s)
{
	struct canvas c = { .screen = screen, .left = screen->rows - 1 };
	unsigned failures = screen->rows / 4, calls;
	char *text = NULL;
	size_t len = 0;

	if ((c.f = open_memstream(&text, &len)) == NULL)
		err(1, NULL);
	if (failures > FAILURES_MOST || screen->plain)
		failures = FAILURES_MOST;
	calls = screen->plain ? UINT32_MAX :
	    screen->rows > HEAD_LINES + failures + 1 ?
	    screen->rows - HEAD_LINES - failures - 1 : 1;
	snapshot_sort(s, screen->order, screen->backwards);
	if (!screen->plain)
		fprintf(c.f, "\033[H");
	draw_daemon(&c, s);
	draw_totals(&c, s);
	draw_calls(&c, s, calls);
	draw_failures(&c, s, failures);
	if (!screen->plain)
		fprintf(c.f, "\033[J%.*s", (int)screen->columns,
		    screen->note == NULL ? "" : screen->note);
	fclose(c.f);
	fwrite(text, 1, len, stdout);
	fflush(stdout);
	free(text);
}

const char *
screen_order(enum snapshot_order order)
{
	static const char *const names[SNAPSHOT_ORDERS] = {
		[SNAPSHOT_BY_RATE] = "rate", [SNAPSHOT_BY_CALL] = "call",
		[SNAPSHOT_BY_INSIDE] = "inside",
		[SNAPSHOT_BY_OUTSIDE] = "outside", [SNAPSHOT_BY_AGE] = "age",
		[SNAPSHOT_BY_SEEN] = "seen",
	};

	return names[order];
}

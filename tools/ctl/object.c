/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "alg/reason.h"
#include "tools/ctl/age.h"
#include "tools/ctl/object.h"
#include "tools/ctl/table.h"

#define TEXT_MAX	256

static const struct {
	const char	*name, *text;
} totals[] = {
	{ "segments", "TCP segments of control connections" },
	{ "messages", "whole control messages" },
	{ "rewritten", "segments in which call IDs were translated" },
	{ "calls_up", "calls that came up" },
	{ "calls_down", "calls that ended" },
	{ "calls_refused", "calls refused, by us or by the other end" },
	{ "gre_in", "GRE packets translated on their way in" },
	{ "gre_out", "GRE packets translated on their way out" },
	{ "icmp", "ICMP errors about GRE, translated" },
	{ "bpf_in", "of gre_in: by the BPF program" },
	{ "bpf_out", "of gre_out: by the BPF program" },
	{ "bpf-unknown-call", "left to the queue: of no call that is up" },
	{ "bpf-malformed", "left to the queue: an impossible header" },
	{ "bpf-fragment", "left to the queue: fragments" },
	{ "bpf-ip-options", "left to the queue: with IP options" },
	{ "bpf-ttl", "left to the queue: at the end of its time to live" },
	{ "bpf-no-direct-route", "left to the stack: no route to forward by" },
	{ "bpf-other-interface", "left to the stack: from where its sender is "
	    "not" },
	{ "bpf-too-large", "left to the stack: too large for the next link" },
	{ "bpf-no-neighbour", "left to the stack: next hop not resolved yet" },
	{ "bpf-call-gone", "dropped: its call ended while it was on its way" },
};

/* What a counter counts; "" for one of a newer daemon. */
static const char *
meaning(const char *name)
{
	for (size_t i = 0; i < sizeof(totals) / sizeof(*totals); i++)
		if (strcmp(name, totals[i].name) == 0)
			return totals[i].text;
	for (int i = 0; i < REASON_COUNT; i++)
		if (strcmp(name, reason_name((enum reason)i)) == 0)
			return reason_text((enum reason)i);
	return "";
}

void
object_counters(const struct item *item, bool all)
{
	static const struct table_column columns[] = {
		{ "COUNT", true, NULL }, { "COUNTER", false, NULL },
		{ "MEANING", false, NULL } };
	struct table *table = table_new(columns, 3);
	char name[TEXT_MAX], count[TEXT_MAX];

	for (size_t i = 0; i < item->n; i++) {
		snprintf(name, sizeof(name), "%.*s",
		    (int)item->field[i].key_len, item->field[i].key);
		item_text(item, name, count, sizeof(count));
		if (!all && strcmp(count, "0") == 0)
			continue;
		table_cell(table, count);
		table_cell(table, name);
		table_cell(table, meaning(name));
	}
	table_print(table);
	table_free(table);
}

static void
print_line(const char *label, const struct item *item, const char *key)
{
	char text[TEXT_MAX];

	printf("%-14s %s\n", label, item_text(item, key, text, sizeof(text)));
}

static void
print_started(const struct item *item)
{
	time_t when = (time_t)item_number(item, "started");
	char text[TEXT_MAX], age[AGE_MAX];
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strcpy(text, "-");
	printf("%-14s %s, %s ago\n", "started", text,
	    age_format(item_number(item, "uptime"), age));
}

static void
print_queue(const struct item *item, const char *name)
{
	static const char *const parts[] = { "number", "packets", "batches",
	    "lost" };
	char key[TEXT_MAX], text[4][TEXT_MAX];

	for (int i = 0; i < 4; i++) {
		snprintf(key, sizeof(key), "queue_%s_%s", name, parts[i]);
		item_text(item, key, text[i], sizeof(text[i]));
	}
	printf("queue %-8s number %s, %s packets in %s batches, %s lost\n",
	    name, text[0], text[1], text[2], text[3]);
}

/* Some lines are there only when there is something to say. */
static void
print_if_any(const char *label, const struct item *item, const char *key)
{
	char text[TEXT_MAX];

	if (item_text(item, key, text, sizeof(text))[0] != '\0')
		print_line(label, item, key);
}

void
object_status(const struct item *item)
{
	print_line("version", item, "version");
	print_line("configuration", item, "config_file");
	print_line("GRE engine", item, "engine");
	print_if_any("forward", item, "forward");
	print_if_any("not bpf", item, "engine_lack");
	print_started(item);
	print_line("connections", item, "connections");
	print_line("calls", item, "calls");
	print_line("resting IDs", item, "resting");
	print_line("event readers", item, "followers");
	print_queue(item, "control");
	print_queue(item, "gre");
}

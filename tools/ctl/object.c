/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints the status, that of the pair of firewalls, and the counters with what
 * each of them means.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "alg/explain/explain.h"
#include "alg/reason.h"
#include "tools/ctl/object.h"
#include "tools/ctl/text_table.h"

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
	{ "gre_bytes_in", "bytes of gre_in, with IP header" },
	{ "gre_bytes_out", "bytes of gre_out, with IP header" },
	{ "icmp", "ICMP errors about GRE, translated" },
	{ "bpf_in", "of gre_in: by the BPF program" },
	{ "bpf_out", "of gre_out: by the BPF program" },
	{ "bpf_acks", "of segments: acknowledgments, not queued" },
	{ "bpf_fast_in", "of bpf_in: past the stack" },
	{ "bpf_fast_out", "of bpf_out: past the stack" },
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
meaning_of(const char *name)
{
	for (size_t i = 0; i < sizeof(totals) / sizeof(*totals); i++)
		if (strcmp(name, totals[i].name) == 0)
			return totals[i].text;
	for (int i = 0; i < REASON_COUNT; i++)
		if (strcmp(name, reason_name((enum reason)i)) == 0)
			return reason_text((enum reason)i);
	for (int i = 0; i < EXPLAIN_KINDS; i++)
		if (strcmp(name, explain_counter((enum explain_kind)i)) == 0)
			return "attempts that failed so: see history and why";
	return "";
}

void
object_counters(const struct document *reply, bool all)
{
	static const struct text_table_column columns[] = {
		{ "COUNT", true, NULL }, { "COUNTER", false, NULL },
		{ "MEANING", false, NULL } };
	struct text_table *table = text_table_new(columns, 3);
	const char *key = NULL;
	char count[TEXT_MAX];

	while ((key = json_doc_next_key(reply, key)) != NULL) {
		json_doc_get_text(reply, key, count, sizeof(count));
		if (!all && strcmp(count, "0") == 0)
			continue;
		text_table_cell(table, count);
		text_table_cell(table, key);
		text_table_cell(table, meaning_of(key));
	}
	text_table_print(table);
	text_table_free(table);
}

void
object_warning(const struct document *reply, bool all)
{
	char text[TEXT_MAX];

	printf("warning: %s\n",
	    json_doc_get_text(reply, "warning", text, sizeof(text)));
}

static void
print_line(const char *label, const struct document *reply, const char *key)
{
	char text[TEXT_MAX];

	printf("%-14s %s\n", label,
	    json_doc_get_text(reply, key, text, sizeof(text)));
}

static void
print_started(const struct document *reply)
{
	time_t when = (time_t)json_doc_get_number(reply, "started");
	char text[TEXT_MAX], age[TEXT_TABLE_AGE_MAX];
	struct tm tm;

	if (localtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strcpy(text, "-");
	printf("%-14s %s, %s ago\n", "started", text,
	    text_table_age(json_doc_get_number(reply, "uptime"), age));
}

static void
print_queue(const struct document *reply, const char *name)
{
	static const char *const parts[] = { "number", "packets", "batches",
	    "lost" };
	char key[TEXT_MAX], text[4][TEXT_MAX];

	for (int i = 0; i < 4; i++) {
		snprintf(key, sizeof(key), "queue_%s_%s", name, parts[i]);
		json_doc_get_text(reply, key, text[i], sizeof(text[i]));
	}
	printf("queue %-8s number %s, %s packets in %s batches, %s lost\n",
	    name, text[0], text[1], text[2], text[3]);
}

/* Some lines are there only when there is something to say. */
static void
print_if_any(const char *label, const struct document *reply, const char *key)
{
	char text[TEXT_MAX];

	if (json_doc_get_text(reply, key, text, sizeof(text))[0] != '\0')
		print_line(label, reply, key);
}

/* Without any outside, none matters. */
static void
print_interfaces(const struct document *reply)
{
	char text[TEXT_MAX], rules[TEXT_MAX];
	double missing = json_doc_get_number(reply, "interfaces_missing");
	double passed = json_doc_get_number(reply, "passed-by");

	if (*json_doc_get_text(reply, "outside", text, sizeof(text)) == '\0')
		return;
	printf("%-14s %s", "outside", text);
	if (*json_doc_get_text(reply, "inside", text, sizeof(text)) == '\0')
		strcpy(text, "all others");
	printf("; inside: %s", text);
	if (missing > 0)
		printf("; missing: %.0f, see pptpalgctl check", missing);
	json_doc_get_text(reply, "rules", rules, sizeof(rules));
	printf("\n%-14s %s", "rules", *rules == '\0' ?
	    "none at the start, see pptpalgctl check" : rules);
	if (passed > 0)
		printf("; %.0f connections have passed them by", passed);
	printf("\n");
}

/* The pair of firewalls, where this is one of them. */
static void
print_cluster(const struct document *reply)
{
	static const char *const keys[] = { "cluster", "cluster_role",
	    "cluster_node", "cluster_peer", "cluster_store",
	    "cluster_lag_records", "cluster_theirs", "cluster_reached",
	    "cluster_complete", "cluster_sessions", "cluster_sentinel" };
	char text[11][TEXT_MAX];

	for (int i = 0; i < 11; i++)
		json_doc_get_text(reply, keys[i], text[i], sizeof(text[i]));
	if (text[0][0] == '\0')
		return;
	printf("%-14s %s: %s (%s), the other: %s\n", "cluster", text[0],
	    text[1], text[2], text[3][0] != '\0' ? text[3] : "away");
	printf("%-14s %s%s%s, %s; %s\n", "store", text[4],
	    text[10][0] != '\0' ? " by sentinel " : "", text[10],
	    strcmp(text[7], "true") == 0 ? "reached" : "not reached",
	    strcmp(text[8], "true") == 0 ? "has all that passes here" :
	    "lacks what passes here");
	printf("%-14s %s connections, %s sessions; %s records behind, the "
	    "last change took %.3f s\n", "of the other", text[6], text[9],
	    text[5],
	    json_doc_get_number(reply, "cluster_lag"));
}

void
object_cluster(const struct document *reply, bool all)
{
	double changed = json_doc_get_number(reply, "cluster_changed");
	char age[TEXT_TABLE_AGE_MAX];

	print_cluster(reply);
	if (changed > 0)
		printf("%-14s %s ago\n", "last change",
		    text_table_age((double)time(NULL) - changed, age));
	else
		printf("%-14s none yet\n", "last change");
	printf("%-14s %s\n", "in step", object_in_step(reply) ? "yes" : "no");
}

bool
object_in_step(const struct document *reply)
{
	static const char *const keys[] = { "cluster_reached",
	    "cluster_loaded", "cluster_complete" };
	char text[TEXT_MAX];

	for (int i = 0; i < 3; i++)
		if (strcmp(json_doc_get_text(reply, keys[i], text,
		    sizeof(text)), "true") != 0)
			return false;
	return true;
}

void
object_status(const struct document *reply, bool all)
{
	print_line("version", reply, "version");
	print_line("configuration", reply, "config_file");
	print_line("GRE engine", reply, "engine");
	print_if_any("forward", reply, "forward");
	print_if_any("not bpf", reply, "engine_lack");
	print_started(reply);
	print_line("connections", reply, "connections");
	print_line("calls", reply, "calls");
	print_line("resting IDs", reply, "resting");
	print_if_any("IDs in use", reply, "ids_used");
	print_cluster(reply);
	print_interfaces(reply);
	print_line("event readers", reply, "followers");
	print_queue(reply, "control");
	print_queue(reply, "gre");
	print_queue(reply, "hairpin");
}

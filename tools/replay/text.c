/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report for people: events, tables, and what explains a failure. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/replay/play.h"

#define WIDTH		78
#define INDENT		8
#define VALUE_MAX	640	/* 128 bytes, each as \xNN, and a name */

#define BOLD		"\033[1m"
#define RED		"\033[31m"
#define PLAIN		"\033[0m"

/* Colours are for eyes. */
static const char *
colour_code(FILE *out, const char *code)
{
	return isatty(fileno(out)) ? code : "";
}

#define TIME_WIDTH	26	/* YYYY-MM-DD HH:MM:SS.ffffff */

static void
begin_text(const struct play *play)
{
	FILE *out = play->out;

	if (!play->summary)
		fprintf(out, "%spacket %*s  who               what%s\n",
		    colour_code(out, BOLD), play->absolute ? TIME_WIDTH : 11,
		    "time", colour_code(out, PLAIN));
}

/* Seconds since the first packet, or local date and time as tcpdump -tttt. */
static void
print_time(FILE *out, uint64_t time, bool absolute)
{
	time_t seconds = (time_t)(time / 1000000);
	char text[TIME_WIDTH] = "";
	struct tm tm;

	if (!absolute)
		snprintf(text, sizeof(text), "%4llu",
		    (unsigned long long)seconds);
	else if (localtime_r(&seconds, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, " %s.%06llu", text, (unsigned long long)time % 1000000);
}

/* A piece of a paragraph that is wrapped between pieces. */
static void
wrap_piece(FILE *out, size_t *column, const char *piece)
{
	size_t n = strlen(piece);

	if (*column == 0)
		*column = (size_t)fprintf(out, "%*s%s", INDENT, "", piece);
	else if (*column + 2 + n > WIDTH)
		*column = (size_t)fprintf(out, ",\n%*s%s", INDENT, "",
		    piece) - 2;
	else
		*column += (size_t)fprintf(out, ", %s", piece);
}

static void
print_fields(FILE *out, const struct event *e)
{
	const struct message_field *f = NULL;
	char piece[VALUE_MAX];
	size_t column = 0;
	struct line l;

	while ((f = print_next_field(e->row, e->bytes, f)) != NULL) {
		if (f->show == FIELD_TEXT && e->bytes[f->offset] == 0)
			continue;
		l = line_of(piece, sizeof(piece));
		line_add(&l, "%s ", f->name);
		print_field(&l, f, e->bytes);
		wrap_piece(out, &column, piece);
	}
	if (column > 0)
		fputc('\n', out);
}

static void
print_changes(FILE *out, const struct event *e)
{
	const struct event_change *c;

	for (size_t i = 0; i < e->nchanges; i++) {
		c = &e->changes[i];
		fprintf(out, "%*s%srewritten: %s %u -> %u%s%s%s\n", INDENT, "",
		    colour_code(out, BOLD), c->field->name, c->from, c->to,
		    colour_code(out, PLAIN), c->why[0] != '\0' ? ": " : "",
		    c->why);
	}
}

static void
print_text_event(const struct play *play, const struct event *e)
{
	FILE *out = play->out;
	char who[40];
	struct line l = line_of(who, sizeof(who));

	if (e->call != 0)
		line_add(&l, "call %llu", (unsigned long long)e->call);
	else if (e->conn != 0)
		line_add(&l, "connection %u", e->conn);
	else
		line_add(&l, "GRE");
	if (e->dir != -1)
		line_add(&l, e->dir == ALG_OUTBOUND ? " out" : " in");
	fprintf(out, "%6llu", (unsigned long long)e->packet);
	print_time(out, e->time, play->absolute);
	fprintf(out, "  %-16s  %s%s%s\n", who,
	    colour_code(out, e->bad ? RED : e->row != NULL ? BOLD : ""),
	    e->text, colour_code(out, PLAIN));
	if (e->row == NULL)
		return;
	print_fields(out, e);
	print_changes(out, e);
}

static const char *
state_of(const struct play *play, uint32_t i)
{
	struct alg_connection_info info;
	const struct ctrl_conn *c = ctrl_conn_at(&play->conns, i);
	struct alg_flow f = ctrl_conn_flow(c);

	if (c->outside_view_of != 0)
		return "outside view";
	if (ctrl_conn_of_flow(&play->conns, &f, UINT64_MAX) != i ||
	    !alg_connection(play->alg, &f, &info))
		return "over";
	return alg_connection_state_name(info.state);
}

static void
end_text(char *text, size_t size, uint32_t address, uint16_t port)
{
	struct line l = line_of(text, size);

	print_end(&l, address, port);
}

static void
print_text_conns(FILE *out, const struct play *play)
{
	char client[24], server[24], public[24];
	const struct ctrl_conn *c;

	fprintf(out, "\n%sControl connections%s\n"
	    "%4s  %-21s  %-21s  %-21s  %-12s %8s %9s\n", colour_code(out, BOLD),
	    colour_code(out, PLAIN), "", "opened by", "towards",
	    "inside end seen as", "state", "messages", "repeated");
	for (uint32_t i = 1; i <= ctrl_conns_count(&play->conns); i++) {
		if (!play_shows_conn(play, i))
			continue;
		c = ctrl_conn_at(&play->conns, i);
		end_text(client, sizeof(client), c->address[c->opener],
		    c->port[c->opener]);
		end_text(server, sizeof(server), c->address[1 - c->opener],
		    c->port[1 - c->opener]);
		end_text(public, sizeof(public), c->public, c->public_port);
		fprintf(out, "%4u  %-21s  %-21s  %-21s  %-12s %8zu %9u\n", i,
		    client, server, c->outside_view_of != 0 ? "-" : public,
		    state_of(play, i), c->stream[0].nmessages +
		    c->stream[1].nmessages, c->repeats);
	}
}

static void
address_text(char *text, size_t size, uint32_t address)
{
	struct line l = line_of(text, size);

	line_add_ipv4(&l, address);
}

static void
print_text_call(FILE *out, const struct ppp_trace *t)
{
	char inside[16], public[16], outside[16], id[8] = "-", ppp[300];
	const struct alg_call_info *c = &t->info;
	struct line l;

	address_text(inside, sizeof(inside), c->flow.inside);
	address_text(public, sizeof(public), c->public);
	address_text(outside, sizeof(outside), c->flow.outside);
	if (c->has_outside_id)
		snprintf(id, sizeof(id), "%u", c->outside_id);
	fprintf(out, "%4llu  %-15s %5u  %-15s %5u  %-15s %5s  %-9s %7u %7u\n",
	    (unsigned long long)c->serial, inside, c->inside_id, public,
	    c->mapped_id, outside, id, ppp_trace_state(t),
	    t->side[ALG_OUTBOUND].packets, t->side[ALG_INBOUND].packets);
	l = line_of(ppp, sizeof(ppp));
	print_ppp(&l, t);
	fprintf(out, "      %s%s%s%s%s\n", c->incoming ? "incoming call; " :
	    "", t->ended ? "ended: " : "",
	    t->ended ? reason_text(t->reason) : "", t->ended ? "; " : "", ppp);
}

static void
print_text_calls(FILE *out, const struct play *play)
{
	if (ppp_traces_count(&play->traces) == 0)
		return;
	fprintf(out,
	    "\n%sCalls%s\n%4s  %-15s %5s  %-15s %5s  %-15s %5s  %-9s "
	    "%7s %7s\n",
	    colour_code(out, BOLD), colour_code(out, PLAIN), "", "inside", "ID",
	    "seen as", "ID", "outside", "ID", "state", "GRE out", "GRE in");
	for (uint32_t i = 1; i <= ppp_traces_count(&play->traces); i++)
		if (play_shows_call(play, ppp_trace_at(&play->traces, i)))
			print_text_call(out, ppp_trace_at(&play->traces, i));
}

static void
print_text_flow(FILE *out, const struct flow *f)
{
	char src[16], dst[16], call[24] = "-";

	address_text(src, sizeof(src), f->src);
	address_text(dst, sizeof(dst), f->dst);
	if (f->call != 0)
		snprintf(call, sizeof(call), "%llu",
		    (unsigned long long)f->call);
	fprintf(out, "%-15s > %-15s %5u  %4s %7u %9llu %5u %7u %5u %7u%s%s\n",
	    src, dst, f->call_id, call, f->packets,
	    (unsigned long long)f->bytes, f->acks, f->missing, f->repeats,
	    f->dropped, f->dropped > 0 ? "  " : "",
	    f->dropped > 0 ? reason_text(f->reason) : "");
}

static void
print_text_flows(FILE *out, const struct play *play)
{
	const struct flow *f;

	if (flows_count(&play->flows) == 0)
		return;
	fprintf(out,
	    "\n%sGRE%s\n%-15s   %-15s %5s  %4s %7s %9s %5s %7s %5s "
	    "%7s\n",
	    colour_code(out, BOLD), colour_code(out, PLAIN), "from", "to", "ID",
	    "call", "packets", "bytes", "acks", "missing", "again", "dropped");
	for (uint32_t i = 1; i <= flows_count(&play->flows); i++) {
		f = flow_at(&play->flows, i);
		if (play_shows(play, f->src, f->dst))
			print_text_flow(out, f);
	}
}

static void
print_findings(FILE *out, const struct findings *all)
{
	const struct finding *f;

	fprintf(out, "%sWhat the capture shows%s\n", colour_code(out, BOLD),
	    colour_code(out, PLAIN));
	for (size_t i = 0; i < all->n; i++) {
		f = &all->list[i];
		fprintf(out, "- %s%s%s\n",
		    colour_code(out, f->failure ? RED : ""), f->text,
		    colour_code(out, PLAIN));
	}
}

/* What matters stands where eyes are: at the end of much, before little. */
static void
end_text_report(const struct play *play, const struct findings *all)
{
	FILE *out = play->out;

	if (play->summary)
		print_findings(out, all);
	print_text_conns(out, play);
	print_text_calls(out, play);
	print_text_flows(out, play);
	if (play->summary)
		return;
	fputc('\n', out);
	print_findings(out, all);
}

const struct report *
text_report(void)
{
	static const struct report text = { begin_text, print_text_event,
		end_text_report };

	return &text;
}

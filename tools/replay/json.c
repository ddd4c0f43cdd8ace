/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report as one JSON document. */
#include "conf/json_doc.h"
#include "tools/replay/play.h"

#define TEXT_MAX	640

/*
 * One document, printed while the capture is read: the events first, so that
 * none has to be kept.  Every list has one item a line.
 */

static void
put_address(struct document *d, const char *key, uint32_t address)
{
	char text[16];
	struct line l = line_of(text, sizeof(text));

	line_add_ipv4(&l, address);
	json_doc_text(d, key, text);
}

static void
print_entry(FILE *out, bool *first, struct document *d)
{
	fputs(*first ? "\n" : ",\n", out);
	*first = false;
	json_doc_print(d, out);
}

static void
begin_json(const struct play *play)
{
	fputs("{\"events\":[", play->out);
}

static struct document *
fields_of(const struct event *e)
{
	struct document *d = json_doc_object();
	const struct message_field *f = NULL;
	char text[TEXT_MAX];
	struct line l;
	size_t n;

	while ((f = print_next_field(e->row, e->bytes, f)) != NULL) {
		if (f->show != FIELD_TEXT) {
			json_doc_number(d, f->name,
			    ctrl_stream_number(e->bytes + f->offset, f->size));
			continue;
		}
		for (n = f->size; n > 0 && e->bytes[f->offset + n - 1] == 0;)
			n--;
		l = line_of(text, sizeof(text));
		line_add_peer(&l, e->bytes + f->offset, n);
		json_doc_text(d, f->name, text);
	}
	return d;
}

static struct document *
meanings_of(const struct event *e)
{
	struct document *d = json_doc_object();
	const struct message_field *f = NULL;

	while ((f = print_next_field(e->row, e->bytes, f)) != NULL)
		if (f->show == FIELD_CODE || f->show == FIELD_BITS)
			json_doc_text(d, f->name, message_fields_code(f,
			    ctrl_stream_number(e->bytes + f->offset, f->size)));
	return d;
}

static struct document *
changes_of(const struct event *e)
{
	struct document *list = json_doc_list(), *d;

	for (size_t i = 0; i < e->nchanges; i++) {
		d = json_doc_object();
		json_doc_text(d, "field", e->changes[i].field->name);
		json_doc_number(d, "from", e->changes[i].from);
		json_doc_number(d, "to", e->changes[i].to);
		json_doc_text(d, "why", e->changes[i].why);
		json_doc_put(list, NULL, d);
	}
	return list;
}

static void
print_json_event(const struct play *play, const struct event *e)
{
	bool first = e->first;
	struct document *d = json_doc_object();

	json_doc_number(d, "packet", (int64_t)e->packet);
	json_doc_real(d, "time", (double)e->time / 1e6);
	json_doc_text(d, "event", e->kind);
	if (e->conn != 0)
		json_doc_number(d, "connection", e->conn);
	if (e->call != 0)
		json_doc_number(d, "call", (int64_t)e->call);
	if (e->dir != -1)
		json_doc_text(d, "direction",
		    e->dir == ALG_OUTBOUND ? "out" : "in");
	json_doc_text(d, "text", e->text);
	if (e->row != NULL) {
		json_doc_text(d, "message", e->row->name);
		json_doc_bool(d, "passed", !e->bad);
		json_doc_put(d, "fields", fields_of(e));
		json_doc_put(d, "meanings", meanings_of(e));
		json_doc_put(d, "rewritten", changes_of(e));
	}
	print_entry(play->out, &first, d);
}

static void
print_conn(const struct play *play, uint32_t i, bool *first)
{
	const struct ctrl_conn *c = ctrl_conn_at(&play->conns, i);
	struct document *d = json_doc_object();
	struct alg_flow f = ctrl_conn_flow(c);

	json_doc_number(d, "connection", i);
	put_address(d, "inside", f.inside);
	json_doc_number(d, "inside_port", f.inside_port);
	put_address(d, "outside", f.outside);
	json_doc_number(d, "outside_port", f.outside_port);
	json_doc_text(d, "opened_by", c->opener == c->inside ? "inside" :
	    "outside");
	if (c->outside_view_of != 0)
		json_doc_number(d, "outside_view_of", c->outside_view_of);
	else {
		put_address(d, "public", c->public);
		json_doc_number(d, "public_port", c->public_port);
	}
	json_doc_number(d, "messages_out",
	    (int64_t)c->stream[c->inside].nmessages);
	json_doc_number(d, "messages_in",
	    (int64_t)c->stream[1 - c->inside].nmessages);
	json_doc_number(d, "retransmissions", c->repeats);
	print_entry(play->out, first, d);
}

static void
print_json_call(FILE *out, const struct ppp_trace *t, bool *first)
{
	const struct alg_call_info *c = &t->info;
	struct document *d = json_doc_object();
	char ppp[TEXT_MAX];
	struct line l = line_of(ppp, sizeof(ppp));

	json_doc_number(d, "call", (int64_t)c->serial);
	json_doc_number(d, "connection", t->conn);
	put_address(d, "inside", c->flow.inside);
	json_doc_number(d, "inside_call_id", c->inside_id);
	put_address(d, "outside", c->flow.outside);
	if (c->has_outside_id)
		json_doc_number(d, "outside_call_id", c->outside_id);
	else
		json_doc_null(d, "outside_call_id");
	put_address(d, "public", c->public);
	json_doc_number(d, "mapped_call_id", c->mapped_id);
	json_doc_text(d, "state", ppp_trace_state(t));
	json_doc_text(d, "direction", c->incoming ? "incoming" : "outgoing");
	json_doc_text(d, "asked_by", c->inside_asked ? "inside" : "outside");
	json_doc_bool(d, "was_up", t->was_up);
	json_doc_text(d, "reason", reason_name(t->reason));
	json_doc_number(d, "packets_out", t->side[ALG_OUTBOUND].packets);
	json_doc_number(d, "packets_in", t->side[ALG_INBOUND].packets);
	print_ppp(&l, t);
	json_doc_text(d, "ppp", ppp);
	print_entry(out, first, d);
}

static void
print_json_flow(FILE *out, const struct flow *f, bool *first)
{
	struct document *d = json_doc_object();

	put_address(d, "from", f->src);
	put_address(d, "to", f->dst);
	json_doc_number(d, "call_id", f->call_id);
	json_doc_text(d, "direction", f->dir == ALG_OUTBOUND ? "out" : "in");
	if (f->call != 0)
		json_doc_number(d, "call", (int64_t)f->call);
	else
		json_doc_null(d, "call");
	json_doc_number(d, "packets", f->packets);
	json_doc_number(d, "bytes", (int64_t)f->bytes);
	json_doc_number(d, "acks", f->acks);
	json_doc_number(d, "missing", f->missing);
	json_doc_number(d, "repeated", f->repeats);
	json_doc_number(d, "dropped", f->dropped);
	json_doc_text(d, "reason", reason_name(f->reason));
	print_entry(out, first, d);
}

static void
print_finding(FILE *out, const struct finding *f, bool *first)
{
	struct document *d = json_doc_object();

	json_doc_text(d, "finding", f->name);
	json_doc_bool(d, "failure", f->failure);
	if (f->conn != 0)
		json_doc_number(d, "connection", f->conn);
	if (f->call != 0)
		json_doc_number(d, "call", (int64_t)f->call);
	json_doc_text(d, "text", f->text);
	print_entry(out, first, d);
}

static void
print_json_conns(const struct play *play)
{
	bool first = true;

	fputs("],\n\"connections\":[", play->out);
	for (uint32_t i = 1; i <= ctrl_conns_count(&play->conns); i++)
		if (play_shows_conn(play, i))
			print_conn(play, i, &first);
}

static void
print_json_calls(const struct play *play)
{
	bool first = true;
	const struct ppp_trace *t;

	fputs("],\n\"calls\":[", play->out);
	for (uint32_t i = 1; i <= ppp_traces_count(&play->traces); i++) {
		t = ppp_trace_at(&play->traces, i);
		if (play_shows_call(play, t))
			print_json_call(play->out, t, &first);
	}
}

static void
print_json_flows(const struct play *play)
{
	bool first = true;
	const struct flow *f;

	fputs("],\n\"gre\":[", play->out);
	for (uint32_t i = 1; i <= flows_count(&play->flows); i++) {
		f = flow_at(&play->flows, i);
		if (play_shows(play, f->src, f->dst))
			print_json_flow(play->out, f, &first);
	}
}

static void
end_json(const struct play *play, const struct findings *all)
{
	bool first = true;

	print_json_conns(play);
	print_json_calls(play);
	print_json_flows(play);
	fputs("],\n\"findings\":[", play->out);
	for (size_t n = 0; n < all->n; n++)
		print_finding(play->out, &all->list[n], &first);
	fprintf(play->out, "],\n\"packets\":%lu}\n", play->source.packets);
}

const struct report *
json_report(void)
{
	static const struct report json = { begin_json, print_json_event,
		end_json };

	return &json;
}

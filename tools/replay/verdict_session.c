/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "tools/replay/print.h"
#include "tools/replay/verdict.h"

/* What is looked at, and where sentences go. */
struct look {
	const struct play	*play;
	struct findings		*all;
	const struct ctrl_conn	*c;
	uint32_t		 number;
};

static struct line
add(const struct look *k, const char *name, bool failure)
{
	struct finding *f = verdict_add(k->all, name, failure, k->number, 0);

	return f != NULL ? line_of(f->text, sizeof(f->text)) :
	    (struct line){ NULL, 0 };
}

static void
add_end(struct line *l, const struct look *k, enum ctrl_conn_end end)
{
	print_end(l, k->c->address[end], k->c->port[end]);
}

/* The first message of a type that an end sent. */
static const struct ctrl_stream_message *
first_of(const struct ctrl_stream *t, uint16_t type)
{
	for (size_t i = 0; i < t->nmessages; i++)
		if (t->messages[i].row == message_of(type))
			return &t->messages[i];
	return NULL;
}

static uint32_t
value(const struct ctrl_stream *t, const struct ctrl_stream_message *m,
    size_t offset, size_t size)
{
	return ctrl_stream_number(t->bytes + m->start + offset, size);
}

/* Result and error code of a reply, by name. */
static void
add_result(struct line *l, const struct ctrl_stream *t,
    const struct ctrl_stream_message *m)
{
	const struct message_field *f = NULL;
	uint32_t v;

	while ((f = print_next_field(m->row, t->bytes + m->start, f)) != NULL) {
		if (f->show != FIELD_CODE)
			continue;
		v = value(t, m, f->offset, f->size);
		line_add(
		    l, ", %s %u (%s)", f->name, v, message_fields_code(f, v));
	}
}

static void
look_opening(const struct look *k)
{
	const struct ctrl_conn *c = k->c;
	enum ctrl_conn_end server = 1 - c->opener;
	struct line l;

	if (c->syn_ack)
		return;
	if (!c->syn) {
		l = add(k, "mid-stream", true);
		line_add(&l, "Connection %u was already open when the capture "
		    "starts: the daemon would pass it unread and translate "
		    "nothing. Capture from before the client connects.",
		    k->number);
	} else if (c->stream[c->opener].len > 0 || c->stream[server].len > 0) {
		l = add(k, "one-way", true);
		line_add(&l, "The answer to the SYN of connection %u is "
		    "missing in the capture: capture both directions.",
		    k->number);
	} else {
		l = add(k, c->rst == server ? "tcp-refused" :
		    "tcp-unanswered", true);
		add_end(&l, k, server);
		if (c->rst == server)
			line_add(&l, " refuses the connection: no PPTP server "
			    "is listening there, or a firewall says so.");
		else
			line_add(&l, " does not answer the SYN (sent %u "
			    "times).", c->syns);
	}
}

/* Is all there that the ends may have said? */
static bool
complete(const struct look *k)
{
	return k->c->syn_ack && k->c->stream[CTRL_CONN_LOW].lost == 0 &&
	    k->c->stream[CTRL_CONN_HIGH].lost == 0;
}

static void
look_start(const struct look *k)
{
	const struct ctrl_stream *client = &k->c->stream[k->c->opener];
	const struct ctrl_stream *server = &k->c->stream[1 - k->c->opener];
	const struct ctrl_stream_message *m = first_of(server, MESSAGE_SCCRP);
	struct line l;

	if (m == NULL && complete(k) &&
	    first_of(client, MESSAGE_SCCRQ) != NULL) {
		l = add(k, "start-unanswered", true);
		add_end(&l, k, 1 - k->c->opener);
		line_add(&l, " does not answer Start-Control-Connection-"
		    "Request.");
	}
	/* Some modems say 0 and mean well. */
	if (m == NULL || value(server, m, m->row->result, 1) <= 1)
		return;
	l = add(k, "start-refused", true);
	add_end(&l, k, 1 - k->c->opener);
	line_add(&l, " refuses the control connection");
	add_result(&l, server, m);
	line_add(&l, ".");
}

/* Replies to call requests, by the ID they name. */
static void
look_replies(const struct look *k, enum ctrl_conn_end from, uint16_t type,
    uint32_t *replies)
{
	const struct ctrl_stream *t = &k->c->stream[from];
	const struct ctrl_stream_message *m;
	struct line l;

	for (size_t i = 0; i < t->nmessages; i++) {
		m = &t->messages[i];
		if (m->row != message_of(type))
			continue;
		replies[value(t, m, 14, 2)]++;
		if (value(t, m, m->row->result, 1) == 1)
			continue;
		l = add(k, "reply-refused", true);
		add_end(&l, k, from);
		line_add(&l, " refuses the call with ID %u",
		    value(t, m, 14, 2));
		add_result(&l, t, m);
		line_add(&l, ".");
	}
}

static void
look_requests(const struct look *k, enum ctrl_conn_end from, uint16_t type,
    uint32_t *replies)
{
	const struct ctrl_stream *t = &k->c->stream[from];
	const struct ctrl_stream_message *m;
	struct line l;
	uint32_t id;

	for (size_t i = 0; i < t->nmessages; i++) {
		m = &t->messages[i];
		id = value(t, m, 12, 2);
		if (m->row != message_of(type))
			continue;
		if (replies[id] > 0) {
			replies[id]--;
			continue;
		}
		if (!complete(k))
			continue;
		l = add(k, "request-unanswered", true);
		add_end(&l, k, 1 - from);
		line_add(&l, " does not answer %s with call ID %u.",
		    m->row->name, id);
	}
}

static void
look_calls(const struct look *k)
{
	static const uint16_t pairs[][2] = {
		{ MESSAGE_OCRQ, MESSAGE_OCRP }, { MESSAGE_ICRQ, MESSAGE_ICRP }
	};
	uint32_t *replies;

	for (enum ctrl_conn_end end = CTRL_CONN_LOW; end < 2; end++) {
		for (int i = 0; i < 2; i++) {
			if (first_of(&k->c->stream[end], pairs[i][0]) == NULL)
				continue;
			replies = calloc(UINT16_MAX + 1, sizeof(*replies));
			if (replies == NULL)
				return;
			look_replies(k, 1 - end, pairs[i][1], replies);
			look_requests(k, end, pairs[i][0], replies);
			free(replies);
		}
	}
}

static void
look_end(const struct look *k)
{
	const struct ctrl_conn *c = k->c;
	struct line l;

	if (c->rst == CTRL_CONN_NOBODY || c->reset != REASON_NONE ||
	    !c->syn_ack || c->stream[0].fin || c->stream[1].fin)
		return;
	l = add(k, c->rst == c->opener ? "client-reset" : "server-reset",
	    true);
	add_end(&l, k, c->rst);
	line_add(&l, " resets connection %u in the middle.", k->number);
}

static void
look_stop(const struct look *k)
{
	const struct ctrl_stream_message *m;
	struct line l;

	for (enum ctrl_conn_end end = CTRL_CONN_LOW; end < 2; end++) {
		m = first_of(&k->c->stream[end], MESSAGE_STOPRQ);
		if (m == NULL)
			continue;
		l = add(k, "stopped", false);
		add_end(&l, k, end);
		line_add(&l, " stops connection %u", k->number);
		add_result(&l, &k->c->stream[end], m);
		line_add(&l, ".");
	}
}

static void
look_stream(const struct look *k)
{
	struct line l;

	for (enum ctrl_conn_end end = CTRL_CONN_LOW; end < 2; end++) {
		if (k->c->stream[end].lost == 0)
			continue;
		l = add(k, "gap", true);
		line_add(&l, "The capture lacks bytes that ");
		add_end(&l, k, end);
		line_add(&l, " sent: what follows on connection %u in that "
		    "direction cannot be judged.", k->number);
	}
	if (k->c->conflict) {
		l = add(k, "conflicting-retransmission", true);
		line_add(&l, "On connection %u a retransmission has other "
		    "bytes than the first copy: somebody on the way changes "
		    "or forges segments.", k->number);
	}
	if (k->c->reset != REASON_NONE) {
		l = add(k, reason_name(k->c->reset), true);
		line_add(&l, "The daemon would reset connection %u: %s.",
		    k->number, reason_text(k->c->reset));
	}
}

void
verdict_conn(const struct play *play, struct findings *all, uint32_t i)
{
	static void (*const looks[])(const struct look *) = {
		look_opening, look_start, look_calls, look_stop, look_stream,
		look_end
	};
	struct look k = { play, all, ctrl_conn_at(&play->conns, i), i };

	for (size_t n = 0; n < sizeof(looks) / sizeof(looks[0]); n++)
		looks[n](&k);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What in a capture explains a failure: brings together what is known of each
 * control connection and call (explain.h), and looks at the capture as a whole.
 */
#include <stdlib.h>
#include <string.h>

#include "alg/base/line.h"
#include "alg/explain/explain.h"
#include "tools/replay/fragment.h"
#include "tools/replay/verdict.h"

/* What is looked at, and where sentences go. */
struct look {
	const struct play	*play;
	struct findings		*all;
	uint32_t		 number;	/* of the connection */
	const struct ctrl_conn	*c;
	uint32_t		*replies;	/* of each ID, all 0 */
	struct alg_attempt	 attempt;	/* the same, for explain.h */
};

/* One more: its text, still empty.  Nothing fits in when memory runs out. */
static struct line
add_verdict(struct findings *all, const char *name, bool failure,
    uint32_t conn, uint64_t call)
{
	struct finding *more;

	if (all->n == all->room) {
		all->room = all->room * 2 + 16;
		more = realloc(all->list, all->room * sizeof(*more));
		if (more == NULL) {
			all->failed = true;
			return line_of(NULL, 0);
		}
		all->list = more;
	}
	more = &all->list[all->n++];
	*more = (struct finding){ .name = name, .failure = failure,
	    .conn = conn, .call = call };
	return line_of(more->text, sizeof(more->text));
}

static struct line
add_of_conn(const struct look *k, const char *name, bool failure)
{
	return add_verdict(k->all, name, failure, k->number, 0);
}

static void
add_conn_end(struct line *l, const struct look *k, enum ctrl_conn_end end)
{
	print_end(l, k->c->address[end], k->c->port[end]);
}

/* The first message of a type that an end sent. */
static const struct ctrl_stream_message *
first_message(const struct ctrl_stream *t, uint16_t type)
{
	for (size_t i = 0; i < t->nmessages; i++)
		if (t->messages[i].row == message_of(type))
			return &t->messages[i];
	return NULL;
}

static uint32_t
message_number(const struct ctrl_stream *t, const struct ctrl_stream_message *m,
    size_t offset, size_t size)
{
	return ctrl_stream_number(t->bytes + m->start + offset, size);
}

/* Has a matter of a connection explained, from this or its own attempt. */
static void
explain_conn(const struct look *k, const struct alg_attempt *attempt,
    void (*explain)(const struct explain_facts *, struct explanations *))
{
	struct explanations said = { .n = 0 };
	char name[24];
	const struct explain_facts facts = { .attempt = attempt,
	    .connection = name, .now = UINT64_MAX };
	struct line l = line_of(name, sizeof(name));

	line_add(&l, "connection %u", k->number);
	explain(&facts, &said);
	for (size_t i = 0; i < said.n; i++) {
		l = add_of_conn(k, said.list[i].name, said.list[i].failure);
		line_add(&l, "%s", said.list[i].text);
	}
}

/* The codes of a message that has some. */
static struct alg_answer
answer_of(const struct ctrl_stream *t, const struct ctrl_stream_message *m)
{
	struct alg_answer answer = { .said = true };
	const struct message_field *f = message_fields_of(message_type(m->row));
	uint32_t values[3] = { 0 };
	size_t n = 0;

	for (; f->type == message_type(m->row) && n < 3; f++)
		if (f->show == FIELD_CODE)
			values[n++] = message_number(t, m, f->offset, f->size);
	answer.result = (uint8_t)values[0];
	answer.error = (uint8_t)values[1];
	answer.cause = (uint16_t)values[2];
	return answer;
}

static enum alg_end
end_of(const struct ctrl_conn *c, enum ctrl_conn_end end)
{
	return end == CTRL_CONN_NOBODY ? ALG_NOBODY :
	    end == c->inside ? ALG_INSIDE : ALG_OUTSIDE;
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
		l = add_of_conn(k, "mid-stream", true);
		line_add(&l, "Connection %u was already open when the capture "
		    "starts: the daemon would read it from its next message "
		    "on, or reset it where none begins with a segment. "
		    "Capture from before the client connects.",
		    k->number);
	} else if (ctrl_stream_len(&c->stream[c->opener]) > 0 ||
	    ctrl_stream_len(&c->stream[server]) > 0) {
		l = add_of_conn(k, "one-way", true);
		line_add(&l, "The answer to the SYN of connection %u is "
		    "missing in the capture: capture both directions.",
		    k->number);
	} else {
		explain_conn(k, &k->attempt, explain_opening);
	}
}

/* Is all there that the ends may have said? */
static bool
has_all(const struct look *k)
{
	return k->c->syn_ack && k->c->stream[CTRL_CONN_LOW].lost == 0 &&
	    k->c->stream[CTRL_CONN_HIGH].lost == 0;
}

static void
look_start(const struct look *k)
{
	const struct ctrl_stream *client = &k->c->stream[k->c->opener];
	const struct ctrl_stream *server = &k->c->stream[1 - k->c->opener];
	const struct ctrl_stream_message *m =
	    first_message(server, MESSAGE_SCCRP);
	struct alg_attempt attempt = k->attempt;

	attempt.start_asked = has_all(k) &&
	    first_message(client, MESSAGE_SCCRQ) != NULL;
	if (m != NULL)
		attempt.start = answer_of(server, m);
	explain_conn(k, &attempt, explain_start);
}

/* A request for a call with this ID; who is asked answered so, or not. */
static void
look_reply(const struct look *k, enum ctrl_conn_end asked, uint16_t reply,
    uint16_t id, struct alg_answer answer)
{
	struct alg_attempt attempt = k->attempt;

	attempt.reason = REASON_NO_REPLY;
	attempt.call.inside_asked = asked != k->c->inside;
	attempt.call.incoming = reply == MESSAGE_ICRP;
	attempt.call.inside_id = attempt.call.outside_id = id;
	attempt.reply = answer;
	explain_conn(k, &attempt, explain_reply);
}

/* Replies to call requests, by the ID they name. */
static void
look_replies(const struct look *k, enum ctrl_conn_end from, uint16_t type)
{
	const struct ctrl_stream *t = &k->c->stream[from];
	const struct ctrl_stream_message *m;

	for (size_t i = 0; i < t->nmessages; i++) {
		m = &t->messages[i];
		if (m->row != message_of(type))
			continue;
		k->replies[message_number(t, m, 14, 2)]++;
		look_reply(k, from, type,
		    (uint16_t)message_number(t, m, 14, 2), answer_of(t, m));
	}
}

static void
look_requests(const struct look *k, enum ctrl_conn_end from, uint16_t type)
{
	const struct ctrl_stream *t = &k->c->stream[from];
	const struct ctrl_stream_message *m;
	uint32_t id;

	for (size_t i = 0; i < t->nmessages; i++) {
		m = &t->messages[i];
		id = message_number(t, m, 12, 2);
		if (m->row != message_of(type))
			continue;
		if (k->replies[id] > 0) {
			k->replies[id]--;
			continue;
		}
		if (has_all(k))
			look_reply(k, 1 - from, type == MESSAGE_ICRQ ?
			    MESSAGE_ICRP : MESSAGE_OCRP, (uint16_t)id,
			    (struct alg_answer){ 0 });
	}
}

/* What was not asked for is not the next look's. */
static void
forget_replies(const struct look *k, enum ctrl_conn_end from, uint16_t type)
{
	const struct ctrl_stream *t = &k->c->stream[from];

	for (size_t i = 0; i < t->nmessages; i++)
		if (t->messages[i].row == message_of(type))
			k->replies[message_number(t, &t->messages[i], 14,
			    2)] = 0;
}

static void
look_calls(const struct look *k)
{
	static const uint16_t pairs[][2] = {
		{ MESSAGE_OCRQ, MESSAGE_OCRP }, { MESSAGE_ICRQ, MESSAGE_ICRP }
	};

	for (enum ctrl_conn_end end = CTRL_CONN_LOW; end < 2; end++) {
		for (int i = 0; i < 2; i++) {
			if (first_message(&k->c->stream[end], pairs[i][0]) ==
			    NULL)
				continue;
			look_replies(k, 1 - end, pairs[i][1]);
			look_requests(k, end, pairs[i][0]);
			forget_replies(k, 1 - end, pairs[i][1]);
		}
	}
}

/* Has it had calls, and was the last of them over before a reset? */
static bool
has_finished(const struct look *k)
{
	const struct ppp_trace *t;
	uint32_t i = k->c->newest_call;

	for (; i != 0; i = t->next) {
		t = ppp_trace_at(&k->play->traces, i);
		if (!t->ended || t->reason == REASON_RESET)
			return false;
	}
	return k->c->newest_call != 0;
}

static void
look_end(const struct look *k)
{
	const struct ctrl_conn *c = k->c;
	struct alg_attempt attempt = k->attempt;

	if (c->reset != REASON_NONE || c->stream[0].fin || c->stream[1].fin ||
	    has_finished(k))
		return;
	attempt.reason = REASON_RESET;
	explain_conn(k, &attempt, explain_reset);
}

static void
look_stop(const struct look *k)
{
	const struct ctrl_stream_message *m;
	struct alg_attempt attempt = k->attempt;

	for (enum ctrl_conn_end end = CTRL_CONN_LOW; end < 2; end++) {
		m = first_message(&k->c->stream[end], MESSAGE_STOPRQ);
		if (m == NULL)
			continue;
		attempt.stop = answer_of(&k->c->stream[end], m).result;
		attempt.by = end_of(k->c, end);
		explain_conn(k, &attempt, explain_stop);
	}
}

static void
look_stream(const struct look *k)
{
	struct line l;

	for (enum ctrl_conn_end end = CTRL_CONN_LOW; end < 2; end++) {
		if (k->c->stream[end].lost == 0)
			continue;
		l = add_of_conn(k, "gap", true);
		line_add(&l, "The capture lacks bytes that ");
		add_conn_end(&l, k, end);
		line_add(&l, " sent: what follows on connection %u in that "
		    "direction cannot be judged.", k->number);
	}
	if (k->c->conflict) {
		l = add_of_conn(k, "conflicting-retransmission", true);
		line_add(&l, "On connection %u a retransmission has other "
		    "bytes than the first copy: somebody on the way changes "
		    "or forges segments.", k->number);
	}
	if (k->c->reset != REASON_NONE) {
		l = add_of_conn(k, reason_name(k->c->reset), true);
		line_add(&l, "The daemon would reset connection %u: %s.",
		    k->number, reason_text(k->c->reset));
	}
}

static void
about_conn(const struct play *play, struct findings *all, uint32_t i,
    uint32_t *replies)
{
	static void (*const looks[])(const struct look *) = {
		look_opening, look_start, look_calls, look_stop, look_stream,
		look_end
	};
	struct look k = { play, all, i, ctrl_conn_at(&play->conns, i), replies,
	    { 0 } };

	k.attempt = (struct alg_attempt){ .flow = ctrl_conn_flow(k.c),
	    .inside_opened = k.c->opener == k.c->inside, .over = UINT64_MAX,
	    .by = end_of(k.c, k.c->rst), .syns = k.c->syns,
	    .answered = k.c->syn_ack, .refusal = k.c->refusal };
	if (k.c->outside_view_of != 0 || !play_shows_conn(play, i))
		return;
	for (size_t n = 0; n < sizeof(looks) / sizeof(looks[0]); n++)
		looks[n](&k);
}

static struct line
add_of_call(struct findings *all, const struct ppp_trace *t, const char *name,
    bool failure)
{
	struct line l = add_verdict(all, name, failure, t->conn,
	    t->info.serial);

	line_add(&l, "Call %llu: ", (unsigned long long)t->info.serial);
	return l;
}

/*
 * Two calls of one address with one ID: that is how it looks outside of a
 * NAT that does not translate call IDs.
 */
static void
look_collision(const struct play *play, struct findings *all,
    const struct ppp_trace *t)
{
	const struct alg_call_info *c = &t->info;
	const struct ppp_trace *o;
	struct line l;

	if (c->mapped_id == c->inside_id)
		return;
	o = ppp_trace_rival(&play->traces, t);
	if (o == NULL)
		return;
	l = add_of_call(all, t, "collision", true);
	line_add(&l, "it has the same address and call ID %u as call %llu: ",
	    c->inside_id, (unsigned long long)o->info.serial);
	line_add_ipv4(&l, c->flow.outside);
	line_add(&l, " cannot tell them apart, and GRE to one of them gets "
	    "lost. Is this the outside of a NAT that does not translate "
	    "call IDs?");
}

/* The end that closed the control connection first. */
static enum ctrl_conn_end
closer_of(const struct ctrl_conn *c)
{
	const struct ctrl_stream *s = c->stream;

	return !s[CTRL_CONN_HIGH].fin || (s[CTRL_CONN_LOW].fin &&
	    s[CTRL_CONN_LOW].fin_packet < s[CTRL_CONN_HIGH].fin_packet) ?
	    CTRL_CONN_LOW : CTRL_CONN_HIGH;
}

/* Who ended a call: only the end that asked for it can clear it. */
static enum alg_end
ender_of(const struct play *play, const struct ppp_trace *t)
{
	const struct ctrl_conn *c = ctrl_conn_at(&play->conns, t->conn);

	if (t->reason == REASON_CLEAR)
		return t->info.inside_asked != t->info.incoming ?
		    ALG_INSIDE : ALG_OUTSIDE;
	return t->reason == REASON_CLOSED ? end_of(c, closer_of(c)) :
	    ALG_NOBODY;
}

static struct alg_attempt
attempt_of_call(const struct play *play, const struct ppp_trace *t)
{
	struct alg_attempt attempt = { .flow = t->info.flow,
	    .answered = true, .call = t->info, .reason = t->reason,
	    .by = ender_of(play, t), .over = t->ended ? t->over : 0 };

	attempt.call.up = t->was_up ? t->up : 0;
	attempt.call.asked = t->asked;
	attempt.call.packets_in = t->side[ALG_INBOUND].packets;
	attempt.call.packets_out = t->side[ALG_OUTBOUND].packets;
	attempt.call.last_in = attempt.call.last_out = 0;
	memcpy(attempt.unreachable, t->unreachable,
	    sizeof(attempt.unreachable));
	return attempt;
}

static void
about_call(const struct play *play, struct findings *all,
    const struct ppp_trace *t)
{
	const struct alg_attempt attempt = attempt_of_call(play, t);
	const struct explain_facts facts = { .attempt = &attempt,
	    .side = t->side, .connection = "its connection",
	    .now = play->now };
	struct explanations said = { .n = 0 };
	struct line l;

	if (!play_shows_call(play, t))
		return;
	look_collision(play, all, t);
	explain_call(&facts, &said);
	for (size_t i = 0; i < said.n; i++) {
		l = add_of_call(all, t, said.list[i].name,
		    said.list[i].failure);
		line_add(&l, "%s", said.list[i].text);
		if (said.list[i].kind == EXPLAIN_NO_GRE)
			line_add(&l, " Was IP protocol 47 captured?");
	}
}

/* A finding about the capture as a whole, with a number in it. */
static void
add_count(struct findings *all, const char *name, bool failure,
    const char *text, unsigned long n)
{
	struct line l;

	if (n == 0)
		return;
	l = add_verdict(all, name, failure, 0, 0);
	line_add(&l, "%s: %lu.", text, n);
}

/* What libpcap could not read may hold anything. */
static void
about_file(const struct play *play, struct findings *all)
{
	const char *error = capture_error(play->source.capture);
	struct line l;

	if (error == NULL)
		return;
	l = add_verdict(all, "not-read", true, 0, 0);
	line_add(&l, "The file was not read to its end, but to packet %lu: ",
	    play->source.packets);
	line_add_peer(&l, (const uint8_t *)error, strlen(error));
	line_add(&l, ".");
}

static void
about_capture(const struct play *play, struct findings *all)
{
	add_count(all, "cut-packets", true, "Packets cut short by the "
	    "snap length (capture again with tcpdump -s 0)",
	    play->source.cut);
	add_count(all, "bad-ip-length", false, "Packets left out, because "
	    "their IP header promises more bytes than were sent",
	    play->source.too_long);
	add_count(all, "fragments", false, "Datagrams of which some IP "
	    "fragments are missing in the capture",
	    fragments_lost(play->source.fragments));
	add_count(all, "wrong-checksums", false, "Control segments with a "
	    "wrong TCP checksum, taken as they are (usual when captured on "
	    "the sending host)", play->wrong_sums);
	add_count(all, "damaged", false, "Control segments with a wrong TCP "
	    "checksum, left out because another copy has a right one",
	    play->damaged);
	add_count(all, "captured-twice", false, "Packets captured twice, "
	    "the copies left out", play->source.twice);
	add_count(all, "outside-view", false, "Packets left out, because "
	    "they show the outside of a NAT whose inside is here, too",
	    play->outside);
	add_count(all, "too-many", false, "Control segments left out, because "
	    "there are more connections than this program takes",
	    play->conns.ignored);
}

/* GRE that no call of the capture explains. */
static void
about_flow(const struct play *play, struct findings *all,
    const struct flow *flow)
{
	struct line l;

	if (flow->call != 0 || flow->dropped == 0 ||
	    !play_shows(play, flow->src, flow->dst))
		return;
	l = add_verdict(all, "unknown-gre", true, 0, 0);
	line_add(&l, "GRE from ");
	line_add_ipv4(&l, flow->src);
	line_add(&l, " to ");
	line_add_ipv4(&l, flow->dst);
	line_add(&l, " with call ID %u does not pass (packets: %u): %s.",
	    flow->call_id, flow->dropped, reason_text(flow->reason));
}

/* Calls whose IDs were taken: what translation is for. */
static void
about_mapped(const struct play *play, struct findings *all)
{
	const struct ppp_trace *t;
	unsigned long n = 0;

	for (uint32_t i = 1; i <= ppp_traces_count(&play->traces); i++) {
		t = ppp_trace_at(&play->traces, i);
		n += t->info.mapped_id != t->info.inside_id &&
		    play_shows_call(play, t);
	}
	add_count(all, "translated", false, "Calls that get another call ID "
	    "outside, because theirs is taken towards the same peer (else "
	    "their GRE could not be told apart)", n);
}

static bool
has_failure(const struct findings *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].failure)
			return true;
	return false;
}

static void
about_all(const struct play *play, struct findings *all)
{
	unsigned long conns = 0, up = 0;
	const struct ppp_trace *t;
	struct line l;

	for (uint32_t i = 1; i <= ctrl_conns_count(&play->conns); i++)
		conns += play_shows_conn(play, i);
	for (uint32_t i = 1; i <= ppp_traces_count(&play->traces); i++) {
		t = ppp_trace_at(&play->traces, i);
		up += t->was_up && play_shows_call(play, t);
	}
	if (has_failure(all))
		return;
	l = add_verdict(all, up > 0 ? "no-failure" : "no-call", up == 0, 0, 0);
	if (up > 0)
		line_add(&l, "Nothing in this capture explains a failure; "
		    "calls that came up: %lu.", up);
	else if (conns > 0)
		line_add(&l, "No call was asked for in this capture.");
	else if (play->client != 0)
		line_add(&l, "There is no PPTP of this client in this "
		    "capture.");
	else
		line_add(&l, "There is no PPTP in this capture: neither "
		    "TCP port 1723 nor GRE.");
}

int
verdict_find(const struct play *play, struct findings *all)
{
	uint32_t *replies = calloc(UINT16_MAX + 1, sizeof(*replies)), i;

	if (replies == NULL)
		return -1;
	for (i = 1; i <= ctrl_conns_count(&play->conns); i++)
		about_conn(play, all, i, replies);
	free(replies);
	for (i = 1; i <= ppp_traces_count(&play->traces); i++)
		about_call(play, all, ppp_trace_at(&play->traces, i));
	for (i = 1; i <= flows_count(&play->flows); i++)
		about_flow(play, all, flow_at(&play->flows, i));
	about_mapped(play, all);
	about_capture(play, all);
	about_file(play, all);
	about_all(play, all);
	return all->failed ? -1 : 0;
}

void
verdict_free(struct findings *all)
{
	free(all->list);
}

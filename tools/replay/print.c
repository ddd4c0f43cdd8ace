/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the text and the JSON report have in common: messages with what is
 * rewritten in them and why, fields, and how far PPP got.
 */
#include <string.h>

#include "tools/replay/play.h"
#include "tools/replay/print.h"

/* Where Reserved0 is; what comes before is the same in all messages. */
#define FIRST_OFFSET	10

void
print_end(struct line *l, uint32_t address, uint16_t port)
{
	line_add_ipv4(l, address);
	line_add(l, ":%u", port);
}

/* A reserved field is only worth a word when somebody used it. */
static bool
reserved_idle(const struct message_field *f, const uint8_t *bytes)
{
	if (strncmp(f->name, "Reserved", 8) != 0)
		return false;
	for (uint8_t i = 0; i < f->size; i++)
		if (bytes[f->offset + i] != 0)
			return false;
	return true;
}

const struct message_field *
print_next_field(const struct message *row, const uint8_t *bytes,
    const struct message_field *f)
{
	uint16_t type = message_type(row);

	for (f = f == NULL ? message_fields_list() : f + 1; f->type != 0; f++)
		if (f->type == type && f->offset >= FIRST_OFFSET &&
		    !reserved_idle(f, bytes))
			return f;
	return NULL;
}

/* A message whose changes are to be explained. */
struct explained {
	struct play		*play;
	const struct ctrl_conn	*c;
	enum alg_dir		 dir;
	const struct message	*row;
};

static enum message_whose
whose_field(const struct explained *x, const struct message_field *f)
{
	for (int i = 0; i < MESSAGE_ID_FIELDS; i++)
		if (x->row->id[i].whose != MESSAGE_NOBODY &&
		    x->row->id[i].offset == f->offset)
			return x->row->id[i].whose;
	return MESSAGE_NOBODY;
}

/* Why a new call of the inside end did not keep its ID. */
static void
explain_not_kept(const struct explained *x, const struct ppp_trace *own,
    uint16_t id, struct line *l)
{
	const struct ppp_trace *other = ppp_trace_mapped(&x->play->traces,
	    x->c->public, x->c->address[1 - x->c->inside], id,
	    own != NULL ? own->info.serial : 0);

	if (other == NULL) {
		line_add(l, "the ID is not free");
		return;
	}
	line_add(l, "%u is %s call %llu of ", id,
	    other->ended ? "resting after" : "taken by",
	    (unsigned long long)other->info.serial);
	line_add_ipv4(l, other->info.flow.inside);
}

static void
explain_change(const struct explained *x, struct event_change *c)
{
	struct line l = line_of(c->why, sizeof(c->why));
	enum message_whose w = whose_field(x, c->field);
	uint16_t id = (uint16_t)(x->dir == ALG_OUTBOUND ? c->from : c->to);
	const struct ppp_trace *own =
	    ppp_trace_on(&x->play->traces, x->c->newest_call, true, id);

	if (w == MESSAGE_OWN_NEW)
		explain_not_kept(x, own, id, &l);
	else if (w != MESSAGE_NOBODY && own != NULL)
		line_add(&l, "%s of call %llu", x->dir == ALG_OUTBOUND ?
		    "the outside's view" : "the inside end's own ID",
		    (unsigned long long)own->info.serial);
	else if (w == MESSAGE_NOBODY)
		line_add(&l, "refused here: no call ID or room was left");
}

static void
add_changes(const struct explained *x, const uint8_t *original,
    const uint8_t *rewritten, struct event *e)
{
	const struct message_field *f = NULL;
	struct event_change *c;

	while ((f = print_next_field(x->row, original, f)) != NULL) {
		if (memcmp(original + f->offset, rewritten + f->offset,
			f->size) == 0 ||
		    f->size > 4 || e->nchanges == EVENT_CHANGED_MAX)
			continue;
		c = &e->changes[e->nchanges++];
		*c = (struct event_change){ .field = f,
		    .from = ctrl_stream_number(original + f->offset, f->size),
		    .to = ctrl_stream_number(rewritten + f->offset, f->size) };
		explain_change(x, c);
	}
}

static void
print_message(const struct explained *x, uint32_t conn,
    const struct ctrl_stream *t, const struct ctrl_stream_message *m,
    bool passed)
{
	struct event e = play_event(x->play, "message");
	struct line l = line_of(e.text, sizeof(e.text));

	e.conn = conn;
	e.dir = (int)x->dir;
	e.row = m->row;
	e.bytes = t->bytes + m->start;
	e.bad = !passed;
	line_add(&l, "%s%s", m->row->name,
	    passed ? "" : " (not passed on)");
	add_changes(x, t->original + m->start, t->rewritten + m->start, &e);
	play_tell(x->play, &e);
}

void
print_messages(struct play *play, uint32_t conn, enum ctrl_conn_end from,
    size_t len)
{
	struct ctrl_conn *c = ctrl_conn_at(&play->conns, conn);
	const struct ctrl_stream *t = &c->stream[from];
	struct explained x = { .play = play, .c = c,
	    .dir = from == c->inside ? ALG_OUTBOUND : ALG_INBOUND };
	const struct ctrl_stream_message *m;
	size_t end;

	for (; c->shown[from] < t->nmessages; c->shown[from]++) {
		m = &t->messages[c->shown[from]];
		end = m->start + m->row->length;
		if (end > len)
			return;
		x.row = m->row;
		print_message(&x, conn, t, m, end <= c->passed[from]);
	}
}

/* Whose credentials the other end took. */
static void
print_auth(struct line *l, const struct negotiation *asks,
    const struct negotiation *answers)
{
	if (!asks->success)
		return;
	line_add(l, ", %s user \"%s\"", asks->auth != NULL ? asks->auth :
	    "authenticated", answers->name);
}

static void
print_mppe(struct line *l, uint32_t bits)
{
	line_add(l, ", MPPE %s %s", bits & DISSECT_MPPE_128 ? "128-bit" :
	    bits & DISSECT_MPPE_56 ? "56-bit" :
	    bits & DISSECT_MPPE_40 ? "40-bit" : "without key",
	    bits & DISSECT_MPPE_STATELESS ? "stateless" : "stateful");
}

void
print_ppp(struct line *l, const struct ppp_trace *t)
{
	const struct negotiation *in = &t->side[ALG_INBOUND];
	const struct negotiation *out = &t->side[ALG_OUTBOUND];

	if (in->requests + out->requests == 0) {
		line_add(l, "no LCP");
		return;
	}
	line_add(l, in->acks > 0 && out->acks > 0 ? "LCP open" :
	    "LCP not open");
	print_auth(l, in, out);
	print_auth(l, out, in);
	if (in->mppe_acked && out->mppe_acked)
		print_mppe(l, in->mppe);
	if (in->ipcp_acked && out->ipcp_acked) {
		line_add(l, ", IPCP open: inside ");
		line_add_ipv4(l, out->address);
		line_add(l, ", outside ");
		line_add_ipv4(l, in->address);
	}
}

void
print_field(struct line *l, const struct message_field *f, const uint8_t *bytes)
{
	const uint8_t *value = bytes + f->offset;
	size_t size = f->size;
	uint32_t v;

	if (f->show == FIELD_TEXT) {
		while (size > 0 && value[size - 1] == 0)
			size--;
		line_add(l, "\"");
		line_add_peer(l, value, size);
		line_add(l, "\"");
		return;
	}
	v = ctrl_stream_number(value, size);
	if (f->show == FIELD_HEX)
		line_add(l, "0x%0*x", (int)size * 2, v);
	else
		line_add(l, "%u", v);
	if (f->show == FIELD_CODE || f->show == FIELD_BITS)
		line_add(l, " (%s)", message_fields_code(f, v));
}

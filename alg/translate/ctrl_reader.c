/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the messages of a control connection and rewrites their call IDs. */
#include <string.h>

#include "alg/base/cursor.h"
#include "alg/pptp/message.h"
#include "alg/translate/call_id.h"
#include "alg/translate/ctrl_reader.h"
#include "alg/translate/lookup.h"
#include "alg/translate/state.h"

#define TYPE_END	10	/* behind the Control Message Type */
#define ID_OWN		12	/* first call ID of every call message */
#define ID_PEER		14	/* second one, in replies */
#define RESULT		16	/* of OCRP and ICRP */
#define ERROR		17
#define START_RESULT	14	/* of SCCRP */
#define END_RESULT	14	/* of CDN */
#define STOP_REASON	12	/* of StopCCRQ */
#define RESULT_OK	1	/* RFC 2637 sections 2.8 and 2.10 */
#define RESULT_GENERAL	2
#define ERROR_RESOURCE	4	/* section 2.16: no resources now */

/* A control message while it comes in: have bytes of it are there. */
struct reading {
	struct alg		*a;
	struct connection	*c;
	struct stream		*s;
	uint32_t		 connection;
	enum alg_dir		 dir;
	const struct message	*row;
	uint16_t		 type;		/* enum message_type */
	uint16_t		 have;
};

static uint16_t
original_u16(const struct reading *m, uint8_t offset)
{
	return (uint16_t)(*stream_original(m->a, m->s, m->s->message + offset)
		<< 8 |
	    *stream_original(m->a, m->s, m->s->message + offset + 1));
}

static void
rewrite_byte(const struct reading *m, uint8_t offset, uint8_t byte)
{
	*stream_rewritten(m->a, m->s, m->s->message + offset) = byte;
}

/* Has the byte at this offset come, and was it not handled before? */
static bool
is_new(const struct reading *m, uint8_t offset)
{
	return m->have > offset && m->s->done <= offset;
}

/*
 * Where a message begins was found, not known: only if no other could begin
 * within it is this one what the receiver reads, too.
 */
static bool
is_ambiguous(const struct reading *m)
{
	static const uint8_t cookie[] = { 0x1A, 0x2B, 0x3C, 0x4D };

	return m->s->found && m->have > MESSAGE_HEADER_LEN &&
	    memmem(stream_original(m->a, m->s, m->s->message) +
	    MESSAGE_HEADER_LEN, m->have - (size_t)MESSAGE_HEADER_LEN, cookie,
	    sizeof(cookie)) != NULL;
}

/* The outside end's requests are not remembered, nor are their IDs. */
static bool
answers_outside(const struct reading *m)
{
	return m->dir == ALG_OUTBOUND && m->row->result == RESULT;
}

/* This message made the call: who sent the request, and of which kind. */
static void
tell_asked(const struct reading *m, uint32_t call)
{
	call_asked(m->a, call, !answers_outside(m),
	    m->type == MESSAGE_ICRQ || m->type == MESSAGE_ICRP);
}

/*
 * Where outside hosts look like one to an inside host, which of them it means
 * is told by the ID alone: the second that gets an ID would get what is for
 * the first.
 */
static bool
is_of_another_host(const struct reading *m, uint16_t alias_id)
{
	const struct connection *c = m->c;
	const struct call *other;
	uint32_t i;

	if (c->alias == c->flow.outside)
		return false;
	i = lookup_outside(m->a, c->flow.inside, c->alias, alias_id);
	other = call_at(m->a, i);
	return i != 0 && other->flow.outside != c->flow.outside &&
	    other->state != ALG_CALL_CLEARING;
}

/* An ID that is all there. */
static enum reason
translate_whole_id(struct reading *m, enum message_whose whose, uint8_t offset)
{
	bool half = m->s->done == offset + 1;
	uint16_t id = original_u16(m, offset);
	struct call_id t;
	enum reason r;

	if (whose == MESSAGE_OWN_NEW && m->dir == ALG_OUTBOUND) {
		r = call_id_assign(m->a, m->connection, half, id, &t);
		if (r != REASON_NONE)
			return r;
		if (t.made)
			tell_asked(m, t.call);
	} else {
		t = call_id_translate(m->a, m->connection, m->dir, whose, id);
		/* When it is chosen, and when that is answered. */
		if ((whose == MESSAGE_OWN_NEW &&
		    is_of_another_host(m, t.id)) ||
		    (answers_outside(m) && is_of_another_host(m, id)))
			return REASON_SHARED_CALL_ID;
		if (t.call == 0 && !answers_outside(m) &&
		    whose != MESSAGE_OWN_NEW)
			state_count(m->a, REASON_UNKNOWN_ID);
	}
	if (t.call != 0 && whose == MESSAGE_OWN_NEW)
		call_at(m->a, t.call)->announced =
		    m->s->message + m->row->length;
	if (t.call != 0 && m->row->result == RESULT)
		m->s->refuse |=
		    call_at(m->a, t.call)->state == ALG_CALL_REFUSED;
	rewrite_byte(m, offset, half ? m->s->half : (uint8_t)(t.id >> 8));
	rewrite_byte(m, offset + 1, (uint8_t)t.id);
	return REASON_NONE;
}

/* An ID of which the first byte is the last that came. */
static enum reason
translate_half_id(struct reading *m, enum message_whose whose, uint8_t offset)
{
	uint8_t high = *stream_original(m->a, m->s, m->s->message + offset);

	if (!call_id_half(m->a, m->connection, m->dir, whose, high,
	    &m->s->half))
		return REASON_HELD_BACK;
	rewrite_byte(m, offset, m->s->half);
	return REASON_NONE;
}

static enum reason
process_ids(struct reading *m)
{
	enum reason r = REASON_NONE;

	for (int i = 0; i < MESSAGE_ID_FIELDS && r == REASON_NONE; i++) {
		enum message_whose whose = m->row->id[i].whose;
		uint8_t offset = m->row->id[i].offset;

		if (whose == MESSAGE_NOBODY)
			break;
		if (is_new(m, offset + 1))
			r = translate_whole_id(m, whose, offset);
		else if (is_new(m, offset))
			r = translate_half_id(m, whose, offset);
	}
	return r;
}

/* The reply to a request that was refused here says so. */
static void
write_refusal(struct reading *m)
{
	if (!m->s->refuse)
		return;
	if (is_new(m, RESULT))
		rewrite_byte(m, RESULT, RESULT_GENERAL);
	if (is_new(m, ERROR))
		rewrite_byte(m, ERROR, ERROR_RESOURCE);
}

static uint8_t
original_u8(const struct reading *m, uint8_t offset)
{
	return *stream_original(m->a, m->s, m->s->message + offset);
}

/* Result and error code follow each other, and a cause code, if any. */
static struct alg_answer
answer_at(const struct reading *m, uint8_t offset)
{
	bool caused = m->type == MESSAGE_OCRP || m->type == MESSAGE_CDN;

	return (struct alg_answer){ true, original_u8(m, offset),
	    original_u8(m, offset + 1),
	    caused ? original_u16(m, offset + 2) : 0 };
}

static void
on_start(struct reading *m)
{
	connection_end_calls(m->a, m->connection, REASON_RESTART);
	m->c->asked = 0;
	m->c->start_asked = true;
}

/* Some modems say 0 and mean well. */
static void
on_started(struct reading *m)
{
	m->c->start = answer_at(m, START_RESULT);
	if (m->c->start.result > RESULT_OK && !m->c->had_call)
		attempt_note_connection(m->a, m->connection, REASON_NONE);
}

static void
on_stop(struct reading *m)
{
	m->c->by = (uint8_t)state_sender(m->dir);
	m->c->stop = original_u8(m, STOP_REASON);
	connection_end_calls(m->a, m->connection, REASON_STOP);
}

/* What the outside end asks for has no mapped ID before it is answered. */
static void
on_request(struct reading *m)
{
	if (m->dir == ALG_INBOUND && m->c->asked < UINT16_MAX)
		m->c->asked++;
}

/* The inside end answers; an answer to nothing sets up nothing. */
static bool
is_answer(struct reading *m, uint32_t call)
{
	if (call_at(m->a, call)->state == ALG_CALL_UP)
		return true;
	if (m->c->asked > 0) {
		m->c->asked--;
		return true;
	}
	state_count(m->a, REASON_UNKNOWN_ID);
	return false;
}

static void
on_reply(struct reading *m)
{
	bool inside = m->dir == ALG_OUTBOUND;
	uint16_t own = original_u16(m, ID_OWN), peer = original_u16(m, ID_PEER);
	uint8_t result = *stream_original(m->a, m->s, m->s->message + RESULT);
	struct call_id t = call_id_translate(m->a, m->connection, m->dir,
	    inside ? MESSAGE_OWN_NEW : MESSAGE_PEER, inside ? own : peer);

	if (t.call == 0 || (inside && !is_answer(m, t.call)))
		return;
	if (call_at(m->a, t.call)->state != ALG_CALL_UP) {
		call_at(m->a, t.call)->reply = answer_at(m, RESULT);
		if (result != RESULT_OK)
			call_at(m->a, t.call)->by =
			    (uint8_t)state_sender(m->dir);
	}
	/* A refusal while it is up is about another request. */
	if (call_at(m->a, t.call)->state != ALG_CALL_REFUSED &&
	    (result == RESULT_OK ||
	    call_at(m->a, t.call)->state != ALG_CALL_UP))
		call_set_outside(m->a, t.call, inside ?
		    connection_alias_id(m->c, peer) : own);
	call_step(m->a, t.call,
	    result == RESULT_OK ? CALL_REPLY_OK : CALL_REPLY_BAD);
}

static void
on_end(struct reading *m)
{
	struct call_id t = call_id_translate(m->a, m->connection, m->dir,
	    MESSAGE_OWN_OR_PEER, original_u16(m, ID_OWN));

	if (t.call == 0)
		return;
	if (call_at(m->a, t.call)->state != ALG_CALL_CLEARING)
		call_at(m->a, t.call)->by = (uint8_t)state_sender(m->dir);
	if (m->type == MESSAGE_CDN)
		call_at(m->a, t.call)->disconnect = answer_at(m, END_RESULT);
	call_step(m->a, t.call, m->type == MESSAGE_CCRQ ?
	    CALL_CLEAR : CALL_DISCONNECT);
}

static void (*const on_message[MESSAGE_TYPES])(struct reading *) = {
	[MESSAGE_SCCRQ] = on_start,
	[MESSAGE_SCCRP] = on_started,
	[MESSAGE_STOPRQ] = on_stop,
	[MESSAGE_OCRQ] = on_request,
	[MESSAGE_OCRP] = on_reply,
	[MESSAGE_ICRQ] = on_request,
	[MESSAGE_ICRP] = on_reply,
	[MESSAGE_CCRQ] = on_end,
	[MESSAGE_CDN] = on_end,
};

static void
process_message(struct reading *m)
{
	void (*handle)(struct reading *) = on_message[m->type];

	if (handle != NULL)
		handle(m);
	m->a->counters.messages++;
	m->s->message += m->row->length;
	m->s->done = 0;
	m->s->refuse = false;
}

enum reason
ctrl_reader_look(const struct stream *s, const uint8_t *bytes,
    const struct message **row, uint16_t *have)
{
	uint32_t left = s->end - s->message;
	enum reason r;

	*have = (uint16_t)(left < MESSAGE_MAX_LEN ? left : MESSAGE_MAX_LEN);
	r = message_check(bytes, *have, row);
	if (r == REASON_NONE && *row != NULL && *have > (*row)->length)
		*have = (*row)->length;
	return r;
}

/*
 * A type that the RFC does not know has no IDs that we do; by its length it
 * is passed over, so that what follows is read.
 */
static void
skip_message(struct reading *m, bool *more)
{
	uint16_t length = original_u16(m, 0);
	uint32_t left = m->s->end - m->s->message;

	if (m->s->done < TYPE_END)
		state_count(m->a, REASON_BAD_CONTROL_TYPE);
	*more = left >= length;
	m->s->done = (uint8_t)(*more ? 0 : left);
	if (*more)
		m->s->message += length;
}

/* One message as far as it is there; more says whether to go on. */
static enum reason
process_next(struct reading *m, bool *more)
{
	enum reason r;

	*more = false;
	if (m->s->end == m->s->message)
		return REASON_NONE;
	r = ctrl_reader_look(m->s,
	    stream_original(m->a, m->s, m->s->message), &m->row, &m->have);
	if (r == REASON_BAD_CONTROL_TYPE && !m->s->found &&
	    !m->a->config.malformed_reset) {
		skip_message(m, more);
		return REASON_NONE;
	}
	if (r != REASON_NONE || m->row == NULL)
		return r;
	if (is_ambiguous(m))
		return REASON_STRAY;
	m->type = message_type(m->row);
	r = process_ids(m);
	if (r == REASON_HELD_BACK) {
		m->s->next = --m->s->end;
		m->have--;
	} else if (r != REASON_NONE) {
		return r;
	}
	write_refusal(m);
	m->s->done = (uint8_t)m->have;
	*more = m->have == m->row->length;
	if (*more)
		process_message(m);
	return r;
}

enum reason
ctrl_reader_read(struct alg *a, uint32_t connection, enum alg_dir dir)
{
	struct connection *c = connection_at(a, connection);
	struct reading m = { .a = a, .c = c, .s = &c->stream[dir],
	    .connection = connection, .dir = dir };
	enum reason r;
	bool more;

	do
		r = process_next(&m, &more);
	while (r == REASON_NONE && more);
	return r;
}

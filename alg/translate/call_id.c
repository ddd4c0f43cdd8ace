/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the call that an ID is of, and maps new IDs of the inside end. */
#include "alg/translate/call_id.h"
#include "alg/translate/lookup.h"
#include "alg/translate/state.h"

/* The sender's own ID. */
static struct call_id
translate_own(
    const struct alg *a, uint32_t connection, enum alg_dir dir, uint16_t id)
{
	const struct connection *c = connection_at(a, connection);
	uint32_t call;

	if (dir == ALG_INBOUND)
		return (struct call_id){
			.call = lookup_other(a, connection, id),
			.id = connection_alias_id(c, id) };
	call = lookup_own(a, connection, id);
	return (struct call_id){ .call = call,
		.id = call != 0 ? call_at(a, call)->mapped_id : id };
}

/* The receiver's ID, as the sender knows it. */
static struct call_id
translate_peer(
    const struct alg *a, uint32_t connection, enum alg_dir dir, uint16_t id)
{
	const struct connection *c = connection_at(a, connection);
	uint32_t call;

	if (dir == ALG_OUTBOUND) {
		id = connection_alias_id(c, id);
		return (struct call_id){
			.call = lookup_other(a, connection, id), .id = id };
	}
	call = lookup_mapped(a, c->public, c->flow.outside, id);
	if (call != 0 && call_at(a, call)->connection != connection)
		call = 0;
	if (call == 0 && c->refused > 0 && c->space != 0 &&
	    id == idspace_refusal(a, c->space))
		call = call_refused(a, connection);
	return (struct call_id){ .call = call,
		.id = call != 0 ? call_at(a, call)->inside_id : id };
}

struct call_id
call_id_translate(const struct alg *a, uint32_t connection, enum alg_dir dir,
    enum message_whose whose, uint16_t id)
{
	struct call_id t;

	switch (whose) {
	case MESSAGE_PEER:
		return translate_peer(a, connection, dir, id);
	case MESSAGE_PEER_OR_OWN:
		t = translate_peer(a, connection, dir, id);
		return t.call != 0 ? t : translate_own(a, connection, dir, id);
	case MESSAGE_OWN_OR_PEER:
		t = translate_own(a, connection, dir, id);
		return t.call != 0 ? t : translate_peer(a, connection, dir, id);
	case MESSAGE_OWN_NEW:
	case MESSAGE_NOBODY:
		break;
	}
	return translate_own(a, connection, dir, id);
}

static enum reason
over_limit(const struct alg *a, const struct connection *c)
{
	if (c->live >= a->config.calls_per_connection)
		return REASON_CONNECTION_CALLS;
	if (client_count_at(a, c->client)->calls >= a->config.calls_per_client)
		return REASON_CLIENT_CALLS;
	return REASON_NONE;
}

/* Keeps an ID in the page whose number goes out. */
static bool
keep_page(struct alg *a, struct connection *c, bool known, uint8_t *page)
{
	struct stream *s = &c->stream[ALG_OUTBOUND];
	int id;

	if (over_limit(a, c) != REASON_NONE)
		id = IDSPACE_NONE;
	else if (known)
		id = idspace_take_low(a, c->space, *page);
	else
		id = idspace_take_in_page(a, c->space, *page);
	if (id == IDSPACE_NONE) {
		if (!known)
			*page = idspace_refusal(a, c->space) >> 8;
		return !known;
	}
	s->half_taken = true;
	s->half_id = (uint16_t)id;
	*page = (uint8_t)(id >> 8);
	return true;
}

bool
call_id_half(struct alg *a, uint32_t connection, enum alg_dir dir,
    enum message_whose whose, uint8_t high, uint8_t *out)
{
	struct connection *c = connection_at(a, connection);
	bool known = false;

	/* That of an unknown ID; in it, one byte does not touch the other. */
	*out = (uint8_t)(call_id_translate(a, connection, dir, whose,
	    (uint16_t)(high << 8)).id >> 8);
	for (unsigned low = 0; low < 256; low++) {
		struct call_id t = call_id_translate(a, connection, dir, whose,
		    (uint16_t)(high << 8 | low));

		if (t.call == 0)
			continue;
		if (known && *out != t.id >> 8)
			return false;
		*out = (uint8_t)(t.id >> 8);
		known = true;
	}
	if (whose != MESSAGE_OWN_NEW || dir == ALG_INBOUND)
		return true;
	return keep_page(a, c, known, out);
}

/* The ID for a new call; what was kept for it is used or given back. */
static int
take_id(struct alg *a, struct connection *c, bool half, uint16_t id)
{
	struct stream *s = &c->stream[ALG_OUTBOUND];
	int kept = s->half_taken ? s->half_id : IDSPACE_NONE;

	s->half_taken = false;
	if (!half)
		return idspace_take(a, c->space, id);
	if (kept == IDSPACE_NONE || id >> 8 != kept >> 8 ||
	    !idspace_claim(a, c->space, id))
		return kept;
	idspace_release(a, c->space, (uint16_t)kept);
	return id;
}

static uint32_t
refuse_call(struct alg *a, uint32_t connection, uint16_t id, enum reason reason)
{
	const struct connection *c = connection_at(a, connection);

	if (c->refused >= STATE_REFUSED_PER_CONNECTION ||
	    client_count_at(a, c->client)->refused >= STATE_REFUSED_PER_CLIENT)
		return 0;
	return call_refuse(a, connection, id, reason);
}

/* A new call, up to the limits; 0 when it cannot even be refused. */
static uint32_t
make_call(struct alg *a, uint32_t connection, bool half, uint16_t id,
    enum reason *reason)
{
	struct connection *c = connection_at(a, connection);
	bool kept = c->stream[ALG_OUTBOUND].half_taken;
	uint32_t call;
	int mapped;

	*reason = kept ? REASON_NONE : over_limit(a, c);
	if (*reason != REASON_NONE)
		return refuse_call(a, connection, id, *reason);
	*reason = REASON_NO_CALL_ID;
	mapped = take_id(a, c, half, id);
	if (mapped == IDSPACE_NONE)
		return refuse_call(a, connection, id, *reason);
	*reason = REASON_CALL_LIMIT;
	call = call_make(a, connection, id, (uint16_t)mapped);
	if (call == 0)
		idspace_release(a, c->space, (uint16_t)mapped);
	return call;
}

enum reason
call_id_assign(struct alg *a, uint32_t connection, bool half, uint16_t id,
    struct call_id *t)
{
	struct stream *s = &connection_at(a, connection)->stream[ALG_OUTBOUND];
	enum reason reason = REASON_NONE;

	t->call = lookup_own(a, connection, id);
	t->made = t->call == 0 ||
	    call_at(a, t->call)->state == ALG_CALL_CLEARING ||
	    call_at(a, t->call)->state == ALG_CALL_REFUSED;
	if (t->made)
		t->call = make_call(a, connection, half, id, &reason);
	if (s->half_taken)
		idspace_release(a, connection_at(a, connection)->space,
		    s->half_id);
	s->half_taken = false;
	if (t->call == 0)
		return reason;
	t->id = call_at(a, t->call)->mapped_id;
	return REASON_NONE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of call IDs, checked against what the translator did. */
#include "tests/unit/rules.h"

static uint64_t *
quarantined_until(struct rules *r, const struct rules_line *l, uint16_t id)
{
	return &r->quarantined[l->play.public & 1][l->play.flow.outside %
	    RULES_SERVERS][id];
}

#define FINDER(field, has)						\
struct rules_call *							\
rules_##field(struct rules_line *l, uint16_t id)			\
{									\
	struct rules_call *c = l->call;					\
									\
	for (; c < l->call + RULES_CALLS; c++) {			\
		if (c->state != RULES_FREE && c->field == id && (has))	\
			return c;					\
	}								\
	return NULL;							\
}

FINDER(inside, true)
FINDER(mapped, true)
FINDER(outside, c->known)

bool
rules_room(const struct rules_line *l)
{
	uint32_t n = l->asked;

	for (int i = 0; i < RULES_CALLS; i++)
		n += l->call[i].state != RULES_FREE;
	return n < RULES_CALLS;
}

void
rules_end(struct rules *r, struct rules_line *l, struct rules_call *c)
{
	*quarantined_until(r, l, c->mapped) = r->play.now + RULES_QUARANTINE;
	c->state = RULES_FREE;
}

/* Unique among the living, and not used lately. */
static void
check_new_id(struct rules *r, const struct rules_line *l, uint16_t mapped)
{
	assert_true(r->play.now >= *quarantined_until(r, l, mapped));
	for (int i = 0; i < RULES_LINES; i++) {
		struct rules_line *o = &r->line[i];

		if (o->play.public == l->play.public && o->open &&
		    o->play.flow.outside == l->play.flow.outside)
			assert_null(rules_mapped(o, mapped));
	}
}

static struct rules_call *
new_call(struct rules *r, struct rules_line *l, int state, uint16_t inside,
    uint16_t mapped)
{
	struct rules_call *c = l->call;

	check_new_id(r, l, mapped);
	assert_true(l->asked-- > 0);
	while (c->state != RULES_FREE)
		c++;
	*c = (struct rules_call){ state, inside, mapped, 0, false };
	return c;
}

/* What a field has to be on the other side, and what becomes of its call. */
static void
passed(struct rules *r, struct rules_line *l, enum alg_dir dir,
    const uint8_t *sent, const uint8_t *went)
{
	uint16_t type = wire_get16(sent + 8), own = wire_get16(sent + 12),
	    peer = wire_get16(sent + 14), out = wire_get16(went + 12);
	bool reply = type == OCRP, ok = sent[16] == 1, was_up;
	struct rules_call *c = NULL;
	uint8_t want[256];

	memcpy(want, sent, wire_length(type));
	if (dir == OUT && (type == OCRQ || reply)) {
		c = new_call(r, l, reply ? RULES_UP : RULES_REQUESTED, own,
		    out);
		c->known = reply;
		c->outside = peer;
		wire_put16(want + 12, out);
	} else if (type >= OCRQ && !reply && (type == SLI) == (dir == OUT) &&
	    rules_outside(l, own) != NULL) {
		/* It is the outside end's, which goes before (2.12 to 2.15). */
		c = rules_outside(l, own);
	} else if (dir == OUT && type >= OCRQ) {
		c = rules_inside(l, own);
		if (c != NULL)
			wire_put16(want + 12, c->mapped);
	} else if (type > OCRQ) {
		c = rules_mapped(l, reply ? peer : own);
		if (c != NULL)
			wire_put16(want + (reply ? 14 : 12), c->inside);
	}
	assert_memory_equal(went, want, wire_length(type));
	if (c == NULL && type > OCRP)
		c = rules_outside(l, own);
	if (c == NULL)
		return;
	was_up = dir == IN && c->state == RULES_UP;
	if (reply && dir == IN && (ok || !was_up)) {
		c->outside = own;
		c->known = true;
		c->state = c->state == RULES_REQUESTED ? RULES_UP : c->state;
	}
	if ((reply && !ok && !was_up) || type == CDN)
		rules_end(r, l, c);
	else if (type == CCRQ)
		c->state = RULES_CLEARING;
}

void
rules_follow(struct rules *r, struct rules_line *l, enum alg_dir dir)
{
	uint32_t n, left;
	const uint8_t *sent;

	for (;;) {
		left = l->play.got[dir] - l->read[dir];
		sent = l->said[dir] + l->read[dir];
		if (left < 2 || left < (n = wire_get16(sent)))
			return;
		passed(r, l, dir, sent, l->play.heard[dir] + l->read[dir]);
		l->read[dir] += n;
	}
}

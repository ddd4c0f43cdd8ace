/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alg/brain.h"
#include "alg/change.h"

void
change_tell(struct alg *a, uint32_t i, enum alg_change_kind kind)
{
	struct call *c = call_at(a, i);
	struct list *line = &a->calls.changed;

	if (c->pending == 0) {
		c->next_change = 0;
		if (line->tail != 0)
			call_at(a, line->tail)->next_change = i;
		else
			line->head = i;
		line->tail = i;
	}
	c->pending |= (uint8_t)(1U << kind);
}

static void
leave_line(struct alg *a, uint32_t i)
{
	struct list *line = &a->calls.changed;

	line->head = call_at(a, i)->next_change;
	if (line->head == 0)
		line->tail = 0;
	if (call_at(a, i)->state == ALG_CALL_ENDED)
		pool_give(&a->calls.pool, i);
}

bool
change_next(struct alg *a, struct alg_change *change)
{
	uint32_t i = a->calls.changed.head;
	struct call *c = call_at(a, i);

	if (i == 0)
		return false;
	/* A call's changes are told in the order of enum alg_change_kind. */
	change->kind = (enum alg_change_kind)__builtin_ctz(c->pending);
	change->reason = change->kind == ALG_CHANGE_NOTICE ? c->notice :
	    change->kind <= ALG_CHANGE_UP ? REASON_NONE : c->reason;
	change_info(a, i, &change->call);
	c->pending &= (uint8_t)(c->pending - 1);
	if (c->pending == 0)
		leave_line(a, i);
	return true;
}

void
change_info(const struct alg *a, uint32_t i, struct alg_call_info *info)
{
	const struct call *c = call_at(a, i);

	*info = (struct alg_call_info){
		.serial = c->serial,
		.state = c->state,
		.inside_asked = c->inside_asked,
		.incoming = c->incoming,
		.has_outside_id = c->has_outside_id,
		.flow = c->flow,
		.public = c->public,
		.inside_id = c->inside_id,
		.mapped_id = c->mapped_id,
		.outside_id = c->outside_id,
		.since = c->since,
		.packets_in = c->packets[ALG_INBOUND],
		.packets_out = c->packets[ALG_OUTBOUND],
		.bytes_in = c->bytes[ALG_INBOUND],
		.bytes_out = c->bytes[ALG_OUTBOUND],
		.last_in = c->last[ALG_INBOUND],
		.last_out = c->last[ALG_OUTBOUND],
	};
}

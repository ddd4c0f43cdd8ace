/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of changes, and calls copied out with their GRE counted. */
#include <string.h>

#include "alg/translate/change.h"
#include "alg/translate/state.h"

void
change_tell(struct alg *a, uint32_t i, enum alg_change_kind kind)
{
	struct call *c = call_at(a, i);

	if (c->pending == 0)
		list_append(a->calls.changes, &a->calls.changed, i);
	c->pending |= (uint8_t)(1U << kind);
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
	    change->kind <= ALG_CHANGE_MARK ? REASON_NONE : c->reason;
	change_info(a, i, &change->call);
	change->outside_id_before = c->told_outside_id;
	c->told_outside_id = c->outside_id;
	c->pending &= (uint8_t)(c->pending - 1);
	if (c->pending != 0)
		return true;
	list_remove(a->calls.changes, &a->calls.changed, i);
	if (c->state == ALG_CALL_ENDED)
		pool_give(&a->calls.pool, i);
	return true;
}

/*
 * Asks for the counters of offloaded GRE.  Ones that are less than they were
 * began anew (another entry in the kernel): what they had said is kept.
 */
static void
update_offloaded(const struct alg *a, struct call *c,
    const struct alg_call_info *info)
{
	struct alg_traffic former[2];

	if (a->config.offloaded == NULL)
		return;
	memcpy(former, c->offloaded, sizeof(former));
	a->config.offloaded(a->config.offloaded_arg, info, c->offloaded);
	for (int dir = ALG_OUTBOUND; dir <= ALG_INBOUND; dir++) {
		if (c->offloaded[dir].packets >= former[dir].packets)
			continue;
		c->shown[dir].packets += former[dir].packets;
		c->shown[dir].bytes += former[dir].bytes;
		if (c->shown[dir].last < former[dir].last)
			c->shown[dir].last = former[dir].last;
	}
}

/* All GRE of a call: what was shown to us, and what was offloaded. */
static struct alg_traffic
total_traffic(const struct call *c, enum alg_dir dir)
{
	const struct alg_traffic *a = &c->shown[dir], *b = &c->offloaded[dir];

	return (struct alg_traffic){
		.packets = a->packets + b->packets,
		.bytes = a->bytes + b->bytes,
		.last = a->last > b->last ? a->last : b->last
	};
}

static void
put_traffic(const struct call *c, struct alg_call_info *info)
{
	struct alg_traffic in = total_traffic(c, ALG_INBOUND);
	struct alg_traffic out = total_traffic(c, ALG_OUTBOUND);

	info->packets_in = in.packets;
	info->bytes_in = in.bytes;
	info->last_in = in.last;
	info->packets_out = out.packets;
	info->bytes_out = out.bytes;
	info->last_out = out.last;
}

void
change_info(const struct alg *a, uint32_t i, struct alg_call_info *info)
{
	struct call *c = call_at(a, i);
	const struct connection *owner = connection_at(a, c->connection);

	*info = (struct alg_call_info){
		.serial = c->serial,
		.state = c->state,
		.inside_asked = c->inside_asked,
		.incoming = c->incoming,
		.has_outside_id = c->has_outside_id,
		.flow = c->flow,
		.public = c->public,
		.alias = c->alias,
		.inside_id = c->inside_id,
		.mapped_id = c->mapped_id,
		.outside_id = c->outside_id,
		.since = c->since,
		.asked = c->asked,
		.up = c->up
	};
	/* Of a call that is over, the connection may be gone. */
	if (c->state != ALG_CALL_ENDED)
		memcpy(info->mark, owner->mark, sizeof(info->mark));
	update_offloaded(a, c, info);
	put_traffic(c, info);
}

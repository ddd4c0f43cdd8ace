/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns packets into what the outside of the firewall has of them. */
#include <string.h>

#include "alg/base/checksum.h"
#include "alg/base/cursor.h"
#include "tools/replay/outside.h"

#define OFFSET_SRC_PORT		0
#define OFFSET_DST_PORT		2
#define OFFSET_ICMP_CHECKSUM	2

/* What the outside had in a field where the inside end has this ID. */
static uint16_t
outside_id(const struct play *play, const struct ctrl_conn *c,
    enum message_whose whose, uint16_t id)
{
	const struct ppp_trace *t;

	if (whose == MESSAGE_OWN_NEW || whose == MESSAGE_NOBODY)
		return id;
	if (whose == MESSAGE_OWN_OR_PEER &&
	    ppp_trace_on(&play->traces, c->newest_call, false, id) != NULL)
		return id;
	t = ppp_trace_on(&play->traces, c->newest_call, true, id);
	return t != NULL ? t->info.mapped_id : id;
}

static void
map_message(const struct play *play, const struct ctrl_conn *c,
    struct ctrl_stream *t, struct ctrl_stream_message *m)
{
	struct writer w;
	size_t at;
	uint16_t id;

	for (int i = 0; i < MESSAGE_ID_FIELDS; i++) {
		at = m->start + m->row->id[i].offset;
		if (m->row->id[i].whose == MESSAGE_NOBODY)
			break;
		id = (uint16_t)ctrl_stream_number(t->bytes + at, 2);
		w = writer_of(t->original + at, 2);
		writer_u16(&w, outside_id(play, c, m->row->id[i].whose, id));
	}
	m->mapped = true;
}

void
outside_segment(const struct play *play, const struct ctrl_conn *c,
    struct ctrl_stream *t, struct packet *p, const struct tcp *tcp,
    int64_t offset)
{
	uint8_t *data = p->bytes + tcp->data;
	struct ctrl_stream_message *m;
	size_t at;

	for (size_t i = 0; i < tcp->len; i++) {
		at = (size_t)(offset + (int64_t)i);
		if (offset + (int64_t)i < 0 || at >= ctrl_stream_len(t))
			continue;
		m = ctrl_stream_message_at(t, at);
		if (m != NULL && !m->mapped)
			map_message(play, c, t, m);
		/* Other bytes than in the first copy stay as they are. */
		if (data[i] == t->bytes[at])
			data[i] = t->original[at];
	}
	tcp_checksum_set(p);
}

void
outside_gre(const struct play *play, const struct ctrl_conn *c,
    struct packet *p, const struct gre *g)
{
	const struct ppp_trace *t =
	    ppp_trace_inside(&play->traces, p->dst, p->src, g->call_id);

	if (t != NULL) {
		ip_put16(p, p->header + GRE_OFFSET_CALL_ID,
		    t->info.mapped_id);
		ip_set_dst(p, t->info.public);
	} else if (c != NULL)
		ip_set_dst(p, c->public);
}

void
outside_icmp(const struct ctrl_conn *c, struct packet *p, struct packet *quote)
{
	size_t at = p->header + OFFSET_ICMP_CHECKSUM;

	ip_set_src(quote, c->public);
	ip_set_dst(p, c->public);
	ip_put16(p, at, 0);
	ip_put16(p, at, checksum_finish(checksum_add(0,
	    p->bytes + p->header, (size_t)(p->length - p->header))));
}

void
outside_write(struct play *play, const struct ctrl_conn *c, enum alg_dir dir,
    struct packet *p)
{
	if (play->writer == NULL)
		return;
	if (dir == ALG_OUTBOUND) {
		ip_put16(p, p->header + OFFSET_SRC_PORT, c->public_port);
		ip_set_src(p, c->public);
	} else {
		ip_put16(p, p->header + OFFSET_DST_PORT, c->public_port);
		ip_set_dst(p, c->public);
	}
	tcp_checksum_set(p);
	play_write(play, p);
}

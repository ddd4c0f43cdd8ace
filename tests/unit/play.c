/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plays two TCP ends and the packets between them, through alg_packet. */
#include <stdlib.h>

#include "tests/unit/play.h"

#define IP	20
#define TCP	20

static const struct play_witness *witness;

void
play_show(const struct play_witness *w)
{
	witness = w;
}

struct alg_config
play_config(void)
{
	return (struct alg_config){
		.malformed_reset = true, .connections = 16,
		.calls_per_connection = 64, .calls_per_client = 1024,
		.key = "a key of 16 byte"
	};
}

void
play_start(struct play *p, const struct alg_config *config)
{
	memset(p, 0, sizeof(*p));
	p->config = config != NULL ? *config : play_config();
	p->now = 1000000;
	p->alg = alg_new(&p->config);
	assert_non_null(p->alg);
}

/* The rules of alg.h about the changes of one call. */
static void
remember(struct play *p, const struct alg_change *c)
{
	static const uint8_t end = 1 << ALG_CHANGE_DOWN |
	    1 << ALG_CHANGE_REFUSED, up = 1 << ALG_CHANGE_UP;
	uint64_t serial = c->call.serial;
	uint8_t kind = (uint8_t)(1 << c->kind);

	if (p->unchecked)
		return;
	if (serial >= p->ntold) {
		size_t n = serial * 2 + 64;

		p->told = realloc(p->told, n);
		memset(p->told + p->ntold, 0, n - p->ntold);
		p->ntold = n;
	}
	/* Only that it is up may be told again, with another ID. */
	assert_false(p->told[serial] & ((kind & ~up) | end));
	if (c->kind == ALG_CHANGE_DOWN)
		assert_true(p->told[serial] & up);
	if (c->kind == ALG_CHANGE_REFUSED)
		assert_false(p->told[serial] & up);
	p->told[serial] |= kind;
}

void
play_drain(struct play *p)
{
	struct alg_change c;

	while (alg_change(p->alg, &c)) {
		remember(p, &c);
		if (witness != NULL)
			witness->change(&c);
		if (p->nchanges < PLAY_CHANGES)
			p->changes[p->nchanges] = c;
		p->nchanges++;
	}
	if (p->config.recording)
		play_record(p);
}

void
play_stop(struct play *p)
{
	struct alg_call_info info;
	uint32_t at = 0;

	while (alg_calls(p->alg, &at, &info))
		p->told[info.serial] |= 1 << ALG_CHANGE_DOWN;
	for (size_t i = 0; i < p->ntold; i++) {
		if (p->told[i] & 1 << ALG_CHANGE_UP)
			assert_true(p->told[i] & 1 << ALG_CHANGE_DOWN);
	}
	free(p->told);
	free(p->log);
	alg_free(p->alg);
}

void
play_forget(struct play *p)
{
	p->nchanges = 0;
}

void
play_wait(struct play *p, uint64_t ms)
{
	p->now += ms;
	alg_tick(p->alg, p->now);
	play_drain(p);
}

struct alg_change
play_change(struct play *p, enum alg_change_kind kind, enum reason reason)
{
	struct alg_change c = p->changes[0];

	assert_true(p->nchanges > 0 && p->nchanges <= PLAY_CHANGES);
	assert_int_equal(c.kind, kind);
	assert_int_equal(c.reason, reason);
	memmove(p->changes, p->changes + 1, --p->nchanges * sizeof(c));
	return c;
}

struct alg_counters
play_counters(const struct play *p)
{
	struct alg_counters c;

	alg_counters(p->alg, &c);
	return c;
}

void
play_ip(struct play *p, uint8_t protocol, uint32_t src, uint32_t dst,
    size_t len)
{
	p->len = IP + len;
	memset(p->packet, 0, IP);
	p->packet[0] = 0x45;
	wire_put16(p->packet + 2, (uint16_t)p->len);
	wire_put16(p->packet + 6, 0x4000);
	p->packet[8] = 64;
	p->packet[9] = protocol;
	wire_put32(p->packet + 12, src);
	wire_put32(p->packet + 16, dst);
	wire_put16(p->packet + 10, wire_checksum(0, p->packet, IP));
}

/* Edits say what was changed in the payload, and nothing else was. */
static void
check_edits(const struct play *p, const uint8_t *before)
{
	const struct alg_result *r = &p->result;
	size_t header = IP + (size_t)(before[IP + 12] >> 4) * 4, n = 0;

	for (size_t i = header; i < r->keep; i++) {
		if (p->packet[i] == before[i])
			continue;
		assert_true(n < r->nedits);
		assert_int_equal(r->edits[n].offset, i);
		assert_int_equal(r->edits[n].before, before[i]);
		assert_int_equal(r->edits[n].after, p->packet[i]);
		n++;
	}
	assert_int_equal(n, r->nedits);
}

static void
check_packet(const struct play *p, const uint8_t *before, size_t len)
{
	const struct alg_result *r = &p->result;

	if (r->action != ALG_PASS)
		return;
	assert_true(r->keep <= len);
	if (!r->changed) {
		assert_int_equal(r->keep, len);
		assert_memory_equal(p->packet, before, len);
	}
	assert_int_equal(wire_checksum(0, p->packet, IP),
	    wire_checksum(0, before, IP));
	if (before[9] != 6 || r->reason == REASON_NOT_OURS)
		return;
	check_edits(p, before);
	assert_int_equal(wire_get16(p->packet + 2), r->keep);
	assert_int_equal(wire_tcp_checksum(p->packet, r->keep), 0);
}

enum alg_action
play_packet(struct play *p, enum alg_dir dir)
{
	size_t len = p->len;
	uint8_t *before = malloc(len), *now = malloc(len);

	/* In a block of just its length: an overrun is seen by ASan. */
	memcpy(before, p->packet, len);
	memcpy(now, p->packet, len);
	alg_packet_from(p->alg, &p->origin, dir, now, len, p->now, &p->result);
	memcpy(p->packet, now, len);
	if (p->result.action == ALG_ASK)
		assert_memory_equal(p->packet, before, len);
	check_packet(p, before, len);
	if (p->result.action == ALG_PASS)
		p->len = p->result.keep;
	if (witness != NULL)
		witness->packet(p, dir, before, len);
	free(before);
	free(now);
	play_drain(p);
	return p->result.action;
}

void
play_line(struct play *p, struct play_line *l, uint32_t inside,
    uint16_t inside_port, uint32_t outside, uint16_t outside_port)
{
	memset(l, 0, sizeof(*l));
	l->play = p;
	l->flow = (struct alg_flow){ inside, outside, inside_port,
	    outside_port, 0 };
	l->public = 0xCB007101;		/* 203.0.113.1 */
	l->public_port = (uint16_t)(inside_port + 1);
	l->start[OUT] = 0xFFFFFF00U + inside_port;
	l->start[IN] = 0x7FFFFF00U + inside_port;
}

static void
build(struct play_line *l, enum alg_dir dir, uint32_t seq, uint32_t ack,
    uint8_t flags, const void *data, size_t len)
{
	struct play *p = l->play;
	const struct alg_flow *f = &l->flow;
	uint8_t *t = p->packet + IP;

	p->origin = (struct alg_origin){ .zone = f->zone,
	    .mark = l->mark[dir], .first = l->stopped };
	memset(t, 0, TCP);
	wire_put16(t, dir == OUT ? f->inside_port : f->outside_port);
	wire_put16(t + 2, dir == OUT ? f->outside_port : f->inside_port);
	wire_put32(t + 4, seq);
	wire_put32(t + 8, flags & PLAY_ACK ? ack : 0);
	wire_put16(t + 12, (uint16_t)(0x5000 | flags));
	wire_put16(t + 14, 65000);
	if (len > 0)
		memcpy(t + TCP, data, len);
	play_ip(p, 6, dir == OUT ? f->inside : f->outside,
	    dir == OUT ? f->outside : f->inside, TCP + len);
	wire_put16(t + 16, wire_tcp_checksum(p->packet, p->len));
}

/* Gives the receiver what is left of the segment. */
static void
deliver(struct play_line *l, enum alg_dir dir)
{
	const struct play *p = l->play;
	const uint8_t *t = p->packet + IP, *data = t + (t[12] >> 4) * 4;
	uint32_t len = (uint32_t)(p->packet + p->len - data);
	uint32_t at = wire_get32(t + 4) - l->start[dir];

	/* What comes again comes as it came before. */
	for (uint32_t i = at; i < at + len && i < l->got[dir]; i++)
		assert_true(l->forgotten ||
		    data[i - at] == l->heard[dir][i]);
	if (len > 0 && at <= l->got[dir] && at + len > l->got[dir]) {
		assert_true(at + len <= PLAY_STREAM);
		memcpy(l->heard[dir] + l->got[dir], data + l->got[dir] - at,
		    at + len - l->got[dir]);
		l->got[dir] = at + len;
	}
	if (t[13] & PLAY_FIN && at + len == l->got[dir])
		l->finished[dir] = true;
}

static enum alg_action
transmit(struct play_line *l, enum alg_dir dir)
{
	struct play *p = l->play;

	if (play_packet(p, dir) == ALG_ASK && !l->untold) {
		if (l->alias != 0)
			alg_tell_alias(p->alg, &p->result.flow, l->alias,
			    l->flow.outside_port, l->flow.zone);
		alg_tell_public(p->alg, &p->result.flow, l->public,
		    l->public_port);
		play_packet(p, dir);
	}
	return p->result.action;
}

enum alg_action
play_segment(struct play_line *l, enum alg_dir dir, uint32_t offset,
    uint8_t flags, const void *data, size_t len)
{
	enum alg_dir back = dir == OUT ? IN : OUT;
	enum alg_action action;

	build(l, dir, l->start[dir] + offset,
	    l->start[back] + l->got[back] - l->late[back] +
	    l->finished[back], flags, data, len);
	action = transmit(l, dir);
	if (action == ALG_PASS)
		deliver(l, dir);
	return action;
}

enum alg_action
play_ack(struct play_line *l, enum alg_dir dir)
{
	return play_segment(l, dir, l->sent[dir], PLAY_ACK, NULL, 0);
}

enum alg_action
play_fin(struct play_line *l, enum alg_dir dir)
{
	return play_segment(l, dir, l->sent[dir], PLAY_ACK | PLAY_FIN, NULL,
	    0);
}

void
play_open(struct play_line *l, enum alg_dir opener)
{
	enum alg_dir other = opener == OUT ? IN : OUT;

	assert_int_equal(play_segment(l, opener, (uint32_t)-1, PLAY_SYN, NULL,
	    0), ALG_PASS);
	assert_int_equal(play_segment(l, other, (uint32_t)-1,
	    PLAY_SYN | PLAY_ACK, NULL, 0), ALG_PASS);
	assert_int_equal(play_ack(l, opener), ALG_PASS);
}

void
play_expect(struct play_line *l)
{
	assert_true(alg_expect(l->play->alg, &l->flow));
}

void
play_rebase(struct play_line *l, enum alg_dir dir)
{
	l->start[dir] += l->got[dir];
	l->sent[dir] -= l->got[dir];
	l->got[dir] = 0;
}

void
play_say(struct play_line *l, enum alg_dir dir, const void *data, size_t len)
{
	if (l->got[dir] > PLAY_STREAM / 2)
		play_rebase(l, dir);
	l->last = l->heard[dir] + l->got[dir];
	assert_int_equal(play_segment(l, dir, l->sent[dir], PLAY_ACK, data,
	    len), ALG_PASS);
	l->sent[dir] += (uint32_t)len;
	assert_int_equal(l->got[dir], l->sent[dir]);
	assert_int_equal(play_ack(l, dir == OUT ? IN : OUT), ALG_PASS);
}

void
play_tell(struct play_line *l, enum alg_dir dir, int type, uint16_t id,
    uint16_t peer, uint8_t result)
{
	uint8_t m[256];

	play_say(l, dir, m, wire_message(m, type, id, peer, result));
}

uint16_t
play_id(const struct play_line *l)
{
	return wire_get16(l->last + 12);
}

uint16_t
play_peer(const struct play_line *l)
{
	return wire_get16(l->last + 14);
}

uint16_t
play_call(struct play_line *l, uint16_t inside_id, uint16_t outside_id)
{
	uint16_t mapped;

	play_tell(l, OUT, OCRQ, inside_id, 0, 0);
	mapped = play_id(l);
	play_tell(l, IN, OCRP, outside_id, mapped, 1);
	assert_int_equal(play_id(l), outside_id);
	assert_int_equal(play_peer(l), inside_id);
	return mapped;
}

uint16_t
play_rivals(struct play *p, struct play_line *other, struct play_line *line,
    uint32_t client, uint32_t server, uint16_t id, uint16_t peer)
{
	uint16_t mapped;

	play_line(p, other, client + 1, 1025, server, 1723);
	play_open(other, OUT);
	assert_int_equal(play_call(other, id, peer + 1), id);
	play_line(p, line, client, 1025, server, 1723);
	play_open(line, OUT);
	mapped = play_call(line, id, peer);
	assert_int_not_equal(mapped, id);
	return mapped;
}

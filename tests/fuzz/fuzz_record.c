/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A journal written by anybody, with right checksums: records, and segments
 * of the connections that they tell of in between.  Whatever is taken over,
 * the translator works on, and gives all back at the end; what it records of
 * it, another translator takes.
 *
 * Each step is a byte and 16 bits of length: the kind of a record, or above
 * it a segment by the record that came last, and then the body.  With its
 * highest bit it is a record of another firewall, or an end of all of those.
 */
#include "alg/record/packed.h"
#include "alg/record/record.h"
#include "alg/record/record_header.h"
#include "alg/record/restore.h"
#include "tests/fuzz/stage.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define NOW		1000000
#define EPOCH		1790000000000ULL
#define STEPS		64
#define OF_PEER		0x80
#define PEER_BEGINS	0xff
#define PEER_ENDS	0xfe

static struct alg_flow flow;	/* of the connection restored last */

/* Some connections pass here, whatever the other firewall says. */
static bool
keeps_connection(void *arg, const struct alg_connection_info *c)
{
	return c->flow.inside & 1;
}

static const struct restore_peer peer = { .now = NOW, .epoch = EPOCH,
    .foreign = true, .keeps = keeps_connection };

static void
drain_changes(struct alg *a)
{
	struct alg_change change;

	while (alg_change(a, &change))
		;
}

/* All that the other firewall knows begins or ends. */
static void
turn_peer(struct alg *a, uint8_t kind)
{
	uint32_t at = 0;

	if (kind == PEER_BEGINS) {
		restore_peer_begin(a);
		return;
	}
	while (restore_peer_end(a, &peer, &at))
		drain_changes(a);
}

/* By its name the store keeps a record: it must have one, or none. */
static void
name_record(const struct alg *a, const uint8_t *record, size_t len)
{
	uint8_t key[RECORD_KEY_MAX], kind;
	struct alg_connection_info c;

	CHECK(record_key(a, record, len, &kind, key, &c) <= RECORD_KEY_MAX);
}

/* A record with its right checksum. */
static void
restore_sealed(struct alg *a, uint8_t kind, uint8_t *record, size_t len)
{
	record_header_seal(record, len, (enum record_kind)(kind & ~OF_PEER));
	name_record(a, record, len);
	if (kind & OF_PEER)
		restore_peer_record(a, &peer, record, len);
	else
		restore_record(a, NOW, EPOCH, record, len);
}

/* A body as if it were packed, and packed. */
static void
restore(struct alg *a, uint8_t kind, const uint8_t *body, size_t len)
{
	uint8_t record[UINT16_MAX];
	struct alg_connection_info c;
	uint32_t at = 0;

	if (len > 0)
		memcpy(record + RECORD_HEADER, body, len);
	restore_sealed(a, kind, record, RECORD_HEADER + len);
	len = packed_write(record + RECORD_HEADER, body, len);
	restore_sealed(a, kind, record, RECORD_HEADER + len);
	while (alg_connections(a, &at, &c))
		flow = c.flow;
}

/* The bytes that the connection expects next, or near it. */
static void
segment(struct alg *a, uint8_t how, const uint8_t *data, size_t len)
{
	enum alg_dir dir = how & 1 ? ALG_INBOUND : ALG_OUTBOUND;
	struct alg_connection_info c;
	uint8_t packet[STAGE_MAX];
	struct alg_result r;
	uint32_t seq, ack;

	if (!alg_connection(a, &flow, &c) || len > STAGE_MAX - STAGE_HEADERS)
		return;
	seq = dir == ALG_OUTBOUND ? c.inside_sends : c.outside_sends;
	ack = dir == ALG_OUTBOUND ? c.outside_sends : c.inside_sends;
	if (how & 2)
		seq -= (uint32_t)len / 2;
	if (how & 4)
		ack++;
	len = stage_tcp(packet, &flow, dir, seq, ack, ACK, data, len);
	alg_packet(a, dir, packet, len, NOW, &r);
}

static void
drain(struct alg *a)
{
	uint8_t record[RECORD_MAX];

	drain_changes(a);
	while (record_next(a, EPOCH, record, sizeof(record)) > 0)
		;
}

/* A translator of records only is a translator like others. */
static void
copy(struct alg *a, struct alg *b)
{
	struct record_snapshot at = { 0 };
	uint8_t record[RECORD_MAX];
	struct alg_counters ours, theirs;
	size_t len;

	while ((len = record_snapshot_next(a, &at, EPOCH, record,
	    sizeof(record))) > 0)
		CHECK(
		    restore_record(b, NOW, EPOCH, record, len) == REASON_NONE);
	alg_counters(a, &ours);
	alg_counters(b, &theirs);
	CHECK(ours.calls == theirs.calls);
	CHECK(ours.quarantined >= theirs.quarantined);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct cursor in = cursor_of(bytes, len);
	struct alg *a = stage_translator(true), *b = stage_translator(true);
	const uint8_t *body;
	uint8_t kind;
	uint16_t n;

	flow = (struct alg_flow){ 0 };
	for (int i = 0; i < STEPS; i++) {
		if (cursor_u8(&in, &kind) || cursor_u16(&in, &n) ||
		    PACKED_MAX(n) > UINT16_MAX - RECORD_HEADER ||
		    cursor_bytes(&in, n, &body))
			break;
		if (kind >= PEER_ENDS)
			turn_peer(a, kind);
		else if ((kind & ~OF_PEER) <= RECORD_COMMIT)
			restore(a, kind, body, n);
		else
			segment(a, kind, body, n);
		drain(a);
	}
	copy(a, b);
	stage_end(a, NOW);
	stage_end(b, NOW);
	return 0;
}

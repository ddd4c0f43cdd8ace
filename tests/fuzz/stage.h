/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FUZZ_STAGE_H
#define TESTS_FUZZ_STAGE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/alg.h"
#include "alg/base/cursor.h"
#include "tests/unit/wire.h"

/* Packets for the fuzz targets, and the checks that they share. */
#define STAGE_MAX	2048

#define STAGE_CONNECTIONS	8	/* the translator's limit */

#define STAGE_ICMP	1
#define STAGE_TCP	6
#define STAGE_GRE	47

#define STAGE_PUBLIC	0xCB007101U	/* 203.0.113.1 */
#define STAGE_SERVER	0xCB00710AU	/* 203.0.113.10 */
#define STAGE_CLIENT	0x0A4D0002U	/* 10.77.0.2, and the next ones */
#define STAGE_HEADERS	40		/* IP and TCP, without options */

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define ACK	0x10

/* Says which promise was broken, and lets the fuzzer keep the input. */
#define CHECK(promise) do {						\
	if (!(promise)) {						\
		fprintf(stderr, "%s:%d: broken: %s\n", __FILE__,	\
		    __LINE__, #promise);				\
		abort();						\
	}								\
} while (0)

/* What is left of the fuzzer's input; zeros when it has run out. */
static inline uint32_t
stage_take(struct cursor *in, size_t bytes)
{
	uint32_t value = 0;
	uint8_t byte;

	while (bytes-- > 0 && cursor_u8(in, &byte) == 0)
		value = value << 8 | byte;
	return value;
}

/* An IPv4 header for so many bytes in all. */
static inline void
stage_ip(uint8_t *packet, uint8_t protocol, uint32_t src, uint32_t dst,
    size_t len)
{
	memset(packet, 0, 20);
	packet[0] = 0x45;
	wire_put16(packet + 2, (uint16_t)len);
	packet[8] = 64;
	packet[9] = protocol;
	wire_put32(packet + 12, src);
	wire_put32(packet + 16, dst);
	wire_put16(packet + 10, wire_checksum(0, packet, 20));
}

/* A TCP segment from one end of a connection to the other. */
static inline size_t
stage_tcp(uint8_t *packet, const struct alg_flow *w, enum alg_dir dir,
    uint32_t seq, uint32_t ack, uint8_t flags, const uint8_t *data, size_t len)
{
	bool out = dir == ALG_OUTBOUND;

	stage_ip(packet, STAGE_TCP, out ? w->inside : w->outside,
	    out ? w->outside : w->inside, STAGE_HEADERS + len);
	memset(packet + 20, 0, 20);
	wire_put16(packet + 20, out ? w->inside_port : w->outside_port);
	wire_put16(packet + 22, out ? w->outside_port : w->inside_port);
	wire_put32(packet + 24, seq);
	wire_put32(packet + 28, flags & ACK ? ack : 0);
	packet[32] = 0x50;
	packet[33] = flags;
	if (len > 0)
		memcpy(packet + STAGE_HEADERS, data, len);
	wire_put16(packet + 36, wire_tcp_checksum(packet, STAGE_HEADERS + len));
	return STAGE_HEADERS + len;
}

/* An enhanced GRE packet with a sequence number and this payload. */
static inline size_t
stage_gre(uint8_t *packet, uint32_t src, uint32_t dst, uint16_t call_id,
    const uint8_t *payload, uint16_t len)
{
	stage_ip(packet, STAGE_GRE, src, dst, (size_t)len + 32);
	wire_put32(packet + 20, 0x3001880BU);
	wire_put16(packet + 24, len);
	wire_put16(packet + 26, call_id);
	wire_put32(packet + 28, 1);
	memcpy(packet + 32, payload, len);
	return (size_t)len + 32;
}

static inline struct alg_config
stage_config(bool malformed_reset)
{
	return (struct alg_config){
		.malformed_reset = malformed_reset,
		.connections = STAGE_CONNECTIONS,
		.calls_per_connection = 6, .calls_per_client = 10,
		.quarantine = 60000, .recording = true,
		.key = "not that random",
	};
}

static inline struct alg *
stage_translator(bool malformed_reset)
{
	const struct alg_config config = stage_config(malformed_reset);
	struct alg *a = alg_new(&config);

	CHECK(a != NULL);
	return a;
}

/* One segment in order that must pass; tells the public address if asked. */
static inline void
stage_pass(struct alg *a, const struct alg_flow *w, enum alg_dir dir,
    const uint32_t next[2], uint8_t flags, const uint8_t *data, size_t len)
{
	uint8_t packet[STAGE_MAX];
	struct alg_result r;
	size_t n = stage_tcp(packet, w, dir, next[dir], next[!dir], flags, data,
	    len);

	alg_packet(a, dir, packet, n, 1000, &r);
	if (r.action == ALG_ASK) {
		alg_tell_public(a, &r.flow, STAGE_PUBLIC, w->inside_port);
		alg_packet(a, dir, packet, n, 1000, &r);
	}
	CHECK(r.action == ALG_PASS);
}

/*
 * Sets up a call of a client inside by a whole control connection; its
 * mapped ID.  Several clients may use the same ID.
 */
static inline uint16_t
stage_call(struct alg *a, uint32_t client, uint16_t id, uint16_t server_id)
{
	struct alg_flow w = { client, STAGE_SERVER, 4000, 1723, 0 };
	uint32_t next[2] = { 1000, 2000 }, at = 0;
	uint8_t bytes[256];
	struct alg_call_info call;
	size_t len;

	stage_pass(a, &w, ALG_OUTBOUND, next, SYN, NULL, 0);
	next[ALG_OUTBOUND]++;
	stage_pass(a, &w, ALG_INBOUND, next, SYN | ACK, NULL, 0);
	next[ALG_INBOUND]++;
	len = wire_message(bytes, OCRQ, id, 0, 0);
	stage_pass(a, &w, ALG_OUTBOUND, next, ACK, bytes, len);
	next[ALG_OUTBOUND] += (uint32_t)len;
	while (alg_calls(a, &at, &call) && call.flow.inside != client)
		;
	len = wire_message(bytes, OCRP, server_id, call.mapped_id, 1);
	stage_pass(a, &w, ALG_INBOUND, next, ACK, bytes, len);
	return call.mapped_id;
}

/* Nothing is left when all connections are lost and time goes by. */
static inline void
stage_end(struct alg *a, uint64_t now)
{
	struct alg_connection_info c[STAGE_CONNECTIONS];
	struct alg_counters counters;
	struct alg_change change;
	uint32_t at = 0, n = 0;

	while (n < STAGE_CONNECTIONS && alg_connections(a, &at, &c[n]))
		n++;
	while (n > 0)
		alg_lost(a, &c[--n].flow, now);
	for (int hour = 0; hour < 3; hour++) {
		alg_tick(a, now += 3600000);
		while (alg_change(a, &change))
			;
	}
	alg_counters(a, &counters);
	CHECK(counters.calls == 0);
	CHECK(counters.connections == 0);
	CHECK(counters.quarantined == 0);
	CHECK(counters.calls_up == counters.calls_down);
	alg_free(a);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FUZZ_WIRE_H
#define TESTS_FUZZ_WIRE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/alg.h"
#include "alg/base/cursor.h"
#include "alg/message.h"

/* Packets for the fuzz targets, and the checks that they share. */
#define WIRE_MAX	2048

#define WIRE_CONNECTIONS	8	/* the brain's limit */

#define WIRE_ICMP	1
#define WIRE_TCP	6
#define WIRE_GRE	47

#define WIRE_PUBLIC	0xCB007101U	/* 203.0.113.1 */
#define WIRE_SERVER	0xCB00710AU	/* 203.0.113.10 */
#define WIRE_CLIENT	0x0A4D0002U	/* 10.77.0.2, and the next ones */
#define WIRE_HEADERS	40		/* IP and TCP, without options */

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
wire_take(struct cursor *in, size_t bytes)
{
	uint32_t value = 0;
	uint8_t byte;

	while (bytes-- > 0 && cursor_u8(in, &byte) == 0)
		value = value << 8 | byte;
	return value;
}

static inline uint16_t
wire_get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t
wire_get32(const uint8_t *bytes)
{
	return (uint32_t)wire_get16(bytes) << 16 | wire_get16(bytes + 2);
}

static inline void
wire_put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static inline void
wire_put32(uint8_t *bytes, uint32_t value)
{
	wire_put16(bytes, (uint16_t)(value >> 16));
	wire_put16(bytes + 2, (uint16_t)value);
}

/* RFC 1071 over a sum so far; 0 over what holds a right checksum. */
static inline uint16_t
wire_sum(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	while (sum > 0xFFFF)
		sum = (sum >> 16) + (sum & 0xFFFF);
	return (uint16_t)~sum;
}

/* The TCP checksum of a packet with a 20-byte IP header. */
static inline uint16_t
wire_tcp_sum(const uint8_t *packet, size_t len)
{
	uint32_t pseudo = WIRE_TCP + (uint32_t)(len - 20);

	for (size_t i = 12; i < 20; i += 2)
		pseudo += wire_get16(packet + i);
	return wire_sum(pseudo, packet + 20, len - 20);
}

/* An IPv4 header for so many bytes in all. */
static inline void
wire_ip(uint8_t *packet, uint8_t protocol, uint32_t src, uint32_t dst,
    size_t len)
{
	memset(packet, 0, 20);
	packet[0] = 0x45;
	wire_put16(packet + 2, (uint16_t)len);
	packet[8] = 64;
	packet[9] = protocol;
	wire_put32(packet + 12, src);
	wire_put32(packet + 16, dst);
	wire_put16(packet + 10, wire_sum(0, packet, 20));
}

/* A TCP segment from one end of a connection to the other. */
static inline size_t
wire_tcp(uint8_t *packet, const struct alg_flow *w, enum alg_dir dir,
    uint32_t seq, uint32_t ack, uint8_t flags, const uint8_t *data, size_t len)
{
	bool out = dir == ALG_OUTBOUND;

	wire_ip(packet, WIRE_TCP, out ? w->inside : w->outside,
	    out ? w->outside : w->inside, WIRE_HEADERS + len);
	memset(packet + 20, 0, 20);
	wire_put16(packet + 20, out ? w->inside_port : w->outside_port);
	wire_put16(packet + 22, out ? w->outside_port : w->inside_port);
	wire_put32(packet + 24, seq);
	wire_put32(packet + 28, flags & ACK ? ack : 0);
	packet[32] = 0x50;
	packet[33] = flags;
	if (len > 0)
		memcpy(packet + WIRE_HEADERS, data, len);
	wire_put16(packet + 36, wire_tcp_sum(packet, WIRE_HEADERS + len));
	return WIRE_HEADERS + len;
}

/* A control message of zeros but for its start, two IDs and a result. */
static inline uint16_t
wire_message(uint8_t *bytes, uint16_t type, uint16_t id, uint16_t peer_id,
    uint8_t result)
{
	const struct message *row = message_of(type);
	uint16_t len = row != NULL ? row->length : 16;

	memset(bytes, 0, len);
	wire_put16(bytes, len);
	wire_put16(bytes + 2, 1);
	wire_put32(bytes + 4, MESSAGE_COOKIE);
	wire_put16(bytes + 8, type);
	wire_put16(bytes + 12, id);
	wire_put16(bytes + 14, peer_id);
	if (row != NULL && row->result != 0)
		bytes[row->result] = result;
	return len;
}

/* An enhanced GRE packet with a sequence number and this payload. */
static inline size_t
wire_gre(uint8_t *packet, uint32_t src, uint32_t dst, uint16_t call_id,
    const uint8_t *payload, uint16_t len)
{
	wire_ip(packet, WIRE_GRE, src, dst, (size_t)len + 32);
	wire_put32(packet + 20, 0x3001880BU);
	wire_put16(packet + 24, len);
	wire_put16(packet + 26, call_id);
	wire_put32(packet + 28, 1);
	memcpy(packet + 32, payload, len);
	return (size_t)len + 32;
}

static inline struct alg *
wire_brain(bool malformed_reset)
{
	struct alg_config config = {
		.malformed_reset = malformed_reset,
		.connections = WIRE_CONNECTIONS,
		.calls_per_connection = 6, .calls_per_client = 10,
		.quarantine = 60000, .key = "not that random",
	};
	struct alg *a = alg_new(&config);

	CHECK(a != NULL);
	return a;
}

/* One segment in order that must pass; tells the public address if asked. */
static inline void
wire_pass(struct alg *a, const struct alg_flow *w, enum alg_dir dir,
    const uint32_t next[2], uint8_t flags, const uint8_t *data, size_t len)
{
	uint8_t packet[WIRE_MAX];
	struct alg_result r;
	size_t n = wire_tcp(packet, w, dir, next[dir], next[!dir], flags, data,
	    len);

	alg_packet(a, dir, packet, n, 1000, &r);
	if (r.action == ALG_ASK) {
		alg_tell_public(a, &r.flow, WIRE_PUBLIC, w->inside_port);
		alg_packet(a, dir, packet, n, 1000, &r);
	}
	CHECK(r.action == ALG_PASS);
}

/*
 * Sets up a call of a client inside by a whole control connection; its
 * mapped ID.  Several clients may use the same ID.
 */
static inline uint16_t
wire_call(struct alg *a, uint32_t client, uint16_t id, uint16_t server_id)
{
	struct alg_flow w = { client, WIRE_SERVER, 4000, 1723 };
	uint32_t next[2] = { 1000, 2000 }, at = 0;
	uint8_t bytes[MESSAGE_MAX_LEN];
	struct alg_call_info call;
	uint16_t len;

	wire_pass(a, &w, ALG_OUTBOUND, next, SYN, NULL, 0);
	next[ALG_OUTBOUND]++;
	wire_pass(a, &w, ALG_INBOUND, next, SYN | ACK, NULL, 0);
	next[ALG_INBOUND]++;
	len = wire_message(bytes, MESSAGE_OCRQ, id, 0, 0);
	wire_pass(a, &w, ALG_OUTBOUND, next, ACK, bytes, len);
	next[ALG_OUTBOUND] += len;
	while (alg_calls(a, &at, &call) && call.flow.inside != client)
		;
	len = wire_message(bytes, MESSAGE_OCRP, server_id, call.mapped_id, 1);
	wire_pass(a, &w, ALG_INBOUND, next, ACK, bytes, len);
	return call.mapped_id;
}

/* Nothing is left when all connections are lost and time goes by. */
static inline void
wire_end(struct alg *a, uint64_t now)
{
	struct alg_connection_info c[WIRE_CONNECTIONS];
	struct alg_counters counters;
	struct alg_change change;
	uint32_t at = 0, n = 0;

	while (n < WIRE_CONNECTIONS && alg_connections(a, &at, &c[n]))
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
	CHECK(counters.resting == 0);
	CHECK(counters.calls_up == counters.calls_down);
	alg_free(a);
}

#endif

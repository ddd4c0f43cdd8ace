/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes on the wire, made without the code that is under test. */
#include <string.h>

#include "tests/unit/wire.h"

uint16_t
wire_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] * 256 + p[1]);
}

uint32_t
wire_get32(const uint8_t *p)
{
	return (uint32_t)wire_get16(p) << 16 | wire_get16(p + 2);
}

void
wire_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v / 256);
	p[1] = (uint8_t)(v % 256);
}

void
wire_put32(uint8_t *p, uint32_t v)
{
	wire_put16(p, (uint16_t)(v >> 16));
	wire_put16(p + 2, (uint16_t)v);
}

/* One byte after the other, the carry at once: slow and plain. */
uint16_t
wire_checksum(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += p[i] * 256U + p[i + 1];
	if (len % 2 == 1)
		sum += p[len - 1] * 256U;
	while (sum > 0xFFFF)
		sum = (sum >> 16) + (sum & 0xFFFF);
	return (uint16_t)(0xFFFF - sum);
}

uint16_t
wire_tcp_checksum(const uint8_t *packet, size_t len)
{
	uint8_t pseudo[12] = { 0 };

	memcpy(pseudo, packet + 12, 8);
	pseudo[9] = 6;
	wire_put16(pseudo + 10, (uint16_t)(len - 20));
	return wire_checksum(0xFFFF - wire_checksum(0, pseudo, 12),
	    packet + 20, len - 20);
}

size_t
wire_length(int type)
{
	static const uint8_t length[] = { 0, 156, 156, 16, 16, 16, 20, 168,
	    32, 220, 24, 28, 16, 148, 40, 24 };

	return length[type];
}

/* RFC 2637 section 2: IDs at 12 and 14, the calls' result at 16. */
size_t
wire_message(uint8_t *m, int type, uint16_t id, uint16_t peer, uint8_t result)
{
	for (size_t i = 12; i < wire_length(type); i++)
		m[i] = (uint8_t)(0x80 + i);	/* whatever */
	wire_put16(m, (uint16_t)wire_length(type));
	wire_put16(m + 2, 1);
	wire_put32(m + 4, 0x1A2B3C4D);
	wire_put16(m + 8, (uint16_t)type);
	wire_put16(m + 10, 0);
	if (type >= OCRQ)
		wire_put16(m + 12, id);
	if (type == OCRP || type == ICRP) {
		wire_put16(m + 14, peer);
		m[16] = result;
		m[17] = 0;
	}
	return wire_length(type);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes on the wire, made without the code that is under test. */
#ifndef TESTS_UNIT_WIRE_H
#define TESTS_UNIT_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* Message types of RFC 2637. */
enum { SCCRQ = 1, SCCRP, STOPRQ, STOPRP, ECHORQ, ECHORP, OCRQ, OCRP, ICRQ,
	ICRP, ICCN, CCRQ, CDN, WEN, SLI };

uint16_t wire_get16(const uint8_t *);
uint32_t wire_get32(const uint8_t *);
void	 wire_put16(uint8_t *, uint16_t);
void	 wire_put32(uint8_t *, uint32_t);

/* RFC 1071: the checksum field's value, and 0 when that is in the bytes. */
uint16_t wire_checksum(uint32_t sum, const uint8_t *, size_t);

/* The same for TCP behind a 20-byte IP header. */
uint16_t wire_tcp_checksum(const uint8_t *packet, size_t len);

/* A control message with its IDs; peer and result in replies only. */
size_t	 wire_message(uint8_t *, int type, uint16_t id, uint16_t peer,
	    uint8_t result);
size_t	 wire_length(int type);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Internet checksum, and how to correct one after a change. */
#include "alg/base/checksum.h"
#include "alg/base/cursor.h"

uint32_t
checksum_add(uint32_t sum, const uint8_t *bytes, size_t len)
{
	struct cursor c = cursor_of(bytes, len);
	uint64_t total = sum;
	uint32_t words;
	uint16_t word;
	uint8_t last;

	/* Two words at a time: what overflows comes back at the end. */
	while (cursor_u32(&c, &words) == 0)
		total += words;
	if (cursor_u16(&c, &word) == 0)
		total += word;
	if (cursor_u8(&c, &last) == 0)
		total += (uint32_t)last << 8;
	while (total >> 32)
		total = (total & 0xFFFFFFFF) + (total >> 32);
	return (uint32_t)total;
}

uint32_t
checksum_pseudo(const uint8_t *packet, uint8_t protocol, size_t len)
{
	/* Both addresses; the rest are numbers in words of their own. */
	return checksum_add(protocol + (uint32_t)len, packet + 12, 8);
}

static uint16_t
fold_sum(uint32_t sum)
{
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)((sum & 0xFFFF) + (sum >> 16));
}

uint16_t
checksum_finish(uint32_t sum)
{
	return (uint16_t)~fold_sum(sum);
}

uint16_t
checksum_adjust(uint16_t sum, uint16_t before, uint16_t after)
{
	return (uint16_t)~fold_sum((uint32_t)(uint16_t)~sum +
	    (uint16_t)~before + after);
}

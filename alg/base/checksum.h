/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Internet checksum of IP, TCP and ICMP (RFC 1071, RFC 1624). */
#ifndef ALG_BASE_CHECKSUM_H
#define ALG_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * The Internet checksum (RFC 1071).  checksum_add sums bytes in network order
 * onto a sum that starts at 0; every piece but the last has an even length.
 * checksum_finish folds it into the value that belongs into the header; over
 * bytes that hold a right checksum it gives 0.
 */
uint32_t	checksum_add(uint32_t sum, const uint8_t *bytes, size_t len);
uint16_t	checksum_finish(uint32_t sum);

/*
 * The sum of the pseudo header (RFC 9293, 3.1) for len bytes of a protocol in
 * the IPv4 packet that starts there; goes on with checksum_add.
 */
uint32_t	checksum_pseudo(const uint8_t *packet, uint8_t protocol,
		    size_t len);

/* The checksum after one 16-bit word has changed (RFC 1624, equation 3). */
uint16_t	checksum_adjust(uint16_t sum, uint16_t before, uint16_t after);

#endif

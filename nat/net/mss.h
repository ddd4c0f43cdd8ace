/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MSS clamping: TCP in a tunnel is told at once which segments fit. */
#ifndef NAT_NET_MSS_H
#define NAT_NET_MSS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Lowers the maximum segment size in an IPv4 packet that opens a TCP
 * connection, so that segments fit into packets of mtu bytes; all others are
 * left as they are.
 */
void	mss_clamp(uint8_t *packet, size_t len, uint16_t mtu);

#endif

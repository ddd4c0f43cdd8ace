/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of the link layer in front of captured IPv4 packets. */
#ifndef TOOLS_REPLAY_LINK_H
#define TOOLS_REPLAY_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is this pcap link type (a DLT_ value) one that link_skip reads? */
bool	link_known(int type);

/*
 * Where the IPv4 packet starts in a captured frame; -1 when the frame holds
 * something else or is cut short.
 */
int	link_skip(int type, const uint8_t *frame, size_t len);

#endif

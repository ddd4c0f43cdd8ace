/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which IP packets may come out of a session's tunnel. */
#ifndef NAT_ENDPOINT_INNER_FILTER_H
#define NAT_ENDPOINT_INNER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/reason.h"

struct session;

/* The addresses of an IPv4 packet that is whole; -1 if it is none. */
int inner_filter_ipv4(
    const uint8_t *packet, size_t len, uint32_t *from, uint32_t *to);

/* May this packet come out of a session's tunnel?  REASON_NONE: yes. */
enum reason inner_filter_check(
    const struct session *, const uint8_t *packet, size_t len, bool ipv6);

#endif

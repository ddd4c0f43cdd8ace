/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keeps packets from a session that is up, as far as this host can tell
 * without sending any: for the log and for `sessions`.
 */
#ifndef NAT_ENDPOINT_SESSION_WAY_H
#define NAT_ENDPOINT_SESSION_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/base/line.h"

struct session;

/* Bits, named in pptpalg-sessions(8). */
enum session_way {
	SESSION_WAY_UNCONFIRMED = 1 << 0, SESSION_WAY_NO_ROUTE = 1 << 1,
	SESSION_WAY_ROUTE_LOST = 1 << 2, SESSION_WAY_NO_PROXY_ARP = 1 << 3,
	SESSION_WAY_NO_IPV6 = 1 << 4
};

/* Notes that something is in the way, and logs it with a sentence. */
void	session_way_note(struct session *, enum session_way, const char *, ...)
	    __attribute__((format(printf, 3, 4)));

/* It comes up, with all that it gets in the host: looks what is in the way. */
void	session_way_check(struct session *);

/* A route of a client's into the tunnel: it is there, and no other one wins. */
void	session_way_check_route(struct session *, uint32_t to, uint8_t bits);

/* The server gives us an address that this host has already. */
bool	session_way_is_own_address(const struct session *);

/* "ok", or the names of all that is in the way, with commas. */
void	session_way_write(const struct session *, struct line *);

#endif

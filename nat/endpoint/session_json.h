/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_SESSION_JSON_H
#define NAT_ENDPOINT_SESSION_JSON_H

#include <stdint.h>

#include "alg/ppp/ppp.h"
#include "nat/control/json_line.h"

struct exchange;
struct session;

/*
 * Tunnels that end here as control replies and events show them:
 * pptpalg-sessions(8).  epoch is what to add to the daemon's milliseconds
 * for those since 1970.
 */
void	roster_session(struct item *, const struct session *, uint64_t epoch);

/* An event about a session: its start; more may be put before item_close. */
void	roster_event(struct item *, const char *event, const struct session *,
	    enum ppp_reason, uint64_t when);

/* Into an item that is open: of a dial's session, or NULL. */
void	roster_dialled(struct item *, const struct session *);
void	roster_counters(struct item *, const struct exchange *);

/* "mschap-v2" and so on; "-" for none. */
const char *roster_method(enum ppp_method);

/* "mppe-128" and so on, for ppp_mppe bits; "none" for 0. */
const char *roster_encryption(uint8_t mppe);

#endif

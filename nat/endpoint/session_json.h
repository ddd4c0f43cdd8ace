/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions that end here as control replies and events show them:
 * pptpalg-sessions(8).  epoch is what to add to the daemon's milliseconds
 * for those since 1970.
 */
#ifndef NAT_ENDPOINT_SESSION_JSON_H
#define NAT_ENDPOINT_SESSION_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/ppp/ppp.h"
#include "conf/request.h"
#include "nat/control/control.h"
#include "nat/control/json_line.h"

struct context;
struct session;

void session_json_write(
    struct json_line *, const struct session *, uint64_t epoch);

/* Is this one of those that a request is about? */
bool session_json_fits(const struct session *, const struct request *);

/* An event about a session: its start; more may be put before json_line_close.
 */
void session_json_event(struct json_line *, const char *event,
    const struct session *, enum ppp_reason, uint64_t when);

/* Into a line that is open: of a dial's session, or NULL. */
void	session_json_dialled(struct json_line *, const struct session *);
/* Tells the counters of all sessions. */
void	session_json_counters(
    const struct context *, control_count *, void *arg);

/* "mschap-v2" and so on; "-" for none. */
const char *session_json_method(enum ppp_method);

/* "mppe-128" and so on, for ppp_mppe bits; "none" for 0. */
const char *session_json_encryption(uint8_t mppe);

#endif

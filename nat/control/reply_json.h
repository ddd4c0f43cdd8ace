/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What admins and their scripts see of the daemon: these field names are
 * stable.  Times as in call_json.h.
 */
#ifndef NAT_CONTROL_REPLY_JSON_H
#define NAT_CONTROL_REPLY_JSON_H

#include <stdint.h>

#include "alg/alg.h"
#include "nat/control/control.h"
#include "nat/control/json_line.h"

/* Leaves the line open: there is more to count. */
void	reply_json_counters(struct json_line *,
	    const struct control_counters *);
void	reply_json_status(struct json_line *, const struct control_status *,
	    const struct alg *, const struct alg_counters *,
	    uint32_t followers, uint64_t now, uint64_t epoch);
/* Of the status, what is about the pair of firewalls. */
void	reply_json_cluster(struct json_line *, const struct control_status *,
	    uint64_t epoch);

/* Events; when in milliseconds since the epoch. */
void	reply_json_log(struct json_line *, const char *level, const char *text,
	    uint64_t when);
void	reply_json_lost(struct json_line *, uint64_t count, uint64_t when);

/* The last line of a reply; error is NULL when all went well. */
void	reply_json_end(struct json_line *, const char *error);

#endif

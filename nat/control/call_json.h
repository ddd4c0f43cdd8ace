/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What admins and their scripts see of calls: these field names are stable. */
#ifndef NAT_CONTROL_CALL_JSON_H
#define NAT_CONTROL_CALL_JSON_H

#include <stdint.h>

#include "alg/alg.h"
#include "nat/control/control.h"
#include "nat/control/json_line.h"

/*
 * Times go out in seconds since 1970; epoch is what to add to milliseconds of
 * clock_ms to get there.
 */
void	call_json_call(struct json_line *, const struct alg_call_info *,
	    const struct alg_login *, const struct control_way [2],
	    const char *trouble, uint64_t epoch);
void	call_json_audit(struct json_line *, const struct alg_audit *,
	    uint64_t epoch);
void	call_json_connection(struct json_line *,
	    const struct alg_connection_info *, uint64_t epoch);

/* Events; when in milliseconds since the epoch. */
void	call_json_change(struct json_line *, const struct alg_change *,
	    uint64_t when, uint64_t epoch);
void	call_json_login(struct json_line *, const struct alg_call_info *,
	    const struct alg_login *, enum reason lack, uint64_t when,
	    uint64_t epoch);

#endif

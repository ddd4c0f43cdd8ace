/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What admins and their scripts see of attempts: these names are stable. */
#ifndef NAT_CONTROL_ATTEMPT_JSON_H
#define NAT_CONTROL_ATTEMPT_JSON_H

#include <stdint.h>

#include "alg/explain/explain.h"
#include "nat/control/json_line.h"

/* Times as in call_json.h. */
void	attempt_json_write(struct json_line *, const struct alg_attempt *,
	    const struct explanations *, uint64_t epoch);

/* The same as an event; when in milliseconds since the epoch. */
void	attempt_json_event(struct json_line *, const struct alg_attempt *,
	    const struct explanations *, uint64_t when, uint64_t epoch);

#endif

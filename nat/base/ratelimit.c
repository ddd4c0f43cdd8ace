/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The token bucket: so much at once, so much again per time. */
#include "nat/base/ratelimit.h"

bool
ratelimit_take(struct ratelimit *r, uint32_t burst, uint32_t refill,
    uint64_t now, uint32_t *suppressed)
{
	uint64_t back = (now - r->refilled) / refill;

	if (back > 0) {
		r->used = back < r->used ? r->used - (uint32_t)back : 0;
		r->refilled = now;
	}
	if (r->used == burst) {
		r->suppressed++;
		return false;
	}
	r->used++;
	*suppressed = r->suppressed;
	r->suppressed = 0;
	return true;
}

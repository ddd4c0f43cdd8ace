/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nat/base/ratelimit.h"

bool
ratelimit_take(struct ratelimit *b, uint32_t burst, uint32_t refill,
    uint64_t now, uint32_t *suppressed)
{
	uint64_t back = (now - b->refilled) / refill;

	if (back > 0) {
		b->used = back < b->used ? b->used - (uint32_t)back : 0;
		b->refilled = now;
	}
	if (b->used == burst) {
		b->suppressed++;
		return false;
	}
	b->used++;
	*suppressed = b->suppressed;
	b->suppressed = 0;
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nat/endpoint/login_throttle.h"

/* What is left of its failures. */
static uint32_t
left(const struct throttle_slot *s, uint64_t now)
{
	uint64_t gone = (now - s->since) / THROTTLE_FORGET;

	return gone < s->failures ? s->failures - (uint32_t)gone : 0;
}

void
throttle_count(struct throttle *t, uint64_t owner, uint64_t now)
{
	struct throttle_slot *s = &t->slot[owner % THROTTLE_SLOTS];
	uint32_t failures = left(s, now);

	if (s->owner != owner && failures > 1)
		s->failures = failures - 1;	/* the next one may have it */
	else {
		s->failures = s->owner == owner ? failures + 1 : 1;
		s->owner = owner;
	}
	s->since = now;
}

uint32_t
throttle_delay(const struct throttle *t, uint64_t owner, uint32_t base,
    uint64_t now)
{
	const struct throttle_slot *s = &t->slot[owner % THROTTLE_SLOTS];
	uint32_t failures = s->owner == owner ? left(s, now) : 0;
	uint64_t delay = base;

	if (failures <= THROTTLE_FREE)
		return 0;
	while (--failures > THROTTLE_FREE && delay < THROTTLE_MAX)
		delay *= 2;
	return delay < THROTTLE_MAX ? (uint32_t)delay : THROTTLE_MAX;
}

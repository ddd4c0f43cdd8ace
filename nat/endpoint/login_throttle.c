/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts failed logins of sources and users, and forgets them slowly. */
#include "nat/endpoint/login_throttle.h"

/* What is left of its failures. */
static uint32_t
failures_left(const struct login_throttle_slot *s, uint64_t now)
{
	uint64_t gone = (now - s->since) / LOGIN_THROTTLE_FORGET;

	return gone < s->failures ? s->failures - (uint32_t)gone : 0;
}

void
login_throttle_count(struct login_throttle *t, uint64_t owner, uint64_t now)
{
	struct login_throttle_slot *s = &t->slot[owner % LOGIN_THROTTLE_SLOTS];
	uint32_t failures = failures_left(s, now);

	if (s->owner != owner && failures > 1)
		s->failures = failures - 1;	/* the next one may have it */
	else {
		s->failures = s->owner == owner ? failures + 1 : 1;
		s->owner = owner;
	}
	s->since = now;
}

uint32_t
login_throttle_delay(
    const struct login_throttle *t, uint64_t owner, uint32_t base, uint64_t now)
{
	const struct login_throttle_slot *s =
	    &t->slot[owner % LOGIN_THROTTLE_SLOTS];
	uint32_t failures = s->owner == owner ? failures_left(s, now) : 0;
	uint64_t delay = base;

	if (failures <= LOGIN_THROTTLE_FREE)
		return 0;
	while (--failures > LOGIN_THROTTLE_FREE && delay < LOGIN_THROTTLE_MAX)
		delay *= 2;
	return delay < LOGIN_THROTTLE_MAX ? (uint32_t)delay :
					    LOGIN_THROTTLE_MAX;
}

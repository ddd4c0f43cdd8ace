/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts fragments together and leaves out what was captured twice. */
#include <stdlib.h>
#include <string.h>

#include "alg/base/cursor.h"
#include "tools/replay/fragment.h"
#include "tools/replay/source.h"

/*
 * A packet that was captured at two interfaces, or twice by a switch, comes
 * again soon and differs in nothing but its TTL.
 */
#define SEEN		256
#define SOON		50000	/* microseconds: TCP takes longer to repeat */

struct source_seen {
	struct {
		uint64_t	 hash, time;
	} ring[SEEN];
	size_t			 next;
};

int
source_init(struct source *s, struct capture *capture)
{
	memset(s, 0, sizeof(*s));
	s->capture = capture;
	s->fragments = fragments_new();
	s->seen = calloc(1, sizeof(*s->seen));
	if (s->fragments != NULL && s->seen != NULL)
		return 0;
	source_free(s);
	return -1;
}

void
source_free(struct source *s)
{
	if (s->fragments != NULL)
		fragments_free(s->fragments);
	free(s->seen);
}

/* FNV-1a over all but TTL and header checksum. */
static uint64_t
hash_packet(const struct capture_packet *p)
{
	uint64_t h = 0xcbf29ce484222325U;

	for (size_t i = 0; i < p->len; i++)
		if (i != 8 && i != 10 && i != 11)
			h = (h ^ p->ip[i]) * 0x100000001b3U;
	return h;
}

static bool
seen_before(struct source_seen *s, const struct capture_packet *p)
{
	uint64_t h = hash_packet(p);

	for (size_t i = 0; i < SEEN; i++)
		if (s->ring[i].hash == h && p->time - s->ring[i].time <= SOON)
			return true;
	s->ring[s->next].hash = h;
	s->ring[s->next].time = p->time;
	s->next = (s->next + 1) % SEEN;
	return false;
}

/* Does the IP header promise more bytes than there are? */
static bool
lacks_bytes(const struct capture_packet *p)
{
	struct cursor c = cursor_of(p->ip, p->len);
	uint16_t length;

	return cursor_skip(&c, 2) == -1 || cursor_u16(&c, &length) == -1 ||
	    length > p->len;
}

static void
set_time(struct source *s, struct capture_packet *p)
{
	if (s->packets++ == 0)
		s->first = s->last = p->time;
	if (p->time > s->last)
		s->last = p->time;
	p->time = s->last;
}

int
source_next(struct source *s, struct capture_packet **packet)
{
	struct capture_packet *p;

	while (capture_next(s->capture, packet) == 1) {
		p = *packet;
		set_time(s, p);
		if (p->ip == NULL)
			s->other++;
		else if (seen_before(s->seen, p))
			s->twice++;
		else {
			if (lacks_bytes(p))
				++*(p->cut ? &s->cut : &s->too_long);
			if (fragments_add(s->fragments, p))
				return 1;
		}
	}
	return 0;
}

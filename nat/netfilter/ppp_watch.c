/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The negotiations of the latest calls, each at a place its number says. */
#include <stdlib.h>
#include <string.h>

#include "alg/pptp/gre.h"
#include "alg/pptp/ip.h"
#include "nat/netfilter/ppp_watch.h"

#define CALLS		1024	/* the latest ones */
#define FRAMES		256	/* of a call: nobody needs so many */
#define PACKETS		1024	/* of an end, until the call is left alone */
#define PPP_LINE		300
/* LCP, authentication and the like: protocols from here on (RFC 1661, 2). */
#define NEGOTIATES	0x8000

struct watched_call {
	uint64_t		 call;
	unsigned		 frames;
	bool			 lost;		/* some of them */
	struct negotiation	 side[2];
	struct alg_login	 login;		/* as it was last told */
};

struct ppp_watch {
	struct watched_call	 call[CALLS];
};

struct ppp_watch *
ppp_watch_new(void)
{
	return calloc(1, sizeof(struct ppp_watch));
}

void
ppp_watch_free(struct ppp_watch *w)
{
	free(w);
}

/* What PPP agrees on, it does in the first packets. */
static bool
is_done(const struct watched_call *c)
{
	return c->frames >= FRAMES ||
	    c->side[ALG_INBOUND].packets >= PACKETS ||
	    c->side[ALG_OUTBOUND].packets >= PACKETS;
}

/* The place of a call; NULL when a later one has it, or enough is known. */
static struct watched_call *
find_place(struct ppp_watch *w, uint64_t call)
{
	struct watched_call *c = &w->call[call % CALLS];

	if (c->call < call) {
		memset(c, 0, sizeof(*c));
		c->call = call;
	}
	return c->call == call && !is_done(c) ? c : NULL;
}

/* Is somebody logged in now, and was not before, or in another way? */
static bool
is_news(struct watched_call *c, struct alg_login *login)
{
	if (c->lost || !negotiation_login(c->side, login) ||
	    memcmp(login, &c->login, sizeof(*login)) == 0)
		return false;
	c->login = *login;
	return true;
}

bool
ppp_watch_frame(struct ppp_watch *w, uint64_t call, enum alg_dir dir,
    bool lost, const uint8_t *frame, size_t len, struct alg_login *login)
{
	struct watched_call *c = find_place(w, call);
	struct dissect d = { 0 };
	char line[PPP_LINE];

	if (c == NULL)
		return false;
	d.protocol = dissect_protocol(frame, len);
	c->lost = c->lost || lost;
	c->side[dir].packets++;
	/* Of all others it is enough to know what they are. */
	if (d.protocol >= NEGOTIATES) {
		c->frames++;
		dissect_frame(frame, len, line, sizeof(line), &d);
	}
	negotiation_heard(&c->side[dir], &d);
	return is_news(c, login);
}

bool
ppp_watch_packet(struct ppp_watch *w, uint64_t call, enum alg_dir dir,
    uint8_t *packet, size_t len, struct alg_login *login)
{
	struct packet p;
	struct gre g;

	return ip_parse(&p, packet, len) == REASON_NONE &&
	    p.protocol == IP_GRE && gre_parse(&g, &p) == REASON_NONE &&
	    g.payload > 0 && ppp_watch_frame(w, call, dir, false,
	    packet + p.header + g.header, g.payload, login);
}

const struct negotiation *
ppp_watch_of(const struct ppp_watch *w, uint64_t call)
{
	const struct watched_call *c = &w->call[call % CALLS];

	if (call == 0 || c->call != call || c->lost ||
	    c->side[ALG_OUTBOUND].requests +
	    c->side[ALG_INBOUND].requests == 0)
		return NULL;
	return c->side;
}

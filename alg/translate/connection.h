/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control connections that cross the firewall. */
#ifndef ALG_TRANSLATE_CONNECTION_H
#define ALG_TRANSLATE_CONNECTION_H

#include "alg/alg.h"
#include "alg/base/list.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"
#include "alg/translate/attempt.h"
#include "alg/translate/stream.h"

/* A SYN that was seen, and whose answer was not. */
struct syn {
	bool		 waits;
	uint8_t		 dir;		/* enum alg_dir of the sender */
	uint32_t	 seq;
};

struct connection {
	struct alg_flow	 flow;
	uint32_t	 public, alias;	/* of inside, outside, to the other */
	uint16_t	 public_port, alias_port;
	uint16_t	 zone;		/* where the flow has none, too */
	uint8_t		 state;		/* enum alg_connection_state */
	uint8_t		 reason;	/* why unread or dead */
	bool		 inside_opened, has_public;
	bool		 answered;	/* SYN-ACK seen while opening */
	bool		 stopped;	/* as in struct alg_attempt */
	uint8_t		 untold;	/* dead: as in alg_connection_info */
	bool		 followed;	/* as was told (struct alg_config) */
	bool		 had_call;	/* their attempts tell of it */
	bool		 start_asked;
	uint8_t		 syns, by, stop;	/* as in struct alg_attempt */
	struct alg_answer start;
	struct alg_refusal refusal;
	struct attempt_place place;
	bool		 dirty, recorded;	/* by dirty.h */
	bool		 foreign;	/* another firewall passes it */
	bool		 tracked;	/* conntrack had it, since we began */
	bool		 stale;		/* foreign: not heard of yet, again */
	bool		 unheard;	/* see call_end; up to: */
	uint32_t	 unheard_end;
	struct syn	 syn;		/* of the handshake under way */
	struct syn	 later;		/* beside it, until it is answered */
	uint32_t	 mark[2];	/* of the last segment, by alg_dir */
	uint32_t	 uplink;	/* the last one's to outside, or 0 */
	uint32_t	 tracked_mark;	/* conntrack's; 0: not known */
	uint32_t	 space;		/* IDs, once public is known */
	uint32_t	 client;	/* who opened it; 0 before and after */
	uint64_t	 resets;	/* by rate.h */
	uint16_t	 asked;		/* requests from outside, unanswered */
	struct list	 calls;
	uint32_t	 live, refused;	/* calls by kind */
	uint64_t	 opened, entered, last_seen;	/* ms */
	struct stream	 stream[2];	/* by enum alg_dir of the sender */
};

struct connections {
	struct pool	 pool;
	struct table	 by_flow;
	struct list_link	*timers;
	struct list	 waiting[ALG_CONNECTION_STATES];
	/* Flows that were there before us, and have not been seen yet. */
	struct pool	 expected;
	struct table	 expected_by_flow;
};

int		 connection_init(struct alg *, uint32_t capacity);
void		 connection_free(struct alg *);

struct connection	*connection_at(const struct alg *, uint32_t);
uint32_t	 connection_find(const struct alg *, const struct alg_flow *);

/*
 * A new connection in a state; what is over or never opened makes room when
 * there is none.  One that is opening (half-open) counts for no client yet:
 * anybody can send a SYN in its name.  0 and the reason when a limit is
 * reached.
 */
uint32_t	 connection_make(struct alg *, const struct alg_flow *,
		    bool inside_opened, enum alg_connection_state,
		    enum reason *);

/*
 * A flow that was there before us may be picked up in the middle, until a
 * connection is made of it or it is forgotten.  false when there is no room.
 */
bool		 connection_expect(struct alg *, const struct alg_flow *);
bool		 connection_expected(const struct alg *,
		    const struct alg_flow *);
void		 connection_unexpect(struct alg *, const struct alg_flow *);

/*
 * A copy of *as becomes a connection with its space held already, no calls
 * and no bytes; 0 when there is no room.  connection_forget is the opposite:
 * it is gone without a change told, and the IDs of its calls are quarantined;
 * connection_forget_call does that with one of these.
 */
uint32_t	 connection_put(struct alg *, const struct connection *as);
void		 connection_forget(struct alg *, uint32_t);
void		 connection_forget_call(struct alg *, uint32_t call);

/* Takes over state and times, not flow, public address and what it holds. */
void		 connection_renew(struct alg *, uint32_t,
		    const struct connection *as);

/* Is it in a state in which it can have calls, and counts for its client? */
bool		 connection_alive(const struct connection *);

/* It is open, and counts for its client; false when that has enough. */
bool		 connection_count(struct alg *, uint32_t);

/*
 * A segment of it was shown and passes: of one that was restored nobody has
 * been told yet that it is followed (struct alg_config).
 */
void		 connection_follow(struct alg *, uint32_t);

/* Closing and dead ones lose their calls; the reason is theirs. */
void		 connection_enter(struct alg *, uint32_t,
		    enum alg_connection_state, enum reason);
void		 connection_end_calls(struct alg *, uint32_t, enum reason);

/* The rest of an ID of which half came will not be read. */
void		 connection_release_half(struct alg *, struct connection *);

/* Ends and forgets it. */
void		 connection_drop(struct alg *, uint32_t, enum reason);

/*
 * Does another firewall pass it, or this one?  Ours is recorded anew, with its
 * calls.
 */
void		 connection_set_foreign(struct alg *, uint32_t, bool);

/* Where it is seen from outside; false when there is no room for its IDs. */
bool		 connection_set_public(struct alg *, uint32_t,
		    uint32_t address, uint16_t port);

/*
 * An outside end's ID as the inside end knows it, and the other way round.
 * They differ where outside hosts that have called share an address towards
 * it: what tells them apart there is the port, and it is in the ID.
 */
uint16_t	 connection_alias_id(const struct connection *, uint16_t id);

/* Segments of this direction have another mark now: so has its calls' GRE. */
void		 connection_mark(struct alg *, uint32_t, enum alg_dir,
		    uint32_t mark);

/* Conntrack's mark is another one: segments that had that will follow. */
void		 connection_follow_mark(struct alg *, uint32_t, uint32_t mark);

void		 connection_info(const struct alg *, uint32_t,
		    struct alg_connection_info *);

/* One more would push out another. */
bool		 connection_table_full(const struct alg *);

/* When GRE of one of its calls passed last (ms), or 0; looks at them all. */
uint64_t	 connection_last_gre(const struct alg *, uint32_t);
void		 connection_tick(struct alg *);

#endif

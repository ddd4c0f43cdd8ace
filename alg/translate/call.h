/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that cross the firewall, by a table of states and events. */
#ifndef ALG_TRANSLATE_CALL_H
#define ALG_TRANSLATE_CALL_H

#include "alg/alg.h"
#include "alg/base/list.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"
#include "alg/translate/attempt.h"

struct connection;

/* What a control message says about a call. */
enum call_event {
	CALL_REPLY_OK,		/* OCRP, ICRP with result 1 */
	CALL_REPLY_BAD,		/* with another result */
	CALL_CLEAR,		/* CCRQ */
	CALL_DISCONNECT,	/* CDN */
	CALL_EVENTS
};

struct call {
	uint64_t		 serial, since, asked, up;
	uint64_t		 waited;	/* ms: since when in its list */
	struct alg_traffic	 shown[2], offloaded[2];	/* by alg_dir */
	struct alg_flow		 flow;
	uint64_t		 icmp[2];	/* by rate.h, by alg_dir */
	uint32_t		 public, alias;	/* as its connection's */
	uint32_t		 connection;
	uint32_t		 announced;	/* where that message ends */
	uint16_t		 inside_id, mapped_id, outside_id;
	uint16_t		 alias_id;	/* outside_id, to inside */
	uint16_t		 told_outside_id;	/* in the last change */
	uint8_t			 state;		/* enum alg_call_state */
	uint8_t			 waiting;	/* which timer list */
	uint8_t			 pending;	/* bits: enum alg_change_kind */
	uint8_t			 reason, notice;
	bool			 has_outside_id, inside_asked, incoming;
	uint8_t			 by;	/* enum alg_end: who ended it */
	struct alg_answer	 reply, disconnect;
	bool			 unreachable[2];	/* as in alg_attempt */
	uint16_t		 too_large[2], mtu[2];
	struct attempt_place	 place;
	bool			 stale;	/* not told of anew, by restore.h */
	bool			 dirty;	/* by dirty.h */
	uint32_t		 login;	/* by login.h, or 0 */
};

enum call_wait { CALL_WAIT_NOT, CALL_WAIT_REPLY, CALL_WAIT_CDN,
	CALL_WAIT_GRE, CALL_WAIT_SILENCE, CALL_WAITS };

/* All calls, and every way to find one. */
struct calls {
	struct pool	 pool;
	struct table	 by_mapped;	/* public, peer, mapped ID: unique */
	struct table	 by_peer;	/* public, peer, outside ID */
	struct table	 by_outside;	/* inside, alias, alias ID */
	struct table	 by_inside;	/* inside, alias, inside ID */
	struct table	 by_own;	/* connection, inside ID */
	struct table	 by_other;	/* connection, outside ID */
	struct list_link	*of_connection, *timers, *changes;
	struct list	 waiting[CALL_WAITS];
	struct list	 changed;	/* with changes to tell, in order */
	uint64_t	 serial;
};

int		 call_init(struct alg *, uint32_t capacity);
void		 call_free(struct alg *);
struct call	*call_at(const struct alg *, uint32_t call);

/* From a record: no new call gets this serial number, or one below. */
void		 call_serial(struct alg *, uint64_t serial);

/*
 * A copy of *as becomes a call of this connection; its mapped ID is taken
 * already.  0 when there is no room.  call_forget is the opposite: the call
 * is gone without a change told, and its mapped ID is left taken.
 */
uint32_t	 call_put(struct alg *, uint32_t connection,
		    const struct call *as);
void		 call_forget(struct alg *, uint32_t call);

/*
 * Makes a call of the connection's inside end with the mapped ID taken
 * already.  0 when there is no room.
 */
uint32_t	 call_make(struct alg *, uint32_t connection,
		    uint16_t inside_id, uint16_t mapped_id);

/*
 * Makes a call that is refused for this reason: its request goes out with
 * the refusal ID, so that the reply can be found.  0 when there is no room.
 */
uint32_t	 call_refuse(struct alg *, uint32_t connection,
		    uint16_t inside_id, enum reason);

/* Steps the state table; the reply's IDs are set before. */
void		 call_step(struct alg *, uint32_t call, enum call_event);

/* Sets who sent the request, and its kind; tells ALG_CHANGE_REQUEST. */
void		 call_asked(struct alg *, uint32_t call, bool inside_asked,
		    bool incoming);

/* Sets the outside end's call ID. */
void		 call_set_outside(struct alg *, uint32_t call, uint16_t id);

/*
 * Ends a call: its mapped ID is quarantined.  The call is freed when alg_change
 * has told its last change.  What announced the ID and is not acknowledged is
 * unheard: its connection does not pass it again.
 */
void		 call_end(struct alg *, uint32_t call, enum reason);

/* Is it a call with an ID, not one that is refused or over? */
bool		 call_lives(const struct alg *, uint32_t call);

/* The oldest refused call of a connection that still waits, or 0. */
uint32_t	 call_refused(const struct alg *, uint32_t connection);

/* Counts a translated GRE packet of bytes with IP header. */
void		 call_traffic(struct alg *, uint32_t call, enum alg_dir,
		    uint16_t bytes);

/* Ends what was not answered, notices calls without GRE. */
void		 call_tick(struct alg *);

#endif

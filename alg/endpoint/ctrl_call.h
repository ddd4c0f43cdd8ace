/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of a control connection that ends here, one by one. */
#ifndef ALG_ENDPOINT_CTRL_CALL_H
#define ALG_ENDPOINT_CTRL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/endpoint/ctrl_message.h"
#include "alg/reason.h"

struct ctrl_conn;

enum ctrl_call_state {
	CTRL_CALL_ASKED,	/* client: our request is to be answered */
	CTRL_CALL_UP,
	CTRL_CALL_CLEARING,	/* client: our clear is to be answered */
	CTRL_CALL_STATES
};

/*
 * A call; memory of the caller's, who sets id and nothing else.  The
 * connection has it from make or ctrl_conn_request until down.
 */
struct ctrl_call {
	struct ctrl_call *next;
	struct ctrl_conn *conn;
	uint64_t	 deadline;	/* ms, of the reply, or 0 */
	uint32_t	 speed;		/* bit/s, as the peer said */
	uint16_t	 id, peer_id;	/* call IDs: ours, the peer's */
	uint16_t	 cause;		/* of a refusal or disconnect: codes */
	uint8_t		 result, error;	/* as the peer sent them */
	uint8_t		 state;		/* enum ctrl_call_state */
	uint8_t		 told;		/* message type that had the codes */
	uint8_t		 reason;	/* why it is being cleared */
	bool		 has_peer;	/* peer_id is known */
};

/* What follows is for ctrl_conn.c alone. */

/* Asks the peer for a call (client). */
void	 ctrl_call_request(struct ctrl_conn *, struct ctrl_call *);

/* Ends it in the way of our role. */
void	 ctrl_call_clear(struct ctrl_call *, enum reason);
void	 ctrl_call_clear_all(struct ctrl_conn *, enum reason);

/* Ends all at once, without a word to the peer. */
void	 ctrl_call_end_all(struct ctrl_conn *, enum reason);

/* What messages about calls do. */
void	 ctrl_call_requested(struct ctrl_conn *, const struct ctrl_message *);
void	 ctrl_call_refuse(struct ctrl_conn *, const struct ctrl_message *);
void	 ctrl_call_replied(struct ctrl_conn *, const struct ctrl_message *);
void	 ctrl_call_refuse_incoming(struct ctrl_conn *,
	    const struct ctrl_message *);
void	 ctrl_call_cleared(struct ctrl_conn *, const struct ctrl_message *);
void	 ctrl_call_disconnected(struct ctrl_conn *,
	    const struct ctrl_message *);

/* Runs what is due; the earliest time of that, 0: never. */
void	 ctrl_call_tick(struct ctrl_conn *);
uint64_t ctrl_call_due(const struct ctrl_conn *);

#endif

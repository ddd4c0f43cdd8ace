/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_ENDPOINT_TUNNEL_PART_H
#define ALG_ENDPOINT_TUNNEL_PART_H

#include "alg/endpoint/ctrl_conn.h"
#include "alg/endpoint/ctrl_message.h"

/* What the files of a tunnel know of each other. */

/* tunnel.c */

/* The time in so many ms, 0: never. */
uint64_t	 ctrl_conn_after(const struct ctrl_conn *, uint32_t ms);
void		 ctrl_conn_note(struct ctrl_conn *, enum reason);

/* Enters a state for so many ms, 0: for ever. */
void ctrl_conn_go(struct ctrl_conn *, enum ctrl_conn_state, uint32_t time);

/* Closes, at once. */
void		 ctrl_conn_end(struct ctrl_conn *, enum reason);

/* Sends, or closes when the peer does not read. */
void ctrl_conn_write(struct ctrl_conn *, const struct ctrl_message *);

/* A call has gone; was it the last? */
void		 ctrl_conn_settle(struct ctrl_conn *);

/* tunnel_control.c */
void		 ctrl_conn_start(struct ctrl_conn *);
void ctrl_conn_handle(struct ctrl_conn *, const struct ctrl_message *);

/* tunnel_call.c: what messages about calls do */
typedef void	 tunnel_handler(struct ctrl_conn *,
		    const struct ctrl_message *);
tunnel_handler	 tunnel_call_wanted, tunnel_call_refuse, tunnel_call_replied,
		 tunnel_call_refuse_incoming, tunnel_call_cleared,
		 tunnel_call_ended;

/* Ends it; with the result of a Call-Disconnect-Notify, or 0: none. */
void		 ctrl_call_end(struct ctrl_call *, enum reason,
		    uint8_t result);

void		 ctrl_call_end_all(struct ctrl_conn *, enum reason);

void		 ctrl_call_request(struct ctrl_conn *, struct ctrl_call *);

/* Ends it in the way of our role. */
void		 ctrl_call_clear(struct ctrl_call *, enum reason);
void		 ctrl_call_clear_all(struct ctrl_conn *, enum reason);

/* Runs what is due; the earliest time of that, 0: never. */
void		 ctrl_call_tick(struct ctrl_conn *);
uint64_t	 ctrl_call_due(const struct ctrl_conn *);

#endif

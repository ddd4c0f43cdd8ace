/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_ENDPOINT_TUNNEL_PART_H
#define ALG_ENDPOINT_TUNNEL_PART_H

#include "alg/endpoint/ctrl_conn.h"
#include "alg/endpoint/ctrl_message.h"

/* What the files of a tunnel know of each other. */

/* tunnel.c */

/* The time in so many ms, 0: never. */
uint64_t	 tunnel_after(const struct tunnel *, uint32_t ms);
void		 tunnel_note(struct tunnel *, enum reason);

/* Enters a state for so many ms, 0: for ever. */
void		 tunnel_go(struct tunnel *, enum tunnel_state, uint32_t time);

/* Closes, at once. */
void		 tunnel_end(struct tunnel *, enum reason);

/* Sends, or closes when the peer does not read. */
void		 tunnel_write(struct tunnel *, const struct tunnel_message *);

/* A call has gone; was it the last? */
void		 tunnel_settle(struct tunnel *);

/* tunnel_control.c */
void		 tunnel_start(struct tunnel *);
void		 tunnel_handle(struct tunnel *, const struct tunnel_message *);

/* tunnel_call.c: what messages about calls do */
typedef void	 tunnel_handler(struct tunnel *,
		    const struct tunnel_message *);
tunnel_handler	 tunnel_call_wanted, tunnel_call_refuse, tunnel_call_replied,
		 tunnel_call_refuse_incoming, tunnel_call_cleared,
		 tunnel_call_ended;

/* Ends it; with the result of a Call-Disconnect-Notify, or 0: none. */
void		 tunnel_call_end(struct tunnel_call *, enum reason,
		    uint8_t result);

void		 tunnel_call_end_all(struct tunnel *, enum reason);

void		 tunnel_call_request(struct tunnel *, struct tunnel_call *);

/* Ends it in the way of our role. */
void		 tunnel_call_clear(struct tunnel_call *, enum reason);
void		 tunnel_call_clear_all(struct tunnel *, enum reason);

/* Runs what is due; the earliest time of that, 0: never. */
void		 tunnel_call_tick(struct tunnel *);
uint64_t	 tunnel_call_due(const struct tunnel *);

#endif

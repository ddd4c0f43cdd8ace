/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRE of a call that ends here: put in order, acknowledged (RFC 2637 section
 * 4).
 */
#ifndef ALG_ENDPOINT_GRE_SEQUENCE_H
#define ALG_ENDPOINT_GRE_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/base/pool.h"
#include "alg/pptp/gre.h"
#include "alg/reason.h"

/* Times are milliseconds; call IDs and numbers are in host byte order. */
#define GRE_SEQUENCE_HEADROOM	 16	/* bytes before what is sent */
#define GRE_SEQUENCE_PAYLOAD_MAX 1532	/* bytes, RFC 2637 section 4 */
#define GRE_SEQUENCE_ACK_LEN	 12	/* bytes of a bare acknowledgement */

/* Frames that come early wait for those before them, but not for ever. */
#define GRE_SEQUENCE_WAITING	 32	/* frames: fewer may be missing */
#define GRE_SEQUENCE_WAIT_TIME	 50	/* ms, then the gap is given up */
#define GRE_SEQUENCE_LATE	 64	/* frames: later ones are dropped */

/* A number far ahead is believed when others say the same. */
#define GRE_SEQUENCE_JUMP	 2048	/* frames: that is far */
#define GRE_SEQUENCE_AGREE	 4	/* so many frames in a row ... */
#define GRE_SEQUENCE_SILENCE	 200	/* ... and ms without near ones */

/* Acknowledgements, and probes when the peer sends none (RFC 2637 4.3). */
#define GRE_SEQUENCE_ACK_TIME	 90	/* ms until a bare one is sent */
#define GRE_SEQUENCE_PROBE_TIME	 400	/* ms unconfirmed, then a probe */
#define GRE_SEQUENCE_PROBES	 3	/* each after twice the time */

/*
 * A payload, in order, or late: after others that were sent after it, or
 * before the first that was seen.  None comes twice.  The bytes may be
 * written to.
 */
struct gre_payload {
	uint8_t		*bytes;
	size_t		 len;
	bool		 late;
};

/* Room for the waiting frames of all calls. */
struct gre_sequence_pool {
	struct pool	 frames;
};

struct gre_sequence_counters {
	uint64_t	 lost;		/* given up, came late or never */
	uint32_t	 late;
	uint32_t	 early;		/* waited for others */
	uint32_t	 dropped;	/* twice, too old, not believed */
};

struct gre_sequence {
	struct gre_sequence_pool *pool;
	uint64_t	 seen;		/* bit n: next - 1 - n has come */
	uint64_t	 oldest;	/* ms, the one waiting longest came */
	uint64_t	 ack_since;	/* ms, the first without ack came */
	uint64_t	 came;		/* ms, the last that was believed */
	uint64_t	 sent;		/* ms, the last frame or probe */
	struct gre_sequence_counters counters;
	struct gre_payload input;	/* of the last packet; NULL: none */
	uint32_t	 input_seq;
	uint32_t	 given_up;	/* what is missing before this number */
	uint32_t	 lent;		/* the frame handed out last, or 0 */
	uint32_t	 next;		/* the one that is in order */
	uint32_t	 waiting;	/* the first of the list */
	uint32_t	 far;		/* sequence not believed yet */
	uint32_t	 acked;		/* our last acknowledgement */
	uint32_t	 send;		/* the next sequence number */
	uint32_t	 confirmed;	/* the peer's last acknowledgement */
	uint16_t	 peer_id;	/* call ID */
	uint16_t	 size;		/* our window */
	uint16_t	 early, patience;	/* see gre_sequence_wait */
	uint8_t		 agree;		/* frames that speak for far */
	uint8_t		 probes;	/* since the last frame */
	bool		 started;	/* next is known */
	bool		 jumps;		/* the input is far away, believed */
	bool		 stale;		/* oldest is to be found again */
};

/* Room for so many waiting frames; -1 with errno ENOMEM. */
int		 gre_sequence_pool_init(struct gre_sequence_pool *,
		    uint32_t frames);
void		 gre_sequence_pool_free(struct gre_sequence_pool *);

/* size: the window that we told in the control connection. */
void		 gre_sequence_init(struct gre_sequence *,
		    struct gre_sequence_pool *, uint16_t peer_id,
		    uint16_t size);

/*
 * Instead of GRE_SEQUENCE_WAITING and GRE_SEQUENCE_WAIT_TIME; with 1 frame
 * none waits.
 */
void		 gre_sequence_wait(struct gre_sequence *, uint16_t frames,
		    uint16_t ms);

/* Forgets what waits. */
void		 gre_sequence_close(struct gre_sequence *);

/*
 * Reads the header of a packet from its GRE header on: for finding the call
 * by gre.call_id, and for gre_sequence_input.  REASON_NONE, REASON_NOT_OURS,
 * REASON_GRE_MALFORMED, REASON_GRE_TOO_LONG.
 */
enum reason gre_sequence_parse(struct gre *, const uint8_t *packet, size_t len);

/*
 * Takes a packet that was parsed; then gre_sequence_next has to be asked
 * until there is no more.  REASON_NONE, or why it was dropped:
 * REASON_GRE_OLD, REASON_GRE_AHEAD.  Acknowledgements of ours hold nothing
 * back, nor is anything sent again; without them probes go.
 */
enum reason	 gre_sequence_input(struct gre_sequence *, const struct gre *,
		    uint8_t *packet, uint64_t now);

/*
 * Hands out the next payload that is in order or late; its bytes are the
 * packet's, or a kept frame's until the next call.  false: no more, and a
 * packet that came early is kept, since others before it may still come.
 */
bool		 gre_sequence_next(struct gre_sequence *, struct gre_payload *);

/*
 * Writes the header before a payload that has GRE_SEQUENCE_HEADROOM bytes
 * before it, with an acknowledgement when there is something to acknowledge:
 * the header's length, 12 or 16 bytes.
 */
size_t gre_sequence_output(
    struct gre_sequence *, uint8_t *payload, size_t len, uint64_t now);

/*
 * Writes a bare acknowledgement when one is due: half a window is not
 * acknowledged, or something for GRE_SEQUENCE_ACK_TIME; or as a probe: pptpd
 * holds what came after a lost frame until another packet comes, be it for
 * ever. Its length, or 0.  To be asked after input and when gre_sequence_due
 * says so.
 */
size_t		 gre_sequence_ack(struct gre_sequence *, uint64_t now,
		    uint8_t packet[GRE_SEQUENCE_ACK_LEN]);

/*
 * Gives up what others have waited for long enough; then gre_sequence_next
 * has to be asked until there is no more.
 */
void		 gre_sequence_tick(struct gre_sequence *, uint64_t now);

/* When tick or ack has something to do; UINT64_MAX: not before input. */
uint64_t	 gre_sequence_due(const struct gre_sequence *);

#endif

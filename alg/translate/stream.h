/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of a control connection: positions, and what may be sent
 * again.
 */
#ifndef ALG_TRANSLATE_STREAM_H
#define ALG_TRANSLATE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/alg.h"
#include "alg/base/list.h"
#include "alg/base/pool.h"

/* Bytes of one direction that may be unacknowledged or half read at once. */
#define STREAM_BLOCK		4096
#define STREAM_SIZES		3	/* of blocks, up to that */
/* Beyond so many connections of one client they share what these would have. */
#define STREAM_BLOCKS_PER_CLIENT	64
#define STREAM_MIN		512	/* more than any message */
/* Streams whose acknowledged bytes are still known, for retransmissions. */
#define STREAM_SPARE_MAX	1024

/*
 * Where the sender is, and the bytes of which a retransmission may come (RFC
 * 9293 section 3.8.1): the original ones, and rewritten as they were sent on.
 * Sequence numbers are the sender's; base <= message <= end, and end == next
 * while the stream is read.
 */
struct stream {
	uint32_t	 next;		/* what the sender sends next */
	uint32_t	 acked;		/* what its peer expects next */
	uint32_t	 base, end;	/* what the block holds */
	uint32_t	 message;	/* where the one being read starts */
	uint32_t	 expects;	/* the sender's last acknowledgment */
	uint32_t	 block;		/* its number, or 0 */
	uint16_t	 half_id;	/* taken for an ID of which half came */
	uint8_t		 half;		/* the half that went out */
	uint8_t		 done;		/* bytes of the message handled */
	bool		 half_taken;
	bool		 refuse;	/* the reply being read says no */
	bool		 fin;
	bool		 spare;		/* its block may be freed */
	bool		 outrun;	/* its peer says it has claim already */
	bool		 ahead;		/* its sender says so; unconfirmed */
	bool		 lost;		/* where messages begin is not known */
	bool		 fresh;		/* lost, and nothing has passed yet */
	bool		 found;		/* was lost, and is read again */
	uint32_t	 claim;		/* outrun: the peer's acknowledgment */
};

struct streams {
	/* One of each size for each stream; numbered one after the other. */
	struct pool	 blocks[STREAM_SIZES];
	struct list_link *links;
	struct list	 spare;		/* blocks, the oldest first */
	uint32_t	 nspare;
	uint32_t	*owner;		/* connection * 2 + alg_dir */
};

int		 stream_init(struct alg *, uint32_t connections);
void		 stream_free(struct alg *);

/* The sender's next byte has this number, and it expects that one. */
void		 stream_start(struct stream *, uint32_t seq,
		    uint32_t expects);

/* Its sender goes on from here; nobody knows where its messages begin. */
void		 stream_lose(struct alg *, struct stream *, uint32_t seq);

/* Forgets all bytes. */
void		 stream_release(struct alg *, struct stream *);

/*
 * Appends what comes at stream->end; returns how many bytes there was room
 * for.  The connection and direction own the stream.
 */
uint16_t	 stream_append(struct alg *, uint32_t connection,
		    enum alg_dir, const uint8_t *data, uint16_t len);

/*
 * Takes over the positions of *as, and the bytes from base to end: original,
 * and by how they differ (XOR) from the rewritten ones.  The stream is empty.
 */
void		 stream_restore(struct alg *, uint32_t connection,
		    enum alg_dir, const struct stream *as,
		    const uint8_t *original, const uint8_t *difference);

/*
 * How many bytes of a segment are not new, len at most; negative when bytes
 * before it are missing.
 */
int32_t		 stream_known(const struct stream *, uint32_t seq,
		    uint16_t len);

/* The bytes from this number on, base <= seq < end. */
const uint8_t	*stream_original(const struct alg *, const struct stream *,
		    uint32_t seq);
uint8_t		*stream_rewritten(const struct alg *, const struct stream *,
		    uint32_t seq);

/* Is it a retransmission with other bytes, of what is not acknowledged? */
bool		 stream_conflicts(const struct alg *, const struct stream *,
		    uint32_t seq, const uint8_t *data, uint16_t len);

/*
 * Overwrites a segment's bytes with those that were sent on the first time;
 * each that differs is noted with its offset in the packet (RFC 9293: what is
 * sent again is the same).
 */
void		 stream_rewrite(const struct alg *, const struct stream *,
		    uint32_t seq, uint8_t *data, uint16_t len,
		    uint16_t offset, struct alg_result *);

/* The peer expects seq next; what it has need not be remembered for long. */
void		 stream_ack(struct alg *, struct stream *, uint32_t seq);

#endif

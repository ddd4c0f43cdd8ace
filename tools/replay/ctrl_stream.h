/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes that one end of a control connection sent, as far as the capture
 * has them, and the control messages in them.
 */
#ifndef TOOLS_REPLAY_CTRL_STREAM_H
#define TOOLS_REPLAY_CTRL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/pptp/message.h"
#include "alg/translate/stream.h"

/* A control message in a stream. */
struct ctrl_stream_message {
	size_t			 start;	/* stream offset */
	const struct message	*row;
	bool			 mapped;	/* original is of the outside */
};

/* How far the capture had got: all bytes below len are in packets so far. */
struct ctrl_stream_growth {
	uint64_t	 packet;
	size_t		 len;
};

struct ctrl_stream_piece;

/*
 * All bytes of one direction, in order; offsets count from the first one.
 * Sequence numbers of a stream without a known start (the capture begins in
 * the middle) count from the first message that is found.
 */
struct ctrl_stream {
	bool			 started;
	bool			 sums_right;	/* a TCP checksum was */
	struct stream		 at;	/* base: the number of offset 0 */
	uint8_t			*bytes;	/* as captured, up to at.end */
	uint8_t			*original, *rewritten;	/* by the translator */
	size_t			 room;
	struct ctrl_stream_piece *pieces;	/* beyond a gap, in order */
	size_t			 npieces;
	size_t			 lost;	/* bytes beyond gaps never filled */
	struct ctrl_stream_growth *growth;
	size_t			 ngrowth;
	struct ctrl_stream_message *messages;
	size_t			 nmessages;
	enum reason		 wrong;	/* why reading messages ended */
	bool			 fin;	/* seen, behind the last byte */
	size_t			 fin_at;
	uint64_t		 fin_packet;
};

/* Sets the sequence number of the first byte, if it is not set yet. */
void	ctrl_stream_start(struct ctrl_stream *, uint32_t seq);

/* Offset of a sequence number; negative: before all. */
int64_t	ctrl_stream_offset(const struct ctrl_stream *, uint32_t seq);

/*
 * Takes the data of a segment; -1 when memory runs out.  Where checksums are
 * right otherwise, a segment with a wrong one (right is false) only counts
 * when its bytes do not come again.
 */
int	ctrl_stream_add(struct ctrl_stream *, uint64_t packet, uint32_t seq,
	    const uint8_t *data, uint16_t len, bool right);
void	ctrl_stream_add_fin(struct ctrl_stream *, uint64_t packet,
	    uint32_t seq);

/* When all packets are in: reads messages.  -1 when memory runs out. */
int	ctrl_stream_finish(struct ctrl_stream *);
void	ctrl_stream_free(struct ctrl_stream *);

/* How many bytes there are, how many when this packet had come. */
size_t	ctrl_stream_len(const struct ctrl_stream *);
size_t	ctrl_stream_len_at(const struct ctrl_stream *, uint64_t packet);

/* The message that has this byte, or NULL. */
struct ctrl_stream_message *ctrl_stream_message_at(
	    const struct ctrl_stream *, size_t);

/* The bytes that no message could be read from; sets their number. */
const uint8_t *ctrl_stream_unread(const struct ctrl_stream *, size_t *len);

/* A big-endian number of 1, 2 or 4 bytes of a whole message. */
uint32_t ctrl_stream_number(const uint8_t *bytes, size_t size);

#endif

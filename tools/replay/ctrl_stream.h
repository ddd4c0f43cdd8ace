/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_REPLAY_CTRL_STREAM_H
#define TOOLS_REPLAY_CTRL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/pptp/message.h"

/* A control message in a stream. */
struct talk_message {
	size_t			 start;	/* stream offset */
	const struct message	*row;
	bool			 mapped;	/* came is what outside sent */
};

/* How far the capture had got: all bytes below len are in packets so far. */
struct talk_growth {
	uint64_t	 packet;
	size_t		 len;
};

struct talk_piece;

/*
 * The bytes that one end of a control connection sent, put in order over the
 * whole capture; offsets count from the first byte.  Sequence numbers of a
 * stream without a known start (the capture begins in the middle) count from
 * the first message that is found.
 */
struct talk {
	bool			 started;
	uint32_t		 base;	/* sequence number of offset 0 */
	uint8_t			*bytes;	/* as captured */
	uint8_t			*came, *goes;	/* what the brain got, gave */
	size_t			 len, room;
	struct talk_piece	*pieces;	/* beyond a gap, in order */
	size_t			 npieces;
	size_t			 lost;	/* bytes beyond gaps never filled */
	struct talk_growth	*growth;
	size_t			 ngrowth;
	struct talk_message	*messages;
	size_t			 nmessages;
	enum reason		 wrong;	/* why cutting messages ended */
	size_t			 cut;	/* bytes that are in messages */
	bool			 fin;	/* seen, behind the last byte */
	size_t			 fin_at;
	uint64_t		 fin_packet;
};

/* Sets the sequence number of the first byte, if it is not set yet. */
void	talk_start(struct talk *, uint32_t seq);

/* Offset of a sequence number near what is known; negative: before all. */
int64_t	talk_offset(const struct talk *, uint32_t seq, size_t near);

/* Takes the data of a segment; -1 when memory runs out. */
int	talk_add(struct talk *, uint64_t packet, uint32_t seq,
	    const uint8_t *data, size_t len);
void	talk_add_fin(struct talk *, uint64_t packet, uint32_t seq);

/* When all packets are in: cuts messages.  -1 when memory runs out. */
int	talk_finish(struct talk *);
void	talk_free(struct talk *);

/* How many bytes were there when this packet had come. */
size_t	talk_len_at(const struct talk *, uint64_t packet);

/* The message that has this byte, or NULL. */
struct talk_message *talk_message_at(const struct talk *, size_t);

/* A big-endian number of 1, 2 or 4 bytes of a whole message. */
uint32_t talk_number(const uint8_t *bytes, size_t size);

#endif

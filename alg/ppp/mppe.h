/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Microsoft Point-to-Point Encryption (MPPE, RFC 3078) of PPP frames of
 * protocol 0x00FD, with the compression of RFC 2118 (MPPC) inside it.
 */
#ifndef ALG_PPP_MPPE_H
#define ALG_PPP_MPPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/ppp/crypto.h"
#include "alg/ppp/mppc.h"

/*
 * There is one struct for each direction.  A frame is a header of two bytes,
 * the bits A (flushed), B (at front), C (compressed), D (encrypted) and a
 * coherency count of 12 bits, and then the PPP protocol field and the payload,
 * compressed if that makes them shorter, and encrypted.
 *
 * Stateless: the key changes with every frame, so that each can be read alone.
 * Stateful: one keystream runs on; the key changes every 256 frames, and after
 * a loss nothing can be read until a frame with bit A.
 *
 * Owners wipe the structs with explicit_bzero when they are done with them.
 */
#define MPPE_HEADER	2	/* also the room needed before a frame */
#define MPPE_COUNTS	4096	/* coherency counts */
#define MPPE_KEPT	64	/* old keys: a frame may come so late */
#define MPPE_AHEAD	2048	/* in stateless mode: may skip fewer frames */

/* Bits of the header. */
enum {
	MPPE_FLUSHED = 0x8000, MPPE_FRONT = 0x4000, MPPE_COMPRESSED = 0x2000,
	MPPE_ENCRYPTED = 0x1000
};

/* The session key of one direction (RFC 3078 section 7, RFC 3079). */
struct mppe_key {
	uint8_t	 start[16], session[16];
	uint8_t	 len;		/* 8 or 16 bytes are used; 0: no encryption */
	uint8_t	 fixed;		/* first bytes that are D1 26 9E: 0, 1, 3 */
};

/* bits: 40, 56 or 128, or 0 for no encryption (start is not used then). */
void	mppe_key_init(struct mppe_key *, int bits, const uint8_t start[16]);

/* The next session key (RFC 3078 section 7.3). */
void	mppe_key_change(struct mppe_key *);

struct mppe_sender {
	struct mppe_key		 key;
	struct crypto_rc4	 rc4;
	struct mppc_compressor	*mppc;		/* NULL: does not compress */
	uint32_t		 frames, compressed, resets;	/* counters */
	uint16_t		 count;		/* of the next frame */
	bool			 stateless, flush;
};

/* What may become of a received frame. */
enum mppe_result {
	MPPE_OK,
	MPPE_SHORT,	/* the frame is cut short */
	MPPE_BITS,	/* header bits other than negotiated */
	MPPE_REPEATED,	/* received before */
	MPPE_LATE,	/* its key is no longer kept */
	MPPE_FAR,	/* coherency count too far away */
	MPPE_BUDGET,	/* too many key changes skipped at a time */
	MPPE_LOST,	/* after a loss, a CCP Reset-Request is wanted */
	MPPE_OTHER,	/* no IP, or an IP packet cut short */
	MPPE_GARBLED,	/* no PPP frame: the keys seem to differ */
	MPPE_TOO_LONG,	/* more than the buffer holds */
	MPPE_DEAD,	/* too many were garbled: the keys differ */
	MPPE_RESULT_COUNT
};

struct mppe_receiver {
	struct mppe_key		 key;		/* of the last frame */
	union {
		/* Stateless: the key of frame n is at n % MPPE_KEPT. */
		uint8_t			 kept[MPPE_KEPT][16];
		struct crypto_rc4	 rc4;	/* stateful */
	};
	struct mppc_expander	*mppc;		/* NULL: expands nothing */
	uint64_t		 seen;	/* bit n: the frame of next - 1 - n */
	uint64_t		 filled;	/* when the budget was, ms */
	uint32_t		 counters[MPPE_RESULT_COUNT];
	uint16_t		 next;		/* coherency count expected */
	uint16_t		 score;		/* garbled frames, see mppe.c */
	uint16_t		 budget;	/* key changes to skip */
	uint8_t			 keys;		/* how many are kept */
	bool			 stateless;
	bool			 lost;		/* until a frame with bit A */
};

/*
 * bits: 40, 56 or 128, or 0 for MPPC without encryption; start: from
 * mschap*_start_key(s), not used with 0 bits.  The histories of MPPC are the
 * caller's and are initialized here.
 */
void	mppe_sender_init(struct mppe_sender *, int bits, bool stateless,
	    const uint8_t start[16], struct mppc_compressor *);
void	mppe_receiver_init(struct mppe_receiver *, int bits, bool stateless,
	    const uint8_t start[16], struct mppc_expander *);

/*
 * Encrypts a frame in place: its PPP protocol field (0x0021 to 0x00FA, or one
 * byte) and payload.  The header is put into the two bytes before it.
 * Returns the length from the header on, at most len + 2.
 */
size_t	mppe_encrypt(struct mppe_sender *, uint8_t *frame, size_t len);

/* The peer sent a Reset-Request: the next frame can be read alone. */
void	mppe_reset(struct mppe_sender *);

/*
 * Decrypts a frame in place.  frame: from the header on; room: bytes that may
 * be written there, at least len, more for what expands; now: ms.  Returns
 * the length of the PPP protocol field and the payload, which are at frame +
 * MPPE_HEADER then, or - (enum mppe_result); the frame's bytes are lost then.
 *
 * That is an IPv4 or IPv6 packet whose own length fits; the protocol field has
 * one byte (0x21, 0x57) or two.  Other protocols are dropped and must not be
 * answered with a Protocol-Reject: it would go out in clear and give away the
 * keystream.
 *
 * -MPPE_LOST: send a Reset-Request, again after a while if it goes on.
 * -MPPE_DEAD, which then stays: close the link.
 */
int	mppe_decrypt(struct mppe_receiver *, uint8_t *frame, size_t len,
	    size_t room, uint64_t now);

#endif

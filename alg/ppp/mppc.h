/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Microsoft Point-to-Point Compression (MPPC, RFC 2118) of PPP frames, without
 * its header of two bytes, which mppe.h reads and writes.
 */
#ifndef ALG_PPP_MPPC_H
#define ALG_PPP_MPPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Both ends keep what was sent compressed in a history of 8 KiB, which is
 * filled from its front to its end.
 */
#define MPPC_HISTORY	8192
#define MPPC_HASH	4096

struct mppc_compressor {
	uint8_t		 history[MPPC_HISTORY];
	uint16_t	 hash[MPPC_HASH];	/* last place of 3 bytes */
	uint16_t	 pos;		/* where the next frame is put */
	bool		 front;		/* the peer is to be told of pos 0 */
};

struct mppc_expander {
	uint8_t		 history[MPPC_HISTORY];
	uint16_t	 pos;
};

/* Nothing was sent; the histories are all zeros. */
void	mppc_compressor_init(struct mppc_compressor *);
void	mppc_expander_init(struct mppc_expander *);

/* The next frame is compressed without what was sent before (bit A). */
void	mppc_flush(struct mppc_compressor *);

/*
 * Compresses into out; the length, or 0 when it would not be shorter than the
 * input or not fit into room: then the frame is to be sent as it is, and the
 * history stays as it was.  *front: bit B is to be set.
 */
size_t	mppc_compress(struct mppc_compressor *, const uint8_t *in, size_t len,
	    uint8_t *out, size_t room, bool *front);

/*
 * Expands; *out is inside the history and valid until the next call; it must
 * not be changed.  The length, or -1: malformed or more than fits into the
 * history, which is invalid then until a flushed frame.
 */
int	mppc_expand(struct mppc_expander *, const uint8_t *in, size_t len,
	    bool flushed, bool front, const uint8_t **out);

#endif

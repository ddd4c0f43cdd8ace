/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PPP frames that the tc programs have copied out of calls. */
#ifndef NAT_BPF_FRAME_RING_H
#define NAT_BPF_FRAME_RING_H

#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"

/* The start of a frame, and its call as in alg_call. */
struct frame_ring_frame {
	uint32_t	 public, outside;	/* host byte order */
	uint16_t	 mapped_id;
	enum alg_dir	 dir;
	bool		 lost;		/* some of the call's came before */
	const uint8_t	*bytes;
	size_t		 len;
};

struct frame_ring;

typedef void	(*frame_ring_heard)(void *arg,
		    const struct frame_ring_frame *);

/* The programs' ring, which is borrowed; NULL with errno. */
struct frame_ring *frame_ring_open(int frames);
void		 frame_ring_close(struct frame_ring *);

/* Tells all that has come since the last time. */
void		 frame_ring_read(struct frame_ring *, frame_ring_heard,
		    void *arg);

#endif

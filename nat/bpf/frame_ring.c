/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the ring of PPP frames that the tc programs fill. */
#include <arpa/inet.h>

#include <bpf/libbpf.h>
#include <stdlib.h>

#include "nat/bpf/frame_ring.h"
#include "nat/bpf/pptpalg.bpf.h"

struct frame_ring {
	struct ring_buffer	*frames;
	frame_ring_heard	 heard;		/* while they are read */
	void			*arg;
};

static int
read_frame(void *arg, void *data, size_t size)
{
	const struct frame_ring *r = arg;
	const struct fast_frame *f = data;
	const struct frame_ring_frame frame = {
		.public = ntohl(f->of.public),
		.outside = ntohl(f->of.outside),
		.mapped_id = ntohs(f->of.mapped_id),
		.dir = f->of.inbound ? ALG_INBOUND : ALG_OUTBOUND,
		.lost = f->lost, .bytes = f->bytes, .len = f->length
	};

	r->heard(r->arg, &frame);
	return 0;
}

struct frame_ring *
frame_ring_open(int frames)
{
	struct frame_ring *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->frames = ring_buffer__new(frames, read_frame, r, NULL);
	if (r->frames != NULL)
		return r;
	free(r);
	return NULL;
}

void
frame_ring_close(struct frame_ring *r)
{
	if (r == NULL)
		return;
	ring_buffer__free(r->frames);
	free(r);
}

void
frame_ring_read(struct frame_ring *r, frame_ring_heard heard, void *arg)
{
	r->heard = heard;
	r->arg = arg;
	(void)ring_buffer__consume(r->frames);
}

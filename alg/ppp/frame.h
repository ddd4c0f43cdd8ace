/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PPP frames in and out: protocol field, encryption, and IP packets. */
#ifndef ALG_PPP_FRAME_H
#define ALG_PPP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ppp;

/* See ppp_input() and ppp_output(). */
void	 frame_input(struct ppp *, uint8_t *frame, size_t len, bool late);
uint8_t	*frame_output(struct ppp *, uint8_t *packet, size_t *len);

/* The biggest IP packet that fits into a frame for the peer. */
uint16_t frame_mtu(const struct ppp *);

#endif

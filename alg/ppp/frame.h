/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames: whose protocol they are, encryption, and IP packets. */
#ifndef ALG_PPP_DATA_H
#define ALG_PPP_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ppp;

/* See ppp_input() and ppp_output(). */
void	 data_input(struct ppp *, uint8_t *frame, size_t len, bool late);
uint8_t	*data_output(struct ppp *, uint8_t *packet, size_t *len);

/* The biggest IP packet that fits into a frame for the peer. */
uint16_t data_mtu(const struct ppp *);

#endif

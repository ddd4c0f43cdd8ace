/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_PPP_DATA_H
#define ALG_PPP_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Frames: which protocol they are for, encryption, IP packets. */
struct ppp;

void	 data_input(struct ppp *, uint8_t *frame, size_t len, bool late);
uint8_t	*data_output(struct ppp *, uint8_t *packet, size_t *len);

/* The biggest IP packet that fits into a frame for the peer. */
uint16_t data_mtu(const struct ppp *);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 reassembly, because firewalls see datagrams whole. */
#ifndef TOOLS_REPLAY_FRAGMENT_H
#define TOOLS_REPLAY_FRAGMENT_H

#include <stdbool.h>

#include "tools/replay/capture.h"

/*
 * IPv4 reassembly (RFC 815 in spirit): a bounded number of datagrams at once,
 * the oldest gives way; of bytes that come twice the first copy counts.
 */
struct fragments;

struct fragments *fragments_new(void);		/* NULL: no memory */
void		 fragments_free(struct fragments *);

/*
 * true: the packet is whole, as it came or put together in a buffer that
 * lives until the next call.  false: a fragment, kept until all are there.
 */
bool		 fragments_add(struct fragments *, struct capture_packet *);

/* Datagrams that were never complete, up to now. */
unsigned long	 fragments_lost(const struct fragments *);

#endif

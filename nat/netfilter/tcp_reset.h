/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends TCP resets in the name of either end of a control connection. */
#ifndef NAT_NETFILTER_TCP_RESET_H
#define NAT_NETFILTER_TCP_RESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"

struct tcp_reset;

/* Everything sent carries the mark.  NULL with a sentence in error. */
struct tcp_reset *tcp_reset_open(uint32_t mark, char *error, size_t size);
void		 tcp_reset_close(struct tcp_reset *);

/*
 * Resets both ends of a connection: the inside end hears it from the outside
 * end, the outside end from the public address and port.  false when not all
 * could be sent: it is logged why.
 */
bool		 tcp_reset_send(struct tcp_reset *,
		    const struct alg_connection_info *);

#endif

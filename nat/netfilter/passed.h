/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that no queue sees: the translator is shown what they say. */
#ifndef NAT_NETFILTER_PASSED_H
#define NAT_NETFILTER_PASSED_H

#include "nat/netfilter/verdict.h"

/*
 * Reads what the tc programs have let pass: acknowledgments of control
 * connections and frames that negotiate PPP; then tells who has logged in, by
 * these or by queued packets, and does what is required.  arg is the struct
 * verdict.  For queue_before_batch of control connections, whose segments are
 * about what has passed.
 */
void	passed_read(void *arg);

#endif

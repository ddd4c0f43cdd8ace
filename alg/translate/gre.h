/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of a GRE packet: find its call, rewrite address and call ID. */
#ifndef ALG_TRANSLATE_GRE_H
#define ALG_TRANSLATE_GRE_H

#include "alg/alg.h"
#include "alg/pptp/ip.h"

/*
 * What becomes of a GRE packet (version 1) that crosses the firewall, as
 * alg_packet says; it is rewritten where it lies.
 */
void	gre_process_packet(struct alg *, enum alg_dir, struct packet *,
	    struct alg_result *);

/* Which way it goes, by its call; false when it is of none. */
bool	gre_find_dir(const struct alg *, const struct packet *,
	    enum alg_dir *);

#endif

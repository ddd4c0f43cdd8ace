/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_SEGMENT_H
#define ALG_SEGMENT_H

#include "alg/alg.h"
#include "alg/packet.h"

/* Judges a TCP segment of a control connection, as alg_packet says. */
void	segment_judge(struct alg *, enum alg_dir, struct packet *,
	    struct alg_result *);

#endif

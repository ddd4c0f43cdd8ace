/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_TRANSLATE_SEGMENT_H
#define ALG_TRANSLATE_SEGMENT_H

#include "alg/alg.h"
#include "alg/pptp/ip.h"
#include "alg/pptp/tcp.h"

struct connection;

/* A TCP segment on its way through the steps of this file and handshake.c. */
struct segment {
	struct alg		*a;
	enum alg_dir		 dir;
	struct packet		*p;
	struct tcp		 t;
	uint32_t		 connection;	/* 0: not known */
	struct connection	*c;
	struct alg_result	*r;
};

/* Decides what becomes of it. */
void	segment_finish(struct segment *, enum alg_action, enum reason);

/* Cuts the payload to len bytes, and the FIN off. */
void	segment_cut(struct segment *, uint16_t len);

/* The direction of the answers. */
enum alg_dir	segment_other(enum alg_dir);

/* Judges a TCP segment of a control connection, as alg_packet says. */
void	segment_judge(struct alg *, enum alg_dir, struct packet *,
	    struct alg_result *);

#endif

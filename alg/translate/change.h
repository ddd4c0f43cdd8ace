/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of calls, in the order in which they are told (alg_change). */
#ifndef ALG_TRANSLATE_CHANGE_H
#define ALG_TRANSLATE_CHANGE_H

#include "alg/alg.h"

/* Puts a change of a call in line; each kind at most once until drained. */
void	change_tell(struct alg *, uint32_t call, enum alg_change_kind);

/* The next change, or false; with its last one a call that ended is freed. */
bool	change_next(struct alg *, struct alg_change *);

/* A call copied out. */
void	change_info(const struct alg *, uint32_t call,
	    struct alg_call_info *);

#endif

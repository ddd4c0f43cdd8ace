/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds calls by the call IDs of their ends. */
#ifndef ALG_TRANSLATE_LOOKUP_H
#define ALG_TRANSLATE_LOOKUP_H

#include <stdint.h>

struct alg;

/*
 * The call with a key, or 0.  Where several have it: the newest that is up,
 * by an address; the newest, in a connection (a pool index).  Addresses and
 * IDs in host byte order.
 */
uint32_t	lookup_mapped(const struct alg *, uint32_t public,
		    uint32_t peer, uint16_t mapped_id);
uint32_t	lookup_peer(const struct alg *, uint32_t public,
		    uint32_t peer, uint16_t outside_id);
uint32_t	lookup_outside(const struct alg *, uint32_t inside,
		    uint32_t alias, uint16_t alias_id);
uint32_t	lookup_inside(const struct alg *, uint32_t inside,
		    uint32_t alias, uint16_t inside_id);
uint32_t	lookup_own(const struct alg *, uint32_t connection,
		    uint16_t inside_id);
uint32_t	lookup_other(const struct alg *, uint32_t connection,
		    uint16_t outside_id);

/*
 * Puts a call where the keys that it has lead, or takes it out; the other two
 * do so for the outside ID alone.
 */
void		lookup_add(struct alg *, uint32_t call);
void		lookup_remove(struct alg *, uint32_t call);
void		lookup_add_outside(struct alg *, uint32_t call);
void		lookup_remove_outside(struct alg *, uint32_t call);

#endif

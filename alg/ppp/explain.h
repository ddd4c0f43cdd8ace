/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to say about the end of a link beyond its reason. */
#ifndef ALG_PPP_EXPLAIN_H
#define ALG_PPP_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/base/cursor.h"

struct ppp;

/*
 * Writes what the peer wanted that was not agreed on, what an error code means,
 * and the peer's own words, escaped and cut; empty if there is nothing.
 */
#define EXPLAIN_MAX	512	/* bytes that it needs at most */
void	 explain_end(const struct ppp *, char *text, size_t size);

/*
 * For the protocols: what the peer wants, as an option; the first option of its
 * Nak or Reject; what it says as it ends something.
 */
void	 explain_note_wish(struct ppp *, uint16_t protocol, uint8_t type,
	    struct cursor value);
void	 explain_note_dispute(struct ppp *, uint16_t protocol, struct cursor,
	    bool rejects);
void	 explain_note_words(struct ppp *, struct cursor text);

#endif

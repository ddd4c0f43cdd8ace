/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_PPP_DISSECT_PART_H
#define ALG_PPP_DISSECT_PART_H

#include "alg/base/cursor.h"
#include "alg/base/line.h"
#include "alg/ppp/dissect.h"

/*
 * The parts of dissect.c: each appends what a kind of packet holds after its
 * code, identifier and length; d->protocol and d->code tell which one it is.
 */

/* Configuration options by name. */
void		 dissect_options(struct cursor, struct line *,
		    struct dissect *);

void		 dissect_pap(struct cursor, struct line *, struct dissect *);
void		 dissect_chap(struct cursor, struct line *, struct dissect *);
void		 dissect_eap(struct cursor, struct line *, struct dissect *);

/* Appends a protocol by name or else number. */
void		 dissect_add_protocol(struct line *, uint16_t);

/* A number and what it stands for; lists end with a row without a name. */
struct dissect_name {
	uint32_t	 number;
	const char	*name;
};

/* NULL if the list does not have it. */
const char	*dissect_name_of(const struct dissect_name *, uint32_t);

/* Appends what is left, in quotes, and copies it, cut to size. */
void		 dissect_add_string(struct line *, struct cursor, char *copy,
		    size_t size);

#endif

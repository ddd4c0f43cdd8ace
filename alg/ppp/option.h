/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration options (RFC 1661 section 6): type, length of all, value.  A
 * protocol has a table of those that it knows; everything else that a peer
 * asks for is rejected.
 */
#ifndef ALG_PPP_OPTION_H
#define ALG_PPP_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/base/cursor.h"

struct ppp;

enum option_answer { OPTION_ACK, OPTION_NAK, OPTION_REJECT };

#define OPTION_ANY	0xff	/* a value of any size */

struct option_row {
	uint8_t	 type, size;	/* of the value, bytes */
	/*
	 * The peer asks for it; for OPTION_NAK the value that would do is
	 * written to nak, for OPTION_ACK it is remembered.  NULL: rejected.
	 */
	enum option_answer (*asked)(struct ppp *, uint8_t type,
		    struct cursor value, struct writer *nak);
	/* Writes the value that we ask for.  NULL: it has none. */
	void	 (*put)(struct ppp *, uint8_t type, struct writer *);
	/*
	 * The peer wants us to ask for another value; false: give the option
	 * up.  NULL: always (RFC 1661 wants booleans to be rejected, but some
	 * peers answer them so).
	 */
	bool	 (*nakked)(struct ppp *, uint8_t type, struct cursor value);
	/* It was given up.  NULL: we can do without. */
	void	 (*refused)(struct ppp *);
};

struct option_table {
	const struct option_row *row;
	uint8_t		 count;		/* at most 16: one bit each */
};

/* Whether the lengths of a list add up to its end. */
bool	 option_well_formed(struct cursor);

/*
 * Answers a Configure-Request.  Rejected options come into rej as they are;
 * when there are none, better values for the others into nak.  An option that
 * comes twice is rejected; so is, with nothing_but_reject, one that would be
 * nakked.  seen: bits of the rows that were asked for.
 */
enum option_answer option_answer_request(struct ppp *,
	    const struct option_table *, struct cursor,
	    bool nothing_but_reject, struct writer *nak, struct writer *rej,
	    uint16_t *seen);

/* Writes our request: the rows whose bit is set in want; the length. */
size_t	 option_request(struct ppp *, const struct option_table *,
	    uint16_t want, uint8_t *, size_t size);

/*
 * Takes a Configure-Nak or -Reject into account: changes values, or takes rows
 * out of want.  Options that we did not ask for are passed over; false if there
 * was none of ours.
 */
bool	 option_apply_refusal(struct ppp *, const struct option_table *,
	    struct cursor, bool reject, uint16_t *want);

/* Writes a whole option for a nak; nothing if it does not fit. */
void	 option_put(struct writer *, uint8_t type, const uint8_t *, uint8_t);
void	 option_put_u32(struct writer *, uint8_t type, uint32_t);

#endif

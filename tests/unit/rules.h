/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of call IDs in plain words, as a second opinion: given what the
 * ends say and what the translator lets through, which calls there are.
 */
#ifndef TESTS_UNIT_RULES_H
#define TESTS_UNIT_RULES_H

#include "tests/unit/play.h"

#define RULES_LINES	12
#define RULES_SERVERS	3
#define RULES_CALLS	12	/* of a line, at most */
#define RULES_QUARANTINE 300	/* ms */

enum { RULES_FREE, RULES_REQUESTED, RULES_UP, RULES_CLEARING };

struct rules_call {
	int		 state;		/* as what passed the translator says */
	uint16_t	 inside, mapped, outside;
	bool		 known;		/* the reply came: outside is set */
};

/* A control connection, its ends and its calls. */
struct rules_line {
	struct play_line play;
	bool		 open, inside_is_client;
	uint8_t		 said[2][PLAY_STREAM];
	uint32_t	 written[2], arrived[2], una[2];
	uint32_t	 read[2];	/* by the rules: what passed */
	uint32_t	 heard[2];	/* by the ends: what arrived */
	struct rules_call call[RULES_CALLS];
	uint32_t	 asked;		/* calls that are to come yet */
};

struct rules {
	struct play		 play;
	struct rules_line	 line[RULES_LINES];
	uint64_t		 quarantined[2][RULES_SERVERS][65536]; /* ms */
};

/* A call by one of its IDs, or NULL. */
struct rules_call *rules_inside(struct rules_line *, uint16_t);
struct rules_call *rules_mapped(struct rules_line *, uint16_t);
struct rules_call *rules_outside(struct rules_line *, uint16_t);

/* Is there room for one more, those that were asked for counted in? */
bool	 rules_room(const struct rules_line *);

/* Checks and takes in what came out of the translator since the last time. */
void	 rules_follow(struct rules *, struct rules_line *, enum alg_dir);

/* Ends a call: its ID is quarantined. */
void	 rules_end(struct rules *, struct rules_line *, struct rules_call *);

#endif

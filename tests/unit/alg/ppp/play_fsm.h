/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An automaton of a protocol that was made up: it has one option, type 1, of
 * one byte.  We ask for 2; of the peer 1 is right and all else is nakked.
 */
#ifndef TESTS_UNIT_ALG_PPP_PLAY_FSM_H
#define TESTS_UNIT_ALG_PPP_PLAY_FSM_H

#include "tests/unit/alg/ppp/play_ppp.h"

#define PLAY_FSM_PROTOCOL	0x8001
#define PLAY_FSM_CONFIGURE	7	/* copies of a request */
#define PLAY_FSM_TERMINATE	3
#define PLAY_FSM_FAILURE	4
#define PLAY_FSM_RESTART	100	/* ms */
#define PLAY_FSM_ID		40	/* of the request that is out */

extern struct pp_end	 end;
extern struct fsm	*f;
extern char		 done[64];	/* "tld,tlu" and the like */

int	 play_fsm_setup(void **);
void	 play_fsm_note(const char *);

/* A packet in hexadecimal, from its code on. */
void	 play_fsm_feed(const char *hex);

/* What a peer would send to make this event; NULL: it cannot. */
const char *play_fsm_packet(enum fsm_event);

#endif

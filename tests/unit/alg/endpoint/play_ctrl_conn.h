/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One end of a control connection, played for tests. */
#ifndef TESTS_UNIT_ALG_ENDPOINT_PLAY_CTRL_CONN_H
#define TESTS_UNIT_ALG_ENDPOINT_PLAY_CTRL_CONN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/endpoint/ctrl_conn.h"
#include "tests/unit/wire.h"

/*
 * A host for one end of a control connection: keeps what it sends, hands
 * out calls, and writes down what it is told, for example
 * "open up:1001 down:1001:clear closed:stop ".
 */
#define END_CALLS	4
#define END_SENT	65536
#define END_FIRST_ID	1001	/* of the first call, then 1002, ... */

struct end {
	struct ctrl_conn		 conn;
	struct ctrl_conn_config	 config;
	uint64_t		 now;
	struct ctrl_call	 calls[END_CALLS];
	bool			 used[END_CALLS];
	uint16_t		 next_id;
	uint8_t			 sent[END_SENT];
	size_t			 nsent, seen;	/* and how much is read */
	size_t			 takes;		/* bytes until it is full */
	bool			 no_room;	/* for calls */
	bool			 asks;		/* for a call when open */
	unsigned		 notes[REASON_COUNT];
	struct ctrl_conn_peer	 peer;
	char			 log[4096];
};

struct end	*end_new(bool client);
void		 end_free(struct end *);

/* Forgets what happened; afterwards the log starts anew. */
void		 end_forget(struct end *);
#define assert_log(end, text)	do {				\
	assert_string_equal((end)->log, text);			\
	end_forget(end);					\
} while (0)

/* A call of this end's, as make hands them out. */
struct ctrl_call *end_call(struct end *);

/* A message of the peer's, made by hand, comes in. */
void		 end_gets(struct end *, int type, uint16_t id, uint16_t peer,
		    uint8_t result);
/* SCCRQ or SCCRP with what matters. */
void		 end_gets_start(struct end *, int type, uint16_t version,
		    uint8_t result);
void		 end_gets_bytes(struct end *, const uint8_t *, size_t);

/* The next message that this end sent, which has to be of this type. */
const uint8_t	*end_sends(struct end *, int type);
void		 end_sends_nothing(struct end *);

/* Time goes on, with a tick. */
void		 end_waits(struct end *, uint64_t ms);

/* Start messages and one call (the peer's ID is 7), then a clear log. */
void		 end_opens(struct end *);
struct ctrl_call *end_calls(struct end *);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_DIAL_PART_H
#define NAT_ENDPOINT_DIAL_PART_H

#include "nat/endpoint/client.h"
#include "nat/endpoint/ctrl_socket.h"

/* Private to dial.c and dial_link.c. */

#define DIAL_TEXT	256		/* bytes of a sentence */

enum dial_state {
	DIAL_DOWN,		/* by order, or never dialled */
	DIAL_CONNECTING,
	DIAL_NEGOTIATING,
	DIAL_UP,
	DIAL_WAITING		/* until it is tried again */
};

struct dialer {
	struct exchange		*exchange;
	struct profile		*profile;
	uint64_t		 token;		/* of its errands */
	struct watch		*connected, *timer;
	int			 fd;		/* while it connects, or -1 */
	struct peer		*peer;
	struct session		*session;
	struct bypass		*bypass;	/* to it, or NULL */
	uint32_t		 address;	/* the server's, 0: not known */
	enum dial_state		 state;
	uint64_t		 since;		/* ms, of the state */
	uint64_t		 next_try;	/* ms, WAITING */
	uint32_t		 attempts;	/* since it was up */
	bool			 wanted;
	bool			 again;		/* dial once it is over */
	/* Why it failed last; name and sentence. */
	char			 reason[32], text[DIAL_TEXT];
};

void	dial_enter(struct dialer *, enum dial_state);
void	dial_why(struct dialer *, const char *reason, const char *, ...)
	    __attribute__((format(printf, 3, 4)));

/* All of it is over: waits, if it is to be tried again. */
void	dial_rest(struct dialer *);

/* For its connections; their arg is the struct dialer. */
const struct peer_host	*dial_link_host(void);

#endif

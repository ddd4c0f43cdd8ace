/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_DIAL_PART_H
#define NAT_ENDPOINT_DIAL_PART_H

#include "nat/endpoint/client.h"
#include "nat/endpoint/ctrl_socket.h"

/* Private to dial.c and dial_link.c. */

#define CLIENT_TEXT	256		/* bytes of a sentence */

enum client_state {
	CLIENT_DOWN,		/* by order, or never dialled */
	CLIENT_CONNECTING,
	CLIENT_NEGOTIATING,
	CLIENT_UP,
	CLIENT_WAITING		/* until it is tried again */
};

struct client {
	struct context		*exchange;
	struct profile		*profile;
	uint64_t		 token;		/* of its errands */
	struct watch		*connected, *timer;
	int			 fd;		/* while it connects, or -1 */
	struct ctrl_socket		*peer;
	struct session		*session;
	struct server_route		*bypass;	/* to it, or NULL */
	uint32_t		 address;	/* the server's, 0: not known */
	enum client_state		 state;
	uint64_t		 since;		/* ms, of the state */
	uint64_t		 next_try;	/* ms, WAITING */
	uint32_t		 attempts;	/* since it was up */
	bool			 wanted;
	bool			 again;		/* dial once it is over */
	/* Why it failed last; name and sentence. */
	char			 reason[32], text[CLIENT_TEXT];
};

void	client_enter(struct client *, enum client_state);
void	client_why(struct client *, const char *reason, const char *, ...)
	    __attribute__((format(printf, 3, 4)));

/* All of it is over: waits, if it is to be tried again. */
void	client_rest(struct client *);

/* For its connections; their arg is the struct client. */
const struct ctrl_socket_host	*client_link_host(void);

#endif

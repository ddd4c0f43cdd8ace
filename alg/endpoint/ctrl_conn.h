/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own end of a PPTP control connection, as server or as client. */
#ifndef ALG_ENDPOINT_CTRL_CONN_H
#define ALG_ENDPOINT_CTRL_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/endpoint/ctrl_call.h"
#include "alg/endpoint/ctrl_message.h"
#include "alg/reason.h"

/*
 * A PPTP control connection that ends here (RFC 2637 sections 2 and 3): as
 * server (the RFC's PAC, which is asked for outgoing calls) or as client
 * (PNS).  Bytes and a time (ms, any monotonic clock) go in; bytes and the
 * fate of calls come out by callbacks.  No allocation, no socket, no clock.
 *
 * open, up and down may call ctrl_conn_request, ctrl_conn_clear and
 * ctrl_conn_stop; else no callback may call the same connection.
 */
#define CTRL_CONN_OUTPUT_MAX	512	/* bytes that the peer did not read */
#define CTRL_CONN_NAME_MAX		64	/* bytes of a text field */

/* How to behave; shared by all connections of a kind, outlives them. */
struct ctrl_conn_config {
	bool		 client;
	const char	*host_name, *vendor;	/* told; cut to 63 bytes */
	const char	*phone;		/* client: to be called, or NULL */
	uint32_t	 speed;		/* bit/s, told */
	uint16_t	 window;	/* frames, told */
	uint16_t	 calls;		/* at once */
	/* Milliseconds; 0: for ever. */
	uint32_t	 start_time;	/* until the Start message comes */
	uint32_t	 call_time;	/* without any call */
	uint32_t	 reply_time;	/* until a call request is answered */
	uint32_t	 stop_time;	/* until a clear or stop is answered */
	uint32_t	 echo_interval;	/* of silence until Echo-Request */
	uint32_t	 echo_time;	/* of silence after that */
};

enum ctrl_conn_state {
	CTRL_CONN_WAITING, /* server: for the peer's start request */
	CTRL_CONN_ASKING,  /* client: for the reply to ours */
	CTRL_CONN_OPEN,
	CTRL_CONN_CLEARING, /* stop wanted: clear requests to be answered */
	CTRL_CONN_STOPPING, /* our stop request is to be answered */
	CTRL_CONN_CLOSED,
	CTRL_CONN_STATES
};

/* What the peer said about itself; text with its zero, not escaped. */
struct ctrl_conn_peer {
	uint16_t	 firmware;
	char		 host_name[CTRL_CONN_NAME_MAX + 1];
	char		 vendor[CTRL_CONN_NAME_MAX + 1];
};

struct ctrl_conn_host {
	/*
	 * Sends as many bytes as the connection takes now, maybe none: how
	 * many.  The rest is kept for ctrl_conn_flush.
	 */
	size_t	(*send)(void *arg, const uint8_t *bytes, size_t len);
	/* The Start messages are exchanged; a client may ask for calls. */
	void	(*open)(void *arg, const struct ctrl_conn_peer *);
	/*
	 * Server: the peer asks for a call to which it has assigned this ID.
	 * Returns one with a free ID that nobody can guess; NULL: no room, the
	 * call is refused.
	 */
	struct ctrl_call *(*make)(void *arg, uint16_t peer_id);
	/* The call is up.  The reply to a request is sent already. */
	void	(*up)(void *arg, struct ctrl_call *);
	/* The call is over, or was refused; its memory is yours again. */
	void	(*down)(void *arg, struct ctrl_call *, enum reason);
	/* Something unusual, to be counted; nothing else is to be done. */
	void	(*note)(void *arg, enum reason);
	/*
	 * The connection is over; all calls are down.  The last callback, once;
	 * it may free the connection.  Output that waits should be flushed as
	 * far as the peer takes it, before TCP is closed.
	 */
	void	(*closed)(void *arg, enum reason);
};

struct ctrl_conn {
	const struct ctrl_conn_config *config;
	const struct ctrl_conn_host *host;
	void		*arg;
	struct ctrl_call *calls;	/* the oldest first */
	uint64_t	 now;		/* ms, of the call into it */
	uint64_t	 deadline;	/* ms, of the state, or 0 */
	uint64_t	 heard;		/* ms, last message or Echo-Request */
	uint32_t	 echo;		/* identifier of the last request */
	uint16_t	 ncalls, serial;
	uint16_t	 have;		/* bytes of a message in part */
	uint16_t	 waits;		/* bytes in output */
	uint8_t		 state;		/* enum ctrl_conn_state */
	uint8_t		 reason;	/* why it stops or is closed */
	uint8_t		 result, error;	/* of a refused start: codes */
	uint8_t		 depth;		/* of calls into it */
	bool		 echoing;	/* Echo-Request is not answered */
	bool		 told;		/* closed() was called */
	uint8_t		 part[MESSAGE_MAX_LEN];
	uint8_t		 output[CTRL_CONN_OUTPUT_MAX];
};

/* TCP is established; a client sends its Start-Control-Connection-Request. */
void ctrl_conn_open(struct ctrl_conn *, const struct ctrl_conn_config *,
    const struct ctrl_conn_host *, void *arg, uint64_t now);

/* Bytes of the peer's, cut anywhere. */
void		 ctrl_conn_input(struct ctrl_conn *, const uint8_t *bytes,
		    size_t len, uint64_t now);

/*
 * The peer will send no more (REASON_CLOSED: its FIN; REASON_RESET), after
 * all that it sent was given to ctrl_conn_input.  Ends everything.
 */
void		 ctrl_conn_lost(struct ctrl_conn *, enum reason, uint64_t now);

/* Bytes that wait for the connection to take them, and another try. */
size_t		 ctrl_conn_waits(const struct ctrl_conn *);
void		 ctrl_conn_flush(struct ctrl_conn *);

/*
 * Client, when open: asks for a call.  -1 when it is not open or has as many
 * calls as configured; then nothing has happened.
 */
int		 ctrl_conn_request(struct ctrl_conn *, struct ctrl_call *,
		    uint64_t now);

/*
 * Ends a call for this reason: a server tells the peer and it is down; a
 * client asks the peer and it is down when the peer answers, or in time.
 */
void		 ctrl_conn_clear(struct ctrl_call *, enum reason, uint64_t now);

/* Ends all calls, then the connection, in the order that peers expect. */
void		 ctrl_conn_stop(struct ctrl_conn *, enum reason, uint64_t now);

/* Runs what is due; when that is, UINT64_MAX: not before input. */
void		 ctrl_conn_tick(struct ctrl_conn *, uint64_t now);
uint64_t	 ctrl_conn_due(const struct ctrl_conn *);

/*
 * What the peer's codes say, for the log: why it refused the start, or a
 * call, or disconnected it; "" when it did not.  Returns text.
 */
const char	*ctrl_conn_explain_start(const struct ctrl_conn *, char *text,
		    size_t size);
const char	*ctrl_conn_explain_call(const struct ctrl_call *, char *text,
		    size_t size);

/* What follows is for ctrl_call.c alone. */

/* The time in so many ms, 0: never. */
uint64_t	 ctrl_conn_after(const struct ctrl_conn *, uint32_t ms);
void		 ctrl_conn_report(struct ctrl_conn *, enum reason);

/* Sends, or closes when the peer does not read. */
void		 ctrl_conn_write(struct ctrl_conn *,
		    const struct ctrl_message *);

/* A call has gone; it may have been the last. */
void		 ctrl_conn_call_gone(struct ctrl_conn *);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ALG_ENDPOINT_CTRL_CONN_H
#define ALG_ENDPOINT_CTRL_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/pptp/message.h"
#include "alg/reason.h"

/*
 * A PPTP control connection that ends here (RFC 2637 sections 2 and 3): as
 * server (the RFC's PAC, which is asked for outgoing calls) or as client
 * (PNS).  Bytes and a time (ms, any monotonic clock) go in; bytes and the
 * fate of calls come out by callbacks.  No allocation, no socket, no clock.
 *
 * open, up and down may call tunnel_request, tunnel_clear and tunnel_stop;
 * else no callback may call the same tunnel.
 */
#define TUNNEL_OUTPUT_MAX	512	/* bytes that the peer did not read */
#define TUNNEL_NAME_MAX		64	/* bytes of a text field */

/* How to behave; shared by all tunnels of a kind, outlives them. */
struct tunnel_config {
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

enum tunnel_state {
	TUNNEL_WAITING,		/* server: for the peer's start request */
	TUNNEL_ASKING,		/* client: for the reply to ours */
	TUNNEL_OPEN,
	TUNNEL_CLEARING,	/* stop wanted: clear requests to be answered */
	TUNNEL_STOPPING,	/* our stop request is to be answered */
	TUNNEL_CLOSED,
	TUNNEL_STATES
};

enum tunnel_call_state {
	TUNNEL_CALL_ASKED,	/* client: our request is to be answered */
	TUNNEL_CALL_UP,
	TUNNEL_CALL_CLEARING,	/* client: our clear is to be answered */
	TUNNEL_CALL_STATES
};

/*
 * A call; memory of the caller's, who sets id and nothing else.  The tunnel
 * has it from make or tunnel_request until down.
 */
struct tunnel_call {
	struct tunnel_call *next;
	struct tunnel	*tunnel;
	uint64_t	 deadline;	/* ms, of the reply, or 0 */
	uint32_t	 speed;		/* bit/s, as the peer said */
	uint16_t	 id, peer_id;	/* call IDs: ours, the peer's */
	uint16_t	 cause;		/* of a refusal or disconnect: codes */
	uint8_t		 result, error;	/* as the peer sent them */
	uint8_t		 state;		/* enum tunnel_call_state */
	uint8_t		 told;		/* message type that had the codes */
	uint8_t		 reason;	/* why it is being cleared */
	bool		 has_peer;	/* peer_id is known */
};

/* What the peer said about itself; text with its zero, not escaped. */
struct tunnel_peer {
	uint16_t	 firmware;
	char		 host_name[TUNNEL_NAME_MAX + 1];
	char		 vendor[TUNNEL_NAME_MAX + 1];
};

struct tunnel_host {
	/*
	 * Sends as many bytes as the connection takes now, maybe none: how
	 * many.  The rest is kept for tunnel_flush.
	 */
	size_t	(*send)(void *arg, const uint8_t *bytes, size_t len);
	/* The Start messages are exchanged; a client may ask for calls. */
	void	(*open)(void *arg, const struct tunnel_peer *);
	/*
	 * Server: the peer wants a call.  One with a free ID that nobody can
	 * guess; NULL when there is no room, then it is refused.
	 */
	struct tunnel_call *(*make)(void *arg);
	/* Its GRE may flow.  The reply to a request is sent already. */
	void	(*up)(void *arg, struct tunnel_call *);
	/* It is over, or never came up; the memory is the caller's again. */
	void	(*down)(void *arg, struct tunnel_call *, enum reason);
	/* Something unusual, to be counted; nothing else is to be done. */
	void	(*note)(void *arg, enum reason);
	/*
	 * The connection is over; all calls are down.  Comes last and once,
	 * and may free the tunnel.  What waits should be flushed as far as
	 * the peer takes it, before TCP is closed.
	 */
	void	(*closed)(void *arg, enum reason);
};

struct tunnel {
	const struct tunnel_config *config;
	const struct tunnel_host *host;
	void		*arg;
	struct tunnel_call *calls;	/* the oldest first */
	uint64_t	 now;		/* ms, of the call into the tunnel */
	uint64_t	 deadline;	/* ms, of the state, or 0 */
	uint64_t	 heard;		/* ms, last message or Echo-Request */
	uint32_t	 echo;		/* identifier of the last request */
	uint16_t	 ncalls, serial;
	uint16_t	 have;		/* bytes of a message in part */
	uint16_t	 waits;		/* bytes in output */
	uint8_t		 state;		/* enum tunnel_state */
	uint8_t		 reason;	/* why it stops or is closed */
	uint8_t		 result, error;	/* of a refused start: codes */
	uint8_t		 depth;		/* of calls into the tunnel */
	bool		 echoing;	/* Echo-Request is not answered */
	bool		 told;		/* the host knows it is closed */
	uint8_t		 part[MESSAGE_MAX_LEN];
	uint8_t		 output[TUNNEL_OUTPUT_MAX];
};

/* TCP is established; a client sends its Start-Control-Connection-Request. */
void		 tunnel_open(struct tunnel *, const struct tunnel_config *,
		    const struct tunnel_host *, void *arg, uint64_t now);

/* Bytes of the peer's, cut anywhere. */
void		 tunnel_input(struct tunnel *, const uint8_t *bytes,
		    size_t len, uint64_t now);

/*
 * The peer will send no more (REASON_CLOSED: its FIN; REASON_RESET), after
 * all that it sent was given to tunnel_input.  Ends everything.
 */
void		 tunnel_lost(struct tunnel *, enum reason, uint64_t now);

/* Bytes that wait for the connection to take them, and another try. */
size_t		 tunnel_waits(const struct tunnel *);
void		 tunnel_flush(struct tunnel *);

/*
 * Client, when open: asks for a call.  -1 when it is not open or has as many
 * calls as configured; then nothing has happened.
 */
int		 tunnel_request(struct tunnel *, struct tunnel_call *,
		    uint64_t now);

/*
 * Ends a call for this reason: a server tells the peer and it is down; a
 * client asks the peer and it is down when the peer answers, or in time.
 */
void		 tunnel_clear(struct tunnel_call *, enum reason, uint64_t now);

/* Ends all calls, then the connection, in the order that peers expect. */
void		 tunnel_stop(struct tunnel *, enum reason, uint64_t now);

/* Runs what is due; when that is, UINT64_MAX: not before input. */
void		 tunnel_tick(struct tunnel *, uint64_t now);
uint64_t	 tunnel_due(const struct tunnel *);

/*
 * What the peer's codes say, for the log: why it refused the start, or a
 * call, or disconnected it; "" when it did not.  Returns text.
 */
const char	*tunnel_explain_start(const struct tunnel *, char *text,
		    size_t size);
const char	*tunnel_explain_call(const struct tunnel_call *, char *text,
		    size_t size);

#endif

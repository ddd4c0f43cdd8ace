/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control connection that ends here, with its TCP socket and with who made
 * it: a server or a client.
 */
#ifndef NAT_ENDPOINT_CTRL_SOCKET_H
#define NAT_ENDPOINT_CTRL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/endpoint/ctrl_conn.h"
#include "alg/ppp/reason.h"
#include "nat/net/gre_socket.h"

struct tun_device;
struct context;
struct ctrl_socket;
struct ppp_event;
struct ppp_host;
struct profile;
struct session;
struct session_record;
struct watch;

/*
 * The server or client that has a control connection, as callbacks; those
 * that it does not need are NULL.
 */
struct ctrl_socket_host {
	/* A client's connection is open: it may ask for calls. */
	void	(*open)(struct ctrl_socket *);
	/* May the peer have this call?  If so, `end` is called later. */
	bool	(*admits)(struct session *);
	/* The connection is over: the last callback, once. */
	void	(*gone)(struct ctrl_socket *, enum reason);

	/* Callbacks of the sessions' PPP; their arg is the session. */
	const struct ppp_host *ppp;

	/* An attempt to log in has failed. */
	void	(*refused)(struct session *, const struct ppp_event *);
	/* The TUN device that sessions share, or NULL: each has its own. */
	struct tun_device *(*device)(struct session *);
	/* The session is up; it is no longer, after it was. */
	void	(*up)(struct session *);
	void	(*down)(struct session *);
	/* The session is over: take back its address and so on, once. */
	void	(*end)(struct session *);
};

/* A control connection that ends here, and its TCP. */
struct ctrl_socket {
	struct context		*context;
	struct profile		*profile;
	const struct ctrl_socket_host	*host;
	void			*arg;		/* of whoever made it */
	uint32_t		 index;		/* in the context's pool */
	struct ctrl_socket	*next_reaped;
	int			 fd;
	struct watch		*readable, *writable, *timer;
	uint64_t		 due;		/* ms, for which it is set */
	struct gre_socket_path	 path;
	uint16_t		 port;		/* of TCP */
	uint32_t		 sessions;
	uint32_t		 calls;		/* see half_open.h */
	uint8_t			 failures;
	bool			 half_open;
	bool			 called;	/* there was a session */
	bool			 over;		/* to be reaped */
	struct ctrl_conn	 conn;
};

/*
 * For a connection that is established to this address; the socket and a use
 * of the profile are taken over.  NULL: no room, and the socket is closed.
 */
struct ctrl_socket *ctrl_socket_new(struct context *, struct profile *, int fd,
    uint32_t address, uint16_t port, const struct ctrl_socket_host *,
    void *arg);

/* GRE goes the same way as TCP: by this interface or VRF, "" for any. */
void		 ctrl_socket_bind(struct ctrl_socket *, const char *device);

/* The control connection begins: after this, callbacks come. */
void		 ctrl_socket_start(struct ctrl_socket *);

/* Ends all calls, then the connection. */
void		 ctrl_socket_stop(struct ctrl_socket *, enum reason);

/* Sets the timer to when the control connection has something to do. */
void		 ctrl_socket_schedule(struct ctrl_socket *);

/* Fills in ports and, if the kernel tells them, numbers of its TCP. */
void		 ctrl_socket_numbers(const struct ctrl_socket *,
		    struct session_record *);

/* At the end of a turn: frees one that is over. */
void		 ctrl_socket_reap(struct ctrl_socket *);

#endif

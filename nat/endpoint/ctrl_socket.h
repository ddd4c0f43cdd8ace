/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_ENDPOINT_CTRL_SOCKET_H
#define NAT_ENDPOINT_CTRL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "alg/endpoint/ctrl_conn.h"
#include "alg/ppp/reason.h"
#include "nat/net/gre_socket.h"

struct device;
struct exchange;
struct peer;
struct ppp_event;
struct ppp_grant;
struct ppp_login;
struct ppp_secret;
struct profile;
struct session;
struct watch;

/*
 * Who made a control connection: a section of the configuration.  NULL where
 * it has nothing to say.
 */
struct peer_host {
	/* A client's connection is open: it may ask for calls. */
	void	(*open)(struct peer *);
	/* May the other end have this call?  If so, `end` comes. */
	bool	(*admits)(struct session *);
	/* The connection is over; last and once. */
	void	(*gone)(struct peer *, enum reason);

	/* As in struct ppp_host. */
	void	(*secret)(struct session *, const struct ppp_login *,
		    struct ppp_secret *);
	enum ppp_reason (*grant)(struct session *, const struct ppp_login *,
		    struct ppp_grant *);

	/* A try to log in has failed. */
	void	(*refused)(struct session *, const struct ppp_event *);
	/* The peer asks for another address than it was granted. */
	bool	(*moves)(struct session *, uint32_t address);

	/* The device that many tunnels share, or NULL: each has its own. */
	struct device *(*device)(struct session *);
	/* Its packets flow; or no longer, after it was up. */
	void	(*up)(struct session *);
	void	(*down)(struct session *);
	/* It is over: gives back what it has; once for each session. */
	void	(*end)(struct session *);
};

/* A control connection that ends here, and its TCP. */
struct peer {
	struct exchange		*exchange;
	struct profile		*profile;
	const struct peer_host	*host;
	void			*arg;		/* of whoever made it */
	uint32_t		 index;		/* in the exchange's pool */
	struct peer		*next_over;
	int			 fd;
	struct watch		*readable, *writable, *timer;
	uint64_t		 due;		/* ms, for which it is set */
	struct carrier_path	 path;
	uint16_t		 port;		/* of TCP */
	uint32_t		 sessions;
	uint32_t		 calls;		/* see stranger.h */
	uint8_t			 failures;
	bool			 stranger;
	bool			 called;	/* there was a session */
	bool			 over;		/* put aside */
	struct tunnel		 tunnel;
};

/*
 * For a connection that is established to this address; the socket and a use
 * of the profile are taken over.  NULL: no room, and the socket is closed.
 */
struct peer	*peer_new(struct exchange *, struct profile *, int fd,
		    uint32_t address, uint16_t port, const struct peer_host *,
		    void *arg);

/* GRE goes the same way as TCP: by this interface or VRF, "" for any. */
void		 peer_bind(struct peer *, const char *device);

/* The tunnel begins: after this, callbacks come. */
void		 peer_start(struct peer *);

/* Ends all calls, then the connection. */
void		 peer_stop(struct peer *, enum reason);

/* Something was asked of its tunnel: sees when that is due. */
void		 peer_schedule(struct peer *);

/* It was put aside: frees it. */
void		 peer_settle(struct peer *);

#endif

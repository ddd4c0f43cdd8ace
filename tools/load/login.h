/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PPP on the clients' calls: login, encryption, and packets in tunnels. */
#ifndef TOOLS_LOAD_LOGIN_H
#define TOOLS_LOAD_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/ppp/ppp.h"
#include "tools/load/dial.h"
#include "tools/load/options.h"

struct loop;

/*
 * PPP of all calls of a process, over one raw GRE socket.  Calls are named by
 * their numbers.
 */
struct login;

/* PPP_OK: the tunnel is up; else why it is over.  Must not call login_. */
typedef void	login_tell(void *arg, enum ppp_reason);

/* An IP packet from a tunnel. */
typedef void	login_deliver(void *arg, uint32_t call, const uint8_t *packet,
		    size_t len);

/* Ends the program with a message when there is no socket or no memory. */
struct login	*login_open(struct loop *, const struct load_options *);

/* Who gets packets; else they are dropped. */
void		 login_listen(struct login *, login_deliver *, void *arg);

/* The call has its IDs and addresses: PPP begins. */
void		 login_begin(struct login *, uint32_t call,
		    const struct dial_call *, login_tell *, void *arg);

/* Says good-bye, and waits for nothing. */
void		 login_end(struct login *, uint32_t call);

/* The call is gone; it is not told. */
void		 login_drop(struct login *, uint32_t call);

/* Both ends' addresses inside the tunnel; false when it is not up. */
bool		 login_addresses(const struct login *, uint32_t call,
		    uint32_t *local, uint32_t *remote);

/*
 * Sends an IP packet with PPP_HEADROOM bytes before it, at the latest with
 * the next login_flush; -1 when the tunnel does not take it.
 */
int		 login_send(struct login *, uint32_t call, uint8_t *packet,
		    size_t len);
void		 login_flush(struct login *);

#endif

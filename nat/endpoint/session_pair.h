/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions of the other firewall of a pair.  Their addresses are not lent
 * here.  When the address that their clients have dialled comes to this host,
 * the clients are made to notice that their connection is over, and log in
 * again.  NULL stands for a firewall that is alone.
 */
#ifndef NAT_ENDPOINT_SESSION_PAIR_H
#define NAT_ENDPOINT_SESSION_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster;
struct context;
struct publish_sessions;
struct session;
struct session_pair;

/* Room for so many.  What it sends carries the mark.  NULL: see error. */
struct session_pair	*session_pair_new(uint32_t capacity, uint32_t mark,
			    char *error, size_t size);
void			 session_pair_free(struct session_pair *);

/* What the store has to do with sessions. */
const struct publish_sessions *session_pair_link(struct session_pair *);

/* The VRF in which a section listens there, or 0. */
typedef unsigned int (*session_pair_vrf)(void *arg, uint32_t address,
    uint16_t port);

/* All is borrowed: our own sessions, and who hears of them. */
void			 session_pair_start(struct session_pair *,
			    struct context *, struct cluster *,
			    session_pair_vrf, void *arg);

/* To be called some times a second. */
void			 session_pair_tick(struct session_pair *,
			    uint64_t now);

/* The session has an address from now on; not any more, if it has one. */
void			 session_pair_lent(struct session *);
void			 session_pair_over(struct session *);

/*
 * Has the other firewall lent the address?  Not to its owner, whose session
 * there is over.  The address that this owner had there, or 0.
 */
bool			 session_pair_holds(const struct session_pair *,
			    uint32_t address, uint64_t owner);
uint32_t		 session_pair_had(const struct session_pair *,
			    uint64_t owner);

#endif

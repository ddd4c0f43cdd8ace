/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's connection tracking knows of control connections: how
 * they are translated, and that they are gone.
 */
#ifndef NAT_NETFILTER_CONNTRACK_H
#define NAT_NETFILTER_CONNTRACK_H

#include <stddef.h>
#include <stdint.h>

#include "alg/alg.h"

struct conntrack;

enum conntrack_answer {
	CONNTRACK_KNOWN,
	CONNTRACK_HELPER,	/* known; the kernel's pptp helper is at work */
	CONNTRACK_UNKNOWN,	/* no such entry, or not confirmed yet */
	CONNTRACK_FAILED	/* no answer; it is logged why */
};

/*
 * Calls lost for each of the translator's connections that conntrack has no
 * more, or with another public address; and again for those of which an end
 * could not be told (alg_connection_info.untold).  All is borrowed.
 */
typedef void (*conntrack_lost)(void *arg, const struct alg_flow *,
    uint64_t now);
struct conntrack	*conntrack_open(struct alg *, conntrack_lost lost,
			    void *arg, char *error, size_t);
void			 conntrack_close(struct conntrack *);

/*
 * Asks for the entry of a connection, whoever opened it; the address and
 * port that the outside end sees are set when it is known.
 */
enum conntrack_answer	 conntrack_find(struct conntrack *,
			    const struct alg_flow *, uint32_t *public,
			    uint16_t *port);

/* Removes the entry of a connection, if there is one. */
void			 conntrack_delete(struct conntrack *,
			    const struct alg_flow *);

/* Looks for all of the translator's connections at once, at the start. */
void			 conntrack_check(struct conntrack *, uint64_t now);

/*
 * Before the first packet: tells the translator which control connections
 * are open already (alg_expect).  When they cannot be listed, it is logged
 * what becomes of them.
 */
void			 conntrack_expect(struct conntrack *);

/* To be watched for reading; then conntrack_read does a bounded amount. */
int			 conntrack_fd(const struct conntrack *);
void			 conntrack_read(struct conntrack *, uint64_t now);

/*
 * To be called some times a second: looks for the translator's connections, a
 * slice each time; a larger one where events were lost or the kernel sends
 * none.  Entries whose time has run out are removed late without this; those
 * of connections with busy calls get more time.
 */
void			 conntrack_tick(struct conntrack *, uint64_t now);

#endif

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
#include "nat/netfilter/conntrack_entry.h"

struct conntrack;

enum conntrack_answer {
	CONNTRACK_KNOWN,
	CONNTRACK_HELPER,	/* known; the kernel's pptp helper is at work */
	CONNTRACK_SYNPROXY,	/* known; opened by SYNPROXY */
	CONNTRACK_UNKNOWN,	/* no such entry, or not confirmed yet */
	CONNTRACK_FAILED	/* no answer; it is logged why */
};

struct queue;
struct queue_packet;

/* What an entry says of a connection. */
struct conntrack_ends {
	uint32_t	 public, alias;	/* of inside, outside */
	uint16_t	 public_port, alias_port;
	uint16_t	 zone;		/* from inside to outside */
	uint32_t	 mark;
	uint32_t	 synproxy_isn;	/* its first number, to who opened */
};

/*
 * Calls lost for each of the translator's connections that conntrack has no
 * more, or with another public address, or in a flow table, and says which; and
 * again for those of which an end could not be told
 * (alg_connection_info.untold).  All is borrowed.
 */
typedef void (*conntrack_lost)(void *arg, const struct alg_flow *,
    enum reason, uint64_t now);
struct conntrack	*conntrack_open(struct alg *, conntrack_lost lost,
			    void *arg, char *error, size_t);
void			 conntrack_close(struct conntrack *);

/*
 * Finds the entry of a connection, whoever opened it, as its packet tells or
 * the kernel answers; without a packet (NULL) it is not searched for.
 */
enum conntrack_answer	 conntrack_find(struct conntrack *,
			    const struct alg_flow *,
			    const struct queue_packet *,
			    struct conntrack_ends *);

/*
 * Of two firewalls: conntrackd may bring an entry before the other one's record
 * comes, so what the translator does not know has not passed by; and it makes
 * entries anew, so what is not there is looked for once more.
 */
void			 conntrack_pair(struct conntrack *);

/* Has packets of a queue come with their entries, if the kernel does. */
void			 conntrack_watch(struct conntrack *, struct queue *);

/* No allocation: for each packet. */
struct conntrack_seen	 conntrack_of_packet(const struct conntrack *,
			    const struct queue_packet *);

/*
 * Why there is no entry for a connection, as far as its packet tells: the
 * likely reasons, the likeliest first.
 */
const char		*conntrack_explain(const struct conntrack_seen *);

/* Removes the entry of a connection, if there is one. */
void			 conntrack_delete(struct conntrack *,
			    const struct alg_connection_info *);

/*
 * Before the first packet: looks for all of the translator's connections, and
 * tells it which others are open already (alg_expect).  When the entries cannot
 * be listed, it is logged what becomes of these.
 */
void			 conntrack_start(struct conntrack *, uint64_t now);

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

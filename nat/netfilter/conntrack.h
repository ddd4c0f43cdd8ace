/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's connection tracking knows of control connections: how
 * they are translated, and that they are gone.
 */
#ifndef NAT_NETFILTER_CONNTRACK_H
#define NAT_NETFILTER_CONNTRACK_H

#include <stdbool.h>
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

struct queue;
struct queue_packet;

/* What came with a packet of a queue (queue_want_conntrack). */
struct conntrack_seen {
	bool		 told;		/* else the kernel says nothing */
	bool		 tracked;	/* else no entry is made for it */
	bool		 confirmed;	/* there was an entry before */
	bool		 reply;		/* from who did not open it */
	uint16_t	 zone[2];	/* original, reply */
};

/* The translator is borrowed: it is told of lost connections. */
struct conntrack	*conntrack_open(struct alg *, char *error, size_t);
void			 conntrack_close(struct conntrack *);

/*
 * Asks for the entry of a connection, whoever opened it; the address and
 * port that the outside end sees are set when it is known.
 */
enum conntrack_answer	 conntrack_find(struct conntrack *,
			    const struct alg_flow *, uint32_t *public,
			    uint16_t *port);

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
			    const struct alg_flow *);

/* Looks for all of the translator's connections at once, at the start. */
void			 conntrack_check(struct conntrack *, uint64_t now);

/* To be watched for reading; then conntrack_read does a bounded amount. */
int			 conntrack_fd(const struct conntrack *);
void			 conntrack_read(struct conntrack *, uint64_t now);

/*
 * To be called some times a second: looks for the translator's connections, a
 * slice each time; a larger one where events were lost or the kernel sends
 * none.  Entries whose time has run out are removed late without this.
 */
void			 conntrack_tick(struct conntrack *, uint64_t now);

#endif

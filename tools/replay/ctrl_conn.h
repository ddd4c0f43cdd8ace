/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control connections of a capture, by their ends. */
#ifndef TOOLS_REPLAY_CTRL_CONN_H
#define TOOLS_REPLAY_CTRL_CONN_H

#include "alg/alg.h"
#include "alg/base/hash.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"
#include "alg/pptp/tcp.h"
#include "tools/replay/ctrl_stream.h"
#include "tools/replay/side.h"

#define CTRL_CONN_PORT	1723
#define CTRL_CONNS_MAX	65536

enum ctrl_conn_end { CTRL_CONN_LOW, CTRL_CONN_HIGH, CTRL_CONN_NOBODY };

/*
 * A control connection of the capture.  Its ends are sorted by address and
 * port, because which of them is inside is only known when all of the
 * capture has been read once.
 */
struct ctrl_conn {
	uint64_t	 first;		/* packet it starts with */
	uint32_t	 address[2];
	uint16_t	 port[2];
	enum ctrl_conn_end opener;	/* who sent the SYN, or must have */
	bool		 syn, syn_ack;	/* seen */
	uint32_t	 isn;		/* of the SYN */
	unsigned	 syns;		/* how often it was sent */
	struct alg_refusal refusal;	/* of it, by ICMP */
	enum ctrl_conn_end rst;		/* who sent the first reset */
	uint64_t	 rst_packet;
	enum ctrl_conn_end inside;
	uint32_t	 outside_view_of;	/* seen outside of the NAT: the
						   same, inside of it; or 0 */
	uint32_t	 public;	/* of its inside end */
	uint16_t	 public_port;
	struct ctrl_stream	 stream[2];	/* by enum ctrl_conn_end */
	/* The second reading. */
	bool		 told;		/* that it is there */
	size_t		 passed[2];	/* stream bytes that were passed */
	size_t		 shown[2];	/* messages told of */
	bool		 owed[2];	/* something was held back */
	bool		 fin_passed[2];
	bool		 conflict;	/* in a retransmission */
	enum reason	 reset;		/* why the translator would reset it */
	unsigned	 repeats;	/* retransmitted segments */
	uint32_t	 newest_call;	/* the newest, see ppp_trace_on */
};

struct ctrl_conns {
	struct hash_key	 key;
	struct pool	 pool;
	struct table	 by_ends, by_pair;
	struct side	 side;
	bool		 has_public;
	uint32_t	 public;	/* told by the admin */
	unsigned long	 ignored;	/* segments beyond CTRL_CONNS_MAX */
};

/* Room for so many; -1 with errno.  The key and all is zero at first. */
int		 ctrl_conns_init(struct ctrl_conns *, uint32_t room);
void		 ctrl_conns_free(struct ctrl_conns *);

/* First reading of the capture; -1 when memory runs out. */
int		 ctrl_conns_add(struct ctrl_conns *, const struct packet *,
		    const struct tcp *, uint64_t number);

/* The same with an ICMP error, if it is about a SYN. */
void		 ctrl_conns_refuse(struct ctrl_conns *, const struct packet *,
		    uint64_t number);

/* When all is read: decides sides, cuts messages.  -1 when memory runs out. */
int		 ctrl_conns_finish(struct ctrl_conns *);

/* How many calls all of them may make at most. */
uint32_t	 ctrl_conns_calls(const struct ctrl_conns *);

struct ctrl_conn	*ctrl_conn_at(const struct ctrl_conns *, uint32_t);
uint32_t	 ctrl_conns_count(const struct ctrl_conns *);

/* The connection of a segment at the time of this packet; 0: none. */
uint32_t ctrl_conn_find(const struct ctrl_conns *, const struct packet *,
    const struct tcp *, uint64_t number);
/* The connection whose flow in the translator this is at that time; 0: none. */
uint32_t	 ctrl_conn_of_flow(const struct ctrl_conns *,
		    const struct alg_flow *, uint64_t number);

struct alg_flow	 ctrl_conn_flow(const struct ctrl_conn *);

/* Any connection between two addresses that is to be replayed, else any. */
uint32_t ctrl_conn_between(const struct ctrl_conns *, uint32_t, uint32_t);

/* The end that sent a segment. */
enum ctrl_conn_end ctrl_conn_sender(const struct packet *, const struct tcp *);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TOOLS_REPLAY_CTRL_CONN_H
#define TOOLS_REPLAY_CTRL_CONN_H

#include "alg/alg.h"
#include "alg/base/hash.h"
#include "alg/base/pool.h"
#include "alg/base/table.h"
#include "alg/pptp/tcp.h"
#include "tools/replay/ctrl_stream.h"
#include "tools/replay/side.h"

#define SESSION_PORT	1723
#define SESSIONS_MAX	65536

enum session_end { SESSION_LOW, SESSION_HIGH, SESSION_NOBODY };

/*
 * A control connection of the capture.  Its ends are sorted by address and
 * port, because which of them is inside is only known when all of the
 * capture has been read once.
 */
struct session {
	uint64_t	 first;		/* packet it starts with */
	uint32_t	 address[2];
	uint16_t	 port[2];
	enum session_end opener;	/* who sent the SYN, or must have */
	bool		 syn, syn_ack;	/* seen */
	uint32_t	 isn;		/* of the SYN */
	unsigned	 syns;		/* how often it was sent */
	enum session_end rst;		/* who sent the first reset */
	uint64_t	 rst_packet;
	enum session_end inside;
	uint32_t	 twin;		/* seen outside of the NAT: the same, */
					/* inside of it */
	uint32_t	 public;	/* of its inside end */
	uint16_t	 public_port;
	struct talk	 talk[2];	/* by enum session_end */
	/* The second reading. */
	bool		 told;		/* that it is there */
	size_t		 passed[2];	/* stream bytes the brain let go */
	size_t		 shown[2];	/* messages told of */
	bool		 owed[2];	/* something was not let go */
	bool		 fin_passed[2];
	bool		 conflict;	/* in a retransmission */
	enum reason	 reset;		/* why the brain would reset it */
	unsigned	 repeats;	/* retransmitted segments */
	uint32_t	 tunnel;	/* the newest, see tunnel_on */
};

struct sessions {
	struct hash_key	 key;
	struct pool	 pool;
	struct table	 by_ends, by_pair;
	struct side	 side;
	bool		 has_public;
	uint32_t	 public;	/* told by the admin */
	unsigned long	 ignored;	/* segments beyond SESSIONS_MAX */
};

/* Room for so many; -1 with errno.  The key and all is zero at first. */
int		 sessions_init(struct sessions *, uint32_t room);
void		 sessions_free(struct sessions *);

/* First reading of the capture; -1 when memory runs out. */
int		 sessions_add(struct sessions *, const struct packet *,
		    const struct tcp *, uint64_t number);

/* When all is read: decides sides, cuts messages.  -1 when memory runs out. */
int		 sessions_finish(struct sessions *);

/* How many calls all of them may make at most. */
uint32_t	 sessions_calls(const struct sessions *);

struct session	*session_at(const struct sessions *, uint32_t);
uint32_t	 sessions_count(const struct sessions *);

/* The session of a segment at the time of this packet; 0: none. */
uint32_t	 session_find(const struct sessions *, const struct packet *,
		    const struct tcp *, uint64_t number);
/* The session whose flow in the brain this is at that time; 0: none. */
uint32_t	 session_of_flow(const struct sessions *,
		    const struct alg_flow *, uint64_t number);

struct alg_flow	 session_flow(const struct session *);

/* Any session between two addresses that is to be replayed, else any. */
uint32_t	 session_between(const struct sessions *, uint32_t, uint32_t);

/* The end that sent a segment. */
enum session_end session_sender(const struct packet *, const struct tcp *);

#endif

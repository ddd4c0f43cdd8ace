/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stage for the translator: real packets go through alg_packet, and two
 * played TCP ends see what is left of them.  Packets, messages and checksums
 * are made here without the translator's own code.
 */
#ifndef TESTS_UNIT_PLAY_H
#define TESTS_UNIT_PLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alg/alg.h"
#include "tests/unit/wire.h"

#define PLAY_PACKET	65535
#define PLAY_STREAM	16384
#define PLAY_CHANGES	64

#define PLAY_FIN	0x01
#define PLAY_SYN	0x02
#define PLAY_RST	0x04
#define PLAY_ACK	0x10

#define OUT		ALG_OUTBOUND
#define IN		ALG_INBOUND

struct play;

/*
 * Somebody who sees all that the translator does: each change, and each packet
 * before (len bytes) and after, in play->packet and play->result.
 */
struct play_witness {
	void	(*change)(const struct alg_change *);
	void	(*packet)(const struct play *, enum alg_dir,
		    const uint8_t *before, size_t len);
};

struct play {
	struct alg		*alg;
	struct alg_config	 config;
	uint64_t		 now;
	struct alg_origin	 origin;	/* of the next packet */
	struct alg_result	 result;
	uint8_t			 packet[PLAY_PACKET];	/* the last one */
	size_t			 len;
	struct alg_change	 changes[PLAY_CHANGES];	/* the first ones */
	size_t			 nchanges;	/* since play_forget */
	bool			 unchecked;	/* do not judge changes */
	uint8_t			*told;		/* by serial: kinds as bits */
	size_t			 ntold;
	uint8_t			*log;		/* records, when recording */
	size_t			 nlog, log_room;
};

/* A control connection; streams are indexed by the direction they run. */
struct play_line {
	struct play	*play;
	struct alg_flow	 flow;
	uint32_t	 public;
	uint32_t	 alias;		/* or 0 */
	uint16_t	 public_port;
	uint32_t	 mark[2];	/* what segments are routed by */
	uint32_t	 start[2];	/* sequence number of the first byte */
	uint32_t	 sent[2];	/* bytes the sender has sent */
	uint32_t	 got[2];	/* bytes its peer has got in order */
	uint32_t	 late[2];	/* of these, not acknowledged yet */
	bool		 finished[2];	/* its peer has got the FIN */
	bool		 stopped;	/* a rule of the firewall drops all */
	bool		 untold;	/* nobody tells its public address */
	bool		 forgotten;	/* maybe: copies may not be alike */
	uint8_t		 heard[2][PLAY_STREAM];	/* what its peer has got */
	const uint8_t	*last;		/* the message heard last */
};

/* From now on, in all plays; NULL for nobody. */
void	 play_show(const struct play_witness *);

/* Small limits, no quarantine; NULL config stands for play_config. */
struct alg_config play_config(void);
void	 play_start(struct play *, const struct alg_config *);

/* Checks that every call that came up went down just once. */
void	 play_stop(struct play *);
void	 play_forget(struct play *);
void	 play_wait(struct play *, uint64_t ms);
void	 play_drain(struct play *);

/* Sends play->packet, and checks what can be said of every packet. */
enum alg_action	play_packet(struct play *, enum alg_dir);

/* Is the next change of this kind? It is taken from the list. */
struct alg_change play_change(struct play *, enum alg_change_kind,
	    enum reason);
struct alg_counters play_counters(const struct play *);

/* The connection's ends; play_open does the handshake. */
void	 play_line(struct play *, struct play_line *, uint32_t inside,
	    uint16_t inside_port, uint32_t outside, uint16_t outside_port);
void	 play_open(struct play_line *, enum alg_dir opener);

/* It was there before the translator was. */
void	 play_expect(struct play_line *);

/* A bare segment; offset counts from the stream's first byte. */
enum alg_action	play_segment(struct play_line *, enum alg_dir,
	    uint32_t offset, uint8_t flags, const void *data, size_t len);
enum alg_action	play_ack(struct play_line *, enum alg_dir);
enum alg_action	play_fin(struct play_line *, enum alg_dir);

/* Sends the next bytes in one segment, all of which arrive, and are acked. */
void	 play_say(struct play_line *, enum alg_dir, const void *, size_t);

/* Forgets what was heard: the stream's first byte is the next one. */
void	 play_rebase(struct play_line *, enum alg_dir);

/* A whole message; line->last is what arrived. */
void	 play_tell(struct play_line *, enum alg_dir, int type, uint16_t id,
	    uint16_t peer, uint8_t result);
uint16_t play_id(const struct play_line *);	/* the first ID of last */
uint16_t play_peer(const struct play_line *);	/* the second */

/* An outgoing call asked by the inside end; its mapped ID. */
uint16_t play_call(struct play_line *, uint16_t inside_id,
	    uint16_t outside_id);

/*
 * Two connections to one server, of another client (its address is the next
 * one) and of ours, with a call of the same ID on each; our mapped ID.
 */
uint16_t play_rivals(struct play *, struct play_line *other,
	    struct play_line *line, uint32_t client, uint32_t server,
	    uint16_t id, uint16_t peer);

/* One GRE packet with some payload, and what came out of it. */
enum alg_action	play_gre(struct play *, enum alg_dir, uint32_t src,
	    uint32_t dst, uint16_t id);
uint32_t play_src(const struct play *);
uint32_t play_dst(const struct play *);
uint16_t play_gre_id(const struct play *);

/* Does GRE of this call go both ways? */
bool	 play_gre_passes(const struct play_line *, uint16_t inside_id,
	    uint16_t mapped_id, uint16_t outside_id);

/*
 * With config.recording, play_drain also takes records into play->log.
 * play_restart throws the translator away, makes one with another key from the
 * log, and checks that all is there; the log is a snapshot then.
 */
#define PLAY_LISTED	4096		/* calls and connections, less than */

void	 play_record(struct play *);
void	 play_snapshot(struct play *);
void	 play_restore(struct play *);	/* the old translator is gone already */
void	 play_restart(struct play *, uint64_t pause);
size_t	 play_record_length(const uint8_t *record);

/* Writes an IP header in front of len bytes at play->packet + 20. */
void	 play_ip(struct play *, uint8_t protocol, uint32_t src, uint32_t dst,
	    size_t len);

#endif

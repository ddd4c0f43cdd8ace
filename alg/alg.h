/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The API of the translator: packets in, verdicts and changes of calls out. */
#ifndef ALG_ALG_H
#define ALG_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alg/reason.h"

/*
 * The translator: packets and a time go in, a verdict, edits and changes come
 * out.  Nothing here opens, reads a clock or asks a kernel.  All memory is
 * taken by alg_new and bounded by its configuration.
 *
 * Addresses, ports and call IDs are in host byte order everywhere in this
 * interface; times are milliseconds of any monotonic clock.
 */
struct alg;

/* Which way a packet crosses the firewall. */
enum alg_dir {
	ALG_OUTBOUND,		/* leaves through an outside interface */
	ALG_INBOUND		/* came in through an outside interface */
};

struct alg_call_info;
struct alg_connection_info;
struct alg_traffic;

struct alg_config {
	bool		 malformed_reset;	/* else: unknown types pass */
	uint32_t	 connections;		/* of control, at once */
	uint32_t	 calls_per_connection;
	uint32_t	 calls_per_client;	/* connections, too */
	uint32_t	 local_calls;		/* room for alg_take_id */
	uint32_t	 quarantine;		/* ms, of a call ID */
	bool		 any_checksum;		/* read wrong TCP checksums, */
						/* for captures with offload */
	bool		 recording;		/* record_next will be called */
	uint8_t		 key[16];		/* random: hashing, ID choice */
	/*
	 * Asks for the counters of GRE that is offloaded: translated in the
	 * kernel, never shown here.  Sets those of a call, by direction; what
	 * is not known any more stays as it was.  NULL: none is offloaded.
	 */
	void		 (*offloaded)(void *arg, const struct alg_call_info *,
			    struct alg_traffic *);
	void		 *offloaded_arg;
	/*
	 * Told when segments of a connection that only acknowledge need not
	 * be shown before they pass (alg_acknowledged), and when they do
	 * again.  One that is restored is shown until a segment of it passes.
	 * NULL: all are shown.
	 */
	void		 (*followed)(void *arg,
			    const struct alg_connection_info *, bool);
	void		 *followed_arg;
};

/* Windows of control connections are no larger: there is no more room. */
#define ALG_WINDOW	3876		/* bytes */

/* GRE of a call in one direction; bytes with IP header. */
struct alg_traffic {
	uint64_t	 packets, bytes;
	uint64_t	 last;		/* ms, 0: none yet */
};

enum alg_action {
	ALG_PASS,		/* send on the first keep bytes */
	ALG_DROP,		/* not to be sent on */
	ALG_RESET,		/* drop it, and reset both ends (alg_reset) */
	ALG_ASK			/* tell the public address, then ask again */
};

#define ALG_EDITS_MAX	512

/* One byte of a control segment that was rewritten. */
struct alg_edit {
	uint16_t	 offset;	/* from the IP header's start */
	uint8_t		 before, after;
};

/*
 * A control connection by its ends, as they are between both translations of
 * the firewall.  The zone is that of connection tracking, for what goes from
 * inside to outside: networks inside may have the same addresses.
 */
struct alg_flow {
	uint32_t	 inside, outside;
	uint16_t	 inside_port, outside_port;
	uint16_t	 zone;
};

/* A segment without data, and without flags but ACK; numbers of TCP. */
struct alg_ack {
	struct alg_flow	 flow;
	enum alg_dir	 dir;		/* of the segment */
	uint32_t	 seq, ack;
};

/* What the firewall knows of a packet, beside its bytes. */
struct alg_origin {
	uint16_t	 zone;		/* as in struct alg_flow; TCP only */
	uint32_t	 mark;		/* what it was routed by; TCP only */
	uint32_t	 uplink;	/* TCP to outside: where it leaves */
	bool		 first;		/* TCP: none of it has left before */
};

/* What is to be done with a packet; its bytes are already rewritten. */
struct alg_result {
	enum alg_action	 action;
	enum reason	 reason;	/* NONE when all is usual */
	uint16_t	 keep;		/* bytes of the packet to send on */
	bool		 ours;		/* translated or claimed: mark it */
	bool		 changed;	/* other bytes or length than before */
	bool		 both;		/* GRE: both its addresses changed */
	struct alg_flow	 flow;		/* TCP only */
	bool		 inside_opened;	/* TCP only: who sent the SYN */
	uint64_t	 call;		/* serial of the GRE's call, or 0 */
	uint32_t	 public, outside;	/* GRE: as in alg_call, its */
	uint16_t	 mapped_id;		/* call's */
	uint32_t	 mark;		/* GRE: as its control connection's */
	uint16_t	 nedits;	/* TCP only */
	struct alg_edit	 edits[ALG_EDITS_MAX];
};

enum alg_call_state {
	ALG_CALL_REQUESTED,	/* asked for, not answered yet */
	ALG_CALL_UP,		/* answered: its GRE passes */
	ALG_CALL_CLEARING,	/* clear asked for: GRE stopped */
	ALG_CALL_REFUSED,	/* by us: waiting to tell the asker */
	ALG_CALL_ENDED,		/* over: only seen in its last change */
	ALG_CALL_STATES
};

/* A call, copied out; packets and bytes are GRE with IP header. */
struct alg_call_info {
	uint64_t	 serial;	/* never reused while the daemon runs */
	enum alg_call_state state;
	bool		 inside_asked;	/* who sent the request */
	bool		 incoming;	/* Incoming-Call (PAC asked) */
	bool		 has_outside_id;
	struct alg_flow	 flow;
	uint32_t	 public, alias;	/* as in alg_tell_alias */
	uint16_t	 inside_id, mapped_id, outside_id;
	uint32_t	 mark[2];	/* by enum alg_dir: for its GRE */
	uint64_t	 since;		/* ms, when it got its state */
	uint64_t	 asked, up;	/* ms, when it was; 0: never up */
	uint64_t	 packets_in, packets_out, bytes_in, bytes_out;
	uint64_t	 last_in, last_out;	/* ms, 0: no GRE seen yet */
};

enum alg_connection_state {
	ALG_CONNECTION_OPENING,	/* SYN seen */
	ALG_CONNECTION_OPEN,	/* read and translated */
	ALG_CONNECTION_UNREAD,	/* in the middle, till a message begins */
	ALG_CONNECTION_CLOSING,	/* both FINs seen */
	ALG_CONNECTION_DEAD,	/* reset: nothing passes any more */
	ALG_CONNECTION_STATES
};

/* A control connection, copied out. */
struct alg_connection_info {
	struct alg_flow	 flow;
	enum alg_connection_state state;
	enum reason	 reason;	/* why unread or dead */
	bool		 inside_opened;
	bool		 has_public;
	uint32_t	 public, alias;
	uint16_t	 public_port, alias_port, zone;
	uint32_t	 mark[2];	/* by enum alg_dir */
	uint32_t	 uplink;	/* of the last segment, or 0 */
	uint32_t	 calls;
	uint64_t	 since, last_seen;	/* ms */
	uint8_t		 untold;	/* dead: as alg_untold says */
	bool		 foreign;	/* another firewall passes it */
	bool		 tracked;	/* alg_tell_mark has told of it */
	/*
	 * TCP sequence numbers, for resets: what each end is about to send,
	 * and what it last said it expects.  A reset to the inside end is
	 * taken at inside_expects or, when data was under way to it, at
	 * outside_sends.
	 */
	uint32_t	 inside_sends, outside_sends;
	uint32_t	 inside_expects, outside_expects;
};

/* Who did something: an end of a control connection. */
enum alg_end { ALG_NOBODY, ALG_INSIDE, ALG_OUTSIDE };

/* The codes of a reply (RFC 2637 section 2.16); cause: where it has one. */
struct alg_answer {
	bool		 said;
	uint8_t		 result, error;
	uint16_t	 cause;
};

/* Who says by an ICMP error that a SYN does not get through (RFC 792). */
struct alg_refusal {
	uint32_t	 by;		/* 0: this host */
	uint8_t		 type, code;	/* type 0: nobody */
};

/* By what a client said who it is: RFC 1334, 1994, 2433, 2759, 3748. */
enum alg_method {
	ALG_METHOD_UNREAD, ALG_METHOD_NONE, ALG_METHOD_PAP, ALG_METHOD_CHAP,
	ALG_METHOD_MSCHAP, ALG_METHOD_MSCHAP_V2, ALG_METHOD_EAP, ALG_METHODS
};

/* What both directions are encrypted by, at least: MPPE (RFC 3078). */
enum alg_encryption {
	ALG_ENCRYPTION_UNREAD, ALG_ENCRYPTION_NONE, ALG_ENCRYPTION_40,
	ALG_ENCRYPTION_56, ALG_ENCRYPTION_128, ALG_ENCRYPTIONS
};

#define ALG_USER_MAX	64	/* with NUL; escaped, the rest is cut off */

/* Who uses a call in which PPP is up, as its negotiation was read. */
struct alg_login {
	uint8_t		 method;	/* enum alg_method */
	uint8_t		 encryption;	/* enum alg_encryption */
	uint32_t	 address[2];	/* in the tunnel, of who sends */
					/* outbound and inbound; 0: none */
	char		 user[ALG_USER_MAX];	/* "": did not say */
};

/*
 * One try of a client, as far as it got: a control connection, and one of its
 * calls, if it asked for any.  What is not known is 0.
 */
struct alg_attempt {
	uint64_t	 number;	/* 0: it is not in the history */
	struct alg_flow	 flow;
	bool		 inside_opened;
	uint64_t	 first;		/* ms: its SYN */
	uint64_t	 over;		/* ms: 0: it goes on */
	enum reason	 reason;	/* why it is over */
	enum alg_end	 by;		/* and who wanted that */
	unsigned	 syns;		/* how often the SYN was sent */
	struct alg_refusal refusal;	/* of the SYN; not recorded */
	bool		 stopped;	/* a SYN has not left this host */
	bool		 answered;	/* by a SYN-ACK */
	bool		 start_asked;	/* Start-Control-Connection-Request */
	struct alg_answer start;
	uint8_t		 stop;		/* Reason of a Stop-Control-... */
	struct alg_call_info call;	/* serial 0: none was asked for */
	struct alg_answer reply;	/* to the call's request */
	struct alg_answer disconnect;	/* Call-Disconnect-Notify */
	struct alg_login login;		/* once PPP was up; else unread */
	/* ICMP errors about GRE to the end that sends in a direction. */
	bool		 unreachable[2];
	uint16_t	 too_large[2];	/* how many, and what would not be: */
	uint16_t	 mtu[2];	/* bytes */
};

/* Where a client is; or it, or its server, is this host. */
enum alg_where {
	ALG_WHERE_INSIDE, ALG_WHERE_OUTSIDE, ALG_WHERE_HERE, ALG_WHERES
};

/* How often who has used PPTP, and how; of calls in which PPP came up. */
struct alg_audit {
	uint32_t	 client, server;
	uint8_t		 where;		/* enum alg_where */
	struct alg_login login;		/* without addresses */
	uint64_t	 calls;
	uint64_t	 first, last;	/* ms */
};

/* What happened to a call. */
enum alg_change_kind {
	ALG_CHANGE_REQUEST,	/* asked for: only to be logged */
	ALG_CHANGE_UP,		/* its GRE passes; again: with another ID */
	ALG_CHANGE_MARK,	/* up: its GRE gets other marks */
	ALG_CHANGE_NOTICE,	/* alive, but something is wrong: the reason */
	ALG_CHANGE_DOWN,	/* its GRE does not pass any more */
	ALG_CHANGE_REFUSED	/* ended without ever being up */
};

/*
 * What the data plane and the admin must learn, in order.  A call that was
 * up gets exactly one DOWN, with its last counters.
 */
struct alg_change {
	enum alg_change_kind	kind;
	enum reason		reason;
	uint16_t		outside_id_before;	/* in its last change */
	struct alg_call_info	call;
};

/* Set-ups of calls are counted by how long they took: up to so many ms. */
#define ALG_SETUP_BOUNDS	{ 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, \
				  10000, UINT32_MAX }
#define ALG_SETUPS		11

struct alg_counters {
	uint64_t	 reasons[REASON_COUNT];
	uint64_t	 segments;	/* control segments seen */
	uint64_t	 messages;	/* whole control messages read */
	uint64_t	 rewritten;	/* segments with edited bytes */
	uint64_t	 calls_up, calls_down, calls_refused;
	uint64_t	 gre_in, gre_out, icmp;		/* translated packets */
	uint64_t	 gre_bytes_in, gre_bytes_out;	/* with IP header */
	/* From a call's request to when it is up: how many, ms in all. */
	uint64_t	 setups[ALG_SETUPS], setup_time;
	uint32_t	 connections, calls, quarantined;	/* right now */
	uint32_t	 foreign;	/* of connections: alg_set_foreign */
};

const char	*alg_call_state_name(enum alg_call_state);
const char	*alg_connection_state_name(enum alg_connection_state);

/* NULL with errno ENOMEM when the limits ask for more than there is. */
struct alg	*alg_new(const struct alg_config *);
void		 alg_free(struct alg *);

/*
 * Takes over what can change while running (all but connections, local_calls,
 * recording and key); calls that live stay, even above a lowered limit.
 */
void		 alg_configure(struct alg *, const struct alg_config *);

/*
 * Decides about one IPv4 packet of len bytes and rewrites it in place: TCP of a
 * control connection (whatever its port: the caller's rules select it), GRE,
 * ICMP errors.  With ALG_ASK nothing has changed: find the public address
 * of result->flow, call alg_tell_public, then alg_packet again.
 * Drain alg_change after every call, before the packet is sent on.
 */
void		 alg_packet_from(struct alg *, const struct alg_origin *,
		    enum alg_dir, uint8_t *packet, size_t len, uint64_t now,
		    struct alg_result *);

/* The same with origin all 0: for captures and tests, which know no more. */
void		 alg_packet(struct alg *, enum alg_dir, uint8_t *packet,
		    size_t len, uint64_t now, struct alg_result *);

/*
 * A segment of a connection that is followed has passed, its window limited:
 * the same as if it had been shown, but that it cannot be dropped any more.
 * ALG_PASS or ALG_RESET in result->action; drain alg_change.
 */
void		 alg_acknowledged(struct alg *, const struct alg_ack *,
		    uint64_t now, struct alg_result *);

/*
 * Is it an ICMP error that quotes GRE of a call as the end that it goes to has
 * sent it?  Such a one goes there as it is.
 */
bool		 alg_quotes_sender(const struct alg *, uint8_t *packet,
		    size_t len);

/*
 * Is it an ICMP error about TCP?  If it fits a SYN that waits for its answer,
 * it is noted; it passes as it is.  The direction is the error's
 * own, between both translations; of the origin only the zone counts.
 */
bool		 alg_note_refusal(struct alg *, const struct alg_origin *,
		    enum alg_dir, bool own, uint8_t *packet, size_t len,
		    uint64_t now);

/*
 * Where a connection's inside end is seen from outside (conntrack knows);
 * the same as the inside end where nothing is translated.
 */
void		 alg_tell_public(struct alg *, const struct alg_flow *,
		    uint32_t address, uint16_t port);

/*
 * Where the outside end is seen from inside, if that is another address (DNAT
 * of what goes out, SNAT of what comes in), and the zone where that is so: told
 * before the public address.  With both, both ends may be inside (hairpin).
 */
void		 alg_tell_alias(struct alg *, const struct alg_flow *,
		    uint32_t address, uint16_t port, uint16_t zone);

/*
 * Which way GRE goes between two interfaces that are both inside; false when
 * it is of no call.
 */
bool		 alg_gre_dir(const struct alg *, uint8_t *packet, size_t len,
		    enum alg_dir *);

/*
 * The mark that connection tracking has for a connection: where it was that of
 * the segments, the next ones will have the new one.  false: it is not known.
 */
bool		 alg_tell_mark(struct alg *, const struct alg_flow *,
		    uint32_t mark);

/*
 * A connection that was there before us (conntrack knows) is picked up in the
 * middle when it is seen; any other whose beginning was not seen is reset.  To
 * be told before the first packet, for both ends as the inside one when it is
 * not known which is.  false when there are too many: this one is reset.
 */
bool		 alg_expect(struct alg *, const struct alg_flow *);

/* Is a connection with this flow known, or expected? */
bool		 alg_knows(const struct alg *, const struct alg_flow *);

/*
 * Of two firewalls, does the other one pass this connection?  Then its times
 * do not run here.  A segment that passes makes it ours.
 */
void		 alg_set_foreign(struct alg *, const struct alg_flow *, bool);

/* true and *change filled while there are changes to apply. */
bool		 alg_change(struct alg *, struct alg_change *);

/* Runs what is due: quarantine, unanswered requests, dead connections. */
void		 alg_tick(struct alg *, uint64_t now);

/* conntrack lost this connection: its calls end, it is not expected. */
void		 alg_lost(struct alg *, const struct alg_flow *, uint64_t now);

/*
 * Ends a connection: calls end, segments are answered by ALG_RESET from now
 * on.  The caller sends the resets.  -1 if it is not known.
 */
int		 alg_reset(struct alg *, const struct alg_flow *, enum reason,
		    uint64_t now);

/*
 * How many times resets are still to be sent, since an end may not have heard
 * them.
 */
void		 alg_untold(struct alg *, const struct alg_flow *,
		    uint8_t times);

/*
 * Walks calls or connections: *at starts at 0; false at the end.  A walk may
 * be interrupted and go on later: what stays is seen once, what comes or
 * goes meanwhile may be missed.  Calls that are over are not shown.
 */
bool		 alg_calls(const struct alg *, uint32_t *at,
		    struct alg_call_info *);
bool		 alg_connections(const struct alg *, uint32_t *at,
		    struct alg_connection_info *);

/* The connection with this flow; false if it is not known. */
bool		 alg_connection(const struct alg *, const struct alg_flow *,
		    struct alg_connection_info *);

/*
 * The history: the last attempts of each inside end, over or in trouble; at
 * most STATE_ATTEMPTS_KEPT of one.  Walked as calls are, in no order.
 */
bool		 alg_attempts(const struct alg *, uint32_t *at,
		    struct alg_attempt *);

/* The next one that is new in the history, or over now; false: no more. */
bool		 alg_attempt_news(struct alg *, struct alg_attempt *);

/* The call, or the connection without a call, where a walk stands. */
void		 alg_calls_attempt(const struct alg *, uint32_t at,
		    const struct alg_call_info *, struct alg_attempt *);
bool		 alg_connections_attempt(const struct alg *, uint32_t at,
		    struct alg_attempt *);

/*
 * What was read of PPP in the call with this side to the outside, once PPP is
 * up: the translator keeps it beside the call.
 */
void		 alg_tell_login(struct alg *, uint32_t public,
		    uint32_t outside, uint16_t mapped_id,
		    const struct alg_login *, uint64_t now);

/*
 * The next call whose login is settled: encrypted, or STATE_LOGIN_PATIENCE
 * have passed without; again when it is protected in another way.
 */
bool		 alg_login_news(struct alg *, struct alg_call_info *,
		    struct alg_login *);

/* Of the call where a walk stands; false: it was not read. */
bool		 alg_calls_login(const struct alg *, uint32_t at,
		    struct alg_login *);

/* Counts a session that ends here for the audit: by all but calls and times. */
void		 alg_count_session(struct alg *, const struct alg_audit *,
		    uint64_t now);

/* Walks who uses PPTP, as alg_calls does calls: at most STATE_AUDIT_KEPT rows
 * of one client. */
bool		 alg_audit(const struct alg *, uint32_t *at,
		    struct alg_audit *);

/* When GRE of one of its calls passed last: ms, 0: none yet, or not known. */
uint64_t	 alg_last_gre(const struct alg *, const struct alg_flow *);

/* The call with this side to the outside; false if it is not known. */
bool		 alg_call(const struct alg *, uint32_t public,
		    uint32_t outside, uint16_t mapped_id,
		    struct alg_call_info *);

void		 alg_counters(const struct alg *, struct alg_counters *);

/* The IDs of the calls between a public address and an outside peer. */
struct alg_id_space {
	uint32_t	 public, outside;
	uint32_t	 used;		/* of 65,536; quarantined ones, too */
};

/* Walks them, as alg_calls does calls. */
bool		 alg_id_spaces(const struct alg *, uint32_t *at,
		    struct alg_id_space *);

/* How long a call ID is in quarantine: ms. */
uint32_t	 alg_quarantine(const struct alg *);

/* The most calls that there can be at once. */
uint32_t	 alg_capacity(const struct alg *);

/*
 * An ID for a call that ends here, between our own public address and an
 * outside peer: one that no translated call there has, and that nobody can
 * guess; -1 when there is none.  Given back, it is quarantined like others
 * (limits { quarantine }).  Not recorded: after a restart the calls that ended
 * here are gone.
 */
int		 alg_take_id(struct alg *, uint32_t public, uint32_t peer);
void		 alg_give_id(struct alg *, uint32_t public, uint32_t peer,
		    uint16_t id, uint64_t now);

/* Counts a reason that the caller found n times: queue loss, ... */
void		 alg_count(struct alg *, enum reason, uint64_t n);

#endif

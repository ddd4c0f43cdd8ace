/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks ctnetlink about single entries, keeps those whose calls are busy, and
 * finds out which are gone.
 */
#include <sys/socket.h>

#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alg/base/line.h"
#include "alg/pptp/message.h"
#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/ratelimit.h"
#include "nat/netfilter/conntrack.h"
#include "nat/netfilter/conntrack_entry.h"
#include "nat/netfilter/conntrack_events.h"
#include "nat/netfilter/queue.h"

#define MESSAGE_SIZE	4096		/* an entry takes some hundred bytes */
#define DUMP_SIZE	32768		/* bytes of a list at once */
#define SLICE		32		/* entries looked for per tick, ... */
#define SLICE_URGENT	256		/* ... when events are missing */
#define WALK_PAUSE	1000		/* ms between the starts of walks */
#define WALK_TICKS	200		/* that a walk takes, at most */
#define BUSY		60000		/* ms since the last GRE, less than */
#define KEEP		120		/* s left for a busy call, at least */
#define ABSENT		256		/* entries looked for again, ... */
#define RETURN		500		/* ... so many ms later */
#define DUMP_REQUEST	512		/* bytes */
#define SEARCH_BURST	50		/* searches at once, ... */
#define SEARCH_REFILL	20		/* ms until there is another one */
#define PASSED_BY_BURST	1		/* lines at once, ... */
#define PASSED_BY_REFILL	60000	/* ms until there is another one */

struct conntrack {
	struct alg		*alg;
	conntrack_lost		 lost;
	void			*arg;
	struct mnl_socket	*query;
	struct conntrack_events	*events;
	uint32_t		 seq;
	bool			 silent;	/* the kernel sends no events */
	bool			 missing;	/* some were lost */
	bool			 told;		/* packets come with entries */
	bool			 paired;	/* some are another one's */
	bool			 last_look;	/* what is absent is gone */
	uint32_t		 absents;
	uint64_t		 absent_since;	/* ms: the first of them */
	struct alg_flow		 absent[ABSENT];
	struct ratelimit	 searches, passed_by;
	uint32_t		 excess;	/* more than can be expected */
	uint32_t		 at;		/* of the walk */
	uint32_t		 seen, before;	/* by it and by the last one */
	uint64_t		 walked;	/* ms, when it started */
};

/* Reads an answer into the struct conntrack_entry at data; unreadable: left as
 * it is. */
static int
read_answer(const struct nlmsghdr *nlh, void *data)
{
	(void)conntrack_entry_read(nlh, data);
	return MNL_CB_STOP;
}

/* A request to ctnetlink begins so. */
static struct nlmsghdr *
put_request(struct conntrack *c, char *buf, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++c->seq;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_INET;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

/*
 * One request about one entry, and its answer: 0, or -1 with errno.  A timeout
 * in the entry is to be set.
 */
static int
query_entry(struct conntrack *c, uint16_t type, const struct alg_flow *flow,
    struct conntrack_entry *e)
{
	char buf[MESSAGE_SIZE];
	/* An entry that was asked for is its own acknowledgment. */
	struct nlmsghdr *nlh = put_request(c, buf, type,
	    type == IPCTNL_MSG_CT_GET ? 0 : NLM_F_ACK);
	unsigned int portid = mnl_socket_get_portid(c->query);
	ssize_t n;
	int more;

	if (conntrack_entry_name(nlh, flow, e->timeout) == -1 ||
	    mnl_socket_sendto(c->query, nlh, nlh->nlmsg_len) == -1)
		return -1;
	do {
		n = mnl_socket_recvfrom(c->query, buf, sizeof(buf));
		if (n == -1)
			return -1;
		more = mnl_cb_run(buf, (size_t)n, c->seq, portid, read_answer,
		    e);
	} while (more > MNL_CB_STOP);
	return more;
}

/* A dump's answer: the one that fits, when there is one. */
struct conntrack_search {
	const struct alg_flow	*flow;
	struct conntrack_entry	*entry;
	bool			 found;
};

static int
read_dump(const struct nlmsghdr *nlh, void *data)
{
	struct conntrack_search *search = data;
	struct conntrack_entry e;

	if (conntrack_entry_read(nlh, &e) == 0 &&
	    conntrack_entry_fits(&e, search->flow)) {
		*search->entry = e;
		search->found = true;
	}
	return MNL_CB_OK;
}

static int
request_dump(struct conntrack *c, const struct alg_flow *flow)
{
	char buf[DUMP_REQUEST];
	struct nlmsghdr *nlh = put_request(c, buf, IPCTNL_MSG_CT_GET,
	    NLM_F_DUMP);

	conntrack_entry_filter(nlh, flow);
	return mnl_socket_sendto(c->query, nlh, nlh->nlmsg_len) == -1 ? -1 : 0;
}

/*
 * Looks through all entries: for what is in a zone that its packets do not
 * tell, or has both addresses translated.
 */
static int
search_entry(struct conntrack *c, const struct alg_flow *flow,
    struct conntrack_entry *e)
{
	struct conntrack_search search = { flow, e, false };
	char buf[DUMP_SIZE];
	uint32_t suppressed;
	ssize_t n;

	if (!ratelimit_take(&c->searches, SEARCH_BURST, SEARCH_REFILL,
	    clock_ms(), &suppressed))
		log_debug("conntrack: too many searches");
	else if (request_dump(c, flow) == 0) {
		do
			n = mnl_socket_recvfrom(c->query, buf, sizeof(buf));
		while (n > 0 && mnl_cb_run(buf, (size_t)n, c->seq,
		    mnl_socket_get_portid(c->query), read_dump, &search) >
		    MNL_CB_STOP);
	}
	if (search.found)
		return 0;
	errno = ENOENT;
	return -1;
}

/* The entry that came with a packet, or else what the kernel answers. */
static int
find_entry(struct conntrack *c, const struct alg_flow *flow,
    const struct queue_packet *p, struct conntrack_entry *e)
{
	if (p != NULL && p->conntrack != NULL &&
	    conntrack_entry_seen(p).confirmed)
		return conntrack_entry_of_packet(p, e);
	if (query_entry(c, IPCTNL_MSG_CT_GET, flow, e) == 0)
		return 0;
	return errno == ENOENT && p != NULL && !c->told ?
	    search_entry(c, flow, e) : -1;
}

/* Where each end sees the other, who is the flow's inside and outside. */
static struct conntrack_ends
read_ends(const struct conntrack_entry *e, const struct alg_flow *flow)
{
	if (e->src == flow->inside && e->sport == flow->inside_port)
		return (struct conntrack_ends){ e->reply_dst, e->dst,
		    e->reply_dport, e->dport, e->zone, e->mark,
		    e->synproxy_isn };
	return (struct conntrack_ends){ e->dst, e->reply_dst, e->dport,
	    e->reply_dport, e->reply_zone, e->mark, e->synproxy_isn };
}

enum conntrack_answer
conntrack_find(struct conntrack *c, const struct alg_flow *flow,
    const struct queue_packet *p, struct conntrack_ends *ends)
{
	struct conntrack_entry e = { 0 };

	if (find_entry(c, flow, p, &e) == -1) {
		if (errno == ENOENT)
			return CONNTRACK_UNKNOWN;
		log_error("conntrack: %s", strerror(errno));
		return CONNTRACK_FAILED;
	}
	if (e.src == 0)
		return CONNTRACK_UNKNOWN;
	*ends = read_ends(&e, flow);
	return e.helper ? CONNTRACK_HELPER :
	    e.synproxy_isn != 0 ? CONNTRACK_SYNPROXY : CONNTRACK_KNOWN;
}

struct conntrack_seen
conntrack_of_packet(const struct conntrack *c, const struct queue_packet *p)
{
	struct conntrack_seen seen = conntrack_entry_seen(p);

	seen.told = c->told;
	return seen;
}

const char *
conntrack_explain(const struct conntrack_seen *seen)
{
	if (!seen->told)
		return "a rule exempts it from connection tracking "
		    "(CT --notrack, notrack), or its entry was removed "
		    "(conntrack -F) or has timed out "
		    "(nf_conntrack_tcp_timeout_established), or it is in a "
		    "zone (CT --zone) that no entry for port 1723 has";
	if (!seen->tracked)
		return "a rule exempts it from connection tracking "
		    "(CT --notrack, notrack), or a table in use has none";
	if (!seen->confirmed)
		return "its entry was removed (conntrack -F, another public "
		    "address), or has timed out "
		    "(nf_conntrack_tcp_timeout_established), or rules put it "
		    "into another zone than before";
	return "its entry has just ended";
}

/* By what the inside end knows the outside end by. */
static struct alg_flow
name_of(const struct alg_connection_info *info)
{
	return (struct alg_flow){ info->flow.inside, info->alias,
	    info->flow.inside_port, info->alias_port, info->zone };
}

void
conntrack_delete(struct conntrack *c, const struct alg_connection_info *info)
{
	const struct alg_flow name = name_of(info);
	struct conntrack_entry e = { 0 };

	if (query_entry(c, IPCTNL_MSG_CT_DELETE, &name, &e) == -1 &&
	    errno != ENOENT)
		log_error("conntrack: %s", strerror(errno));
}

/* A new entry, with a public address that the outside end would not know? */
static bool
is_replaced(const struct alg_connection_info *info,
    const struct conntrack_entry *e, const struct alg_flow *name)
{
	struct conntrack_ends ends = read_ends(e, name);

	return info->has_public && (ends.public != info->public ||
	    ends.public_port != info->public_port);
}

/*
 * While GRE of its calls passes, the entry stays, however short the admin's
 * timeout for an idle connection is.
 */
static void
keep_entry(struct conntrack *c, const struct alg_connection_info *info,
    const struct conntrack_entry *e, const struct alg_flow *name,
    uint64_t now)
{
	struct conntrack_entry kept = { .timeout = KEEP };
	uint64_t last;

	if (e->timeout >= KEEP / 2)
		return;
	last = alg_last_gre(c->alg, &info->flow);
	if (last == 0 || last + BUSY <= now)
		return;
	if (query_entry(c, IPCTNL_MSG_CT_NEW, name, &kept) == -1 &&
	    errno != ENOENT)
		log_error("conntrack: timeout: %s", strerror(errno));
}

/*
 * conntrackd, when it is told all, deletes entries that are there and makes
 * them anew, one by one.  Of two firewalls, what is absent is therefore looked
 * for once more before it is lost; so many at once are not conntrackd's.
 */
static bool
may_return(struct conntrack *c, const struct alg_flow *flow, uint64_t now)
{
	if (!c->paired || c->last_look || c->absents == ABSENT)
		return false;
	if (c->absents == 0)
		c->absent_since = now;
	c->absent[c->absents++] = *flow;
	return true;
}

/*
 * A connection is lost when conntrack has no entry for it, or another one.  One
 * that is just being opened has none yet (its SYN is still on the way), and may
 * follow closely behind the end of another with the same addresses and ports.
 */
static void
check_entry(struct conntrack *c, const struct alg_connection_info *info,
    uint64_t now)
{
	const struct alg_flow name = name_of(info);
	struct conntrack_entry e = { 0 };

	if (query_entry(c, IPCTNL_MSG_CT_GET, &name, &e) == -1 &&
	    errno != ENOENT) {
		log_error("conntrack: %s", strerror(errno));
	} else if (e.src == 0 && may_return(c, &info->flow, now)) {
		return;
	} else if (e.src == 0 || is_replaced(info, &e, &name)) {
		c->lost(c->arg, &info->flow, REASON_CONNTRACK_GONE, now);
	} else if (e.offloaded) {
		c->lost(c->arg, &info->flow, REASON_FLOW_TABLE, now);
	} else {
		(void)alg_tell_mark(c->alg, &info->flow, e.mark);
		keep_entry(c, info, &e, &name, now);
	}
}

static void
check_connection(struct conntrack *c, const struct alg_flow *flow, uint64_t now)
{
	struct alg_connection_info info;

	if (!alg_connection(c->alg, flow, &info))
		alg_lost(c->alg, flow, now);	/* it may be expected */
	else if (info.state == ALG_CONNECTION_DEAD && info.untold > 0)
		c->lost(c->arg, flow, REASON_CONNTRACK_GONE, now);
	else if (info.state != ALG_CONNECTION_OPENING &&
	    info.state != ALG_CONNECTION_DEAD)
		check_entry(c, &info, now);
}

static void
look_again(struct conntrack *c, uint64_t now)
{
	uint32_t i, n = c->absents;

	if (n == 0 || now - c->absent_since < RETURN)
		return;
	c->absents = 0;
	c->last_look = true;
	for (i = 0; i < n; i++)
		check_connection(c, &c->absent[i], now);
	c->last_look = false;
}

/* The connection, if it was opened from inside, and if from outside. */
static void
flows_of(const struct conntrack *c, const struct conntrack_entry *e,
    struct alg_flow flows[2])
{
	flows[0] = (struct alg_flow){ e->src, e->reply_src, e->sport,
	    e->reply_sport, c->told ? e->zone : 0 };
	flows[1] = (struct alg_flow){ e->reply_src, e->src, e->reply_sport,
	    e->sport, c->told ? e->reply_zone : 0 };
}

/*
 * Open, and translated by the kernel's NAT, so that it does not end at this
 * host: had it been queued, the translator knew it from its SYN on.  (Another
 * port than PPTP's may be a program's here.)
 */
static void
notice_passed_by(struct conntrack *c, const struct conntrack_entry *e,
    const struct alg_flow flows[2], uint64_t now)
{
	char client[16], server[16];
	uint32_t suppressed;
	struct line l;

	if (c->paired || !e->open || e->reply_sport != PPTP_PORT ||
	    (e->src == e->reply_dst && e->dst == e->reply_src) ||
	    alg_knows(c->alg, &flows[0]) || alg_knows(c->alg, &flows[1]))
		return;
	alg_count(c->alg, REASON_PASSED_BY, 1);
	if (!ratelimit_take(&c->passed_by, PASSED_BY_BURST, PASSED_BY_REFILL,
	    now, &suppressed))
		return;
	l = line_of(client, sizeof(client));
	line_add_ipv4(&l, e->src);
	l = line_of(server, sizeof(server));
	line_add_ipv4(&l, e->dst);
	log_warning("a control connection from %s to %s has passed the daemon "
	    "by: %s (%s); rules are missing, or do not name its interfaces: "
	    "pptpalgctl check", client, server, reason_name(REASON_PASSED_BY),
	    reason_text(REASON_PASSED_BY));
}

static void
hear_event(void *arg, const struct nlmsghdr *nlh, uint64_t now)
{
	struct conntrack *c = arg;
	struct alg_flow flows[2];
	struct conntrack_entry e;

	if (conntrack_entry_read(nlh, &e) == -1)
		return;
	flows_of(c, &e, flows);
	if (nlh->nlmsg_type ==
	    (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE)) {
		check_connection(c, &flows[0], now);
		check_connection(c, &flows[1], now);
	} else if (!alg_tell_mark(c->alg, &flows[0], e.mark) &&
	    !alg_tell_mark(c->alg, &flows[1], e.mark)) {
		notice_passed_by(c, &e, flows, now);
	}
}

void
conntrack_read(struct conntrack *c, uint64_t now)
{
	if (conntrack_events_read(c->events, now))
		return;
	log_warning("conntrack: events were lost; looking for every "
	    "connection");
	c->missing = true;
	c->at = 0;
}

void
conntrack_tick(struct conntrack *c, uint64_t now)
{
	uint32_t n = c->missing || c->silent ? SLICE_URGENT : SLICE;
	struct alg_connection_info info;

	conntrack_events_tick(c->events, now);
	look_again(c, now);
	if (c->at == 0 && !c->missing && now - c->walked < WALK_PAUSE)
		return;
	if (c->at == 0) {
		c->walked = now;
		c->before = c->seen;
		c->seen = 0;
	}
	for (n += c->before / WALK_TICKS; n > 0; n--, c->seen++) {
		if (!alg_connections(c->alg, &c->at, &info)) {
			c->at = 0;
			c->missing = false;
			return;
		}
		check_connection(c, &info.flow, now);
	}
}

void
conntrack_pair(struct conntrack *c)
{
	c->paired = true;
}

void
conntrack_watch(struct conntrack *c, struct queue *q)
{
	c->told = queue_want_conntrack(q) == 0;
	if (!c->told)
		log_info("the kernel does not tell the queue what it tracks "
		    "(%s): zones are looked for, and the same addresses in "
		    "two of them not told apart", strerror(errno));
}

/* Has a listed connection all that check_entry looks for? */
static bool
is_usual(const struct alg_connection_info *info,
    const struct conntrack_entry *e)
{
	const struct alg_flow name = name_of(info);

	return info->state != ALG_CONNECTION_OPENING &&
	    info->state != ALG_CONNECTION_DEAD &&
	    read_ends(e, &name).zone == info->zone &&
	    !is_replaced(info, e, &name) && !e->offloaded &&
	    e->timeout >= KEEP / 2;
}

/* False when it is of no connection that is known. */
static bool
confirm_listed(struct conntrack *c, const struct conntrack_entry *e,
    const struct alg_flow *flow)
{
	struct alg_connection_info info;

	if (!alg_connection(c->alg, flow, &info))
		return false;
	if (is_usual(&info, e))
		(void)alg_tell_mark(c->alg, flow, e->mark);
	return true;
}

static int
read_listed(const struct nlmsghdr *nlh, void *data)
{
	struct conntrack *c = data;
	struct conntrack_entry e;
	struct alg_flow flows[2];

	if (conntrack_entry_read(nlh, &e) == -1 || !e.open ||
	    (e.dport != PPTP_PORT && e.reply_sport != PPTP_PORT))
		return MNL_CB_OK;
	flows_of(c, &e, flows);
	if (confirm_listed(c, &e, &flows[0]) ||
	    confirm_listed(c, &e, &flows[1]))
		return MNL_CB_OK;
	if (!alg_expect(c->alg, &flows[0]) || !alg_expect(c->alg, &flows[1]))
		c->excess++;
	return MNL_CB_OK;
}

/* All entries, by a socket of its own: -1 with errno when some are missing. */
static int
list_entries(struct conntrack *c, struct mnl_socket *nl)
{
	char buf[DUMP_SIZE];
	struct nlmsghdr *nlh = put_request(c, buf, IPCTNL_MSG_CT_GET,
	    NLM_F_DUMP);
	ssize_t n;
	int more;

	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == -1 ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) == -1)
		return -1;
	do {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n == -1)
			return -1;
		more = mnl_cb_run(buf, (size_t)n, c->seq,
		    mnl_socket_get_portid(nl), read_listed, c);
	} while (more > MNL_CB_STOP);
	return more;
}

/* One by one, what the list has left open. */
static void
check_untracked(struct conntrack *c, uint64_t now)
{
	struct alg_connection_info info;
	uint32_t at = 0;

	while (alg_connections(c->alg, &at, &info))
		if (!info.tracked)
			check_connection(c, &info.flow, now);
}

void
conntrack_start(struct conntrack *c, uint64_t now)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);

	if (nl == NULL || list_entries(c, nl) == -1)
		log_warning("conntrack's entries cannot be listed: %s; control "
		    "connections that are open already and not in the journal "
		    "may be reset, and their clients have to dial again",
		    strerror(errno));
	if (c->excess > 0)
		log_warning("conntrack has more open control connections than "
		    "limits { connections } allows: %" PRIu32 " are reset when "
		    "they are seen", c->excess);
	if (nl != NULL)
		mnl_socket_close(nl);
	check_untracked(c, now);
}

int
conntrack_fd(const struct conntrack *c)
{
	return conntrack_events_fd(c->events);
}

/* Does the kernel answer at all?  It need not know this connection. */
static int
check_kernel(struct conntrack *c, char *error, size_t size)
{
	static const struct alg_flow nobody = { 0x7F000001, 0x7F000001, 1, 1,
	    0 };
	struct conntrack_entry e = { 0 };

	if (query_entry(c, IPCTNL_MSG_CT_GET, &nobody, &e) == 0 ||
	    errno == ENOENT)
		return 0;
	snprintf(error, size, "connection tracking cannot be asked: %s; "
	    "modprobe nf_conntrack_netlink, or use a kernel with "
	    "CONFIG_NF_CT_NETLINK", strerror(errno));
	return -1;
}

struct conntrack *
conntrack_open(struct alg *alg, conntrack_lost lost, void *arg, char *error,
    size_t size)
{
	struct conntrack *c;

	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->query = mnl_socket_open(NETLINK_NETFILTER)) == NULL ||
	    mnl_socket_bind(c->query, 0, MNL_SOCKET_AUTOPID) == -1 ||
	    (c->events = conntrack_events_open(hear_event, c)) == NULL) {
		snprintf(error, size, "conntrack: %s", strerror(errno));
		conntrack_close(c);
		return NULL;
	}
	if (check_kernel(c, error, size) == -1) {
		conntrack_close(c);
		return NULL;
	}
	c->alg = alg;
	c->lost = lost;
	c->arg = arg;
	c->silent = !conntrack_events_on();
	if (c->silent)
		log_warning("conntrack sends no events (sysctl "
		    "net.netfilter.nf_conntrack_events=1 turns them on): the "
		    "end of connections is noticed some seconds late");
	return c;
}

void
conntrack_close(struct conntrack *c)
{
	if (c == NULL)
		return;
	if (c->query != NULL)
		mnl_socket_close(c->query);
	conntrack_events_close(c->events);
	free(c);
}

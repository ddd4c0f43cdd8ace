/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks ctnetlink about single entries, and hears from it which have ended. */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/netfilter/conntrack.h"
#include "nat/netfilter/queue.h"

#define MESSAGE_SIZE	4096		/* an entry takes some hundred bytes */
#define EVENT_BUFFER	(16 << 20)	/* bytes of events not yet read */
#define EVENTS		256		/* read per turn */
#define SLICE		32		/* entries looked for per tick, ... */
#define SLICE_URGENT	256		/* ... when events are missing */
#define WALK_PAUSE	1000		/* ms between the starts of walks */
#define PPTP_PORT	1723
#define ZONES		64		/* known, where packets tell none */
#define LEARN_PAUSE	1000		/* ms between looks for zones */
#define DUMP_SIZE	32768		/* bytes of one answer of a dump */
/* CTA_FILTER_REPLY_FLAGS: protocol and source port, as in the kernel. */
#define FILTER_TCP_SRC_PORT	(1 << 3 | 1 << 4)
#define EVENT_SWITCH	"/proc/sys/net/netfilter/nf_conntrack_events"

struct conntrack {
	struct alg		*alg;
	struct mnl_socket	*query, *events;
	uint32_t		 seq;
	bool			 silent;	/* the kernel sends no events */
	bool			 missing;	/* some were lost */
	bool			 told;		/* packets come with entries */
	uint16_t		 zones[ZONES];	/* in use, where they do not */
	size_t			 nzones;
	uint64_t		 learned;	/* ms, the last look for them */
	uint32_t		 at;		/* of the walk */
	uint64_t		 walked;	/* ms, when it started */
};

static bool
has_events(void)
{
	FILE *f;
	int c;

	if ((f = fopen(EVENT_SWITCH, "re")) == NULL)
		return false;
	c = fgetc(f);
	fclose(f);
	return c != '0';
}

/* The offset of an attribute in the one at A, or 0, into A (filter.h). */
#define FIND_ATTR(how, type)						\
	{ BPF_LDX | BPF_IMM, 0, 0, type },				\
	{ BPF_LD | BPF_B | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + how) }
#define OFFSET_ATTRS	(NLMSG_HDRLEN + sizeof(struct nfgenmsg))

/*
 * Only entries with a server's port 1723, behind DNAT, wake us up.
 */
static int
filter_events(int fd)
{
	struct sock_filter code[] = {
		{ BPF_LD | BPF_IMM, 0, 0, OFFSET_ATTRS },
		FIND_ATTR(SKF_AD_NLATTR, CTA_TUPLE_REPLY),
		{ BPF_JMP | BPF_JEQ | BPF_K, 9, 0, 0 },
		FIND_ATTR(SKF_AD_NLATTR_NEST, CTA_TUPLE_PROTO),
		{ BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 0 },
		FIND_ATTR(SKF_AD_NLATTR_NEST, CTA_PROTO_SRC_PORT),
		{ BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 0 },
		{ BPF_MISC | BPF_TAX, 0, 0, 0 },
		{ BPF_LD | BPF_H | BPF_IND, 0, 0, NLA_HDRLEN },
		{ BPF_JMP | BPF_JEQ | BPF_K, 1, 0, PPTP_PORT },
		{ BPF_RET | BPF_K, 0, 0, 0 },
		{ BPF_RET | BPF_K, 0, 0, UINT32_MAX },
	};
	const struct sock_fprog program = {
		sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof(program));
}

static int
open_sockets(struct conntrack *c)
{
	int fd, bytes = EVENT_BUFFER;

	if ((c->query = mnl_socket_open(NETLINK_NETFILTER)) == NULL ||
	    mnl_socket_bind(c->query, 0, MNL_SOCKET_AUTOPID) == -1 ||
	    (c->events = mnl_socket_open2(NETLINK_NETFILTER,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) == NULL)
		return -1;
	fd = mnl_socket_get_fd(c->events);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
	    sizeof(bytes)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes,
		    sizeof(bytes));
	if (filter_events(fd) == -1)
		return -1;
	return mnl_socket_bind(c->events, NF_NETLINK_CONNTRACK_DESTROY |
	    NF_NETLINK_CONNTRACK_UPDATE,
	    MNL_SOCKET_AUTOPID);
}

/* What answers and events have in common, in host byte order. */
struct conntrack_entry {
	uint32_t	 src, dst, reply_src, reply_dst;
	uint16_t	 sport, dport, reply_sport, reply_dport;
	uint16_t	 zone, reply_zone;
	uint32_t	 mark;
	bool		 helper;
};

static uint32_t
attr_address(const struct nf_conntrack *ct, enum nf_conntrack_attr attr)
{
	return ntohl(nfct_get_attr_u32(ct, attr));
}

static uint16_t
attr_port(const struct nf_conntrack *ct, enum nf_conntrack_attr attr)
{
	return ntohs(nfct_get_attr_u16(ct, attr));
}

/* A zone for both directions, or for one of them (--zone-orig). */
static uint16_t
attr_zone(const struct nf_conntrack *ct, enum nf_conntrack_attr attr)
{
	return nfct_attr_is_set(ct, attr) ? nfct_get_attr_u16(ct, attr) :
	    nfct_attr_is_set(ct, ATTR_ZONE) ?
	    nfct_get_attr_u16(ct, ATTR_ZONE) : 0;
}

static int
read_entry(const struct nlmsghdr *nlh, struct conntrack_entry *e)
{
	struct nf_conntrack *ct;
	const char *helper;
	int result = -1;

	if ((ct = nfct_new()) == NULL)
		return -1;
	if (nfct_nlmsg_parse(nlh, ct) == -1 ||
	    nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO) != AF_INET ||
	    nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO) != IPPROTO_TCP)
		goto done;
	e->src = attr_address(ct, ATTR_ORIG_IPV4_SRC);
	e->dst = attr_address(ct, ATTR_ORIG_IPV4_DST);
	e->sport = attr_port(ct, ATTR_ORIG_PORT_SRC);
	e->dport = attr_port(ct, ATTR_ORIG_PORT_DST);
	e->reply_src = attr_address(ct, ATTR_REPL_IPV4_SRC);
	e->reply_dst = attr_address(ct, ATTR_REPL_IPV4_DST);
	e->reply_sport = attr_port(ct, ATTR_REPL_PORT_SRC);
	e->reply_dport = attr_port(ct, ATTR_REPL_PORT_DST);
	e->zone = attr_zone(ct, ATTR_ORIG_ZONE);
	e->reply_zone = attr_zone(ct, ATTR_REPL_ZONE);
	e->mark = nfct_get_attr_u32(ct, ATTR_MARK);
	helper = nfct_get_attr(ct, ATTR_HELPER_NAME);
	e->helper = helper != NULL && strcmp(helper, "pptp") == 0;
	result = 0;
done:
	nfct_destroy(ct);
	return result;
}

/*
 * The tuple from the inside end to the outside end names the entry for both:
 * it is the original one of a connection that was opened from inside, and the
 * reply of one that was opened from outside to a server behind DNAT.  The
 * kernel compares the zone with that of the tuple's direction.
 */
static int
name_entry(struct nlmsghdr *nlh, const struct alg_flow *flow)
{
	struct nf_conntrack *ct;
	int result;

	if ((ct = nfct_new()) == NULL)
		return -1;
	nfct_set_attr_u8(ct, ATTR_L3PROTO, AF_INET);
	nfct_set_attr_u8(ct, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u32(ct, ATTR_IPV4_SRC, htonl(flow->inside));
	nfct_set_attr_u32(ct, ATTR_IPV4_DST, htonl(flow->outside));
	nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons(flow->inside_port));
	nfct_set_attr_u16(ct, ATTR_PORT_DST, htons(flow->outside_port));
	if (flow->zone != 0)
		nfct_set_attr_u16(ct, ATTR_ZONE, flow->zone);
	result = nfct_nlmsg_build(nlh, ct);
	nfct_destroy(ct);
	return result;
}

/* Reads an answer into the struct conntrack_entry at data; unreadable: left as
 * it is. */
static int
read_answer(const struct nlmsghdr *nlh, void *data)
{
	(void)read_entry(nlh, data);
	return MNL_CB_STOP;
}

/* One request about one entry, and its answer: 0, or -1 with errno. */
static int
query_entry(struct conntrack *c, uint16_t type, const struct alg_flow *flow,
    struct conntrack_entry *e)
{
	char buf[MESSAGE_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;
	unsigned int portid = mnl_socket_get_portid(c->query);
	ssize_t n;
	int more;

	nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	/* An entry that was asked for is its own acknowledgment. */
	nlh->nlmsg_flags = NLM_F_REQUEST |
	    (type == IPCTNL_MSG_CT_GET ? 0 : NLM_F_ACK);
	nlh->nlmsg_seq = ++c->seq;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_INET;
	nfg->version = NFNETLINK_V0;
	if (name_entry(nlh, flow) == -1 ||
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

/* A tuple's TCP source port: what a dump is to be filtered by. */
static void
put_port(struct nlmsghdr *nlh, enum ctattr_type tuple, uint16_t port)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, tuple), *proto;

	proto = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, IPPROTO_TCP);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(port));
	mnl_attr_nest_end(nlh, proto);
	mnl_attr_nest_end(nlh, nest);
}

/* Kernels before 5.8 do not know the filter, and send all entries. */
static int
request_dump(struct conntrack *c)
{
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;
	struct nlattr *filter;

	nlh->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++c->seq;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_INET;
	nfg->version = NFNETLINK_V0;
	put_port(nlh, CTA_TUPLE_REPLY, PPTP_PORT);
	filter = mnl_attr_nest_start(nlh, CTA_FILTER);
	mnl_attr_put_u32(nlh, CTA_FILTER_ORIG_FLAGS, 0);
	mnl_attr_put_u32(nlh, CTA_FILTER_REPLY_FLAGS, FILTER_TCP_SRC_PORT);
	mnl_attr_nest_end(nlh, filter);
	return mnl_socket_sendto(c->query, nlh, nlh->nlmsg_len) == -1 ? -1 : 0;
}

static void
keep_zone(struct conntrack *c, uint16_t zone)
{
	size_t i;

	for (i = 0; i < c->nzones; i++)
		if (c->zones[i] == zone)
			return;
	if (zone != 0 && c->nzones < ZONES)
		c->zones[c->nzones++] = zone;
}

static int
read_zone(const struct nlmsghdr *nlh, void *data)
{
	struct conntrack_entry e;

	if (read_entry(nlh, &e) == 0 && e.reply_sport == PPTP_PORT) {
		keep_zone(data, e.zone);
		keep_zone(data, e.reply_zone);
	}
	return MNL_CB_OK;
}

/* In which zones are control connections? Whether there are more now. */
static bool
learn_zones(struct conntrack *c)
{
	size_t before = c->nzones;
	uint64_t now = clock_ms();
	char buf[DUMP_SIZE];
	ssize_t n;

	if (c->learned != 0 && now - c->learned < LEARN_PAUSE)
		return false;
	c->learned = now;
	if (request_dump(c) == -1)
		return false;
	do
		n = mnl_socket_recvfrom(c->query, buf, sizeof(buf));
	while (n > 0 && mnl_cb_run(buf, (size_t)n, c->seq,
	    mnl_socket_get_portid(c->query), read_zone, c) > MNL_CB_STOP);
	return c->nzones > before;
}

static int
query_zones(struct conntrack *c, uint16_t type, const struct alg_flow *flow,
    struct conntrack_entry *e)
{
	struct alg_flow in = *flow;
	size_t i;

	for (i = 0; i < c->nzones; i++) {
		in.zone = c->zones[i];
		if (query_entry(c, type, &in, e) == 0)
			return 0;
	}
	errno = ENOENT;
	return -1;
}

/* Where a packet does not tell its zone, all that are in use are tried. */
static int
query_flow(struct conntrack *c, uint16_t type, const struct alg_flow *flow,
    struct conntrack_entry *e)
{
	if (query_entry(c, type, flow, e) == 0)
		return 0;
	if (errno != ENOENT || c->told)
		return -1;
	if (query_zones(c, type, flow, e) == 0)
		return 0;
	return learn_zones(c) ? query_zones(c, type, flow, e) : -1;
}

enum conntrack_answer
conntrack_find(struct conntrack *c, const struct alg_flow *flow,
    uint32_t *public, uint16_t *public_port)
{
	struct conntrack_entry e = { 0 };

	if (query_flow(c, IPCTNL_MSG_CT_GET, flow, &e) == -1) {
		if (errno == ENOENT)
			return CONNTRACK_UNKNOWN;
		log_error("conntrack: %s", strerror(errno));
		return CONNTRACK_FAILED;
	}
	if (e.src == 0)
		return CONNTRACK_UNKNOWN;
	alg_tell_mark(c->alg, flow, e.mark);
	if (e.src == flow->inside && e.sport == flow->inside_port) {
		*public = e.reply_dst;
		*public_port = e.reply_dport;
	} else {
		*public = e.dst;
		*public_port = e.dport;
	}
	return e.helper ? CONNTRACK_HELPER : CONNTRACK_KNOWN;
}

static uint16_t
nested_zone(const struct nlattr *attr)
{
	return ntohs(mnl_attr_get_u16(attr));
}

/* A tuple has a zone of its own where that is of one direction. */
static uint16_t
tuple_zone(const struct nlattr *tuple)
{
	const struct nlattr *attr;
	uint16_t zone = 0;

	mnl_attr_for_each_nested(attr, tuple)
		if (mnl_attr_get_type(attr) == CTA_TUPLE_ZONE)
			zone = nested_zone(attr);
	return zone;
}

static void
read_seen(const struct nlattr *entry, struct conntrack_seen *seen)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, entry) {
		switch (mnl_attr_get_type(attr)) {
		case CTA_TUPLE_ORIG:
			seen->zone[0] |= tuple_zone(attr);
			break;
		case CTA_TUPLE_REPLY:
			seen->zone[1] |= tuple_zone(attr);
			break;
		case CTA_ZONE:
			seen->zone[0] |= nested_zone(attr);
			seen->zone[1] |= nested_zone(attr);
			break;
		case CTA_STATUS:
			seen->confirmed = ntohl(mnl_attr_get_u32(attr)) &
			    IPS_CONFIRMED;
			break;
		}
	}
}

struct conntrack_seen
conntrack_of_packet(const struct conntrack *c, const struct queue_packet *p)
{
	struct conntrack_seen seen = { .told = c->told,
	    .tracked = p->conntrack != NULL,
	    .reply = p->conntrack_info >= IP_CT_IS_REPLY };

	if (seen.tracked)
		read_seen(p->conntrack, &seen);
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

void
conntrack_delete(struct conntrack *c, const struct alg_flow *flow)
{
	struct conntrack_entry e;

	if (query_flow(c, IPCTNL_MSG_CT_DELETE, flow, &e) == -1 &&
	    errno != ENOENT)
		log_error("conntrack: %s", strerror(errno));
}

/*
 * A connection is lost when conntrack has no entry for it.  One that is just
 * being opened has none yet (its SYN is still on the way), and may follow
 * closely behind the end of another with the same addresses and ports.
 */
static void
check_connection(struct conntrack *c, const struct alg_flow *flow, uint64_t now)
{
	struct alg_connection_info info;
	uint32_t public;
	uint16_t public_port;

	if (!alg_connection(c->alg, flow, &info) ||
	    info.state == ALG_CONNECTION_OPENING ||
	    info.state == ALG_CONNECTION_DEAD)
		return;
	if (conntrack_find(c, flow, &public, &public_port) ==
	    CONNTRACK_UNKNOWN)
		alg_lost(c->alg, flow, now);
}

/* What an event says of a connection, if it is one. */
static void
process_event(struct conntrack *c, uint16_t type,
    const struct conntrack_entry *e, const struct alg_flow *flow, uint64_t now)
{
	if (type == (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE))
		check_connection(c, flow, now);
	else
		alg_tell_mark(c->alg, flow, e->mark);
}

/* Of a connection opened from inside, or from outside? */
static void
read_event(struct conntrack *c, const struct nlmsghdr *nlh, uint64_t now)
{
	struct alg_flow flow;
	struct conntrack_entry e;

	if (read_entry(nlh, &e) == -1)
		return;
	flow = (struct alg_flow){ e.src, e.reply_src, e.sport, e.reply_sport,
	    c->told ? e.zone : 0 };
	process_event(c, nlh->nlmsg_type, &e, &flow, now);
	flow = (struct alg_flow){ e.reply_src, e.src, e.reply_sport, e.sport,
	    c->told ? e.reply_zone : 0 };
	process_event(c, nlh->nlmsg_type, &e, &flow, now);
}

void
conntrack_read(struct conntrack *c, uint64_t now)
{
	char buf[MESSAGE_SIZE];
	const struct nlmsghdr *nlh;
	ssize_t n;
	int i, left;

	for (i = 0; i < EVENTS; i++) {
		n = mnl_socket_recvfrom(c->events, buf, sizeof(buf));
		if (n == -1 && errno == ENOBUFS) {
			log_warning("conntrack: events were lost; looking for "
			    "every connection");
			c->missing = true;
			c->at = 0;
		}
		if (n == -1)
			break;
		left = (int)n;
		for (nlh = (void *)buf; mnl_nlmsg_ok(nlh, left);
		    nlh = mnl_nlmsg_next(nlh, &left))
			read_event(c, nlh, now);
	}
}

void
conntrack_tick(struct conntrack *c, uint64_t now)
{
	int n = c->missing || c->silent ? SLICE_URGENT : SLICE;
	struct alg_connection_info info;

	if (c->at == 0 && !c->missing && now - c->walked < WALK_PAUSE)
		return;
	if (c->at == 0)
		c->walked = now;
	while (n-- > 0) {
		if (!alg_connections(c->alg, &c->at, &info)) {
			c->at = 0;
			c->missing = false;
			return;
		}
		check_connection(c, &info.flow, now);
	}
}

void
conntrack_check(struct conntrack *c, uint64_t now)
{
	struct alg_connection_info info;
	uint32_t at = 0;

	while (alg_connections(c->alg, &at, &info))
		check_connection(c, &info.flow, now);
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

int
conntrack_fd(const struct conntrack *c)
{
	return mnl_socket_get_fd(c->events);
}

/* Does the kernel answer at all?  It need not know this connection. */
static int
check_kernel(struct conntrack *c, char *error, size_t size)
{
	static const struct alg_flow nobody = { 0x7F000001, 0x7F000001, 1, 1,
	    0 };
	struct conntrack_entry e;

	if (query_entry(c, IPCTNL_MSG_CT_GET, &nobody, &e) == 0 ||
	    errno == ENOENT)
		return 0;
	snprintf(error, size, "connection tracking cannot be asked: %s; "
	    "modprobe nf_conntrack_netlink, or use a kernel with "
	    "CONFIG_NF_CT_NETLINK", strerror(errno));
	return -1;
}

struct conntrack *
conntrack_open(struct alg *alg, char *error, size_t size)
{
	struct conntrack *c;

	if ((c = calloc(1, sizeof(*c))) == NULL || open_sockets(c) == -1) {
		snprintf(error, size, "conntrack: %s", strerror(errno));
		conntrack_close(c);
		return NULL;
	}
	if (check_kernel(c, error, size) == -1) {
		conntrack_close(c);
		return NULL;
	}
	c->alg = alg;
	c->silent = !has_events();
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
	if (c->events != NULL)
		mnl_socket_close(c->events);
	free(c);
}

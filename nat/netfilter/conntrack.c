/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks ctnetlink about single entries, keeps those whose calls are busy, and
 * hears which have ended.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/log.h"
#include "nat/netfilter/conntrack.h"

#define MESSAGE_SIZE	4096		/* an entry takes some hundred bytes */
#define DUMP_SIZE	32768		/* bytes of a list at once */
#define EVENT_BUFFER	(16 << 20)	/* bytes of events not yet read */
#define EVENTS		256		/* read per turn */
#define SLICE		32		/* entries looked for per tick, ... */
#define SLICE_URGENT	256		/* ... when events are missing */
#define WALK_PAUSE	1000		/* ms between the starts of walks */
#define WALK_TICKS	200		/* that a walk takes, at most */
#define BUSY		60000		/* ms since the last GRE, less than */
#define KEEP		120		/* s left for a busy call, at least */
#define PPTP_PORT	1723
#define EVENT_SWITCH	"/proc/sys/net/netfilter/nf_conntrack_events"

struct conntrack {
	struct alg		*alg;
	conntrack_lost		 lost;
	void			*arg;
	struct mnl_socket	*query, *events;
	uint32_t		 seq;
	bool			 silent;	/* the kernel sends no events */
	bool			 missing;	/* some were lost */
	uint32_t		 excess;	/* more than can be expected */
	uint32_t		 at;		/* of the walk */
	uint32_t		 seen, before;	/* by it and by the last one */
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

/* Only the end of TCP connections wakes us up. */
static int
filter_events(int fd)
{
	struct nfct_filter *filter;
	int result;

	if ((filter = nfct_filter_create()) == NULL)
		return -1;
	nfct_filter_add_attr_u32(filter, NFCT_FILTER_L4PROTO, IPPROTO_TCP);
	result = nfct_filter_attach(fd, filter);
	nfct_filter_destroy(filter);
	return result;
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
	return mnl_socket_bind(c->events, NF_NETLINK_CONNTRACK_DESTROY,
	    MNL_SOCKET_AUTOPID);
}

/* What answers and events have in common, in host byte order. */
struct conntrack_entry {
	uint32_t	 src, dst, reply_src, reply_dst;
	uint16_t	 sport, dport, reply_sport, reply_dport;
	uint32_t	 timeout;	/* s, what is left of it */
	bool		 helper;
	bool		 open;		/* its handshake is done */
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
	e->timeout = nfct_get_attr_u32(ct, ATTR_TIMEOUT);
	helper = nfct_get_attr(ct, ATTR_HELPER_NAME);
	e->helper = helper != NULL && strcmp(helper, "pptp") == 0;
	e->open = nfct_get_attr_u8(ct, ATTR_TCP_STATE) ==
	    TCP_CONNTRACK_ESTABLISHED;
	result = 0;
done:
	nfct_destroy(ct);
	return result;
}

/*
 * The tuple from the inside end to the outside end names the entry for both:
 * it is the original one of a connection that was opened from inside, and the
 * reply of one that was opened from outside to a server behind DNAT.  Its
 * timeout is told, unless it is 0.
 */
static int
name_entry(struct nlmsghdr *nlh, const struct alg_flow *flow, uint32_t timeout)
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
	if (timeout != 0)
		nfct_set_attr_u32(ct, ATTR_TIMEOUT, timeout);
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

	if (name_entry(nlh, flow, e->timeout) == -1 ||
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

static enum conntrack_answer
find_entry(struct conntrack *c, const struct alg_flow *flow,
    struct conntrack_entry *e)
{
	*e = (struct conntrack_entry){ 0 };
	if (query_entry(c, IPCTNL_MSG_CT_GET, flow, e) == -1) {
		if (errno == ENOENT)
			return CONNTRACK_UNKNOWN;
		log_error("conntrack: %s", strerror(errno));
		return CONNTRACK_FAILED;
	}
	if (e->src == 0)
		return CONNTRACK_UNKNOWN;
	return e->helper ? CONNTRACK_HELPER : CONNTRACK_KNOWN;
}

/* Where the outside end sees the inside one. */
static void
read_public(const struct conntrack_entry *e, const struct alg_flow *flow,
    uint32_t *public, uint16_t *port)
{
	bool original = e->src == flow->inside && e->sport == flow->inside_port;

	*public = original ? e->reply_dst : e->dst;
	*port = original ? e->reply_dport : e->dport;
}

enum conntrack_answer
conntrack_find(struct conntrack *c, const struct alg_flow *flow,
    uint32_t *public, uint16_t *public_port)
{
	struct conntrack_entry e;
	enum conntrack_answer known = find_entry(c, flow, &e);

	if (known == CONNTRACK_KNOWN || known == CONNTRACK_HELPER)
		read_public(&e, flow, public, public_port);
	return known;
}

void
conntrack_delete(struct conntrack *c, const struct alg_flow *flow)
{
	struct conntrack_entry e = { 0 };

	if (query_entry(c, IPCTNL_MSG_CT_DELETE, flow, &e) == -1 &&
	    errno != ENOENT)
		log_error("conntrack: %s", strerror(errno));
}

/*
 * A connection is lost when conntrack has no entry for it, or a new one that
 * the outside end would not know.  One that is just being opened has none yet
 * (its SYN is still on the way), and may follow closely behind the end of
 * another with the same addresses and ports.
 */
static bool
is_lost(const struct alg_connection_info *info, enum conntrack_answer known,
    const struct conntrack_entry *e)
{
	uint32_t public;
	uint16_t port;

	if (known == CONNTRACK_FAILED)
		return false;
	if (known == CONNTRACK_UNKNOWN)
		return true;
	read_public(e, &info->flow, &public, &port);
	return info->has_public &&
	    (public != info->public || port != info->public_port);
}

/*
 * While GRE of its calls passes, the entry stays, however short the admin's
 * timeout for an idle connection is.
 */
static void
keep_entry(struct conntrack *c, const struct alg_connection_info *info,
    const struct conntrack_entry *e, uint64_t now)
{
	struct conntrack_entry kept = { .timeout = KEEP };

	if (info->last_gre == 0 || info->last_gre + BUSY <= now ||
	    e->timeout >= KEEP / 2)
		return;
	if (query_entry(c, IPCTNL_MSG_CT_NEW, &info->flow, &kept) == -1 &&
	    errno != ENOENT)
		log_error("conntrack: timeout: %s", strerror(errno));
}

static void
check_connection(struct conntrack *c, const struct alg_flow *flow, uint64_t now)
{
	struct alg_connection_info info;
	struct conntrack_entry e;
	enum conntrack_answer known;

	if (!alg_connection(c->alg, flow, &info)) {
		alg_lost(c->alg, flow, now);	/* it may be expected */
		return;
	}
	if (info.state == ALG_CONNECTION_OPENING)
		return;
	if (info.state == ALG_CONNECTION_DEAD) {
		if (info.untold)
			c->lost(c->arg, flow, now);
		return;
	}
	known = find_entry(c, flow, &e);
	if (is_lost(&info, known, &e))
		c->lost(c->arg, flow, now);
	else if (known != CONNTRACK_FAILED)
		keep_entry(c, &info, &e, now);
}

/* The connection, if it was opened from inside, and if from outside. */
static void
flows_of(const struct conntrack_entry *e, struct alg_flow flows[2])
{
	flows[0] = (struct alg_flow){ e->src, e->reply_src, e->sport,
	    e->reply_sport };
	flows[1] = (struct alg_flow){ e->reply_src, e->src, e->reply_sport,
	    e->sport };
}

/* Whose end was it? */
static void
read_event(struct conntrack *c, const struct nlmsghdr *nlh, uint64_t now)
{
	struct alg_flow flows[2];
	struct conntrack_entry e;

	if (nlh->nlmsg_type !=
	    (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE) ||
	    read_entry(nlh, &e) == -1)
		return;
	flows_of(&e, flows);
	check_connection(c, &flows[0], now);
	check_connection(c, &flows[1], now);
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
	uint32_t n = c->missing || c->silent ? SLICE_URGENT : SLICE;
	struct alg_connection_info info;

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
conntrack_check(struct conntrack *c, uint64_t now)
{
	struct alg_connection_info info;
	uint32_t at = 0;

	while (alg_connections(c->alg, &at, &info))
		check_connection(c, &info.flow, now);
}

static int
read_listed(const struct nlmsghdr *nlh, void *data)
{
	struct conntrack *c = data;
	struct conntrack_entry e;
	struct alg_flow flows[2];

	if (read_entry(nlh, &e) == -1 || !e.open ||
	    (e.dport != PPTP_PORT && e.reply_sport != PPTP_PORT))
		return MNL_CB_OK;
	flows_of(&e, flows);
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

void
conntrack_expect(struct conntrack *c)
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
	static const struct alg_flow nobody = { 0x7F000001, 0x7F000001, 1, 1 };
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
	c->lost = lost;
	c->arg = arg;
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

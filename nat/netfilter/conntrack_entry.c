/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes ctnetlink's attributes of an entry. */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "alg/pptp/message.h"
#include "nat/netfilter/conntrack_entry.h"
#include "nat/netfilter/queue.h"

/* Of CTA_FILTER, as in the kernel: address, protocol and port. */
#define FILTER_SOURCE	(1 << 0 | 1 << 3 | 1 << 4)

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
copy_entry(const struct nf_conntrack *ct, struct conntrack_entry *e)
{
	const char *helper;

	if (nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO) != AF_INET ||
	    nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO) != IPPROTO_TCP)
		return -1;
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
	e->timeout = nfct_get_attr_u32(ct, ATTR_TIMEOUT);
	helper = nfct_get_attr(ct, ATTR_HELPER_NAME);
	e->helper = helper != NULL && strcmp(helper, "pptp") == 0;
	e->synproxy_isn = nfct_get_attr_u32(ct, ATTR_SYNPROXY_ISN);
	e->offloaded = nfct_get_attr_u32(ct, ATTR_STATUS) & IPS_OFFLOAD;
	e->open = nfct_get_attr_u8(ct, ATTR_TCP_STATE) ==
	    TCP_CONNTRACK_ESTABLISHED;
	return 0;
}

int
conntrack_entry_read(const struct nlmsghdr *nlh, struct conntrack_entry *e)
{
	struct nf_conntrack *ct = nfct_new();
	int result = -1;

	if (ct != NULL && nfct_nlmsg_parse(nlh, ct) != -1)
		result = copy_entry(ct, e);
	if (ct != NULL)
		nfct_destroy(ct);
	return result;
}

int
conntrack_entry_of_packet(const struct queue_packet *p,
    struct conntrack_entry *e)
{
	struct nf_conntrack *ct = nfct_new();
	int result = -1;

	if (ct != NULL && nfct_payload_parse(
	    mnl_attr_get_payload(p->conntrack),
	    mnl_attr_get_payload_len(p->conntrack), AF_INET, ct) != -1)
		result = copy_entry(ct, e);
	if (ct != NULL)
		nfct_destroy(ct);
	return result;
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
conntrack_entry_seen(const struct queue_packet *p)
{
	struct conntrack_seen seen = { .tracked = p->conntrack != NULL,
	    .reply = p->conntrack_info >= IP_CT_IS_REPLY };

	if (seen.tracked)
		read_seen(p->conntrack, &seen);
	return seen;
}

int
conntrack_entry_name(struct nlmsghdr *nlh, const struct alg_flow *flow,
    uint32_t timeout)
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
	if (flow->zone != 0)
		nfct_set_attr_u16(ct, ATTR_ZONE, flow->zone);
	if (timeout != 0)
		nfct_set_attr_u32(ct, ATTR_TIMEOUT, timeout);
	result = nfct_nlmsg_build(nlh, ct);
	nfct_destroy(ct);
	return result;
}

/* A tuple's source: what a dump is to be filtered by. */
static void
put_source(struct nlmsghdr *nlh, enum ctattr_type tuple, uint32_t address,
    uint16_t port)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, tuple), *part;

	part = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	mnl_attr_put_u32(nlh, CTA_IP_V4_SRC, htonl(address));
	mnl_attr_nest_end(nlh, part);
	part = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, IPPROTO_TCP);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(port));
	mnl_attr_nest_end(nlh, part);
	mnl_attr_nest_end(nlh, nest);
}

/* Between both translations the server's port is PPTP's, or DNAT's choice. */
static bool
inside_opens(const struct alg_flow *f)
{
	return f->outside_port == PPTP_PORT || f->inside_port != PPTP_PORT;
}

void
conntrack_entry_filter(struct nlmsghdr *nlh, const struct alg_flow *f)
{
	bool out = inside_opens(f);
	struct nlattr *filter;

	put_source(nlh, out ? CTA_TUPLE_ORIG : CTA_TUPLE_REPLY, f->inside,
	    f->inside_port);
	put_source(nlh, out ? CTA_TUPLE_REPLY : CTA_TUPLE_ORIG, f->outside,
	    f->outside_port);
	filter = mnl_attr_nest_start(nlh, CTA_FILTER);
	mnl_attr_put_u32(nlh, CTA_FILTER_ORIG_FLAGS, FILTER_SOURCE);
	mnl_attr_put_u32(nlh, CTA_FILTER_REPLY_FLAGS, FILTER_SOURCE);
	mnl_attr_nest_end(nlh, filter);
}

bool
conntrack_entry_fits(const struct conntrack_entry *e, const struct alg_flow *f)
{
	struct alg_flow is = { e->src, e->reply_src, e->sport, e->reply_sport,
	    0 };

	if (!inside_opens(f))
		is = (struct alg_flow){ e->reply_src, e->src, e->reply_sport,
		    e->sport, 0 };
	return is.inside == f->inside && is.outside == f->outside &&
	    is.inside_port == f->inside_port &&
	    is.outside_port == f->outside_port;
}

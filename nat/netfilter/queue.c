/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receives packets from nfnetlink_queue and sends verdicts, in batches. */
#include <sys/socket.h>
#include <sys/uio.h>

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/socket_buffer.h"
#include "nat/netfilter/queue.h"
#include "nat/netfilter/queue_table.h"

#define BATCH		64		/* packets per system call */
#define TURN		8		/* batches before others get a turn */
#define COPY_RANGE	0xFFFF
#define MAX_LENGTH	16384		/* packets that wait in the kernel */
#define LEAVING		1000		/* ms until who had it has gone */
#define SOCKET_BUFFER	(64 << 20)	/* bytes, received and not yet read */
#define SEND_MAX	(256 << 10)	/* bytes of verdicts in one call */
/*
 * One message: packet and attributes.  Not a multiple of the page, so that
 * the starts of all buffers do not compete for the same cache lines.
 */
#define BUFFER_SIZE	(COPY_RANGE + 1 + 1024 + 192)
#define VERDICT_SIZE	64		/* all but the payload */
#define PIECES		3		/* verdict, payload, padding */

struct queue {
	struct mnl_socket	*socket;
	int			 fd;
	uint16_t		 number;
	bool			 bound;
	queue_process		 process;
	void			(*before_batch)(void *);
	void			(*before_verdicts)(void *);
	void			*arg;
	uint64_t		 packets, batches, refused, overruns;
	FILE			*table;		/* of the kernel, or NULL */
	uint64_t		 kernel_lost, told;	/* by queue_lost */
	bool			 forbidden;	/* to change packets: said */
	struct mmsghdr		 in[BATCH];
	struct iovec		 in_piece[BATCH];
	uint8_t			*buffers;	/* BATCH * BUFFER_SIZE */
	/* Verdicts that wait to be sent. */
	struct iovec		 out[BATCH * PIECES];
	size_t			 pieces, out_bytes, verdicts;
	uint32_t		 last_id;
	uint8_t			 verdict[BATCH][VERDICT_SIZE]
				    __attribute__((aligned(8)));
};

static const int kernel_verdict[] = {
	[QUEUE_DROP] = NF_DROP,
	[QUEUE_ACCEPT] = NF_ACCEPT,
	[QUEUE_REPEAT] = NF_REPEAT,
	[QUEUE_STOP] = NF_STOP
};

static const uint8_t padding[MNL_ALIGNTO];

static int
open_socket(struct queue *q)
{
	if ((q->socket = mnl_socket_open(NETLINK_NETFILTER)) == NULL ||
	    mnl_socket_bind(q->socket, 0, MNL_SOCKET_AUTOPID) == -1)
		return -1;
	q->fd = mnl_socket_get_fd(q->socket);
	socket_buffer_receive(q->fd, SOCKET_BUFFER);
	socket_buffer_send(q->fd, 4 * SEND_MAX);
	return 0;
}

/* Sends one configuration message and waits for the kernel's answer. */
static int
send_config(struct queue *q, struct nlmsghdr *nlh)
{
	char answer[4096];
	ssize_t n;

	nlh->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(q->socket, nlh, nlh->nlmsg_len) == -1)
		return -1;
	n = mnl_socket_recvfrom(q->socket, answer, sizeof(answer));
	if (n == -1)
		return -1;
	return mnl_cb_run(answer, (size_t)n, 0,
	    mnl_socket_get_portid(q->socket), NULL, NULL) == -1 ? -1 : 0;
}

static int
bind_queue(struct queue *q)
{
	char buf[256];
	struct nlmsghdr *nlh;

	nlh = nfq_nlmsg_put(buf, NFQNL_MSG_CONFIG, q->number);
	nfq_nlmsg_cfg_put_cmd(nlh, AF_INET, NFQNL_CFG_CMD_BIND);
	if (send_config(q, nlh) == -1)
		return -1;
	/*
	 * Length and flags before packets flow.  Failing open would let
	 * untranslated packets through; without the GSO flag large packets
	 * come in pieces with their checksums done.
	 */
	nlh = nfq_nlmsg_put(buf, NFQNL_MSG_CONFIG, q->number);
	nfq_nlmsg_cfg_put_qmaxlen(nlh, MAX_LENGTH);
	mnl_attr_put_u32(nlh, NFQA_CFG_FLAGS, 0);
	mnl_attr_put_u32(nlh, NFQA_CFG_MASK,
	    htonl(NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_GSO));
	if (send_config(q, nlh) == -1)
		return -1;
	nlh = nfq_nlmsg_put(buf, NFQNL_MSG_CONFIG, q->number);
	nfq_nlmsg_cfg_put_params(nlh, NFQNL_COPY_PACKET, COPY_RANGE);
	return send_config(q, nlh);
}

static int
prepare_buffers(struct queue *q)
{
	size_t i;

	/* Pages that no packet was large enough for are never touched. */
	if ((q->buffers = malloc((size_t)BATCH * BUFFER_SIZE)) == NULL)
		return -1;
	for (i = 0; i < BATCH; i++) {
		q->in_piece[i].iov_base = q->buffers + i * BUFFER_SIZE;
		q->in_piece[i].iov_len = BUFFER_SIZE;
		q->in[i].msg_hdr.msg_iov = &q->in_piece[i];
		q->in[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

struct queue *
queue_make(uint16_t number, queue_process process, void *arg, char *error,
    size_t size)
{
	struct queue *q;

	if ((q = calloc(1, sizeof(*q))) == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	q->number = number;
	q->table = queue_table_open();
	q->process = process;
	q->arg = arg;
	if (prepare_buffers(q) == -1 || open_socket(q) == -1) {
		snprintf(error, size, "queue %u: %s", number, strerror(errno));
		queue_close(q);
		return NULL;
	}
	return q;
}

int
queue_bind(struct queue *q, char *error, size_t size)
{
	if (q->bound)
		return 0;
	if (bind_queue(q) == -1) {
		queue_table_explain(q->number, errno, error, size);
		return -1;
	}
	q->bound = true;
	return 0;
}

/* Who was killed a moment ago may have it still. */
static void
wait_until_free(uint16_t number)
{
	uint64_t end = clock_ms() + LEAVING;

	while (queue_table_is_left(number) && clock_ms() < end)
		(void)poll(NULL, 0, LEAVING / 100);
}

struct queue *
queue_open(uint16_t number, queue_process process, void *arg, char *error,
    size_t size)
{
	struct queue *q = queue_make(number, process, arg, error, size);

	wait_until_free(number);
	if (q != NULL && queue_bind(q, error, size) == -1) {
		queue_close(q);
		return NULL;
	}
	return q;
}

void
queue_close(struct queue *q)
{
	if (q == NULL)
		return;
	if (q->socket != NULL)
		mnl_socket_close(q->socket);
	if (q->table != NULL)
		fclose(q->table);
	free(q->buffers);
	free(q);
}

int
queue_want_conntrack(struct queue *q)
{
	char buf[256];
	struct nlmsghdr *nlh;

	nlh = nfq_nlmsg_put(buf, NFQNL_MSG_CONFIG, q->number);
	mnl_attr_put_u32(nlh, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_CONNTRACK));
	mnl_attr_put_u32(nlh, NFQA_CFG_MASK, htonl(NFQA_CFG_F_CONNTRACK));
	return send_config(q, nlh);
}

void
queue_before_batch(struct queue *q, void (*before_batch)(void *))
{
	q->before_batch = before_batch;
}

void
queue_before_verdicts(struct queue *q, void (*before_verdicts)(void *))
{
	q->before_verdicts = before_verdicts;
}

int
queue_fd(const struct queue *q)
{
	return q->fd;
}

/* When verdicts cannot be sent: drop all that was waiting, in few bytes. */
static void
drop_waiting(struct queue *q)
{
	char buf[256];
	struct nlmsghdr *nlh;

	log_error("queue %u: verdicts not taken by the kernel: %s; %zu packets "
	    "dropped", q->number, strerror(errno), q->verdicts);
	nlh = nfq_nlmsg_put(buf, NFQNL_MSG_VERDICT_BATCH, q->number);
	nfq_nlmsg_verdict_put(nlh, (int)q->last_id, NF_DROP);
	if (mnl_socket_sendto(q->socket, nlh, nlh->nlmsg_len) == -1)
		log_error("queue %u: %s", q->number, strerror(errno));
	q->refused += q->verdicts;
}

static void
send_verdicts(struct queue *q)
{
	struct msghdr msg = { .msg_iov = q->out, .msg_iovlen = q->pieces };
	ssize_t n;

	if (q->pieces == 0)
		return;
	/* Before the verdicts, journal records: a peer may act on packets. */
	if (q->before_verdicts != NULL)
		q->before_verdicts(q->arg);
	do
		n = sendmsg(q->fd, &msg, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		drop_waiting(q);
	q->pieces = q->out_bytes = q->verdicts = 0;
}

static void
add_piece(struct queue *q, const void *bytes, size_t len)
{
	q->out[q->pieces].iov_base = (void *)(uintptr_t)bytes;
	q->out[q->pieces].iov_len = len;
	q->out_bytes += len;
	q->pieces++;
}

/* The payload stays in the receive buffer; only its header is written here. */
static void
add_payload(struct queue *q, struct nlmsghdr *nlh,
    const struct queue_packet *p)
{
	struct nlattr *attr = mnl_nlmsg_get_payload_tail(nlh);
	size_t padded = MNL_ALIGN(p->len);

	attr->nla_type = NFQA_PAYLOAD;
	attr->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + p->len);
	nlh->nlmsg_len += (uint32_t)MNL_ATTR_HDRLEN;
	add_piece(q, nlh, nlh->nlmsg_len);
	add_piece(q, p->bytes, p->len);
	if (padded != p->len)
		add_piece(q, padding, padded - p->len);
	nlh->nlmsg_len += (uint32_t)padded;
}

static void
add_verdict(struct queue *q, uint32_t id, const struct queue_packet *p)
{
	struct nlmsghdr *nlh;

	if (q->verdicts == BATCH || q->out_bytes + p->len > SEND_MAX)
		send_verdicts(q);
	nlh = nfq_nlmsg_put((char *)q->verdict[q->verdicts],
	    NFQNL_MSG_VERDICT, q->number);
	nfq_nlmsg_verdict_put(nlh, (int)id, kernel_verdict[p->verdict]);
	if (p->verdict != QUEUE_DROP)
		nfq_nlmsg_verdict_put_mark(nlh, p->mark);
	if (p->verdict != QUEUE_DROP && p->changed)
		add_payload(q, nlh, p);
	else
		add_piece(q, nlh, nlh->nlmsg_len);
	q->verdicts++;
	q->last_id = id;
}

static uint32_t
attr_u32(struct nlattr *attr)
{
	return attr == NULL ? 0 : ntohl(mnl_attr_get_u32(attr));
}

/* Reads one packet out of its message; -1 when it cannot even be named. */
static int
read_packet(const struct nlmsghdr *nlh, struct queue_packet *p, uint32_t *id)
{
	struct nlattr *attr[NFQA_MAX + 1] = { NULL };
	const struct nfqnl_msg_packet_hdr *header;

	if (nfq_nlmsg_parse(nlh, attr) == -1 ||
	    attr[NFQA_PACKET_HDR] == NULL)
		return -1;
	header = mnl_attr_get_payload(attr[NFQA_PACKET_HDR]);
	*id = ntohl(header->packet_id);
	p->indev = attr_u32(attr[NFQA_IFINDEX_INDEV]);
	p->outdev = attr_u32(attr[NFQA_IFINDEX_OUTDEV]);
	p->mark = attr_u32(attr[NFQA_MARK]);
	p->conntrack = attr[NFQA_CT];
	p->conntrack_info = attr_u32(attr[NFQA_CT_INFO]);
	if (attr[NFQA_PAYLOAD] == NULL)
		return 0;
	p->bytes = mnl_attr_get_payload(attr[NFQA_PAYLOAD]);
	p->len = mnl_attr_get_payload_len(attr[NFQA_PAYLOAD]);
	return 0;
}

/* The kernel answers only those verdicts that it could not carry out. */
static void
read_refusal(struct queue *q, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err) || err->error == 0)
		return;
	/* ENOENT: flushed meanwhile, because an interface went away. */
	if (q->refused++ == 0 || err->error != -ENOENT)
		log_debug("queue %u: verdict refused: %s", q->number,
		    strerror(-err->error));
	if (err->error == -EPERM && !q->forbidden)
		log_error("queue %u: the kernel refuses to change packets; "
		    "kernels from 7.1 on do so in network namespaces of a "
		    "user namespace: run in the initial one", q->number);
	q->forbidden |= err->error == -EPERM;
}

static void
read_message(struct queue *q, const struct nlmsghdr *nlh, uint64_t now)
{
	struct queue_packet p = { .now = now, .verdict = QUEUE_DROP };
	uint32_t id;

	if (nlh->nlmsg_type == NLMSG_ERROR) {
		read_refusal(q, nlh);
		return;
	}
	if (nlh->nlmsg_type < NLMSG_MIN_TYPE ||
	    read_packet(nlh, &p, &id) == -1)
		return;
	q->packets++;
	if (p.bytes != NULL)
		q->process(q->arg, &p);
	add_verdict(q, id, &p);
}

/* Works on what came in one system call; returns how many messages. */
static int
read_batch(struct queue *q)
{
	struct nlmsghdr *nlh;
	uint64_t now;
	int i, n, left;

	n = recvmmsg(q->fd, q->in, BATCH, MSG_DONTWAIT, NULL);
	if (n == -1) {
		/* Packets were lost: how many, the kernel's table knows. */
		if (errno == ENOBUFS)
			q->overruns++;
		return errno == ENOBUFS || errno == EINTR ? 1 : 0;
	}
	if (q->before_batch != NULL)
		q->before_batch(q->arg);
	now = clock_ms();
	q->batches++;
	for (i = 0; i < n; i++) {
		left = (int)q->in[i].msg_len;
		for (nlh = q->in_piece[i].iov_base; mnl_nlmsg_ok(nlh, left);
		    nlh = mnl_nlmsg_next(nlh, &left))
			read_message(q, nlh, now);
	}
	send_verdicts(q);
	return n;
}

void
queue_read(struct queue *q)
{
	int turn;

	/* A short batch means that the socket was empty: no need to ask. */
	for (turn = 0; turn < TURN; turn++)
		if (read_batch(q) < BATCH)
			break;
}

void
queue_counters(const struct queue *q, struct queue_counters *c)
{
	c->number = q->number;
	c->packets = q->packets;
	c->batches = q->batches;
	c->lost = q->kernel_lost + q->refused;
}

uint64_t
queue_lost(struct queue *q)
{
	uint64_t lost, more;

	if (!q->bound)
		return 0;
	/* Where the table cannot be read, an overrun is one loss at least. */
	if (queue_table_lost(q->table, q->number, &lost) == -1)
		lost = q->overruns;
	if (lost > q->kernel_lost)
		q->kernel_lost = lost;
	more = q->kernel_lost + q->refused - q->told;
	q->told += more;
	return more;
}

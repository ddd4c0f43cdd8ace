/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The least that any queue program can do: copies each packet and gives it
 * back unchanged, with its payload, repeated with a mark.  What the daemon is
 * compared with.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH_MAX	64
#define QUEUES_MAX	4
#define QUEUE_LEN	16384
#define SOCKET_BUFFER	(16 << 20)
#define PACKET_MAX	0xffff
/* Not a multiple of the page: else all starts share their cache lines. */
#define MESSAGE_MAX	(PACKET_MAX + 1 + 1024 + 192)

static const char usage[] =
"usage: null_queue [-b BATCH] [-m MARK] QUEUE...\n"
"Returns each packet of the queues with its payload and the mark.\n"
"  -b BATCH   packets received by one call, verdicts sent by one call (1)\n";

struct queue {
	struct mnl_socket	*socket;
	uint16_t		 number;
	uint64_t		 packets, batches;
};

static struct mmsghdr	 messages[BATCH_MAX];
static struct iovec	 vectors[BATCH_MAX];
static uint8_t		 received[BATCH_MAX][MESSAGE_MAX];
static uint8_t		 verdicts[BATCH_MAX * MESSAGE_MAX];
static size_t		 verdicts_len;
static unsigned		 batch = 1;
static uint32_t		 mark = 0x40000000;
static volatile sig_atomic_t stop;

static void
interrupted(int number)
{
	stop = 1;
}

static void
send_config(struct queue *q, void (*put)(struct nlmsghdr *))
{
	uint8_t bytes[256];
	struct nlmsghdr *h = nfq_nlmsg_put((char *)bytes,
	    NFQNL_MSG_CONFIG, q->number);

	h->nlmsg_flags |= NLM_F_ACK;
	put(h);
	if (mnl_socket_sendto(q->socket, h, h->nlmsg_len) == -1 ||
	    recv(mnl_socket_get_fd(q->socket), bytes, sizeof bytes, 0) == -1)
		err(1, "queue %u", q->number);
	h = (struct nlmsghdr *)(void *)bytes;
	errno = -((struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error;
	if (errno != 0)
		err(1, "queue %u", q->number);
}

static void
put_bind(struct nlmsghdr *h)
{
	nfq_nlmsg_cfg_put_cmd(h, AF_INET, NFQNL_CFG_CMD_BIND);
}

static void
put_copy(struct nlmsghdr *h)
{
	nfq_nlmsg_cfg_put_params(h, NFQNL_COPY_PACKET, PACKET_MAX);
	nfq_nlmsg_cfg_put_qmaxlen(h, QUEUE_LEN);
}

static void
queue_open(struct queue *q, uint16_t number)
{
	int len = SOCKET_BUFFER, yes = 1, fd;

	q->number = number;
	q->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_NONBLOCK);
	if (q->socket == NULL ||
	    mnl_socket_bind(q->socket, 0, MNL_SOCKET_AUTOPID) == -1)
		err(1, "netlink");
	fd = mnl_socket_get_fd(q->socket);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &len, sizeof len);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &len, sizeof len);
	setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &yes, sizeof yes);
	send_config(q, put_bind);
	send_config(q, put_copy);
}

/* Adds the verdict for one packet to the buffer. */
static int
packet(const struct nlmsghdr *in, void *arg)
{
	struct nlattr *attrs[NFQA_MAX + 1] = { NULL };
	struct nfqnl_msg_packet_hdr *header;
	struct queue *q = arg;
	struct nlmsghdr *out;

	if (nfq_nlmsg_parse(in, attrs) == -1 ||
	    attrs[NFQA_PACKET_HDR] == NULL || attrs[NFQA_PAYLOAD] == NULL)
		return MNL_CB_OK;
	header = mnl_attr_get_payload(attrs[NFQA_PACKET_HDR]);
	out = nfq_nlmsg_put((char *)verdicts + verdicts_len,
	    NFQNL_MSG_VERDICT, q->number);
	nfq_nlmsg_verdict_put(out, (int)ntohl(header->packet_id),
	    NF_REPEAT);
	nfq_nlmsg_verdict_put_mark(out, mark);
	nfq_nlmsg_verdict_put_pkt(out,
	    mnl_attr_get_payload(attrs[NFQA_PAYLOAD]),
	    mnl_attr_get_payload_len(attrs[NFQA_PAYLOAD]));
	verdicts_len += NLMSG_ALIGN(out->nlmsg_len);
	q->packets++;
	return MNL_CB_OK;
}

/* One turn: receives up to a batch, sends its verdicts. */
static void
turn(struct queue *q)
{
	int fd = mnl_socket_get_fd(q->socket);
	int n = recvmmsg(fd, messages, batch, MSG_DONTWAIT, NULL);

	verdicts_len = 0;
	for (int i = 0; i < n; i++)
		mnl_cb_run(received[i], messages[i].msg_len, 0, 0, packet, q);
	if (verdicts_len == 0)
		return;
	q->batches++;
	if (mnl_socket_sendto(q->socket, verdicts, verdicts_len) == -1)
		err(1, "verdict");
}

static void
run(struct queue *queues, nfds_t n)
{
	struct pollfd fds[QUEUES_MAX];

	for (nfds_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){
		    mnl_socket_get_fd(queues[i].socket), POLLIN, 0 };
	puts("ready");
	fflush(stdout);
	while (!stop) {
		if (poll(fds, n, -1) == -1)
			continue;
		for (nfds_t i = 0; i < n; i++)
			if (fds[i].revents != 0)
				turn(&queues[i]);
	}
}

static unsigned
number(const char *word, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(word, &end, 0);

	if (end == word || *end != '\0' || value > max)
		errx(2, "%s: expected a number up to %lu", word, max);
	return (unsigned)value;
}

int
main(int argc, char **argv)
{
	struct queue queues[QUEUES_MAX] = { 0 };
	unsigned n = 0;
	int option;

	while ((option = getopt(argc, argv, "b:m:")) != -1) {
		if (option == 'b')
			batch = number(optarg, BATCH_MAX);
		else if (option == 'm')
			mark = number(optarg, UINT32_MAX);
		else
			errx(2, "%s", usage);
	}
	if (optind == argc || argc - optind > QUEUES_MAX || batch == 0)
		errx(2, "%s", usage);
	for (int i = 0; i < BATCH_MAX; i++) {
		vectors[i] = (struct iovec){ received[i], MESSAGE_MAX };
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (optind < argc)
		queue_open(&queues[n++], (uint16_t)number(argv[optind++],
		    UINT16_MAX));
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = interrupted },
	    NULL);
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = interrupted },
	    NULL);
	run(queues, n);
	for (unsigned i = 0; i < n; i++)
		printf("queue %u: %" PRIu64 " packets in %" PRIu64
		    " batches\n", queues[i].number, queues[i].packets,
		    queues[i].batches);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends the GRE packets of many calls as fast as it can, for measuring.
 *
 *	blast INTERFACE CALLS
 *	blast -d INTERFACE
 *	blast -r INTERFACE INTERFACE
 *
 * With -d, drops what arrives on an interface, as early as the kernel can and
 * as long as the interface is there; with -r, sends it out by another one.
 * Otherwise:
 *
 * Learns one frame of each call by listening to what this host sends itself,
 * and says "ready" when it has all.  Then, for each line "MILLISECONDS BYTES
 * RATE" on stdin, sends them in turn for so long, as IP packets of so many
 * bytes, so many a second (0: as fast as it can), and prints how many it has
 * sent.
 */
#include <sys/socket.h>
#include <sys/syscall.h>

#include <arpa/inet.h>
#include <err.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FRAME		1514
#define LINK		14
#define IP		20
#define GRE		12		/* header with a sequence number */
#define BATCH		64
#define TCX_INGRESS	46		/* in newer linux/bpf.h */

static uint8_t (*frames)[LINK + IP + GRE];
static size_t nframes, wanted;
static bool known_host[1 << 16], known_id[1 << 16];

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int
open_interface(const char *name, uint16_t protocol)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(protocol),
	    .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(protocol)), one = 1,
	    size = 64 << 20;

	if (fd == -1 || bind(fd, (struct sockaddr *)&address,
	    sizeof(address)) == -1 || setsockopt(fd, SOL_PACKET,
	    PACKET_QDISC_BYPASS, &one, sizeof(one)) == -1)
		err(1, "%s", name);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

/* Each client has its address; what is sent to NAT differs by its ID. */
static bool
is_new(const uint8_t *ip)
{
	bool *host = &known_host[(ip[14] ^ ip[18]) << 8 | (ip[15] ^ ip[19])];
	bool *id = &known_id[ip[IP + 6] << 8 | ip[IP + 7]];
	bool before = *host && *id;

	*host = *id = true;
	return !before;
}

static void
keep(const uint8_t *frame, ssize_t n)
{
	const uint8_t *ip = frame + LINK;

	if (n < LINK + IP + GRE || frame[12] != 8 || frame[13] != 0 ||
	    ip[0] != 0x45 || ip[9] != 47 || (ip[IP] & 0x10) == 0 ||
	    !is_new(ip))
		return;
	memcpy(frames[nframes++], frame, sizeof(*frames));
}

static void
learn(const char *interface)
{
	int fd = open_interface(interface, ETH_P_ALL);
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	uint8_t frame[FRAME];
	ssize_t n;

	while (nframes < wanted) {
		n = recvfrom(fd, frame, sizeof(frame), 0,
		    (struct sockaddr *)&from, &len);
		if (n > 0 && from.sll_pkttype == PACKET_OUTGOING)
			keep(frame, n);
	}
	close(fd);
}

static void
put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* Gives a frame its length: IP and GRE headers, without acknowledgment. */
static void
resize(uint8_t *frame, unsigned bytes)
{
	uint8_t *ip = frame + LINK;
	uint32_t sum = 0;

	put16(ip + 2, bytes);
	put16(ip + 6, 0x4000);
	put16(ip + IP, 0x3001);
	put16(ip + IP + 4, bytes - IP - GRE);
	put16(ip + 10, 0);
	for (int i = 0; i < IP; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xFFFF) + (sum >> 16);
	put16(ip + 10, ~(sum + (sum >> 16)) & 0xFFFF);
}

/* Sleeps until more packets are due. */
static void
pace(uint64_t begun, uint64_t sent, unsigned rate)
{
	uint64_t due = begun + (rate == 0 ? 0 : sent * 1000000000 / rate);
	struct timespec when = { .tv_sec = (time_t)(due / 1000000000),
	    .tv_nsec = (long)(due % 1000000000) };

	if (rate != 0)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

static uint64_t
blast(int fd, unsigned ms, unsigned bytes, unsigned rate)
{
	static uint8_t payload[FRAME];
	struct iovec pieces[BATCH][2];
	struct mmsghdr out[BATCH] = { 0 };
	static size_t next;	/* the call whose turn it is */
	uint64_t sent = 0, begun = now_ns(), end = begun + ms * 1000000ULL;
	int n;

	for (size_t i = 0; i < nframes; i++)
		resize(frames[i], bytes);
	for (int i = 0; i < BATCH; i++) {
		out[i].msg_hdr.msg_iov = pieces[i];
		out[i].msg_hdr.msg_iovlen = 2;
		pieces[i][0].iov_len = sizeof(*frames);
		pieces[i][1].iov_base = payload;
		pieces[i][1].iov_len = bytes - IP - GRE;
	}
	for (; now_ns() < end; pace(begun, sent, rate)) {
		for (int i = 0; i < BATCH; i++) {
			pieces[i][0].iov_base = frames[next];
			next = next + 1 == nframes ? 0 : next + 1;
		}
		if ((n = sendmmsg(fd, out, BATCH, 0)) == -1)
			err(1, "sendmmsg");
		sent += (uint64_t)n;
	}
	return sent;
}

static int
attach(const char *interface, const struct bpf_insn *code, uint32_t n)
{
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_SCHED_CLS,
	    .insns = (uintptr_t)code, .insn_cnt = n,
	    .license = (uintptr_t)"GPL" };
	union bpf_attr attach = { .attach_type = TCX_INGRESS };

	attach.target_fd = if_nametoindex(interface);
	attach.attach_bpf_fd = (uint32_t)syscall(SYS_bpf, BPF_PROG_LOAD,
	    &load, sizeof(load));
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)) == -1)
		err(1, "%s: this needs Linux 6.6", interface);
	return 0;
}

/* TC_ACT_UNSPEC for all but IPv4, for which so many instructions follow. */
#define ONLY_IPV4(n)							\
	{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_2,	\
	    .src_reg = BPF_REG_1,					\
	    .off = offsetof(struct __sk_buff, protocol) },		\
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1 },		\
	{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_2,	\
	    .off = (n), .imm = htons(ETH_P_IP) }

/* A tc program: TC_ACT_SHOT. */
static int
drop(const char *interface)
{
	const struct bpf_insn code[] = {
		ONLY_IPV4(1),
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 },
		{ .code = BPF_JMP | BPF_EXIT }
	};

	return attach(interface, code, 5);
}

/* The same: out by another interface, as it is. */
static int
redirect(const char *from, const char *to)
{
	const struct bpf_insn code[] = {
		ONLY_IPV4(3),
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1,
		    .imm = (int)if_nametoindex(to) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT }
	};

	return attach(from, code, 7);
}

int
main(int argc, char **argv)
{
	unsigned ms, bytes, rate;
	int fd;

	if (argc == 3 && strcmp(argv[1], "-d") == 0)
		return drop(argv[2]);
	if (argc == 4 && strcmp(argv[1], "-r") == 0)
		return redirect(argv[2], argv[3]);
	if (argc != 3 || (wanted = strtoul(argv[2], NULL, 10)) == 0)
		errx(2, "usage: blast INTERFACE CALLS | -d INTERFACE | "
		    "-r INTERFACE INTERFACE");
	frames = calloc(wanted, sizeof(*frames));
	if (frames == NULL)
		err(1, NULL);
	learn(argv[1]);
	fd = open_interface(argv[1], 0);	/* to send only */
	puts("ready");
	fflush(stdout);
	while (scanf("%u %u %u", &ms, &bytes, &rate) == 3) {
		if (bytes < IP + GRE || bytes > FRAME - LINK)
			errx(2, "bytes from %d to %d", IP + GRE, FRAME - LINK);
		printf("%lu\n", blast(fd, ms, bytes, rate));
		fflush(stdout);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each tc program costs, by the kernel's own test run: one packet of a
 * known call again and again, then one that is not GRE ("_other"), and nothing
 * of the way to the program and from it.
 *
 *	test_run INSIDE OUTSIDE auto|stack|direct CALLS BYTES ROUNDS
 *
 * The interfaces are there, with routes and neighbours for 10.0.0.0/16 inside
 * and 203.0.113.2 outside.  Prints "PROGRAM NS" for each round and program.
 *
 * A program that has run has changed the packet, which it gets once more: so
 * the call's translated form is the call itself.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <err.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "nat/bpf/call_map.h"
#include "nat/bpf/engine.h"
#include "nat/bpf/program.h"

#define MARK		0x40000000
#define LINK		14
#define FRAME		1514
#define IP		20
#define GRE		12
#define FIRST		0x0A000101	/* inside address of the first call */
#define PEER		0xCB007102
#define ID		500
#define TTL		255
#define PROTOCOL	9		/* offset in the IP header */
#define DONT_FRAGMENT	0x40		/* in the first byte of its flags */
#define REPEAT		200		/* a redirect takes one of the TTL */
#define RUNS		500
#define REDIRECT	7		/* TC_ACT_REDIRECT */
#define UNSPEC		UINT32_MAX	/* TC_ACT_UNSPEC */

static uint8_t frame[FRAME];
static unsigned bytes;

static void
put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void
put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xFFFF);
}

/* A data packet of the first call, as it arrives on an interface. */
static void
make_frame(const char *interface, bool out)
{
	struct ifreq request = { 0 };
	uint8_t *ip = frame + LINK;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint32_t sum = 0;

	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	if (fd == -1 || ioctl(fd, SIOCGIFHWADDR, &request) == -1)
		err(1, "%s", interface);
	close(fd);
	memset(frame, 0, sizeof(frame));
	memcpy(frame, request.ifr_hwaddr.sa_data, 6);
	put16(frame + 12, 0x0800);
	put16(ip, 0x4500);
	put16(ip + 2, bytes);
	put16(ip + 6, DONT_FRAGMENT << 8);
	put16(ip + 8, TTL << 8 | IPPROTO_GRE);
	put32(ip + 12, out ? FIRST : PEER);
	put32(ip + 16, out ? PEER : FIRST);
	for (int i = 0; i < IP; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xFFFF) + (sum >> 16);
	put16(ip + 10, ~(sum + (sum >> 16)) & 0xFFFF);
	put32(ip + IP, 0x3001880B);
	put16(ip + IP + 4, bytes - IP - GRE);
	put16(ip + IP + 6, ID);
}

/* As if the first call's probe had just left by the same interface. */
static void
show_way(struct program *program, enum program_map map, unsigned interface)
{
	const struct fast_key key = { htonl(PEER), htonl(FIRST), htons(ID), 0 };
	struct fast_slot *slot = call_map_find(program_calls(program, map),
	    &key);
	struct timespec now;

	if (slot == NULL)
		errx(1, "not a known call");
	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	slot->way.asked = slot->way.confirmed =
	    (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	slot->way.from = interface;
	slot->way.hop.to = (int)interface;
	slot->way.length = FRAME;
	slot->way.probe_flags = DONT_FRAGMENT;
}

/* ns of one run; what it leads to must be what is expected. */
static unsigned
run(int fd, uint32_t mark, unsigned interface, uint32_t result,
    uint32_t mark_after)
{
	struct __sk_buff in = { .mark = mark, .ifindex = interface }, out = in;
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = frame,
	    .data_size_in = LINK + bytes, .ctx_in = &in,
	    .ctx_size_in = sizeof(in), .ctx_out = &out,
	    .ctx_size_out = sizeof(out), .repeat = REPEAT);

	if (bpf_prog_test_run_opts(fd, &o) != 0)
		err(1, "test run");
	if (o.retval != result || out.mark != mark_after)
		errx(1, "unexpected: result %d, mark 0x%x", (int)o.retval,
		    out.mark);
	return o.duration;
}

static uint64_t
passed(struct program *program)
{
	struct fast_count sum[FAST_COUNTERS];

	program_counters(program, sum);
	return sum[FAST_IN].packets + sum[FAST_OUT].packets +
	    sum[FAST_FAST_IN].packets + sum[FAST_FAST_OUT].packets;
}

/* The quickest of all runs: others' programs only ever make them slower. */
static void
print_least(const char *name, int fd, uint32_t mark, unsigned interface,
    uint32_t result, uint32_t mark_after)
{
	unsigned ns, least = UINT_MAX;

	for (int i = 0; i < RUNS; i++) {
		ns = run(fd, mark, interface, result, mark_after);
		if (ns < least)
			least = ns;
	}
	printf("%s %u\n", name, least);
	fflush(stdout);
}

/* A packet of the call; then the same, but not of GRE. */
static void
measure(struct program *program, enum program_hook hook, bool redirect,
    const char *interface)
{
	static const char *const names[][2] = {
		[PROGRAM_FROM_OUTSIDE] = { "from_outside",
		    "from_outside_other" },
		[PROGRAM_FROM_INSIDE] = { "from_inside", "from_inside_other" },
		[PROGRAM_TO_OUTSIDE] = { "to_outside", "to_outside_other" }
	};
	bool egress = hook == PROGRAM_TO_OUTSIDE;
	uint64_t before = passed(program);
	unsigned index = if_nametoindex(interface);
	int fd = program_fd(program, hook, true);

	program_ipsec(program, false);
	make_frame(interface, hook != PROGRAM_FROM_OUTSIDE);
	show_way(program, hook == PROGRAM_FROM_OUTSIDE ? PROGRAM_INBOUND :
	    PROGRAM_OUTBOUND, index);
	print_least(names[hook][0], fd, egress ? MARK : 0, index,
	    redirect ? REDIRECT : UNSPEC, redirect ? 0 : MARK);
	if (egress && passed(program) == before)
		errx(1, "not a known call");
	frame[LINK + PROTOCOL] = IPPROTO_UDP;
	print_least(names[hook][1], fd, 0, index, UNSPEC, 0);
}

/* All calls are alike but for the inside address. */
static void
add_calls(struct engine *engine, uint32_t n)
{
	struct alg_change c = { .kind = ALG_CHANGE_UP };

	c.call.inside_id = c.call.mapped_id = c.call.outside_id = ID;
	c.call.flow.outside = c.call.alias = PEER;
	for (uint32_t i = 0; i < n; i++) {
		c.call.flow.inside = c.call.public = FIRST + i;
		if (engine_change(engine, &c) != REASON_NONE)
			errx(1, "no room for call %u", i);
	}
}

int
main(int argc, char **argv)
{
	static struct config config = { .engine = CONFIG_ENGINE_BPF,
	    .mark = MARK, .connections = 1 };
	struct program_options options = { .mark = MARK, .connections = 1 };
	struct program *program;
	struct engine *engine;
	char error[1024];
	bool redirect;

	if (argc != 7)
		errx(2, "usage: test_run INSIDE OUTSIDE auto|stack|direct "
		    "CALLS BYTES ROUNDS");
	redirect = strcmp(argv[3], "stack") != 0;
	config.forward = options.forward = !redirect ? CONFIG_FORWARD_STACK :
	    strcmp(argv[3], "auto") == 0 ? CONFIG_FORWARD_AUTO :
	    CONFIG_FORWARD_DIRECT;
	options.calls = (uint32_t)strtoul(argv[4], NULL, 10);
	bytes = (unsigned)strtoul(argv[5], NULL, 10);
	if (bytes < IP + GRE || bytes > FRAME - LINK)
		errx(2, "BYTES from %d to %d", IP + GRE, FRAME - LINK);
	if ((engine = engine_open(&config, options.calls, NULL, error,
	    sizeof(error))) == NULL ||
	    (program = program_open(&options, error, sizeof(error))) == NULL)
		errx(1, "%s", error);
	add_calls(engine, options.calls);
	for (long i = strtol(argv[6], NULL, 10); i > 0; i--) {
		measure(program, PROGRAM_FROM_OUTSIDE, redirect, argv[2]);
		measure(program, PROGRAM_FROM_INSIDE, redirect, argv[1]);
		if (!redirect)
			measure(program, PROGRAM_TO_OUTSIDE, false, argv[2]);
	}
	program_close(program);
	engine_purge(engine);
	engine_close(engine);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of test_gre.c once more: what the tc programs do with each, in
 * the kernel's own test run, must be what the translator does, or nothing.
 */
int	gre_main(void);

#pragma push_macro("main")
#undef main
#define main	gre_main
#include "tests/unit/alg/translate/test_gre.c"
#pragma pop_macro("main")

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "nat/bpf/call_map.h"
#include "nat/bpf/control_map.h"
#include "nat/bpf/engine.h"
#include "nat/bpf/program.h"
#include "nat/net/interface.h"

#define MARK		0x40000000
#define LINK		14
#define FRAME		3000
#define UNSPEC		0xFFFFFFFFU	/* TC_ACT_UNSPEC: goes on */

static const struct config config = {
	.engine = CONFIG_ENGINE_BPF, .mark = MARK, .connections = 100
};
static const struct program_options options = {
	.mark = MARK, .calls = 10000, .connections = 100
};
extern const uint8_t program_object[], program_object_end[];
static struct interface *interfaces;
static struct engine *engine;
static struct program *program;		/* with the same maps */
static unsigned translated, left;

struct frame {
	uint8_t		bytes[LINK + FRAME];
	size_t		len;
	uint32_t	mark;
};

static void
run(struct frame *f, enum program_hook hook)
{
	struct __sk_buff in = { .mark = f->mark }, out = { 0 };
	uint8_t after[sizeof(f->bytes)];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->bytes,
	    .data_size_in = (uint32_t)f->len, .data_out = after,
	    .data_size_out = sizeof(after), .ctx_in = &in,
	    .ctx_size_in = sizeof(in), .ctx_out = &out,
	    .ctx_size_out = sizeof(out));

	assert_int_equal(bpf_prog_test_run_opts(program_fd(program, hook,
	    true), &o), 0);
	assert_int_equal(o.retval, UNSPEC);
	assert_int_equal(o.data_size_out, f->len);
	memcpy(f->bytes, after, f->len);
	f->mark = out.mark;
}

/* What the program is to take from the queue. */
static bool
is_easy(const struct play *p, const uint8_t *before)
{
	return p->result.action == ALG_PASS && p->result.changed &&
	    before[0] == 0x45 && before[8] > 1;
}

static void
compare(const struct play *p, enum alg_dir dir, const uint8_t *before,
    size_t len)
{
	struct frame f = { .len = LINK + len };
	bool easy = is_easy(p, before);

	if (len > FRAME || len < IP)	/* the kernel refuses these */
		return;
	f.bytes[12] = 8;		/* IPv4 for the loopback interface */
	memcpy(f.bytes + LINK, before, len);
	run(&f, dir == IN ? PROGRAM_FROM_OUTSIDE : PROGRAM_FROM_INSIDE);
	assert_int_equal(f.mark, easy ? MARK : 0);
	if (dir == OUT) {
		assert_memory_equal(f.bytes + LINK, before, len);
		run(&f, PROGRAM_TO_OUTSIDE);
	}
	if (!easy)
		assert_memory_equal(f.bytes + LINK, before, len);
	else
		assert_memory_equal(f.bytes + LINK, p->packet, p->len);
	translated += easy;
	left += !easy;
}

static void
on_packet(const struct play *p, enum alg_dir dir, const uint8_t *before,
    size_t len)
{
	if (len < 10 || before[9] == 47)
		compare(p, dir, before, len);
}

static void
on_change(const struct alg_change *c)
{
	assert_int_equal(engine_change(engine, c), REASON_NONE);
}

/* Is a packet from outside to this mapped ID translated? */
static bool
is_found(uint16_t id)
{
	struct frame f = { .len = LINK + 32, .bytes = {
		[12] = 8, [LINK] = 0x45, [LINK + 3] = 32, [LINK + 8] = 64,
		[LINK + 9] = 47, [LINK + 15] = 1, [LINK + 20] = 0x30, 1, 0x88,
		0x0B, 0, 0, (uint8_t)(id >> 8), (uint8_t)id
	} };

	run(&f, PROGRAM_FROM_OUTSIDE);
	return f.mark == MARK;
}

/*
 * The calls that the plays left behind are none of a fresh translator's.  Then
 * as many as there is room for: the next one has to go by the queue.
 */
static void
test_room(void **state)
{
	struct alg_change c = {
		.kind = ALG_CHANGE_UP, .call.flow.outside = 1, .call.alias = 1,
		.call.mapped_id = 1, .call.flow.inside = 1
	};
	struct play play;
	char error[1024];
	uint32_t n;

	/* As the next daemon would: it finds what is in the maps. */
	program_close(program);
	program = program_open(&options, error, sizeof(error));
	assert_non_null(program);
	assert_non_null(call_map_next(program_calls(program, PROGRAM_INBOUND),
	    NULL));
	play_start(&play, NULL);
	assert_int_equal(engine_start(engine, play.alg), 0);
	play_stop(&play);
	for (int map = PROGRAM_OUTBOUND; map <= PROGRAM_INBOUND; map++)
		assert_null(call_map_next(program_calls(program,
		    (enum program_map)map), NULL));
	for (n = 0; engine_change(engine, &c) == REASON_NONE; n++) {
		assert_true(n < options.calls);
		assert_true(is_found(c.call.mapped_id));
		c.call.flow.inside = ++c.call.mapped_id;
	}
	assert_int_equal(n, options.calls);
	assert_false(is_found(c.call.mapped_id));
	c.kind = ALG_CHANGE_DOWN;
	while (--c.call.mapped_id > 0) {
		assert_true(is_found(c.call.mapped_id));
		c.call.flow.inside = c.call.mapped_id;
		assert_int_equal(engine_change(engine, &c), REASON_NONE);
		assert_false(is_found(c.call.mapped_id));
	}
}

#define TCP_BYTES	20
#define WINDOW		(LINK + 20 + 14)	/* its offset */

static const struct alg_connection_info control = {
	.flow = { 0x0A000001, 0xC6336401, 1025, 1723, 0 },
	.public = 0xCB007101, .public_port = 2025,
	.alias = 0xC6336401, .alias_port = 1723
};

/* A segment of it that acknowledges, as it comes from outside. */
static struct frame
make_ack(uint8_t flags, size_t data)
{
	struct frame f = { .len = LINK + 20 + TCP_BYTES + data,
	    .bytes = { [12] = 8, [LINK] = 0x45, [LINK + 8] = 64,
	    [LINK + 9] = 6 } };
	uint8_t *ip = f.bytes + LINK, *tcp = ip + 20;

	wire_put16(ip + 2, (uint16_t)(f.len - LINK));
	wire_put32(ip + 12, control.flow.outside);
	wire_put32(ip + 16, control.public);
	wire_put16(tcp, control.flow.outside_port);
	wire_put16(tcp + 2, control.public_port);
	wire_put32(tcp + 4, 100);
	wire_put32(tcp + 8, 200);
	wire_put16(tcp + 12, 0x5000 | flags);
	wire_put16(tcp + 14, 65000);
	wire_put16(tcp + 16, wire_tcp_checksum(ip, f.len - LINK));
	return f;
}

static void
hear_ack(void *arg, const struct alg_ack *ack)
{
	unsigned *heard = arg;

	assert_memory_equal(&ack->flow, &control.flow, sizeof(ack->flow));
	assert_int_equal(ack->dir, IN);
	assert_int_equal(ack->seq, 100);
	assert_int_equal(ack->ack, 200);
	++*heard;
}

/* It passes, marked, or is left as it is. */
static void
check_ack(struct control_map *map, struct frame f, enum program_hook hook,
    bool passes)
{
	const struct frame before = f;
	unsigned heard = 0;

	run(&f, hook);
	control_map_read(map, hear_ack, &heard);
	assert_int_equal(heard, passes);
	assert_int_equal(f.mark, passes ? MARK : 0);
	if (passes) {
		assert_int_equal(wire_get16(f.bytes + WINDOW), ALG_WINDOW);
		assert_int_equal(wire_tcp_checksum(f.bytes + LINK,
		    f.len - LINK), 0);
	} else {
		assert_memory_equal(f.bytes, before.bytes, f.len);
	}
}

/* What only acknowledges, on a connection that is followed, from its side. */
static void
test_acks(void **state)
{
	struct control_map *map = control_map_open(program_map(program,
	    PROGRAM_CONTROLS), program_map(program, PROGRAM_ACKS));
	const struct frame ack = make_ack(PLAY_ACK, 0);
	struct frame other_type = ack, short_header = ack;
	static const uint8_t others[] = { 0, PLAY_FIN | PLAY_ACK,
	    PLAY_SYN | PLAY_ACK, PLAY_RST | PLAY_ACK, PLAY_RST };

	assert_non_null(map);
	check_ack(map, ack, PROGRAM_FROM_OUTSIDE, false);
	control_map_put(map, &control);
	control_map_commit(map);
	check_ack(map, ack, PROGRAM_FROM_OUTSIDE, true);
	check_ack(map, ack, PROGRAM_FROM_INSIDE, false);
	check_ack(map, make_ack(PLAY_ACK, 1), PROGRAM_FROM_OUTSIDE, false);
	other_type.bytes[12] = 0x88;
	check_ack(map, other_type, PROGRAM_FROM_OUTSIDE, false);
	/* As long as it would be with a header of 16 bytes. */
	short_header.len -= 4;
	wire_put16(short_header.bytes + LINK + 2, 36);
	short_header.bytes[LINK + 20 + 12] = 0x40;
	check_ack(map, short_header, PROGRAM_FROM_OUTSIDE, false);
	for (size_t i = 0; i < sizeof(others); i++)
		check_ack(map, make_ack(others[i], 0), PROGRAM_FROM_OUTSIDE,
		    false);
	control_map_remove(map, &control);
	check_ack(map, ack, PROGRAM_FROM_OUTSIDE, false);
	control_map_close(map);
}

struct heard_frame {
	unsigned	n;
	uint8_t		bytes[FRAME];
	size_t		len;
};

static void
hear_frame(void *arg, const struct frame_ring_frame *f)
{
	struct heard_frame *heard = arg;

	assert_int_equal(f->public, 2);
	assert_int_equal(f->outside, 1);
	assert_int_equal(f->mapped_id, 7);
	assert_int_equal(f->dir, IN);
	assert_false(f->lost);
	memcpy(heard->bytes, f->bytes, f->len);
	heard->len = f->len;
	heard->n++;
}

static void
skip_frame(void *arg, const struct frame_ring_frame *f)
{
}

/* From outside, in GRE with sequence and acknowledgment numbers. */
static void
send_frame(const void *ppp, size_t len)
{
	struct frame f = { .len = LINK + 20 + 16 + len, .bytes = {
		[12] = 8, [LINK] = 0x45, [LINK + 8] = 64, [LINK + 9] = 47,
		[LINK + 15] = 1, [LINK + 19] = 2, [LINK + 20] = 0x30, 0x81,
		0x88, 0x0B
	} };

	wire_put16(f.bytes + LINK + 2, (uint16_t)(36 + len));
	wire_put16(f.bytes + LINK + 24, (uint16_t)len);
	wire_put16(f.bytes + LINK + 26, 7);
	memcpy(f.bytes + LINK + 36, ppp, len);
	run(&f, PROGRAM_FROM_OUTSIDE);
}

/* What negotiates in a call is copied, up to a limit, and no more. */
static void
test_frames(void **state)
{
	static const uint8_t request[300] = { 0xFF, 0x03, 0xC0, 0x21, 1, 1 };
	static const uint8_t echo[] = { 0xC0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0 };
	static const uint8_t data[] = { 0x21, 0x45, 0, 0, 20, 0, 0, 0 };
	struct alg_change c = {
		.kind = ALG_CHANGE_UP, .call.flow.outside = 1, .call.alias = 1,
		.call.public = 2, .call.mapped_id = 7, .call.flow.inside = 3
	};
	struct frame_ring *ring = frame_ring_open(program_map(program,
	    PROGRAM_FRAMES));
	struct heard_frame heard = { .n = 0 };

	assert_non_null(ring);
	frame_ring_read(ring, skip_frame, NULL);
	send_frame(request, sizeof(request));
	frame_ring_read(ring, hear_frame, &heard);
	assert_int_equal(heard.n, 0);
	assert_int_equal(engine_change(engine, &c), REASON_NONE);
	send_frame(request, sizeof(request));
	send_frame(echo, sizeof(echo));
	frame_ring_read(ring, hear_frame, &heard);
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.len, sizeof(((struct fast_frame *)0)->bytes));
	assert_memory_equal(heard.bytes, request + 2, heard.len);
	for (int i = 0; i < 3; i++)
		send_frame(data, sizeof(data));
	frame_ring_read(ring, hear_frame, &heard);
	assert_int_equal(heard.n, 2);
	assert_memory_equal(heard.bytes, data, heard.len);
	for (int i = 0; i < FAST_FRAMES_MAX; i++)
		send_frame(request, 20);
	frame_ring_read(ring, hear_frame, &heard);
	assert_int_equal(heard.n, FAST_FRAMES_MAX);
	c.kind = ALG_CHANGE_DOWN;
	assert_int_equal(engine_change(engine, &c), REASON_NONE);
	frame_ring_close(ring);
}

/* A processor that reads no words that are not aligned takes them, too. */
static void
test_aligned(void **state)
{
	struct fast_settings settings = { .mark = MARK };
	struct bpf_program *each;
	struct bpf_object *object;

	for (int forward = 0; forward < 3; forward++) {
		object = bpf_object__open_mem(program_object,
		    (size_t)(program_object_end - program_object), NULL);
		assert_non_null(object);
		settings.direct = forward == 1;
		settings.automatic = forward == 2;
		assert_int_equal(bpf_map__set_initial_value(
		    bpf_object__find_map_by_name(object, ".rodata"), &settings,
		    sizeof(settings)), 0);
		bpf_object__for_each_program(each, object)
			bpf_program__set_flags(each, BPF_F_STRICT_ALIGNMENT);
		assert_int_equal(bpf_object__load(object), 0);
		bpf_object__close(object);
	}
}

static void
test_unavailable(void **state)
{
	skip();
}

static int
skip_all(const char *why)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unavailable)
	};

	fprintf(stderr, "%s\n", why);
	return cmocka_run_group_tests_name("bpf", tests, NULL, NULL);
}

int
main(void)
{
	static const struct play_witness witness = { on_change, on_packet };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_acks),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_aligned)
	};
	char error[1024] = "a network namespace needs root";
	int failed;

	/* Where no daemon has pinned anything. */
	if (unshare(CLONE_NEWNET) == -1 || (interfaces = interface_open(
	    &config, error, sizeof(error))) == NULL ||
	    (engine = engine_open(&config, options.calls, interfaces, error,
	    sizeof(error))) == NULL ||
	    (program = program_open(&options, error, sizeof(error))) == NULL)
		return skip_all(error);
	play_show(&witness);
	failed = gre_main();
	failed += cmocka_run_group_tests_name("bpf", tests, NULL, NULL);
	program_close(program);
	engine_purge(engine);
	engine_close(engine);
	interface_close(interfaces);
	if (translated < 30 || left < 50)
		failed++;
	fprintf(stderr, "%u packets translated, %u left\n", translated, left);
	return failed;
}

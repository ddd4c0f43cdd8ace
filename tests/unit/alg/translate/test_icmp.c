/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors that quote GRE: translated, refused, malformed. */
#include <stdlib.h>

#include "alg/translate/state.h"
#include "tests/unit/play.h"

#define CLIENT	0x0A000001
#define ROUTER	0x0A0000FE	/* inside */
#define FAR	0x08080808	/* a router outside */
#define SERVER	0xC6336401
#define ID	7
#define PEER	0x0500
#define IP	20
#define ICMP	8

/* One client whose ID is another one outside. */
struct scene {
	struct play		 play;
	struct play_line	 other, line;
	uint16_t		 mapped;
};

static int
set(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	play_start(&s->play, NULL);
	s->mapped = play_rivals(&s->play, &s->other, &s->line, CLIENT, SERVER,
	    ID, PEER);
	*state = s;
	return 0;
}

static int
unset(void **state)
{
	struct scene *s = *state;

	play_stop(&s->play);
	free(s);
	return 0;
}

/* The start of a GRE packet, as a quote has it: header, 8 bytes and more. */
static size_t
write_quote(uint8_t *q, uint32_t src, uint32_t dst, uint16_t id, size_t more)
{
	memset(q, 0, IP);
	q[0] = 0x45;
	wire_put16(q + 2, 1400);
	wire_put16(q + 6, 0x4000);
	q[8] = 61;
	q[9] = 47;
	wire_put32(q + 12, src);
	wire_put32(q + 16, dst);
	wire_put16(q + 10, wire_checksum(0, q, IP));
	wire_put32(q + IP, 0x3001880B);
	wire_put16(q + IP + 4, 1300);
	wire_put16(q + IP + 6, id);
	memset(q + IP + 8, 0x5A, more);
	return IP + 8 + more;
}

/* An error of a type that quotes this; back to who sent it. */
static void
write_error(struct play *p, uint8_t type, uint32_t from, const uint8_t *quote,
    size_t len)
{
	uint8_t *m = p->packet + IP;

	p->now += 1000;			/* not too many at once */
	memcpy(m + ICMP, quote, len);
	m[0] = type;
	m[1] = 4;
	wire_put16(m + 2, 0);
	wire_put32(m + 4, 1280);
	wire_put16(m + 2, wire_checksum(0, m, ICMP + len));
	play_ip(p, 1, from, len < 16 ? CLIENT : wire_get32(quote + 12),
	    ICMP + len);
}

/* From outside, about the client's GRE; or from inside, about the server's. */
static void
write_usual(struct scene *s, enum alg_dir dir, uint8_t type, size_t more)
{
	uint8_t q[2048];
	size_t n = dir == IN ?
	    write_quote(q, s->line.public, SERVER, PEER, more) :
	    write_quote(q, SERVER, CLIENT, ID, more);

	write_error(&s->play, type, dir == IN ? FAR : ROUTER, q, n);
}

static void
expect(struct scene *s, enum alg_dir dir, enum alg_action action,
    enum reason reason, bool ours)
{
	assert_int_equal(play_packet(&s->play, dir), action);
	assert_int_equal(s->play.result.reason, reason);
	assert_int_equal(s->play.result.ours, ours);
}

/* All of it is what the receiver would have seen without us. */
static void
check_translated(struct scene *s, enum alg_dir dir, uint8_t type, size_t more)
{
	const struct play *p = &s->play;
	uint8_t want[2048];
	size_t n = dir == IN ? write_quote(want, CLIENT, SERVER, PEER, more) :
	    write_quote(want, SERVER, s->line.public, s->mapped, more);

	assert_int_equal(p->len, IP + ICMP + n);
	assert_memory_equal(p->packet + IP + ICMP, want, n);
	assert_int_equal(p->packet[IP], type);
	assert_int_equal(wire_get32(p->packet + IP + 4), 1280);
	assert_int_equal(wire_checksum(0, p->packet + IP, ICMP + n), 0);
	assert_int_equal(wire_checksum(0, p->packet, IP), 0);
	assert_int_equal(play_src(p), dir == IN ? FAR : s->line.public);
	assert_int_equal(play_dst(p), dir == IN ? CLIENT : SERVER);
	assert_int_not_equal(p->result.call, 0);
}

static void
test_errors(void **state)
{
	static const uint8_t types[] = { 3, 4, 11, 12 };
	struct scene *s = *state;

	for (int dir = 0; dir < 2; dir++) {
		for (size_t i = 0; i < (dir == IN ? 4 : 3); i++) {
			for (size_t more = 0; more < 600; more += 1 + more) {
				write_usual(s, dir, types[i], more);
				expect(s, dir, ALG_PASS, REASON_NONE, true);
				check_translated(s, dir, types[i], more);
			}
		}
	}
	assert_int_equal(play_counters(&s->play).icmp, (4 + 3) * 10);
}

/* What would end a socket at the outside end, which others share. */
static void
test_refusals(void **state)
{
	static const uint8_t hard[] = { 2, 3, 6, 7, 8, 9, 10, 13, 14, 15 };
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(hard); i++) {
		write_usual(s, OUT, 3, 20);
		s->play.packet[IP + 1] = hard[i];
		expect(s, OUT, ALG_DROP, REASON_ICMP_REFUSAL, true);
		write_usual(s, IN, 3, 20);
		s->play.packet[IP + 1] = hard[i];
		expect(s, IN, ALG_PASS, REASON_NONE, true);
	}
	write_usual(s, OUT, 12, 20);
	expect(s, OUT, ALG_DROP, REASON_ICMP_REFUSAL, true);
}

/* From outside, they do not end a call whose GRE comes from there. */
static void
test_alive(void **state)
{
	struct scene *s = *state;

	assert_int_equal(play_gre(&s->play, IN, SERVER, s->line.public,
	    s->mapped), ALG_PASS);
	for (uint8_t code = 2; code < 4; code++) {
		write_usual(s, IN, 3, 20);
		s->play.packet[IP + 1] = code;
		expect(s, IN, ALG_DROP, REASON_ICMP_ALIVE, true);
	}
	write_usual(s, IN, 3, 20);
	expect(s, IN, ALG_PASS, REASON_NONE, true);	/* code 4 */
	play_wait(&s->play, STATE_GRE_ALIVE);
	write_usual(s, IN, 3, 20);
	s->play.packet[IP + 1] = 2;
	expect(s, IN, ALG_PASS, REASON_NONE, true);
}

/* No link has such an MTU; 0 is that of a router that does not tell. */
static void
test_false_mtu(void **state)
{
	static const struct {
		uint16_t	mtu;
		bool		passes;
	} t[] = { { 0, true }, { 1, false }, { 68, false },
	    { STATE_MTU_MIN - 1, false }, { STATE_MTU_MIN, true } };
	struct scene *s = *state;

	for (int dir = 0; dir < 2; dir++) {
		for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			write_usual(s, dir, 3, 20);
			wire_put16(s->play.packet + IP + 6, t[i].mtu);
			expect(s, dir, t[i].passes ? ALG_PASS : ALG_DROP,
			    t[i].passes ? REASON_NONE : REASON_ICMP_MTU, true);
		}
	}
}

/* Only so many of a call in each direction; others have theirs. */
static void
test_too_many(void **state)
{
	struct scene *s = *state;
	uint64_t start = s->play.now + 1000000;
	uint32_t passed[2] = { 0 };

	for (int i = 0; i < 200; i++) {
		write_usual(s, i % 2, 11, 20);
		s->play.now = start;
		passed[i % 2] += play_packet(&s->play, i % 2) == ALG_PASS;
	}
	assert_int_equal(passed[IN], STATE_ICMP_BURST);
	assert_int_equal(passed[OUT], STATE_ICMP_BURST);
	assert_int_equal(play_counters(&s->play).reasons[REASON_ICMP_LIMIT],
	    200 - 2 * STATE_ICMP_BURST);
	write_usual(s, IN, 11, 20);
	expect(s, IN, ALG_PASS, REASON_NONE, true);
}

/* What a wrong checksum was, it stays: the receiver is to see it. */
static void
test_wrong_checksum(void **state)
{
	struct scene *s = *state;

	write_usual(s, IN, 3, 0);
	s->play.packet[IP + 2] ^= 0xFF;
	expect(s, IN, ALG_PASS, REASON_NONE, true);
	assert_int_not_equal(wire_checksum(0, s->play.packet + IP,
	    s->play.len - IP), 0);
}

static void
test_not_ours(void **state)
{
	struct scene *s = *state;
	uint8_t q[64];
	size_t n;

	for (unsigned type = 0; type < 256; type++) {
		if (type == 3 || type == 4 || type == 11 || type == 12)
			continue;
		write_usual(s, IN, (uint8_t)type, 0);
		expect(s, IN, ALG_PASS, REASON_NOT_OURS, false);
	}
	n = write_quote(q, s->line.public, SERVER, PEER, 8);
	q[9] = 6;
	write_error(&s->play, 3, FAR, q, n);
	expect(s, IN, ALG_PASS, REASON_NOT_OURS, false);
	n = write_quote(q, s->line.public, SERVER, PEER, 8);
	wire_put16(q + IP, 0x2000);
	write_error(&s->play, 3, FAR, q, n);
	expect(s, IN, ALG_PASS, REASON_NOT_OURS, false);
}

static void
test_unknown(void **state)
{
	struct scene *s = *state;
	const struct {
		enum alg_dir	 dir;
		uint32_t	 src, dst;
		uint16_t	 id;
	} t[] = {
		{ IN, s->line.public + 1, SERVER, PEER },
		{ IN, s->line.public, SERVER + 1, PEER },
		{ IN, s->line.public, SERVER, PEER + 9 },
		{ IN, CLIENT, SERVER, PEER },
		{ OUT, SERVER + 1, CLIENT, ID },
		{ OUT, SERVER, CLIENT + 9, ID },
		{ OUT, SERVER, CLIENT, ID + 9 },
		{ OUT, SERVER, s->line.public, s->mapped },
	};
	uint8_t q[64];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		write_error(&s->play, 3, FAR, q, write_quote(q, t[i].src,
		    t[i].dst, t[i].id, 0));
		expect(s, t[i].dir, ALG_DROP, REASON_ICMP_UNKNOWN, true);
	}
}

/* An error goes to who sent what it quotes; another's is not believed. */
static void
test_wrong_receiver(void **state)
{
	struct scene *s = *state;

	for (int dir = 0; dir < 2; dir++) {
		write_usual(s, dir, 3, 0);
		play_ip(&s->play, 1, FAR, 0x0B000001, s->play.len - IP);
		expect(s, dir, ALG_DROP, REASON_ICMP_UNKNOWN, true);
	}
}

/* However little is quoted, and whatever the quoted header says of that. */
static void
test_cut_short(void **state)
{
	struct scene *s = *state;
	size_t len;

	write_usual(s, IN, 3, 0);
	len = s->play.len;
	for (size_t n = IP; n < len; n++) {
		write_usual(s, IN, 3, 0);
		wire_put16(s->play.packet + 2, (uint16_t)n);
		s->play.len = n;
		play_packet(&s->play, IN);
		assert_int_equal(s->play.result.action, ALG_DROP);
		assert_int_equal(s->play.result.reason,
		    REASON_ICMP_MALFORMED);
	}
	for (uint16_t n = 0; n < 28; n++) {
		write_usual(s, IN, 3, 0);
		wire_put16(s->play.packet + IP + ICMP + 2, n);
		expect(s, IN, ALG_DROP, REASON_ICMP_MALFORMED, true);
	}
	for (unsigned words = 0; words < 16; words++) {
		if (words == 5)
			continue;
		write_usual(s, IN, 3, 0);
		s->play.packet[IP + ICMP] = (uint8_t)(0x40 + words);
		play_packet(&s->play, IN);
		assert_int_not_equal(s->play.result.reason, REASON_NONE);
	}
}

/* The first fragment has the call ID, the others have not. */
static void
test_quoted_fragments(void **state)
{
	struct scene *s = *state;
	uint8_t q[64];
	size_t n = write_quote(q, s->line.public, SERVER, PEER, 8);

	wire_put16(q + 6, 0x2000);
	wire_put16(q + 10, 0);
	wire_put16(q + 10, wire_checksum(0, q, IP));
	write_error(&s->play, 11, FAR, q, n);
	expect(s, IN, ALG_PASS, REASON_NONE, true);
	assert_int_equal(wire_get32(s->play.packet + IP + ICMP + 12), CLIENT);
	wire_put16(q + 6, 0x00B9);
	write_error(&s->play, 11, FAR, q, n);
	expect(s, IN, ALG_DROP, REASON_FRAGMENT, true);
}

/* Options in both headers. */
static void
test_options(void **state)
{
	struct scene *s = *state;
	uint8_t *p = s->play.packet, q[64], *inner = p + 28 + ICMP;
	size_t n = write_quote(q, s->line.public, SERVER, PEER, 0);

	memmove(q + 28, q + IP, 8);
	memset(q + IP, 1, 8);
	q[0] = 0x47;
	wire_put16(q + 10, 0);
	wire_put16(q + 10, wire_checksum(0, q, 28));
	write_error(&s->play, 3, FAR, q, n + 8);
	memmove(p + 28, p + IP, ICMP + n + 8);
	memset(p + IP, 1, 8);
	s->play.len += 8;
	p[0] = 0x47;
	wire_put16(p + 2, (uint16_t)s->play.len);
	wire_put16(p + 10, 0);
	wire_put16(p + 10, wire_checksum(0, p, 28));
	expect(s, IN, ALG_PASS, REASON_NONE, true);
	assert_int_equal(wire_get32(inner + 12), CLIENT);
	assert_int_equal(wire_checksum(0, p, 28), 0);
	assert_int_equal(wire_checksum(0, inner, 28), 0);
	assert_int_equal(wire_checksum(0, p + 28, ICMP + n + 8), 0);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set, unset)
	const struct CMUnitTest tests[] = {
		TEST(test_errors),
		TEST(test_refusals),
		TEST(test_alive),
		TEST(test_false_mtu),
		TEST(test_too_many),
		TEST(test_wrong_checksum),
		TEST(test_not_ours),
		TEST(test_unknown),
		TEST(test_wrong_receiver),
		TEST(test_cut_short),
		TEST(test_quoted_fragments),
		TEST(test_options),
	};

	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}

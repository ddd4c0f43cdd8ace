/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the firewall knows of a segment: its zone, and the mark it has. */
#include <stdlib.h>

#include "tests/unit/play.h"
#include "tests/unit/wire.h"

#define CLIENT	0x0A000001
#define SERVER	0xC6336401
#define ALIAS	0xCB007105
#define ID	7
#define PEER	0x0500

/* A connection with a call and marks. */
struct scene {
	struct play		 play;
	struct play_line	 line, other;
};

static int
set(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct alg_config config = play_config();

	config.recording = true;
	play_start(&s->play, &config);
	play_line(&s->play, &s->line, CLIENT, 1025, SERVER, 1723);
	s->line.mark[OUT] = 2;
	s->line.mark[IN] = 0x102;
	play_open(&s->line, OUT);
	play_call(&s->line, ID, PEER);
	play_forget(&s->play);
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

static void
check_marks(struct scene *s, uint32_t out, uint32_t in)
{
	struct alg_call_info info;

	assert_true(alg_call(s->play.alg, s->line.public, SERVER, ID, &info));
	assert_int_equal(info.mark[OUT], out);
	assert_int_equal(info.mark[IN], in);
	assert_int_equal(play_gre(&s->play, OUT, CLIENT, SERVER, PEER),
	    ALG_PASS);
	assert_int_equal(s->play.result.mark, out);
	assert_int_equal(play_gre(&s->play, IN, SERVER, s->line.public, ID),
	    ALG_PASS);
	assert_int_equal(s->play.result.mark, in);
}

/* GRE has its connection's, in each direction, also after a restart. */
static void
test_marks(void **state)
{
	struct scene *s = *state;

	check_marks(s, 2, 0x102);
	play_restart(&s->play, 0);
	check_marks(s, 2, 0x102);
}

/* The call is told once, and only of one that is up. */
static void
test_another_mark(void **state)
{
	struct scene *s = *state;

	s->line.mark[OUT] = 3;
	assert_int_equal(play_ack(&s->line, OUT), ALG_PASS);
	play_change(&s->play, ALG_CHANGE_MARK, REASON_NONE);
	check_marks(s, 3, 0x102);
	play_forget(&s->play);
	assert_int_equal(play_ack(&s->line, OUT), ALG_PASS);
	assert_int_equal(s->play.nchanges, 0);
}

/* Somebody off the path has no say. */
static void
test_a_forged_segment(void **state)
{
	struct scene *s = *state;

	s->line.mark[OUT] = 3;
	(void)play_segment(&s->line, OUT, s->line.sent[OUT] + (1U << 20),
	    PLAY_ACK, NULL, 0);
	check_marks(s, 2, 0x102);
}

/* Where segments have conntrack's mark, or a part of it, they will follow. */
static void
test_conntrack_mark(void **state)
{
	struct scene *s = *state;
	static const struct {
		uint32_t	mark, out, in;
	} t[] = {
		{ 2, 2, 0x102 }, { 3, 2, 0x102 }, { 4, 2, 0x102 },
		{ 0x102, 2, 0x102 }, { 0x101, 1, 0x101 }, { 0x501, 1, 0x101 },
		{ 0x001, 1, 0x101 }
	};

	/* 2 to 3 sets a bit that no segment has: not theirs. */
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		(void)alg_tell_mark(s->play.alg, &s->line.flow, t[i].mark);
		play_drain(&s->play);
		check_marks(s, t[i].out, t[i].in);
	}
}

/* The same addresses and ports inside, in two zones: two connections. */
static void
test_zones(void **state)
{
	struct scene *s = *state;
	struct alg_connection_info info;

	play_line(&s->play, &s->other, CLIENT, 1025, SERVER, 1723);
	s->other.flow.zone = 5;
	s->other.public_port++;
	play_open(&s->other, OUT);
	assert_int_not_equal(play_call(&s->other, ID, PEER + 1), ID);
	check_marks(s, 2, 0x102);
	play_restart(&s->play, 0);
	assert_true(alg_connection(s->play.alg, &s->line.flow, &info));
	assert_true(alg_connection(s->play.alg, &s->other.flow, &info));
	assert_int_equal(info.calls, 1);
	assert_int_equal(info.flow.zone, 5);
}

/*
 * The inside end knows the outside one by another address: both addresses of
 * GRE change, and errors quote what their receiver has sent.
 */
static void
test_alias(void **state)
{
	struct scene *s = *state;
	struct alg_call_info info;
	enum alg_dir dir;
	uint16_t mapped;

	play_line(&s->play, &s->other, CLIENT + 1, 1025, SERVER, 1723);
	s->other.alias = ALIAS;
	play_open(&s->other, OUT);
	mapped = play_call(&s->other, ID, PEER + 1);
	assert_int_not_equal(mapped, ID);
	play_restart(&s->play, 0);
	assert_true(alg_call(s->play.alg, s->other.public, SERVER, mapped,
	    &info));
	assert_int_equal(info.alias, ALIAS);
	assert_int_equal(play_gre(&s->play, OUT, CLIENT + 1, ALIAS, PEER + 1),
	    ALG_PASS);
	assert_true(s->play.result.both);
	assert_int_equal(play_src(&s->play), s->other.public);
	assert_int_equal(play_dst(&s->play), SERVER);
	assert_int_equal(play_gre(&s->play, IN, SERVER, s->other.public,
	    mapped), ALG_PASS);
	assert_int_equal(play_src(&s->play), ALIAS);
	assert_int_equal(play_dst(&s->play), CLIENT + 1);
	assert_int_equal(play_gre_id(&s->play), ID);
	/* To the server itself it is of no call. */
	assert_int_equal(play_gre(&s->play, OUT, CLIENT + 1, SERVER, PEER + 1),
	    ALG_DROP);
	assert_false(alg_gre_dir(s->play.alg, s->play.packet, s->play.len,
	    &dir));
	check_marks(s, 2, 0x102);
	assert_false(s->play.result.both);
}

/* A message that ends the connection. */
static void
tell_in_vain(struct play_line *l, enum alg_dir dir, int type, uint16_t id,
    uint16_t peer)
{
	uint8_t message[256];
	size_t len = wire_message(message, type, id, peer, 1);

	assert_int_equal(play_segment(l, dir, l->sent[dir], PLAY_ACK, message,
	    len), ALG_RESET);
	assert_int_equal(l->play->result.reason, REASON_SHARED_CALL_ID);
}

/* Outside hosts that one inside knows by one address call it. */
static void
open_behind_alias(struct scene *s, struct play_line host[4])
{
	for (uint16_t i = 0; i < 4; i++) {
		play_line(&s->play, &host[i], CLIENT + 1, 1723, SERVER + i,
		    (uint16_t)(1026 + i));
		host[i].alias = ALIAS;
		host[i].alias += i == 3;
		play_open(&host[i], IN);
	}
}

/* The ID by which the inside end knows the caller. */
static uint16_t
call_in(struct play_line *l, uint16_t id, uint16_t inside_id)
{
	uint16_t known;

	play_tell(l, IN, OCRQ, id, 0, 0);
	known = play_id(l);
	play_tell(l, OUT, OCRP, inside_id, known, 1);
	assert_int_equal(play_peer(l), id);
	return known;
}

/* GRE of the inside end, for which it knows the caller by an ID. */
static void
check_out(struct scene *s, uint16_t known, uint32_t server, uint16_t id)
{
	assert_int_equal(play_gre(&s->play, OUT, CLIENT + 1, ALIAS, known),
	    ALG_PASS);
	assert_int_equal(play_dst(&s->play), server);
	assert_int_equal(play_gre_id(&s->play), id);
}

/* One ID of theirs is several to the inside end, also after a restart. */
static void
test_one_id_behind_an_alias(void **state)
{
	struct scene *s = *state;
	struct play_line host[4];
	uint16_t known[3];

	open_behind_alias(s, host);
	for (uint16_t i = 0; i < 3; i++)
		known[i] = call_in(&host[i], ID, i);
	play_restart(&s->play, 0);
	for (uint16_t i = 0; i < 3; i++) {
		check_out(s, known[i], SERVER + i, ID);
		assert_int_equal(play_gre(&s->play, IN, SERVER + i,
		    host[i].public, i), ALG_PASS);
		assert_int_equal(play_src(&s->play), ALIAS);
	}
	play_tell(&host[0], IN, WEN, 0, 0, 0);
	assert_int_equal(play_id(&host[0]), 0);
	play_tell(&host[0], OUT, WEN, known[0], 0, 0);
	assert_int_equal(play_id(&host[0]), ID);
	play_tell(&host[0], IN, CCRQ, ID, 0, 0);
	assert_int_equal(play_id(&host[0]), known[0]);
	assert_int_equal(play_gre(&s->play, OUT, CLIENT + 1, ALIAS, known[0]),
	    ALG_DROP);
	check_out(s, known[1], SERVER + 1, ID);
	play_forget(&s->play);
}

/* Each byte of an ID is changed alone. */
static void
test_half_an_id_behind_an_alias(void **state)
{
	struct scene *s = *state;
	struct play_line host[4];
	uint8_t message[256];
	size_t len;
	uint16_t known;

	open_behind_alias(s, host);
	len = wire_message(message, OCRQ, ID, 0, 0);
	play_say(&host[1], IN, message, 13);
	known = (uint16_t)(host[1].last[12] << 8);
	play_say(&host[1], IN, message + 13, len - 13);
	known |= host[1].last[0];
	len = wire_message(message, OCRP, 1, known, 1);
	play_say(&host[1], OUT, message, 15);
	assert_int_equal(host[1].last[14], ID >> 8);
	play_say(&host[1], OUT, message + 15, len - 15);
	assert_int_equal(host[1].last[0], ID & 255);
	check_out(s, known, SERVER + 1, ID);
	play_forget(&s->play);
}

/* Whoever gets the ID of another would get its GRE. */
static void
test_two_ids_that_become_one(void **state)
{
	struct scene *s = *state;
	struct play_line host[4];
	uint16_t known, same[4];

	open_behind_alias(s, host);
	known = ID ^ 1026;
	for (uint16_t i = 0; i < 4; i++)
		same[i] = known ^ (uint16_t)(1026 + i);
	/* Two ask at once: who is answered first has it. */
	play_tell(&host[0], IN, OCRQ, same[0], 0, 0);
	play_tell(&host[1], IN, OCRQ, same[1], 0, 0);
	assert_int_equal(play_id(&host[1]), known);
	play_tell(&host[0], OUT, OCRP, 1, known, 1);
	tell_in_vain(&host[1], OUT, OCRP, 2, known);
	tell_in_vain(&host[2], IN, OCRQ, same[2], 0);
	check_out(s, known, SERVER, same[0]);
	/* Behind another address there is no doubt. */
	assert_int_equal(call_in(&host[3], same[3], 2), known);
	assert_int_equal(play_gre(&s->play, OUT, CLIENT + 1, ALIAS + 1, known),
	    ALG_PASS);
	assert_int_equal(play_dst(&s->play), SERVER + 3);
	/* When the first has ended, the ID is free. */
	play_tell(&host[0], OUT, CDN, 1, 0, 1);
	play_line(&s->play, &host[2], CLIENT + 1, 1723, SERVER + 2, 2000);
	host[2].alias = ALIAS;
	play_open(&host[2], IN);
	assert_int_equal(call_in(&host[2], known ^ 2000, 3), known);
	check_out(s, known, SERVER + 2, known ^ 2000);
	play_forget(&s->play);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set, unset)
	const struct CMUnitTest tests[] = {
		TEST(test_marks),
		TEST(test_another_mark),
		TEST(test_a_forged_segment),
		TEST(test_conntrack_mark),
		TEST(test_zones),
		TEST(test_alias),
		TEST(test_one_id_behind_an_alias),
		TEST(test_half_an_id_behind_an_alias),
		TEST(test_two_ids_that_become_one),
	};

	return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An automaton with a made-up protocol, fed with events and packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/alg/ppp/play_fsm.h"

struct pp_end	 end;
struct fsm	*f;
char		 done[64];

void
play_fsm_note(const char *what)
{
	if (done[0] != '\0')
		strcat(done, ",");
	strcat(done, what);
}

static enum option_answer
value_asked(struct ppp *p, uint8_t type, struct cursor value,
    struct writer *nak)
{
	static const uint8_t better[] = { 1 };
	uint8_t v = 0;

	cursor_u8(&value, &v);
	if (v == better[0])
		return OPTION_ACK;
	option_put(nak, type, better, sizeof(better));
	return OPTION_NAK;
}

static void
value_put(struct ppp *p, uint8_t type, struct writer *w)
{
	writer_u8(w, 2);
}

static bool
value_nakked(struct ppp *p, uint8_t type, struct cursor value)
{
	return true;
}

static void
up(struct ppp *p)
{
	play_fsm_note("tlu");
}

static void
down(struct ppp *p)
{
	play_fsm_note("tld");
}

static void
finished(struct ppp *p, enum fsm_trouble trouble)
{
	play_fsm_note("tlf");
}

static void
echo(struct ppp *p, const struct fsm_packet *k)
{
	play_fsm_note("ser");
}

static const struct option_row rows[] = {
	{ 1, 1, value_asked, value_put, value_nakked, NULL }
};
static const struct fsm_protocol protocol = {
	.number = PLAY_FSM_PROTOCOL, .index = FSM_IPV6CP,
	.options = { rows, 1 },
	.up = up, .down = down, .finished = finished, .echo = echo
};

int
play_fsm_setup(void **state)
{
	pp_server(&end);
	end.config.max_configure = PLAY_FSM_CONFIGURE;
	end.config.max_terminate = PLAY_FSM_TERMINATE;
	end.config.restart = PLAY_FSM_RESTART;
	end.config.max_failure = PLAY_FSM_FAILURE;
	pp_start(&end, 1);
	pp_drain(&end);
	f = &end.ppp.fsm[FSM_IPV6CP];
	fsm_init(f, &protocol, 1);
	f->id = PLAY_FSM_ID;
	f->restart_counter = 2;
	done[0] = '\0';
	return 0;
}

void
play_fsm_feed(const char *hex)
{
	uint8_t bytes[64];

	fsm_input(&end.ppp, f, bytes, pp_bytes(hex, bytes, sizeof(bytes)));
}

/* The peer's part of each event. */
static const char *const packets[FSM_EVENTS] = {
	[FSM_RCR_PLUS] = "01 09 0007 010301",
	[FSM_RCR_MINUS] = "01 09 0007 010305",
	[FSM_RCA] = "02 28 0007 010302",
	[FSM_RCN] = "03 28 0007 010307",
	[FSM_RTR] = "05 09 0004",
	[FSM_RTA] = "06 09 0004",
	[FSM_RUC] = "63 09 0004",
	[FSM_RXJ_PLUS] = "07 09 0008 63090004",
	[FSM_RXJ_MINUS] = "07 09 0008 01090004",
	[FSM_RXR] = "09 09 0008 00000000",
};

const char *
play_fsm_packet(enum fsm_event event)
{
	return packets[event];
}

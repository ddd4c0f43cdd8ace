/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRE of one call, played for tests. */
#ifndef TESTS_UNIT_ALG_ENDPOINT_PLAY_GRE_SEQUENCE_H
#define TESTS_UNIT_ALG_ENDPOINT_PLAY_GRE_SEQUENCE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alg/endpoint/gre_sequence.h"
#include "tests/unit/wire.h"

#define SCENE_PEER_ID	0xABCD
#define SCENE_FRAMES	40

/*
 * What is delivered, written down: "5 " for the payload that was
 * sent with sequence number base + 5, "5L " when it is told to be late.
 */
struct scene {
	struct gre_sequence_pool pool;
	struct gre_sequence	 w;
	uint32_t	 base;
	uint64_t	 now;
	char		 log[4096];
};

#define assert_log(s, text)	do {				\
	assert_string_equal((s)->log, text);			\
	(s)->log[0] = '\0';					\
} while (0)

int		 scene_set(void **state);
int		 scene_unset(void **state);
#define SCENE(test)	cmocka_unit_test_setup_teardown(test, scene_set, \
			    scene_unset)

/* A packet comes in; a frame, of so many bytes, with number base + seq. */
enum reason	 scene_gets_bytes(struct scene *, const uint8_t *, size_t);
enum reason	 scene_gets_len(struct scene *, uint32_t seq, uint16_t len);
enum reason	 scene_gets(struct scene *, uint32_t seq);
enum reason	 scene_gets_ack(struct scene *, uint32_t ack);

void		 scene_waits(struct scene *, uint64_t ms);

/* What goes out: the flags word, the acknowledgement if there is one. */
uint16_t	 scene_sends(struct scene *, uint32_t seq, uint32_t *ack);

/* A bare acknowledgement, or -1. */
int		 scene_acks(struct scene *);

#endif

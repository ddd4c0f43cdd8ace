/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat/base/clock.h"
#include "nat/base/log.h"
#include "nat/base/loop.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/ctrl_socket.h"
#include "nat/endpoint/inner_filter.h"
#include "nat/endpoint/profile.h"
#include "nat/endpoint/session.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/gre_socket.h"
#include "nat/net/gro.h"
#include "nat/net/mss.h"
#include "nat/net/rtnetlink.h"
#include "nat/privsep/helper.h"

#define TURN		8		/* batches before others get a turn */
#define DEVICE_TURN	64		/* reads of a device, the same */
#define FRAMES		4096		/* that wait for others, at once */
#define ROOM		(GRE_SOCKET_SLOT - GRE_SOCKET_HEADROOM)

static_assert(GRE_SOCKET_HEADROOM >= PPP_HEADROOM, "too little headroom");

uint64_t
context_begin_turn(struct context *x)
{
	return x->now = clock_ms();
}

void
context_end_turn(struct context *x)
{
	struct tun_device *d;
	struct session *s;
	struct ctrl_socket *p;

	while (x->ended != NULL || x->over != NULL) {
		if ((s = x->ended) != NULL) {
			x->ended = s->next_ended;
			session_reap(s);
		} else {
			p = x->over;
			x->over = p->next_over;
			ctrl_socket_reap(p);
		}
	}
	while ((d = x->retired) != NULL) {
		x->retired = d->next_retired;
		tun_device_close(d);
	}
	gre_socket_flush(x->gre_socket);
}

uint64_t
context_hash(const struct context *x, const void *section,
    const void *bytes, size_t len)
{
	uintptr_t n = (uintptr_t)section;

	return hash_bytes(&x->session_table.key, bytes, len) ^
	    hash_words(&x->session_table.key, (uint32_t)(n >> 32),
	    (uint32_t)n, 2U << 16);
}

bool
context_owns(const struct context *x, uint32_t peer, uint32_t local,
    uint16_t id)
{
	return session_table_call(&x->session_table, peer, local, id) != NULL;
}

/*
 * From the peers to the host.
 */

static void
take(void *arg, struct gre_socket_packet *p)
{
	struct context *x = arg;
	enum reason reason;
	struct session *s;
	struct gre gre;

	reason = gre_sequence_parse(&gre, p->bytes, p->len);
	if (reason != REASON_NONE) {
		alg_count(x->alg, reason, 1);
		return;
	}
	s = session_table_call(
	    &x->session_table, p->peer, p->local, gre.call_id);
	if (s == NULL)
		alg_count(x->alg, REASON_GRE_UNKNOWN, 1);
	else
		session_input(s, &gre, p->bytes);
}

static void
carrier_readable(void *arg)
{
	struct context *x = arg;
	int turn, n;

	context_begin_turn(x);
	for (turn = 0; turn < TURN; turn++) {
		n = gre_socket_read(x->gre_socket, take, x);
		/* Their bytes are gone with the next batch. */
		gro_flush(x->gro);
		if (n < GRE_SOCKET_BATCH)
			break;
	}
	context_end_turn(x);
}

void
context_deliver(struct context *x, struct session *s, uint8_t *packet,
    size_t len, bool ipv6)
{
	enum reason reason;

	if (!s->open || s->paused || (ipv6 && s->remote_ipv6 == 0))
		return;
	reason = inner_filter_check(s, packet, len, ipv6);
	if (reason != REASON_NONE) {
		alg_count(x->alg, reason, 1);
		return;
	}
	if (s->profile->options->mss_clamp && !ipv6)
		mss_clamp(packet, len, s->mtu);
	gro_add(x->gro, s->device->tun, packet, len);
	if (!gre_socket_holds(x->gre_socket, packet))
		gro_flush(x->gro);
}

/*
 * From the host to the peers.
 */

void
context_send(struct context *x, struct session *s, const uint8_t *bytes,
    size_t len)
{
	gre_socket_send(x->gre_socket, &s->path, bytes, len);
}

static void
encrypt_packet(struct context *x, struct session *s, uint8_t *packet,
    size_t len)
{
	uint8_t *frame = ppp_output(&s->ppp, packet, &len, x->now);
	size_t header;

	if (frame == NULL)
		return;
	header = gre_sequence_output(&s->sequence, frame, len, x->now);
	context_send(x, s, frame - header, len + header);
	session_sent(s);
}

/* Only out of a device of its own; else it is the host's own noise. */
static void
send_ipv6(struct context *x, struct session *s, uint8_t *packet, size_t len)
{
	if (s != NULL && s->remote_ipv6 != 0 && !s->paused)
		encrypt_packet(x, s, packet, len);
}

static void
send_packet(struct context *x, const struct tun_device *d, uint8_t *packet,
    size_t len)
{
	uint32_t from, to;
	struct session *s;

	if (inner_filter_ipv4(packet, len, &from, &to) == -1) {
		send_ipv6(x, d->session, packet, len);
		return;
	}
	s = d->session != NULL ? d->session :
	    session_table_address(&x->session_table, d, to);
	if (s == NULL || !s->open || s->paused) {
		alg_count(x->alg, REASON_NO_TUNNEL, 1);
		return;
	}
	if (to == s->path.peer) {
		alg_count(x->alg, REASON_IN_ITSELF, 1);
		return;
	}
	if (s->profile->options->mss_clamp)
		mss_clamp(packet, len, s->mtu);
	encrypt_packet(x, s, packet, len);
}

/* A tunnel of its own ends with it; a shared one needs a restart. */
static void
lose_device(struct tun_device *d)
{
	log_error("interface %s: somebody has deleted it%s",
	    tun_name(d->tun), d->session == NULL ?
	    "; restart pptpalgd to have it again" : "");
	loop_watch_stop(d->watch);
	if (d->session != NULL)
		session_close(d->session, PPP_NO_INTERFACE);
}

void
context_device(struct context *x, struct tun_device *d)
{
	uint8_t *slot;
	size_t len;
	int turn;

	context_begin_turn(x);
	for (turn = 0; turn < DEVICE_TURN; turn++) {
		if (!tun_read(d->tun, &x->tso)) {
			if (turn == 0 && tun_is_gone(d->tun))
				lose_device(d);
			break;
		}
		for (;;) {
			slot = gre_socket_slot(x->gre_socket) +
			    GRE_SOCKET_HEADROOM;
			len = tso_next(&x->tso, slot, ROOM);
			if (len == 0)
				break;
			send_packet(x, d, slot, len);
		}
	}
	context_end_turn(x);
}

/*
 * From nothing to running and back.
 */

/* Somebody has killed it: who waits for it waits in vain. */
static void
go_without_helper(struct context *x)
{
	struct session *s;
	uint32_t i = 0;

	log_error("the helper process is gone: no scripts, wtmp, new "
	    "interfaces or names of servers; restart the daemon");
	loop_watch_stop(x->helper_watch);
	while ((i = pool_next(&x->sessions, i + 1)) != 0) {
		s = pool_at(&x->sessions, i);
		if (s->waiting)
			session_close(s, PPP_SCRIPT_FAILED);
	}
}

static void
helper_readable(void *arg)
{
	struct context *x = arg;

	context_begin_turn(x);
	if (helper_read(x->helper) == -1)
		go_without_helper(x);
	context_end_turn(x);
}

static int
open_tables(struct context *x, uint32_t sessions, uint32_t peers)
{
	if (pool_init(&x->sessions, sessions, sizeof(struct session)) == -1 ||
	    pool_init(&x->ctrl_sockets, peers, sizeof(struct ctrl_socket)) ==
		-1 ||
	    quota_init(&x->sources, sessions) == -1 ||
	    quota_init(&x->users, sessions) == -1 ||
	    quota_init(&x->addresses, sessions) == -1 ||
	    session_table_init(&x->session_table, &x->sessions) == -1)
		return -1;
	return gre_sequence_pool_init(&x->frames, FRAMES);
}

static int
open_watches(struct context *x)
{
	x->watch = loop_read(x->loop, gre_socket_fd(x->gre_socket),
	    carrier_readable, x);
	x->helper_watch = loop_read(x->loop, helper_fd(x->helper),
	    helper_readable, x);
	return x->watch == NULL || x->helper_watch == NULL ? -1 : 0;
}

struct context *
context_open(struct loop *loop, struct alg *alg, struct engine *engine,
    struct helper *helper, uint32_t mark, uint32_t sessions, uint32_t peers,
    char *error, size_t size)
{
	struct context *x;

	snprintf(error, size, "out of memory");
	if ((x = calloc(1, sizeof(*x))) == NULL) {
		helper_end(helper);
		return NULL;
	}
	x->loop = loop;
	x->alg = alg;
	x->engine = engine;
	x->helper = helper;
	if (open_tables(x, sessions, peers) == -1 ||
	    (x->rtnetlink = rtnetlink_open(error, size)) == NULL ||
	    (x->gre_socket = gre_socket_open(mark, error, size)) == NULL ||
	    (x->gro = gro_new()) == NULL ||
	    open_watches(x) == -1) {
		context_close(x);
		return NULL;
	}
	rtnetlink_clean(x->rtnetlink);
	return x;
}

void
context_close(struct context *x)
{
	if (x == NULL)
		return;
	loop_watch_free(x->watch);
	loop_watch_free(x->helper_watch);
	gre_socket_close(x->gre_socket);
	gro_free(x->gro);
	rtnetlink_close(x->rtnetlink);
	helper_end(x->helper);
	gre_sequence_pool_free(&x->frames);
	session_table_free(&x->session_table);
	quota_free(&x->sources);
	quota_free(&x->users);
	quota_free(&x->addresses);
	pool_free(&x->ctrl_sockets);
	pool_free(&x->sessions);
	free(x);
}
